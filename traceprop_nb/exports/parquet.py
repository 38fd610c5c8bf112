"""A frame as a Parquet file that says, in its footer, which source records its rows come from.

The footer also has a digest of the rows: a tool that keeps the footer and changes the rows does
not get away with their lineage.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceprop_nb.errors import FormatError, MissingFrameworkError, OptionError
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import RowLineage, Source
from traceprop_nb.exports.plain_form import compact, from_json, from_plain, to_plain

NAME = "parquet"
KEY = b"traceprop_nb.lineage"
LOSES = (
    Loss("started", "it is about a frame"),
    Loss("detail", "it is about a frame"),
    Loss("values", "the frame is the one value", when="but the number of the frame's rows"),
    Loss("edges", "the steps between sources and frame are not in it"),
    Loss("cells", "the steps between sources and frame are not in it"),
    Loss("operations", "the steps between sources and frame are not in it"),
    Loss("column_lineage", "rows only"),
    Loss("runs", "it is about a frame"),
    Loss("agents", "it is about a frame"),
    Loss("packages", "it is about a frame"),
)
_VERSION = 1


@dataclass(frozen=True)
class Footer:
    """What the footer says of the rows.

    Attributes:
        version: Of this form.
        session: Id of the session that wrote it.
        rows: How many.
        digest: ``"sha256:..."`` of the rows, as Arrow holds them after reading.
        sources: Where they come from.
        row_lineage: Which records of each source; ``value`` is empty.
    """

    version: int
    session: str
    rows: int
    digest: str
    sources: tuple[Source, ...]
    row_lineage: tuple[RowLineage, ...]


def write(
    frame: Any, path: Path, session: str, sources: tuple[Source, ...], rows: tuple[RowLineage, ...]
) -> str:
    """Write a frame with its lineage.

    Args:
        frame: A pandas or polars frame, or an Arrow table.
        path: Where to.
        session: Id of the session.
        sources: Where its rows come from.
        rows: Which records of each.

    Returns:
        ``"sha256:..."`` of the file.

    Raises:
        MissingFrameworkError: pyarrow is not installed.
        OptionError: It is no table, or has columns that Parquet cannot hold.
    """
    arrow, parquet = _arrow()
    table = _table(frame, arrow)
    held = arrow.BufferOutputStream()
    parquet.write_table(table, held)
    back = parquet.read_table(arrow.BufferReader(held.getvalue()))
    footer = Footer(_VERSION, session, table.num_rows, _content(back, arrow), sources, rows)
    packed = base64.b64encode(zlib.compress(compact(to_plain(footer)).encode()))
    told = {**(table.schema.metadata or {}), KEY: packed}
    parquet.write_table(table.replace_schema_metadata(told), path)
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path) -> tuple[Any, Footer]:
    """A pandas frame and what its footer says.

    Raises:
        MissingFrameworkError: pyarrow is not installed.
        FormatError: No Parquet, no lineage in it, or lineage of other rows.
    """
    arrow, parquet = _arrow()
    try:
        table = parquet.read_table(path)
    except arrow.ArrowInvalid as error:
        raise FormatError(f"{path.name} is no Parquet file: {error}") from error
    packed = (table.schema.metadata or {}).get(KEY)
    if packed is None:
        raise FormatError(
            f"{path.name} has no lineage in its footer; read it with pandas.read_parquet, and it "
            "is a source of its own"
        )
    footer = _footer(packed, path.name)
    if footer.rows != table.num_rows or footer.digest != _content(table, arrow):
        raise FormatError(
            f"the {table.num_rows} rows of {path.name} are not the {footer.rows} that the lineage "
            "in its footer is about; read it with pandas.read_parquet, and it is a source of its "
            "own"
        )
    return table.to_pandas(), footer


def _footer(packed: bytes, name: str) -> Footer:
    try:
        whole = from_json(zlib.decompress(base64.b64decode(packed, validate=True)))
    except (ValueError, zlib.error) as error:
        raise FormatError(f"the lineage in the footer of {name} cannot be read: {error}") from error
    if isinstance(whole, dict) and whole.get("version") != _VERSION:
        raise FormatError(
            f"the lineage in {name} has version {whole.get('version')!r}, and this package reads "
            f"version {_VERSION}"
        )
    return from_plain(Footer, whole, "footer")


def _table(frame: Any, arrow: Any) -> Any:
    if isinstance(frame, arrow.Table):
        return frame
    if hasattr(frame, "to_arrow"):
        return frame.to_arrow()
    if not hasattr(frame, "columns"):
        raise OptionError(
            f"a {type(frame).__name__} is no table; Parquet takes frames: make one of it under "
            "%%trace first"
        )
    try:
        return arrow.Table.from_pandas(frame)
    except arrow.ArrowException as error:
        raise OptionError(f"Parquet cannot hold this frame: {error}") from error


def _content(table: Any, arrow: Any) -> str:
    """Digest of names, types and cells, without what anybody noted in the schema."""
    sink = arrow.BufferOutputStream()
    bare = table.combine_chunks().replace_schema_metadata(None)
    with arrow.ipc.new_stream(sink, bare.schema) as stream:
        stream.write_table(bare)
    return "sha256:" + hashlib.sha256(sink.getvalue()).hexdigest()


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingFrameworkError(
            "Parquet needs pyarrow; pip install 'traceprop_nb[interop]'"
        ) from error
    return pa, parquet
