"""Where one person's rows went: the work list of an erasure, and what it cannot reach.

GDPR Article 17 asks for the person's data, not for a file's. The key is looked for in every source
that can be asked again, and followed along the lineage from there. It enters no title, log or
record: a person is called by the column and by a pseudonym, whose key can be destroyed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.errors import EmptyForgetSetError, unknown_name
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source, Status
from traceprop_nb.reports.files import file_digest
from traceprop_nb.session import questions
from traceprop_nb.session.answers import Reached

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

ASKED = "subject"
"""Kind of the event that says that somebody was searched for."""

WRITERS = frozenset(
    "to_csv to_parquet to_json to_excel to_pickle to_sql to_feather to_hdf save savez savetxt "
    "savez_compressed dump tofile write write_text write_bytes".split()
)
"""Names of calls that write what they are called on, or with, to somewhere else."""


@dataclass(frozen=True, repr=False, eq=False)
class SubjectAnswer:
    """Where a person's rows are.

    Attributes:
        title: The column and the person's pseudonym.
        records: Source node -> int64 records of the person.
        sources: Source name -> int64 records.
        values: Live named values that hold rows made of them.
        batches: Batches of data loaders with one of them.
        runs: Run name -> int64 training rows made of them.
        models: Fitted models that they went into.
        unreached: (what, why) of everything that could not be searched or followed.
    """

    title: str
    records: Mapping[int, Ints]
    sources: Mapping[str, Ints]
    values: Sequence[Reached]
    batches: int
    runs: Mapping[str, Ints]
    models: Sequence[Reached]
    unreached: Sequence[tuple[str, str]]

    def __repr__(self) -> str:
        out = [self.title]
        out += [
            f"source     {name}: {_counted(rows, 'record')}" for name, rows in self.sources.items()
        ]
        out += [f"value      {v.name}: {_counted(v.rows, 'row')}" for v in self.values]
        out += [
            f"run        {name}: {_counted(rows, 'training row')}"
            for name, rows in self.runs.items()
        ]
        out += [f"model      {m.name or m.operation} (cell {m.cell})" for m in self.models]
        if self.batches:
            out.append(f"batches    {self.batches}")
        out += [f"unreached  {what}: {why}" for what, why in self.unreached]
        return "\n".join(out)


def asked(session: Session, column: str, key: Any) -> SubjectAnswer:
    """Ask, and log that somebody did."""
    found = subject(session, column, key)
    session.record_event(
        ASKED,
        who=found.title,
        sources={name: len(records) for name, records in found.sources.items()},
        values=len(found.values),
        batches=found.batches,
        runs=list(found.runs),
        models=len(found.models),
        unreached=[list(one) for one in found.unreached],
    )
    return found


def subject(session: Session, column: str, key: Any) -> SubjectAnswer:
    """See ``traceprop_nb.subject``."""
    keys = cells_of(key)
    session.guard.spoken.add(column)
    who = session.guard.pseudonyms.person(column, keys)
    title = f"the subject {who} of column {column!r}"
    records, unreached = _records(session, column, keys)
    if not any(len(found) for found in records.values()):
        why = "; ".join(f"{what}: {reason}" for what, reason in unreached)
        raise EmptyForgetSetError(
            f"no record of {title} in any source that could be asked" + (f" ({why})" if why else "")
        )
    named = session.files.names()
    sources: dict[str, Ints] = {}
    answers = []
    for node, found in records.items():
        if len(found):
            sources[named[node]] = np.union1d(sources.get(named[node], found), found)
            answers.append(questions.reached_by(session, node, found))
    values = _merged(one for answer in answers for one in answer.values)
    unreached += [
        (v.name, f"its rows are {v.status.name}, so more or other rows may be theirs")
        for v in values
        if v.status != Status.EXACT
    ]
    runs: dict[str, Ints] = {}
    for answer in answers:
        for name, rows in answer.runs.items():
            runs[name] = np.union1d(runs.get(name, rows), rows)
    return SubjectAnswer(
        title, records, sources, values, sum(answer.batches for answer in answers), runs,
        _merged(one for answer in answers for one in answer.models),
        list(dict.fromkeys([*unreached, *_unseen(session)])),
    )  # fmt: skip


def _merged(reached: Iterable[Reached]) -> list[Reached]:
    """One entry a value, with the rows that any of the sources' records reached."""
    found: dict[tuple[str, str, int], Reached] = {}
    for one in reached:
        key = (one.name, one.operation, one.cell)
        old = found.get(key, one)
        worst = max(old.status, one.status)
        found[key] = replace(one, rows=np.union1d(old.rows, one.rows), status=worst)
    return list(found.values())


def cells_of(key: Any) -> tuple[Any, ...]:
    """A person's cells: one, or several."""
    return tuple(key) if isinstance(key, list | tuple | set) else (key,)


def _records(
    session: Session, column: str, keys: tuple[Any, ...]
) -> tuple[dict[int, Ints], list[tuple[str, str]]]:
    door = adapters.load("pandas", "matching")
    known = session.files.settled()
    named = session.files.names()
    found: dict[int, Ints] = {}
    unreached: list[tuple[str, str]] = []
    columns: set[str] = set()
    for node, source in known.items():
        if node not in named or source.kind == "unknown":
            continue
        live = next((t for t, its in session.recorder.identity if its == node), None)
        columns |= {str(name) for name in getattr(live, "columns", ())}
        got = _changed(source, live) or door.holding(source, column, keys, live)
        if isinstance(got, str):
            unreached.append((named[node], got.removeprefix(source.name).lstrip(": ")))
        else:
            found[node] = got
    if not found and columns and column not in columns:
        raise unknown_name("column", column, columns)
    return found, unreached


def _changed(source: Source, live: Any) -> str:
    if live is not None or source.path is None or file_digest(source.path) == source.digest:
        return ""
    return "it is no longer the file that was read"


def _unseen(session: Session) -> list[tuple[str, str]]:
    """Cells that ran unrecorded, and calls that wrote values out of the session."""
    found: list[tuple[str, str]] = []
    untraced = [str(c.number) for c in session.cells if not c.traced or not c.rewritten]
    if untraced:
        noun = "cells" if len(untraced) > 1 else "cell"
        why = "not traced, so what was made there is not known"
        found.append((f"{noun} {', '.join(untraced)}", why))
    for cell in session.cells:
        written = sorted(_writes(cell.source))
        found += [
            (f"cell {cell.number}", f"it calls {name}, and files are not searched")
            for name in written
        ]
    return found


def _writes(source: str) -> set[str]:
    plain = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(plain))
    except SyntaxError:
        return set()
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute)} & WRITERS


def _counted(rows: Ints, noun: str) -> str:
    shown = ", ".join(map(str, rows[:8])) + (", ..." if len(rows) > 8 else "")
    return f"{noun}{'' if len(rows) == 1 else 's'} {shown}"
