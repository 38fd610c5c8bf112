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
Parts = tuple[Sequence[int], Sequence[NDArray[Any]], Sequence[RowMap]]


@dataclass(frozen=True)
class Codec:
    """How maps of one kind are taken apart and made again.

    Attributes:
        parts: Map -> its integers, arrays and maps.
        make: Integers, arrays and maps -> an equal map.
    """

    parts: Callable[[Any], Parts]
    make: Callable[[Sequence[int], Sequence[NDArray[Any]], Sequence[RowMap]], RowMap]


CODECS: dict[type, Codec] = {
    All: Codec(lambda m: ((m.n_in, m.n_out), (), ()), lambda n, a, m: All(*n)),
    Chain: Codec(lambda m: ((), (), (m.outer, m.inner)), lambda n, a, m: Chain(*m)),
    Deferred: Codec(lambda m: _waiting(m), lambda n, a, m: Deferred(a[0], *n)),
    Gather: Codec(lambda m: ((m.n_in,), (m.index,), ()), lambda n, a, m: Gather(a[0], *n)),
    Groups: Codec(lambda m: ((m.n_out,), (m.codes,), ()), lambda n, a, m: Groups(a[0], *n)),
    SameGroup: Codec(lambda m: ((), (), (m.groups,)), lambda n, a, m: SameGroup(_groups(m[0]))),
    Identity: Codec(lambda m: ((m.n_in,), (), ()), lambda n, a, m: Identity(*n)),
    Mask: Codec(lambda m: ((m.n_in,), (m.bits,), ()), lambda n, a, m: Mask(_bits(a[0], *n), *n)),
    Part: Codec(lambda m: ((m.offset, m.n_in, m.n_out), (), ()), lambda n, a, m: Part(*n)),
    Prefix: Codec(lambda m: ((m.n_in,), (), ()), lambda n, a, m: Prefix(*n)),
    Ragged: Codec(lambda m: ((m.n_in,), (m.start, m.values), ()), lambda n, a, m: Ragged(*a, *n)),
    Range: Codec(lambda m: ((m.start, m.step, m.n_out, m.n_in), (), ()), lambda n, a, m: Range(*n)),
    Repeat: Codec(lambda m: ((m.k, m.n_in), (), ()), lambda n, a, m: Repeat(*n)),
    Runs: Codec(lambda m: ((m.n_in,), (m.first, m.origin), ()), lambda n, a, m: Runs(*a, *n)),
    Tile: Codec(lambda m: ((m.k, m.n_in), (), ()), lambda n, a, m: Tile(*n)),
    Union: Codec(lambda m: ((), (), m.members), lambda n, a, m: Union(m)),
    Window: Codec(lambda m: ((m.low, m.high, m.n_in, m.n_out), (), ()), lambda n, a, m: Window(*n)),
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
    numbers, arrays, maps = codec.parts(row_map)
    if maps and kind is Deferred:  # compressed already: what it stands for is written
        return write(maps[0], pool)
    return [
        kind.__name__, [int(n) for n in numbers], [pool.add(array) for array in arrays],
        [write(one, pool) for one in maps],
    ]  # fmt: skip


def read(written: Written, arrays: Sequence[NDArray[Any]]) -> RowMap:
    """The map that was written.

    Raises:
        StoreError: It does not describe a map.
    """
    try:
        name, numbers, places, maps = written
        made = [read(one, arrays) for one in maps]
        return _BY_NAME[name].make(numbers, [arrays[place] for place in places], made)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{str(written)[:80]} describes no row map: {error}") from error


def _waiting(m: Deferred) -> Parts:
    index = m.index  # asked once: another thread may compress it meanwhile
    return ((), (), (m.resolve(),)) if index is None else ((m.n_in,), (np.asarray(index),), ())


def _groups(found: RowMap) -> Groups:
    if not isinstance(found, Groups):
        raise TypeError(f"{found!r} has no groups")
    return found


def _bits(bits: NDArray[np.uint8], n_in: int) -> NDArray[np.uint8]:
    if bits.size * 8 < n_in:
        raise ValueError(f"{bits.size} bytes are no mask of {n_in} rows")
    return bits
