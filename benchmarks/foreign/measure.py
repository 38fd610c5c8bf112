"""``python -m benchmarks foreign``: the libraries' own tests, traced against plain.

Goes on where it was cut; ``--quick`` runs some files of each library and saves nothing.
"""

from __future__ import annotations

from benchmarks.foreign.compare import Compared, compared
from benchmarks.foreign.known import reason
from benchmarks.foreign.suites import Suite, spread, suites
from benchmarks.measurement import Measurement, measured


def measure(*, quick: bool = False, new: bool = True) -> list[Measurement]:
    """Tests, outcomes that are the same, and every one that is not, by name."""
    rows: list[Measurement] = []
    for suite in suites():
        files = spread(suite.files(), suite.quick) if quick else suite.files()
        found = compared(suite, files, new=new)
        rows += _rows(suite, found)
        print(f"{suite.name}: {found.tests:,} tests, {len(found.different)} differ", flush=True)
    return rows


def _rows(suite: Suite, found: Compared) -> list[Measurement]:
    of = len(suite.files())
    counts = {
        f"files compared, of {of}": found.files, "tests": found.tests, "same outcome": found.same,
        "not passed in either": found.failed,
        "internal errors, without effect": sum(found.swallowed.values()),
    }  # fmt: skip
    rows = [measured(f"{suite.name}: {what}", [count], "") for what, count in counts.items()]
    rows.append(measured(f"{suite.name}: different", [len(found.different)], "", "0"))
    apart = {"different": found.different, "unstable in the plain run": found.unstable,
             "by nature": found.named}  # fmt: skip
    for what, those in apart.items():
        for node, (plain, traced) in those.items():
            text = f"{suite.name}: {what}: {node}: {plain} -> {traced} {reason(node)}"
            rows.append(measured(text.strip(), [1], ""))
    return rows
