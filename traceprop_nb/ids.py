"""The identifiers that travel between layers: distinct types, and ULIDs.

A ULID sorts by the time it was made, and no two processes share one: 48 bits of milliseconds and
80 random ones, as 26 letters of Crockford's base 32. Those of one process sort in the order in
which they were made, within a millisecond too, and when the clock goes back.
"""

from __future__ import annotations

import os
import threading
import time
from typing import NewType

NodeId = NewType("NodeId", int)
"""A value in the lineage graph: 0, 1, 2, ... in the order of recording."""

CellId = NewType("CellId", int)
"""A notebook cell's execution count; 0 outside any cell."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


_lock = threading.Lock()
_last = 0


def ulid(milliseconds: int | None = None) -> str:
    """A new identifier.

    Args:
        milliseconds: Since 1970; now, by the host's clock, if None.
    """
    global _last  # what the next one must come after
    if milliseconds is not None:
        return _text(_fresh(milliseconds))
    with _lock:
        later = _last + 1 + int.from_bytes(os.urandom(5), "big")  # a fork goes another way
        _last = max(_fresh(time.time_ns() // 1_000_000), later)
        return _text(_last)


def _fresh(milliseconds: int) -> int:
    return (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")


def _text(number: int) -> str:
    return "".join(_LETTERS[number >> shift & 31] for shift in range(125, -5, -5))
