"""A segment: a header of JSON and arrays of integers, as bytes that any language can read.

    8 bytes   ``TPSEG`` and the version of this layout as three digits
    4 bytes   length of the header as it stands, little-endian; then 1 byte, its packing
    header    JSON, ASCII; its member ``arrays`` lists (type, values, bytes, packing) of each array
    arrays    one after the other, in that order, values little-endian

A packing is 0 (as it is) or 1 (zlib). Never a pickle: reading one runs nothing.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from struct import Struct, error as StructError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage.maps.rowsets import smallest_dtype

MAGIC = b"TPSEG001"
_LENGTH = Struct("<IB")
_SMALL = 2048
"""Bytes up to which packing costs more than it saves."""
_SAMPLE = 1024
_PAYS = 0.7
"""Share of its size to which a sample must shrink for the whole to be packed."""
_LITTLE: dict[np.dtype[Any], str] = {}
"""Type -> its name with the least byte first, found once."""
_NATIVE = sys.byteorder == "little"
_TYPES = frozenset("|i1 |u1 |b1 <i2 <i4 <i8 <u2 <u4 <u8".split())


class Pool:
    """Arrays on their way into a segment; one that is added twice is kept once.

    Attributes:
        arrays: In the order of their numbers.
    """

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self._known: dict[int, tuple[int, NDArray[Any]]] = {}

    def add(self, array: NDArray[Any], n: int | None = None) -> int:
        """The number of an array, which must not change any more.

        Args:
            array: Integers.
            n: They are meant to lie in -1 .. n - 1, and are kept in the narrowest type if they do.
        """
        found = self._known.get(id(array))
        if found is None:
            # the array is kept, so that its id stays its own
            found = self._known[id(array)] = (len(self.arrays), array)
            self.arrays.append(array if n is None else _narrowed(array, n))
        return found[0]


def _narrowed(array: NDArray[Any], n: int) -> NDArray[Any]:
    kind = smallest_dtype(n)
    if array.dtype.itemsize <= np.dtype(kind).itemsize or not array.size:
        return array
    narrow = array.astype(kind)
    return narrow if (narrow == array).all() else array


def pack(header: Mapping[str, Any], arrays: Sequence[NDArray[Any]]) -> bytes:
    """The bytes of a segment.

    Args:
        header: JSON values; ``arrays`` is added.
        arrays: Integers or booleans, one axis each.
    """
    listed, blocks = [], []
    for array in arrays:
        kind = _LITTLE.get(array.dtype)
        if kind is None:
            kind = _LITTLE[array.dtype] = array.dtype.newbyteorder("<").str
        plain = array if array.dtype.isnative and _NATIVE else array.astype(kind)
        packing, block = _packed(plain.tobytes())
        listed.append([kind, plain.size, len(block), packing])
        blocks.append(block)
    text = json.dumps({**header, "arrays": listed}, separators=(",", ":")).encode("ascii")
    packing, front = _packed(text)
    return b"".join([MAGIC, _LENGTH.pack(len(front), packing), front, *blocks])


def unpack(data: bytes) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Header and arrays of a segment; the arrays cannot be written.

    Raises:
        StoreError: These are not the bytes of a segment, or of a newer layout.
    """
    if data[:8] != MAGIC:
        raise StoreError(
            f"{data[:8]!r} does not begin a segment of this layout ({MAGIC.decode()}); a newer "
            "traceprop_nb may have written it"
        )
    try:
        length, packing = _LENGTH.unpack_from(data, 8)
        at = 8 + _LENGTH.size
        header = json.loads(_unpacked(data[at : at + length], packing))
        at += length
        arrays = []
        for kind, size, stored, packing in header["arrays"]:
            arrays.append(_array(_unpacked(data[at : at + stored], packing), kind, size))
            at += stored
    except (KeyError, TypeError, ValueError, zlib.error, StructError) as error:
        raise StoreError(f"a segment of {len(data)} bytes cannot be read: {error}") from error
    if at != len(data):
        raise StoreError(f"a segment of {at} bytes came with {len(data)}")
    return header, arrays


def _array(block: bytes, kind: str, size: int) -> NDArray[Any]:
    if kind not in _TYPES:
        raise ValueError(f"an array of {kind!r}")
    array: NDArray[Any] = np.frombuffer(block, kind)
    if array.size != size:
        raise ValueError(f"{array.size} values where {size} were written")
    return array


def _packed(block: bytes) -> tuple[int, bytes]:
    if len(block) <= _SMALL:
        return 0, block
    middle = block[len(block) // 2 :][:_SAMPLE]
    if len(zlib.compress(middle, 1)) > _PAYS * len(middle):
        return 0, block
    small = zlib.compress(block, 1)
    return (1, small) if len(small) < _PAYS * len(block) else (0, block)


def _unpacked(block: bytes, packing: int) -> bytes:
    if packing not in (0, 1):
        raise ValueError(f"packing {packing}")
    return zlib.decompress(block) if packing else block
