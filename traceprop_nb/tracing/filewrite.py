"""What is known of a file that a value was just written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ORDINARY: dict[str, tuple[object, ...]] = {
    "header": ("infer", 0, None), "skiprows": (None, 0), "skipfooter": (None, 0),
    "comment": (None,), "quotechar": ('"',), "quoting": (0,), "doublequote": (True,),
    "escapechar": (None,), "lineterminator": (None,),
}  # fmt: skip
"""How a text file is read where nothing drops or adds a line but a header its one: then as many
records as rows were written, or as were asked for, are those rows, in their order."""


@dataclass(frozen=True)
class FileWrite:
    """A value that was just written to a file.

    Attributes:
        node: The value.
        path: Where, absolute.
        size: Bytes, right after.
        mtime_ns: When it changed last, right after.
        format: Such as ``"csv"``.
        records: Rows of the value.
        separator: Between the cells of a record; empty where the format has none.
        exact: Whether record i of the file is row i, whatever plain reader reads it.
        part: Which part of the file it is, such as ``"['weights']"``; empty for all of it.
        cell: Number of the cell that wrote it.
        line: Line in that cell, 0 where unknown.
    """

    node: int
    path: str
    size: int
    mtime_ns: int
    format: str
    records: int
    separator: str
    exact: bool
    part: str = ""
    cell: int = 0
    line: int = 0


def doubt(wrote: FileWrite, records: int, detail: Mapping[str, Any]) -> str:
    """Why record i of a file may be another row than row i of what was written; empty if it is not.

    Args:
        wrote: How it was written.
        records: How many records were read.
        detail: How: ``reader``, ``options``, ``unusual``.
    """
    options, reader = detail.get("options", {}), detail.get("reader")
    odd = [name for name, fine in _ORDINARY.items() if options.get(name, fine[0]) not in fine]
    odd += detail.get("unusual", ())
    if not wrote.exact:
        return "it was written with options that may move rows"
    if reader != wrote.format:
        return f"it was written as {wrote.format} and read as {reader}"
    asked = options.get("nrows")
    if records != (wrote.records if asked is None else min(asked, wrote.records)):
        return f"{wrote.records} rows were written and {records} records read"
    if odd:
        return f"it was read with {', '.join(odd)}"
    if wrote.separator not in ("", options.get("delimiter") or options.get("sep") or ","):
        return "it was written and read with different separators"
    return ""
