"""Files in other tools' formats: written from the session, and read back."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import FormatError, OptionError, StoreError, TrustError
from traceprop_nb.exports import formats, parquet
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import RowLineage, SessionGraph, Source
from traceprop_nb.exports.stretches import pairs
from traceprop_nb.lineage.maps import All, Ragged, RowMap, compress
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.session import questions
from traceprop_nb.session.access import access
from traceprop_nb.session.picture import picture
from traceprop_nb.session.row_links import MOST_PAIRS, WORDS, row_lineage

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.past import Past

EXPORTED = "exported"


def export(
    session: Session,
    path: str | Path,
    *,
    format: str | None,
    detail: str = "named",
    person: str = "",
) -> Path | str:
    """Write the session. See ``traceprop_nb.export``."""
    if format == "mlflow":
        return _to_mlflow(session, str(path), picture(session, detail=detail, person=person))
    if not isinstance(path, str | os.PathLike):
        raise OptionError(
            f"export(a {type(path).__name__}) lacks a path; write export(frame, 'frame.parquet')"
        )
    form = formats.format_to_write(path, format)
    whole = picture(session, detail=detail, person=person)
    _exported(session, form.name, _written(form, whole, Path(path)), detail)
    return Path(path)


def export_stored(
    past: Past,
    path: str | Path,
    *,
    format: str | None = None,
    detail: str = "named",
    person: str = "",
) -> SessionGraph:
    """Write a stored session, and log that in the session that asks for it.

    Args:
        past: The stored session.
        path: As ``export`` takes it.
        format: As ``export`` takes it; not "mlflow", which takes a live session's record.
        detail: As ``export`` takes it.
        person: As ``export`` takes it.

    Returns:
        What was written.

    Raises:
        UnknownNameError: No such format; names the nearest.
        OptionError: A path that says no format, a session without what the format is about.
        StoreError: Parts of the session are gone, and the format has no place to say so.
    """
    form = formats.format_to_write(path, format)
    if past.damage and not form.carries_steps:
        able = ", ".join(name for name, one in formats.FORMATS.items() if one.carries_steps)
        raise StoreError(
            f"{form.name} has no place to say what is gone of {past.title} ({past.damage[0]}); "
            f"these have: {able}"
        )
    whole = picture(past, detail=detail, person=person)
    digest = _written(form, whole, Path(path))
    scope = {"of": past.id, "format": form.name, "digest": digest, "detail": detail}
    access(past.storage, EXPORTED, scope)
    return whole


def _written(form: formats.Format, whole: SessionGraph, target: Path) -> str:
    data = form.write(whole)
    if form.payload_type:
        data = _signed(form.payload_type, data)
    target.write_bytes(data)
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _signed(kind: str, statement: bytes) -> bytes:
    """A JSON statement in a DSSE envelope on a line of its own, signed with the user's key."""
    from traceprop_nb.reports.canonical import canonical
    from traceprop_nb.reports.trust import dsse, keys

    told = json.loads(statement)
    try:
        key = keys.own_key()
    except TrustError as error:
        raise TrustError(f"{error}; export 'in-toto' for the statement unsigned") from error
    signature = key.sign(kind, canonical(told))
    return canonical(dsse.envelope(kind, told, key.public, signature)) + b"\n"


def _to_mlflow(session: Session, address: str, whole: SessionGraph) -> str:
    from traceprop_nb.exports import mlflow_store

    record = session.report()
    digest = record.digest
    run = mlflow_store.write(address, whole, record.to_json().encode(), digest)
    _exported(session, mlflow_store.NAME, digest, whole.detail)
    return run


def export_frame(session: Session, frame: Any, path: str | Path, format: str | None) -> Path:
    """Write a frame with its lineage as Parquet. See ``traceprop_nb.export``."""
    target = Path(path)
    if format not in (None, parquet.NAME) or target.suffix.lower() != ".parquet":
        raise OptionError(
            f"a value is exported as Parquet, and {target.name!r} does not end in .parquet; to "
            "export the session, pass the path alone"
        )
    node = questions.node_of(session, frame)
    whole = picture(session)
    known = {source.id: source for source in whole.sources}
    ids = {n: f"source/{n}" for n in session.graph.sources} | {node: ""}
    rows = tuple(row_lineage(session.graph, [node], ids, MOST_PAIRS))
    if node in session.graph.sources:  # a source that nobody changed: every row is its record
        n = session.graph.rows(node)
        rows = (RowLineage("", f"source/{node}", "exact", ((0, 0, n),) if n else ()),)
    sources = tuple(known[one.source] for one in rows)
    digest = parquet.write(frame, target, whole.id, sources, rows)
    _exported(session, parquet.NAME, digest, "frame")
    return target


def import_frame(session: Session, path: str | Path) -> Any:
    """Read a frame and its lineage. See ``traceprop_nb.import_``."""
    session.open_adapters()
    frame, footer = parquet.read(Path(path))
    session.open_adapters()  # reading may have been the first use of the frame's library
    found = {source.id: source for source in footer.sources}
    edges = []
    for one in footer.row_lineage:
        if one.source not in found:
            raise FormatError(f"the footer of {path} has rows of {one.source!r}, no source of its")
        node = _source_node(session, found[one.source], footer.session)
        status = Status(WORDS.index(one.status)) if one.complete else Status.INEXACT
        edges.append((node, _map(session, one, node, footer.rows), Kind.DIRECT, status))
    session.recorder.emit(-1, "import_parquet", frame, edges, rows=footer.rows)
    session.record_event("imported", format=parquet.NAME, session=footer.session)
    return frame


@dataclass(frozen=True)
class Imported:
    """What a file says of a session.

    Attributes:
        format: Name of its format.
        loses: What the format has no place for.
        graph: What it holds.
    """

    format: str
    loses: tuple[Loss, ...]
    graph: SessionGraph


def import_lineage(path: str | Path, format: str | None) -> SessionGraph:
    """Read a picture of a session. See ``traceprop_nb.import_lineage``."""
    return imported(path, format).graph


def imported(path: str | Path, format: str | None) -> Imported:
    """Read a picture of a session, and say what its format has no place for."""
    place = str(path)
    if format == "mlflow":
        from traceprop_nb.exports import mlflow_store

        return Imported(mlflow_store.NAME, mlflow_store.LOSES, mlflow_store.read(place))
    if format == "dvc" or Path(place).name == "dvc.lock" or place.endswith(".dvc"):
        from traceprop_nb.exports import dvc

        return Imported(dvc.NAME, (), dvc.read(Path(place)))
    data = Path(place).read_bytes()
    form = formats.format_to_read(place, data, format)
    assert form.read is not None
    return Imported(form.name, form.loses, form.read(data))


def _source_node(session: Session, source: Source, origin: str) -> int:
    """The session's own node of a source with the same name and bytes, or a new one."""
    for node, known in session.files.settled().items():
        same = known.n_rows == source.records and known.digest == source.digest
        if source.digest and same and source.name in (known.name, session.guard.shown(known.name)):
            return node
    for node, known in session.graph.sources.items():
        if known.detail.get("id") == source.id and known.detail.get("session") == origin:
            return node
    return session.graph.append_source(
        name=source.name,
        kind=source.kind,
        n_rows=source.records or 0,
        digest=source.digest or None,
        cell=session.recorder.cell,
        detail={"session": origin, "id": source.id},
    )


def _map(session: Session, one: RowLineage, node: int, n: int) -> RowMap:
    """The map of stretches that came from a file, checked against both ends."""
    n_in = session.graph.rows(node)
    if not one.complete:
        return All(n_in, n)
    for row, record, length in (*one.diagonal, *one.fan):
        if min(row, record, length - 1) < 0 or record + length > n_in:
            raise FormatError(f"stretch {row, record, length} leaves the {n_in} records")
    rows, records = pairs(one.diagonal, one.fan)
    if len(rows) and rows[-1] >= n:
        raise FormatError(f"row {rows[-1]} is not among the {n} rows of the frame")
    if (rows[1:] > rows[:-1]).all():
        index = np.full(n, -1)
        index[rows] = records
        return compress(index, n_in)
    return Ragged.of_pairs(rows, records, n, n_in)


def _exported(session: Session, format: str, digest: str, scope: str) -> None:
    session.record_event(EXPORTED, format=format, digest=digest, scope=scope)
