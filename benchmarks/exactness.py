"""How much of what notebooks do is followed exactly, over the notebooks in ``benchmarks/cells``.

Each is traced cell by cell in a session of its own. Every recorded operation counts once as often
as it ran; reading or making data is no operation. An operation is as sure as the worst of its
direct edges. Correctness is looked at twice: frames that carry their own record number in a
column ``record`` must be traced to it, and to it alone before the first join; and every cell is
run again on copies with one row of an input changed, as ``%trace verify`` does.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import os
import pathlib
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured
from traceprop_nb.errors import TracepropError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.core import Session
from traceprop_nb.session.verify import verify

FOLDER = ROOT / "benchmarks/cells"
CARRIED = "record"
JOINS = {"merge", "join", "map"}
"""Steps that may add rows of another table, which can be the file's own as a group."""
GOAL = ">= 95 %"


@dataclass
class Found:
    """What came of one notebook.

    Attributes:
        calls: How often an operation of a name and a status ran.
        places: Worst status of every place in the source.
        texts: Name and status -> one expression where it happened.
        rows: Rows whose carried number was compared.
        followed: Changed rows that were followed to every result.
        unchecked: Cells that could not be run again, with why.
        wrong: EXACT answers that are not true, in words.
        missing: As ``wrong``, where a step on the way is said not to be exact: rows that even
            the superset leaves out.
    """

    calls: Counter[tuple[str, Status]] = field(default_factory=Counter)
    places: dict[tuple[int, int, int], Status] = field(default_factory=dict)
    texts: dict[tuple[str, Status], str] = field(default_factory=dict)
    rows: int = 0
    followed: int = 0
    unchecked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def notebooks() -> list[pathlib.Path]:
    """The files, by name."""
    return sorted(FOLDER.glob("*.py"))


def cells(path: pathlib.Path) -> list[str]:
    """The cells of a notebook that is written as a script."""
    return [cell for cell in re.split(r"(?m)^# %%.*\n", path.read_text())[1:] if cell.strip()]


def run(path: pathlib.Path, *, check: bool = True) -> Found:
    """Trace a notebook, count its operations and look whether what it says is true."""
    found, session = Found(), Session()
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        for number, source in enumerate(cells(path), 1):
            _cell(session, names, number, source)
            if check:
                _carried(found, session, names, number)
                _again(found, session, number)
        _count(found, session)
    finally:
        session.close()
    return found


def _cell(session: Session, names: dict[str, Any], number: int, source: str) -> None:
    where, ok = f"<cell {number}>", False
    linecache.cache[where] = (len(source), None, source.splitlines(True), where)
    session.begin_cell(number, source, traced=True)
    try:
        code = compile(session.rewrite(ast.parse(source)), where, "exec")
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            exec(code, names)
        ok = True
    finally:
        session.bind(names)
        session.end_cell(ok)


def _count(found: Found, session: Session) -> None:
    graph = session.graph
    worst = graph.columns().worst() % 4
    for node in range(len(graph)):
        source = graph.sources.get(node)
        if source is not None and source.kind != "unknown":
            continue
        status, site = Status(worst[node]), graph.site(node)
        key = (source.name if source is not None else graph.op_name(node), status)
        found.calls[key] += 1
        if site is not None:
            found.texts.setdefault(key, site.text)
            at = (site.cell, site.line, site.col)
            found.places[at] = max(status, found.places.get(at, Status.EXACT))


def _carried(found: Found, session: Session, names: dict[str, Any], number: int) -> None:
    """Frames with a column of record numbers: the first thirty rows name theirs."""
    for name, value in names.items():
        if CARRIED not in getattr(value, "columns", ()):
            continue
        for row, record in enumerate(map(int, value[CARRIED][:30])):
            answer = session.rows(value, row)
            said = {int(r) for rows in answer.sources.values() for r in rows}
            found.rows += 1
            joined = JOINS & {operation for operation, _, _ in answer.path}
            true = record in said if joined else said == {record}
            if answer.status == Status.EXACT and not true:
                text = f"cell {number}, {name}, row {row}: {sorted(said)[:5]}, not {record}"
                found.wrong.append(text)


def _again(found: Found, session: Session, number: int) -> None:
    """The cell on copies with rows changed."""
    try:
        answer = verify(session, number, trials=2, seconds=1.0)
    except TracepropError as error:
        found.unchecked.append(f"cell {number}: {error}")
        return
    for one in answer.results:
        found.followed += one.changed
        node = session.recorder.identity.node(session.namespace[one.name])
        sure = node is not None and session.why(one.name).status == Status.EXACT
        to = found.wrong if sure and one.status == Status.EXACT else found.missing
        to += [f"cell {number}, {one.name}: {text}" for text in one.wrong]


def share(found: Found) -> float:
    """Percentage of operations that are EXACT, each as often as it ran."""
    exact = sum(n for (_, status), n in found.calls.items() if status == Status.EXACT)
    return 100 * exact / max(sum(found.calls.values()), 1)


def _by_place(found: Found) -> float:
    exact = sum(status == Status.EXACT for status in found.places.values())
    return 100 * exact / max(len(found.places), 1)


def _together(every: dict[str, Found]) -> Found:
    total = Found()
    for at, one in enumerate(every.values()):
        total.calls += one.calls
        total.texts = {**one.texts, **total.texts}
        total.places |= {(at * 1000 + cell, *rest): s for (cell, *rest), s in one.places.items()}
        total.rows, total.followed = total.rows + one.rows, total.followed + one.followed
        total.unchecked += one.unchecked
        total.wrong, total.missing = total.wrong + one.wrong, total.missing + one.missing
    return total


def doubts(found: Found) -> list[str]:
    """What is not exact, most frequent first."""
    return [
        f"{n:6,}  {status.name:<8} {name:<28} {found.texts.get((name, status), '')[:70]}"
        for (name, status), n in found.calls.most_common()
        if status != Status.EXACT
    ]


def measure(only: str = "") -> list[Measurement]:
    """The share by notebook and overall, and how many EXACT answers are wrong."""
    os.environ.setdefault("TRACEPROP_DATA", str(ROOT.parent / "shared/data"))
    every: dict[str, Found] = {}
    for path in notebooks():
        if only in path.stem:
            every[path.stem] = run(path)
            print(path.stem, f"{share(every[path.stem]):.1f} %", flush=True)
            print(*every[path.stem].wrong, sep="\n", flush=True)
    total = _together(every)
    print("missing where not exact:", *total.missing, sep="\n")
    print("not exact:", *doubts(total), "not run again:", *total.unchecked, sep="\n")
    rows = [measured(f"{name}: exact", [share(one)], "%") for name, one in every.items()]
    shares = [share(one) for one in every.values()]
    count = sum(total.calls.values())
    return [
        *rows,
        measured(f"all {len(every)}: exact of {count:,} operations", [share(total)], "%", GOAL),
        measured("all: mean of the notebooks", [sum(shares) / len(shares)], "%", GOAL),
        measured("all: exact of places in the source", [_by_place(total)], "%", GOAL),
        measured("all: rows compared with their carried number", [total.rows], ""),
        measured("all: changed rows followed", [total.followed], ""),
        measured("all: EXACT and wrong", [len(total.wrong)], "", "0"),
        measured("all: not EXACT and missing", [len(total.missing)], "", "0"),
    ]


if __name__ == "__main__":
    import sys

    from benchmarks.measurement import table

    print(table(measure(*sys.argv[1:])))
