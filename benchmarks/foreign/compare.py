"""What differs between the two runs of a test file, and what of that the plain run does too."""

from __future__ import annotations

import pathlib
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.foreign.known import reason
from benchmarks.foreign.running import Ends, fill, kept, read
from benchmarks.foreign.suites import Suite

BATCH = 12
"""Files that share a process: what it costs to start one is saved, what a cut costs is bounded."""


@dataclass
class Compared:
    """Outcome by outcome.

    Attributes:
        files: Files that were compared.
        tests: Tests that were run in either arm.
        same: Tests that ended alike, and those of them that failed alike.
        failed: Tests that did not pass in the plain run either.
        different: Test -> its outcome in the plain and in the traced run; bugs of ours.
        named: As ``different``, of those that differ by the nature of tracing.
        unstable: As ``different``, of those that end differently in a second plain run too.
        swallowed: Internal errors of the recorder by operation: they changed no outcome.
    """

    files: int = 0
    tests: int = 0
    same: int = 0
    failed: int = 0
    different: dict[str, tuple[str, str]] = field(default_factory=dict)
    named: dict[str, tuple[str, str]] = field(default_factory=dict)
    unstable: dict[str, tuple[str, str]] = field(default_factory=dict)
    swallowed: Counter[str] = field(default_factory=Counter)


def compared(suite: Suite, files: list[pathlib.Path], *, new: bool = True) -> Compared:
    """Compare files, running first what has not been run; or only what has, without ``new``."""
    found = Compared()
    for at in range(0, len(files), BATCH):
        batch = files[at : at + BATCH]
        for arm in ("plain", "traced") if new else ():
            fill(suite, batch, arm)
        for file in batch:
            if all(kept(suite, file, arm).exists() for arm in ("plain", "traced")):
                _add(found, suite, file, again=new)
    return found


def differing(plain: Ends, traced: Ends) -> dict[str, tuple[str, str]]:
    """Tests that ended differently; one that only one arm knows did not run in the other."""
    ends = {n: (plain.tests.get(n, "not run"), traced.tests.get(n, "not run"))
            for n in plain.tests | traced.tests}  # fmt: skip
    return {node: pair for node, pair in ends.items() if pair[0] != pair[1]}


def _add(found: Compared, suite: Suite, file: pathlib.Path, *, again: bool) -> None:
    plain, traced = (read(kept(suite, file, arm)) for arm in ("plain", "traced"))
    apart = differing(plain, traced)
    if not (plain.whole and traced.whole):
        apart[f"{file.name}::(cut)"] = (str(plain.faults), str(traced.faults))
    found.files += 1
    found.tests += len(plain.tests | traced.tests)
    found.same += len(plain.tests | traced.tests) - len(apart)
    found.failed += sum(":failed" in end for end in plain.tests.values())
    found.swallowed.update(traced.swallowed)
    second = _second(suite, file, again=again) if apart else Ends()
    for node, pair in apart.items():
        if reason(node):
            found.named[node] = pair
        elif second.tests.get(node, pair[0]) != pair[0]:
            found.unstable[node] = pair
        else:
            found.different[node] = pair


def _second(suite: Suite, file: pathlib.Path, *, again: bool) -> Ends:
    """The plain run once more."""
    if again:
        fill(suite, [file], "plain-again")
    path = kept(suite, file, "plain-again")
    return read(path) if path.exists() else Ends()
