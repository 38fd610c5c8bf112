"""Erasing a person from an append-only log: the key to their name goes, the chain stays.

What was appended is bound by digests and is not edited. It calls people by pseudonyms; once the
key behind one is destroyed, nobody can tell whom it meant, nor check a guess (GDPR Article 17 asks
for the data; a hash with a key that still exists is personal data still). What lies outside of the
store is listed, never called erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import EmptyForgetSetError, StoreError, UnknownNameError
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.session.privacy.pseudonyms import Pseudonyms
from traceprop_nb.session.subject import SubjectAnswer, cells_of, subject

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Store
    from traceprop_nb.stores.keys import KeyTable

ERASED = "erased_subject"
SEARCHED = "searched_subject"
"""Kinds of events: the key is gone; and what was then looked at for what is left."""

SHORTEST = 4
"""Letters of a cell from which on it can be looked for in a file: shorter ones are everywhere."""


@dataclass(frozen=True, repr=False, eq=False)
class ErasureAnswer:
    """What was erased, and what was not reached.

    Attributes:
        title: The column and the pseudonym that means nobody from now on.
        keys: Keys that were destroyed; 0 where the log never named them.
        scanned: Files and tables in which the person's cells were looked for afterwards.
        found: Those in which they still are; none if the erasure is complete.
        still: Where the person's rows are, as ``subject`` found them; None if nowhere was seen.
        unreached: (what, why) of everything that was not erased or not looked at.
    """

    title: str
    keys: int
    scanned: Sequence[str]
    found: Sequence[str]
    still: SubjectAnswer | None
    unreached: Sequence[tuple[str, str]]

    def __repr__(self) -> str:
        out = [
            f"erased {self.title}: {self.keys} key{'' if self.keys == 1 else 's'} destroyed",
            *_looked(self.scanned, self.found),
        ]
        return "\n".join(out + [f"unreached  {what}: {why}" for what, why in self.unreached])


def erase_subject(session: Session, column: str, key: Any) -> ErasureAnswer:
    """See ``traceprop_nb.erase_subject``."""
    if session.storage is not None and session.storage.keys is None:
        raise StoreError(f"{session.storage.given} can only be read, so no key was destroyed")
    keys = cells_of(key)
    names = session.guard.pseudonyms
    destroyed = names.count(column, keys)  # those that are made below go with them, uncounted
    who = names.known(column, keys) or names.person(column, keys)
    still = _still(session, column, key)
    names.destroy(column, keys)
    title = f"the subject {who} of column {column!r}"
    session.guard.spoken.add(column)
    left = [] if session.storage is None else _compacted(session.storage)
    beyond = [what for what, _ in OUTSIDE]
    session.record_event(ERASED, who=title, keys=destroyed, unreached=beyond)
    storage = session.storage
    store, ring = (None, None) if storage is None else (storage.store, storage.keys)
    scanned, found, skipped = _scan(store, ring, [str(k) for k in keys])
    elsewhere = [] if storage is None else _elsewhere(len(storage.others.ids()))
    unreached = [*left, *skipped, *_held(still), *elsewhere, *OUTSIDE]
    told = [list(one) for one in unreached]  # apart, so that a name alone is hidden as one
    session.record_event(SEARCHED, who=title, scanned=scanned, found=found, unreached=told)
    return ErasureAnswer(title, destroyed, scanned, found, still, unreached)


@dataclass(frozen=True, repr=False, eq=False)
class ErasurePlan:
    """What an erasure would do, without anything done.

    Attributes:
        column: The column.
        keys: Keys that would be destroyed.
        scanned: Files and tables in which the person's cells were looked for.
        found: Those in which they are, and would stay.
        unreached: (what, why) of everything that would not be erased or was not looked at.
    """

    column: str
    keys: int
    scanned: Sequence[str]
    found: Sequence[str]
    unreached: Sequence[tuple[str, str]]

    def __repr__(self) -> str:
        out = [
            f"would erase a subject of column {self.column!r}: {self.keys} "
            f"key{'' if self.keys == 1 else 's'} to destroy",
            *_looked(self.scanned, self.found),
        ]
        return "\n".join(out + [f"unreached  {what}: {why}" for what, why in self.unreached])


def plan(store: Store, column: str, key: Any) -> ErasurePlan:
    """What ``erase_subject`` would do in a store; only reads, and logs nothing.

    Args:
        store: It may be open to read only.
        column: The column that identifies people.
        key: As ``erase_subject`` takes it.

    Raises:
        StoreError: The store or its keys cannot be read.
    """
    from traceprop_nb.session.keeping import LINEAGE
    from traceprop_nb.stores.keys import keys_to_read

    keys = cells_of(key)
    ring = keys_to_read(store.database)
    names, number = Pseudonyms(), 0
    try:
        if ring is not None:
            names.ring = ring
            number = names.count(column, keys)
        scanned, found, skipped = _scan(store, ring, [str(k) for k in keys])
    finally:
        if ring is not None:
            ring.close()
    elsewhere = _elsewhere(len(store.sessions_with(LINEAGE)))
    return ErasurePlan(column, number, scanned, found, [*skipped, *elsewhere, *OUTSIDE])


def _looked(scanned: Sequence[str], found: Sequence[str]) -> list[str]:
    return [
        f"scanned    {', '.join(scanned) or 'nothing'}",
        f"found in   {', '.join(found) or ('none of them' if scanned else 'nothing was scanned')}",
    ]


OUTSIDE = (
    ("copies of the store and bundles", "they carry no key, but any text a person stated in them"),
    ("backups of the keys", "a copy of the file of keys, or of the server's log, brings them back"),
    ("notebooks", "cells and their outputs are saved by whoever edits them"),
    ("free space of the disk", "the file system may keep what a file no longer has"),
)
"""What no erasure in a store reaches."""


def _still(session: Session, column: str, key: Any) -> SubjectAnswer | None:
    """Where the rows are; None where no source that can be asked holds the person."""
    try:
        return subject(session, column, key)
    except (EmptyForgetSetError, UnknownNameError):
        return None


def _held(still: SubjectAnswer | None) -> list[tuple[str, str]]:
    if still is None:
        return []
    rows = [(name, f"holds {_many(r, 'record')} of theirs") for name, r in still.sources.items()]
    rows += [
        (v.name, f"holds {_many(v.rows, 'row')} made of theirs") for v in still.values if v.name
    ]
    rows += [
        (f"run {name}", f"was trained on {_many(r, 'row')} of theirs; see unlearn(subject=...)")
        for name, r in still.runs.items()
    ]
    return [*rows, *still.unreached]


def _many(rows: Ints, noun: str) -> str:
    return f"{len(rows):,} {noun}{'' if len(rows) == 1 else 's'}"


def _compacted(storage: Storage) -> list[tuple[str, str]]:
    from traceprop_nb.stores.compact import compact

    storage.flush()
    found = [] if storage.keys is None else [(storage.keys.database.where, storage.keys.left)]
    if storage.store.database.mode != "server":
        found.append((storage.store.database.where, compact(storage.store.database)))
    else:
        found.append(("the server's write-ahead log and backups", "they are its administrator's"))
    return [(Path(where).name, f"what was deleted may still be in it: {why}")
            if "server" not in where else (where, why) for where, why in found if why]  # fmt: skip


def _elsewhere(sessions: int) -> list[tuple[str, str]]:
    why = "the files that they read and wrote, and their models, are not searched"
    return [(f"{sessions:,} other session{'' if sessions == 1 else 's'}", why)] if sessions else []


def _scan(
    store: Store | None, ring: KeyTable | None, values: Sequence[str]
) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Where the cells were looked for, where they are, and why some were not looked for."""
    wanted = [value for value in values if len(value) >= SHORTEST]
    skipped = [
        ("the store", "a cell of the person's is too short to be looked for")
    ] * (len(wanted) < len(values))  # fmt: skip
    if store is None or ring is None or not wanted:
        return [], [], skipped
    from traceprop_nb.stores.scan import scan

    scanned, found = scan(store.database, ring.database, wanted)
    return scanned, found, skipped
