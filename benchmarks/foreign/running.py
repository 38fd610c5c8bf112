"""Runs test files in a process of their own, plainly or traced, and keeps how each test ended."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import resource
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache

from benchmarks.environment import ROOT
from benchmarks.foreign.suites import Suite

PLACE = ROOT / "build/foreign"
MEMORY = 8 << 30
"""Bytes of address space that a process may take."""
SECONDS = 1800
"""What one process may take; a run that is cut says so."""
_SINGLE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class Ends:
    """How the tests of one file ended in one arm.

    Attributes:
        tests: Name of the test -> its outcome, with the type of what it raised.
        whole: Whether the file was run to its end.
        swallowed: Internal errors of the recorder, by operation.
        faults: Where they came from, the last of each start of the recorder.
    """

    tests: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    swallowed: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def kept(suite: Suite, file: pathlib.Path, arm: str) -> pathlib.Path:
    """Where the outcomes of a file lie, for this state of the code."""
    folder = PLACE / suite.name.replace(" ", "_") / file.relative_to(suite.root).with_suffix("")
    return folder / f"{arm}-{_state(arm)}.jsonl"


def fill(suite: Suite, files: list[pathlib.Path], arm: str) -> None:
    """Run what has not been run yet: all of it in one process, then what that did not reach."""
    todo = [f for f in files if not kept(suite, f, arm).exists()]
    while todo:
        out = PLACE / f"{suite.name.replace(' ', '_')}-{arm}.part"
        out.unlink(missing_ok=True)
        said = run(suite, todo, arm, out)
        done = split(suite, todo, out)
        if not done:  # one of them ends the process: each alone, and what it leaves is its outcome
            first, lines = todo[0], [["(cut)", said[-1500:]]]
            if len(todo) > 1:
                for file in todo:
                    fill(suite, [file], arm)
                return
            done = {first: [*_lines(out), *lines]}
        for file, lines in done.items():
            path = kept(suite, file, arm)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        todo = [f for f in todo if f not in done]


def split(
    suite: Suite, files: list[pathlib.Path], out: pathlib.Path
) -> dict[pathlib.Path, list[list[str]]]:
    """The lines of each file that was run to its end."""
    found: dict[pathlib.Path, list[list[str]]] = {}
    ended, last, names = False, None, {f.relative_to(suite.root).as_posix(): f for f in files}
    for node, end in _lines(out):
        ended = ended or node == "(end)"
        file = names.get(node.partition("::")[0])
        if file is not None:
            found.setdefault(file, []).append([node, end])
            last = last if node.endswith("(collection)") else file
    if ended:
        return {f: found.get(f, []) for f in files}
    return {f: lines for f, lines in found.items() if f is not last and last is not None}


def _lines(path: pathlib.Path) -> list[list[str]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run(suite: Suite, files: list[pathlib.Path], arm: str, out: pathlib.Path) -> str:
    """Run pytest over the files; returns what it printed."""
    folder = PLACE / "cwd"
    folder.mkdir(parents=True, exist_ok=True)
    empty = folder / "pytest.ini"
    empty.write_text("[pytest]\n")
    command = [
        sys.executable, "-m", "pytest", "-q", "--assert=plain", "--tb=short", "--no-header",
        "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin",
        "-p", "benchmarks.foreign.plugin",
        "--hypothesis-seed=0", f"--rootdir={suite.root}", f"--basetemp={folder / 'temp'}",
        "-c", str(suite.root / suite.config if suite.config else empty),
        *suite.options, *map(str, files),
    ]  # fmt: skip
    environ = os.environ | _SINGLE | {
        "FOREIGN_ARM": arm, "FOREIGN_OUT": str(out), "PYTHONHASHSEED": "0",
        "FOREIGN_MODULES": " ".join(suite.rewritten(files)), "PYTHONPATH": str(ROOT),
        "NPY_AVAILABLE_MEM": "1 GB", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace", text=True, timeout=SECONDS, check=False,
            preexec_fn=_limited,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"cut after {SECONDS} s"
    return done.stdout


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def read(path: pathlib.Path) -> Ends:
    """Outcomes that were written down; a test that ran twice has both."""
    found = Ends(whole=True)
    for node, end in _lines(path):
        what = node.rpartition("::")[2]
        if node == "(cut)":
            found.whole = False
            found.faults.append(end)
        elif what == "(swallowed)":
            for op, count in json.loads(end).items():
                found.swallowed[op] = found.swallowed.get(op, 0) + count
        elif what == "(fault)":
            found.faults.append(end)
        else:
            found.tests[node] = f"{found.tests[node]} {end}" if node in found.tests else end
    return found


@cache
def _state(arm: str) -> str:
    """What the outcomes of an arm depend on: the runner, and for the traced one our package."""
    here = pathlib.Path(__file__).parent
    sources = [here / "plugin.py", here / "running.py"]
    if arm == "traced":
        sources += [
            f for part in ("tracing", "adapters", "lineage", "session")
            for f in (ROOT / "traceprop_nb" / part).rglob("*.py")
        ]  # fmt: skip
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
