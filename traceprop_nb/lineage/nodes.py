"""What a lineage graph says about a step: its kind, its certainty, its place, its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """How an operand's rows came into a result."""

    DIRECT = 0
    """The row itself."""
    CONTEXT = 1
    """A statistic, a fit or a sort key that many rows share."""


class Status(IntEnum):
    """How far an answer may be trusted; ``max`` is the worst."""

    EXACT = 0
    """What carried row ids would say."""
    ASSUMED = 1
    """Exact if a stated assumption holds."""
    INEXACT = 2
    """A superset of the truth."""
    UNKNOWN = 3
    """Nobody saw where it came from."""


@dataclass(frozen=True, slots=True)
class Site:
    """An expression of the user's source.

    Attributes:
        op: Name of the operation.
        cell: Number of the cell.
        line: Line in the cell, from 1.
        col: Column, from 0.
        text: The expression, at most 120 characters.
    """

    op: str
    cell: int
    line: int
    col: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Something that entered the session from outside.

    Attributes:
        node: Its node in the graph.
        name: What the user calls it: a file name, a variable.
        kind: "file", "array", "table", "generated" or "unknown".
        path: Where a file lies, None for anything else.
        n_rows: Number of its records, counted from 0.
        digest: "sha256:..." of a file's bytes, None while it is not computed.
        cell: Number of the cell that read it.
        line: Line in that cell, 0 where unknown.
        detail: Whatever else its reader knows, such as the skipped lines.
    """

    node: int
    name: str
    kind: str
    path: str | None
    n_rows: int
    digest: str | None = None
    cell: int = 0
    line: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)
