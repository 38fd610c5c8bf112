"""What is known of a file that a value was just written to."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    node: int
    path: str
    size: int
    mtime_ns: int
    format: str
    records: int
    separator: str
    exact: bool
