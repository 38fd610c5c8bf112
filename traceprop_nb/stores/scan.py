"""Looks for texts in everything that a store is made of, as bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import MetaData, inspect, select

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage.segment import unpack
from traceprop_nb.stores.compact import files_of
from traceprop_nb.stores.database import Database
from traceprop_nb.stores.schema import segments
from traceprop_nb.stores.segments import fetch


def scan(store: Database, keys: Database, texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of what was looked at, and of that in which a text is.

    Args:
        store: Its files with their logs, and every file of the folder of segments beside it; of a
            server every row of every table that the connection sees.
        keys: The keys' own database.
        texts: Looked for as UTF-8, as UTF-16 and as JSON escapes them.
    """
    forms = {form for text in texts for form in _forms(text)}
    if store.mode == "server":
        tables = _rows(store)
        hit = sorted(name for name, rows in tables.items() if _has(rows, forms))
        return _with_parts(store, forms, sorted(tables), hit)
    paths = [*files_of(store), *files_of(keys), *_segments(Path(store.where))]
    hit = [path.name for path in paths if _has(path.read_bytes(), forms)]
    return _with_parts(store, forms, [path.name for path in paths], hit)


def _with_parts(
    store: Database, forms: set[bytes], looked_at: list[str], hit: list[str]
) -> tuple[list[str], list[str]]:
    """The same, with the parts of the lineage, whose bytes may be packed."""
    inside, unread = _packed(store, forms)
    parts = f"parts of the lineage ({unread} cannot be read)" if unread else "parts of the lineage"
    return [*looked_at, parts], [*hit, *([parts] if inside else [])]


def _packed(store: Database, forms: set[bytes]) -> tuple[bool, int]:
    """Whether a text is in a part of the lineage, and how many cannot be read."""
    with store.read() as connection:
        if not inspect(connection).has_table(segments.name):
            return False, 0
        names = connection.execute(select(segments.c.session, segments.c.digest)).all()
    inside, unread = False, 0
    for session, digest in names:
        try:
            header, _ = unpack(fetch(store, session, digest))
        except StoreError:
            unread += 1
            continue
        told = json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")
        inside = inside or _has(told, forms)
    return inside, unread


def _forms(text: str) -> list[bytes]:
    escaped = json.dumps(text)[1:-1]
    return [text.encode("utf-8", "surrogatepass"), escaped.encode(), text.encode("utf-16-le")]


def _has(data: bytes, forms: set[bytes]) -> bool:
    return any(form in data for form in forms)


def _segments(store: Path) -> list[Path]:
    """Files in folders beside the store that belong to it by their name."""
    folders = (store.with_name(store.name + ".segments"), store.with_name("segments"))
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def _rows(store: Database) -> dict[str, bytes]:
    tables = MetaData()
    with store.read() as connection:
        tables.reflect(connection)
        return {
            table.name: "\n".join(
                map(str, (tuple(row) for row in connection.execute(select(table))))
            ).encode("utf-8", "surrogatepass")
            for table in tables.sorted_tables
        }
