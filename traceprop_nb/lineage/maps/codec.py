"""Row maps as plain lists and arrays, one codec a kind, so that they outlive the process.

A map is written as its kind's name, a few integers, the numbers of its arrays in a pool, and the
maps that it is made of, written the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage.maps.all import All
from traceprop_nb.lineage.maps.chain import Chain
from traceprop_nb.lineage.maps.deferred import Deferred
from traceprop_nb.lineage.maps.gather import Gather
from traceprop_nb.lineage.maps.groups import Groups, SameGroup
from traceprop_nb.lineage.maps.identity import Identity
from traceprop_nb.lineage.maps.mask import Mask
from traceprop_nb.lineage.maps.mosaic import Mosaic
from traceprop_nb.lineage.maps.on_demand import OnDemand
from traceprop_nb.lineage.maps.part import Part
from traceprop_nb.lineage.maps.prefix import Prefix
from traceprop_nb.lineage.maps.ragged import Ragged
from traceprop_nb.lineage.maps.range import Range
from traceprop_nb.lineage.maps.repeat import Repeat
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.maps.runs import Runs
from traceprop_nb.lineage.maps.tile import Tile
from traceprop_nb.lineage.maps.union import Union
from traceprop_nb.lineage.maps.window import Window

if TYPE_CHECKING:
    from traceprop_nb.lineage.segment import Pool

Written = list[Any]
"""``[kind, integers, numbers of arrays, maps]``, fit for JSON."""


@dataclass(frozen=True)
class Codec:
    """How maps of one kind are taken apart and made again.

    Attributes:
        arrays: Names of the attributes that are arrays.
        numbers: Names of those that are integers.
        maps: Names of those that are maps.
        make: Arrays, then integers, then maps, in these orders -> an equal map.
    """

    make: Callable[..., RowMap]
    arrays: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()


CODECS: dict[type, Codec] = {
    All: Codec(All, numbers=("n_in", "n_out")),
    Chain: Codec(Chain, maps=("outer", "inner")),
    Deferred: Codec(Deferred, ("index",), ("n_in",)),
    Gather: Codec(Gather, ("index",), ("n_in",)),
    Groups: Codec(Groups, ("codes",), ("n_out",)),
    SameGroup: Codec(lambda groups: SameGroup(_checked_groups(groups)), maps=("groups",)),
    Identity: Codec(Identity, numbers=("n_in",)),
    Mask: Codec(lambda bits, n_in: Mask(_checked_bits(bits, n_in), n_in), ("bits",), ("n_in",)),
    Mosaic: Codec(Mosaic, maps=("whole",)),
    OnDemand: Codec(OnDemand.of, maps=("made",)),
    Part: Codec(Part, numbers=("offset", "n_in", "n_out")),
    Prefix: Codec(Prefix, numbers=("n_in",)),
    Ragged: Codec(Ragged, ("start", "values"), ("n_in",)),
    Range: Codec(Range, numbers=("start", "step", "n_out", "n_in")),
    Repeat: Codec(Repeat, numbers=("k", "n_in")),
    Runs: Codec(Runs, ("first", "origin"), ("n_in",)),
    Tile: Codec(Tile, numbers=("k", "n_in")),
    Union: Codec(lambda *members: Union(members)),
    Window: Codec(Window, numbers=("low", "high", "n_in", "n_out")),
}
"""Every kind of map; tests/laws/test_codecs.py sees that none is missing."""

_BY_NAME = {kind.__name__: codec for kind, codec in CODECS.items()}


def write(row_map: RowMap, pool: Pool) -> Written:
    """A map as a list; its arrays go into the pool.

    Raises:
        StoreError: Its kind has no codec.
    """
    kind = type(row_map)
    codec = CODECS.get(kind)
    if codec is None:
        raise StoreError(f"row maps of kind {kind.__name__} cannot be stored; give it a codec")
    arrays = [getattr(row_map, name) for name in codec.arrays]
    if isinstance(row_map, Deferred) and arrays[0] is None:  # compressed already
        return write(row_map.resolve(), pool)
    reach = row_map.n_in if isinstance(row_map, Deferred) else None  # the others are narrow
    members = row_map.members if isinstance(row_map, Union) else ()
    maps = [*members, *(getattr(row_map, name) for name in codec.maps)]
    return [
        kind.__name__,
        [int(getattr(row_map, name)) for name in codec.numbers],
        [pool.add(array, reach) for array in arrays],
        [write(one, pool) for one in maps],
    ]


def read(written: Written, arrays: Sequence[NDArray[Any]]) -> RowMap:
    """The map that was written.

    Raises:
        StoreError: It does not describe a map.
    """
    try:
        name, numbers, places, maps = written
        made = [read(one, arrays) for one in maps]
        return _BY_NAME[name].make(*(arrays[place] for place in places), *numbers, *made)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{str(written)[:80]} describes no row map: {error}") from error


def _checked_groups(found: RowMap) -> Groups:
    if not isinstance(found, Groups):
        raise TypeError(f"{found!r} has no groups")
    return found


def _checked_bits(bits: NDArray[np.uint8], n_in: int) -> NDArray[np.uint8]:
    if bits.size * 8 < n_in:
        raise ValueError(f"{bits.size} bytes are no mask of {n_in} rows")
    return bits
