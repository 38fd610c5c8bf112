"""The identifiers that travel between layers, as distinct types."""

from __future__ import annotations

from typing import NewType

NodeId = NewType("NodeId", int)
"""A value in the lineage graph: 0, 1, 2, ... in the order of recording."""

CellId = NewType("CellId", int)
"""A notebook cell's execution count; 0 outside any cell."""
