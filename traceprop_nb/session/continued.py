"""Where the lineage goes on in another session of the store.

A file that one session wrote and another read, the same bytes by their digest, leads its records on
to the rows that were written. A file whose bytes changed in between is a source of its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source, Status
from traceprop_nb.session.answers import RowAnswer, Step
from traceprop_nb.session.traced import Traced
from traceprop_nb.tracing.filewrite import FileWrite, doubt

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Onward:
    """Records of a file as rows of the value that was written to it.

    Attributes:
        where: The session that wrote it.
        node: The value.
        rows: Its rows.
        exact: Whether the records are those rows; else they are among them.
        digest: Of the file.
        said: Who wrote it, in words.
        why: What keeps it from being exact; empty if it is.
    """

    where: Traced
    node: int
    rows: Ints
    exact: bool
    digest: str
    said: str
    why: str


def onward(traced: Traced, source: int, records: Ints, seen: frozenset[str]) -> Onward | None:
    """Where records of a source go on; None where nobody of the store is known to have written it.

    Args:
        traced: Has the source.
        source: Its node.
        records: From 0.
        seen: Digests that were followed already, which are not followed again.

    Raises:
        StoreError: The session that wrote it cannot be read.
    """
    storage, its = traced.storage, traced.files.settled()[source]
    if storage is None or its.path is None or its.digest is None or its.digest in seen:
        return None
    for session, body in storage.others.writers(its.digest):
        if session == traced.id and body["node"] >= source:
            continue  # written after it was read here
        if body.get("part", "") != its.detail.get("part", ""):
            continue
        where = traced if session == traced.id else storage.others.past(session)
        why = _doubt(its, body)
        rows = np.arange(int(body["records"]), dtype=np.int64) if why else records
        said = f"{os.path.basename(str(body['file']))} was written by {where.title}"
        said += f", cell {body['cell']}"
        return Onward(where, int(body["node"]), rows, not why, its.digest, said, why)
    return None


def _doubt(source: Source, body: Mapping[str, Any]) -> str:
    """Why record i of the file may be another row than row i of what was written."""
    wrote = FileWrite(
        int(body["node"]), str(body["file"]), int(body["size"]), 0, str(body["format"]),
        int(body["records"]), str(body["separator"]), bool(body["exact"]),
    )  # fmt: skip
    why = doubt(wrote, source.n_rows, source.detail)
    return why and f"{source.name}: {why}, so any of its rows may be meant"


def changed(traced: Traced, source: int) -> str:
    """That a file of this name was written by a session, and is another one now; or empty."""
    storage, its = traced.storage, traced.files.settled()[source]
    if storage is None or its.path is None:
        return ""
    told = storage.others.wrote(os.path.basename(its.path))
    if not told or any(body["digest"] == its.digest for _, body in told):
        return ""
    session, body = told[-1]
    writer = traced.title if session == traced.id else f"session {session}"
    return (
        f"{its.name} is not the file that {writer} wrote in cell {body['cell']}: its bytes changed "
        "since, so it is a source of its own"
    )


def apart(traced: Traced, further: Onward, answer: RowAnswer) -> RowAnswer:
    """The answer of another session, with a source's name made plain where one here has it too."""
    if further.where is traced:
        return answer
    here, there = _digests(traced), _digests(further.where)
    new = {
        name: f"{name} ({further.where.title})"
        for name in answer.sources
        if name in here and here[name] != there.get(name)
    }
    if not new:
        return answer
    return replace(
        answer,
        sources={new.get(n, n): records for n, records in answer.sources.items()},
        lines={new.get(n, n): lines for n, lines in answer.lines.items()},
        context={new.get(n, n): count for n, count in answer.context.items()},
    )


def _digests(traced: Traced) -> dict[str, str | None]:
    return {name: traced.graph.sources[n].digest for n, name in traced.files.names().items()}


@dataclass
class Merged:
    """An answer in the making, of one session's part and of those that it leads on to."""

    status: Status
    sources: dict[str, Ints] = field(default_factory=dict)
    lines: dict[str, Ints] = field(default_factory=dict)
    context: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    before: list[Step] = field(default_factory=list)

    def leads_on(self, further: Onward, answer: RowAnswer) -> bool:
        """Take over what the other session knows; False where it does not know whence."""
        self.status = max(self.status, answer.status)
        if not further.exact:
            self.status = max(self.status, Status.INEXACT)
        self.notes += [note for note in (further.said, further.why, *answer.notes) if note]
        if answer.status == Status.UNKNOWN and not answer.sources:
            return False
        for name, records in answer.sources.items():
            known = self.sources.get(name)
            self.sources[name] = records if known is None else np.union1d(known, records)
        self.lines |= answer.lines
        for name, n in answer.context.items():
            self.context[name] = max(self.context.get(name, 0), n)
        self.before += [*answer.path, (further.said, 0, 0)]
        return True

    def unreadable(self, name: str, error: StoreError) -> None:
        """The session that wrote a file cannot be read."""
        self.status = Status.UNKNOWN
        self.notes.append(f"where the rows of {name} came from cannot be read: {error}")

    def answer(self, path: Sequence[Step]) -> RowAnswer:
        """All of it."""
        notes = tuple(dict.fromkeys(self.notes))
        return RowAnswer(
            self.sources, self.lines, self.context, self.status, [*self.before, *path], notes
        )
