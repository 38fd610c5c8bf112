"""Two maps as one: in closed form where there is one, else as a chain."""

from __future__ import annotations

from traceprop_nb.lineage.maps.all import All
from traceprop_nb.lineage.maps.chain import Chain, fitting
from traceprop_nb.lineage.maps.compress import compress
from traceprop_nb.lineage.maps.identity import Identity
from traceprop_nb.lineage.maps.mask import Mask
from traceprop_nb.lineage.maps.range import Range
from traceprop_nb.lineage.maps.repeat import Repeat
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, as_positions
from traceprop_nb.lineage.maps.tile import Tile

_TOTAL = (Identity, Mask, Range, Repeat, Tile)
"""Kinds that give every output row an input row."""


def compose(outer: RowMap, inner: RowMap) -> RowMap:
    """From z to x, where ``outer`` leads from z back to y and ``inner`` from y back to x.

    Raises:
        ShapeError: The two do not meet: ``outer.n_in`` is not ``inner.n_out``.
    """
    fitting(outer, inner)
    if isinstance(outer, Identity):
        return inner
    if isinstance(inner, Identity):
        return outer
    if isinstance(outer, Range) and isinstance(inner, Range):
        return _progression(outer, inner)
    if isinstance(inner, All) and isinstance(outer, _TOTAL):
        return All(inner.n_in, outer.n_out)
    return Chain(outer, inner)


def _progression(outer: Range, inner: Range) -> Range:
    start = inner.start + inner.step * outer.start
    return Range(start, inner.step * outer.step, outer.n_out, inner.n_in)


def restrict(m: RowMap, rows: Ints) -> RowMap:
    """The map of a selection of output rows, in the order given, with repeats.

    Raises:
        RowRangeError: One of them is not an output row.
    """
    return compose(compress(as_positions(rows, m.n_out), m.n_out), m)
