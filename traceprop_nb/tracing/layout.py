"""Where in memory the rows of an array stand, and which rows of another array stand there too.

Two views of the same memory are compared by their strides alone: nothing is read, and what is
worked out for each row waits until someone asks. Rows are positions along any one axis.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from traceprop_nb.lineage.maps import Ints, OnDemand, Ragged, RowMap, compress

Axes = list[tuple[int, int]]
"""(length, step in bytes) of axes, shortest step first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """An array's place in memory.

    Attributes:
        address: Of its first element.
        shape: Lengths of its axes.
        steps: Bytes from one position to the next along each axis; may be negative.
        size: Bytes of an element.
    """

    address: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of an array along one axis: n of them, the first at ``low``, ``step`` apart."""

    low: int
    n: int
    step: int
    inner: Axes
    size: int

    @property
    def elements(self) -> int:
        return int(np.prod([length for length, _ in self.inner]))


@dataclass(frozen=True, slots=True)
class Inside:
    """How each row of one array lies in a row of another.

    Attributes:
        n: Rows of the one that holds.
        rows: Rows of the one that lies inside.
        first: Where the first of these starts, in bytes from the start of the one that holds.
        step: Bytes from one of these to the next.
        width: Bytes from one row that holds to the next, negative where they run backwards.
        extent: Bytes of a row that holds; behind them may be a gap.
        filled: How many rows fill a row that holds.
    """

    n: int
    rows: int
    first: int
    step: int
    width: int
    extent: int
    filled: int

    @property
    def apart(self) -> bool:
        """Whether it is plain that no row lies in any."""
        last, width = self.first + self.step * (self.rows - 1), abs(self.width)
        low, high = min(self.first, last), max(self.first, last)
        between = self.step % width == 0 and self.first % width >= self.extent
        return between or high < 0 or low >= self.n * width

    def owners(self) -> Ints:
        """For each row that lies inside the row that holds it, -1 for none; int64 (rows,)."""
        at = self.first + self.step * np.arange(self.rows)
        found = at // abs(self.width)
        found[(found < 0) | (found >= self.n) | (at % abs(self.width) >= self.extent)] = -1
        return found if self.width > 0 else np.where(found < 0, -1, self.n - 1 - found)

    def held(self) -> RowMap:
        """From each row that holds to the rows inside it."""
        return OnDemand(self._held, self.rows, self.n)

    def holder(self) -> RowMap:
        """From each row inside to the one that holds it."""
        return OnDemand(lambda: compress(self.owners(), self.n), self.n, self.rows)

    def left(self) -> RowMap:
        """From each row that holds to itself, unless rows inside fill it."""
        return OnDemand(self._left, self.n, self.n)

    def outside(self) -> RowMap:
        """From each row that may lie inside to itself, unless it does."""
        return OnDemand(self._outside, self.rows, self.rows)

    def _held(self) -> RowMap:
        owners = self.owners()
        rows = np.flatnonzero(owners >= 0)
        order = rows[np.argsort(owners[rows], kind="stable")]
        return Ragged.of_pairs(owners[order], order, self.n, self.rows)

    def _left(self) -> RowMap:
        owners = self.owners()
        count = np.bincount(owners[owners >= 0], minlength=self.n)
        return compress(np.where(count >= self.filled, -1, np.arange(self.n)), self.n)

    def _outside(self) -> RowMap:
        return compress(np.where(self.owners() >= 0, -1, np.arange(self.rows)), self.rows)


def inside(holds: Layout, axis: int, lies: Layout, along: int) -> Inside | None:
    """How the rows of one array lie in those of another.

    Args:
        holds: The array whose rows hold.
        axis: Along which its rows are counted.
        lies: The array whose rows lie in them, or beside.
        along: Along which its rows are counted.

    Returns:
        None where a row of the second may lie in several of the first, or partly in one.
    """
    whole, part = _rows(holds, axis), _rows(lies, along)
    if whole is None or part is None:
        return None
    filled = -(-whole.elements // part.elements)
    width = abs(whole.step) if whole.n > 1 else None
    near = [a for a in whole.inner if width is None or a[1] < width]
    far = whole.inner[len(near) :]
    extent = _dense(near, whole.size)
    if extent is None or (width is not None and extent > width):
        return None
    width = width or extent
    low = whole.low + min(whole.step * (whole.n - 1), 0)
    first = part.low - low
    if far:
        fitted = _modulo(far, whole.n * width, part, first)
        if fitted is None:
            return None
        part, first = fitted
    reach = _extent(part.inner, part.size)
    if reach is None or not _contained(first, part, reach, width, extent):
        return None
    back = whole.n > 1 and whole.step < 0
    return Inside(whole.n, part.n, first, part.step, -width if back else width, extent, filled)


def _rows(layout: Layout, axis: int) -> _Rows | None:
    """Rows along an axis; None where elements share memory with each other."""
    if not layout.shape:
        return _Rows(layout.address, 1, 0, [], layout.size)
    axes = zip(layout.shape, layout.steps, strict=True)
    inner = [a for k, a in enumerate(axes) if k != axis and a[0] > 1 and a[1]]
    low = layout.address + sum((length - 1) * step for length, step in inner if step < 0)
    n, step = layout.shape[axis], layout.steps[axis]
    if (n > 1 and step == 0) or 0 in layout.shape:
        return None
    apart = sorted(((length, abs(step)) for length, step in inner), key=lambda a: a[1])
    return _Rows(low, n, step if n > 1 else 0, apart, layout.size)


def _extent(axes: Iterable[tuple[int, int]], size: int) -> int | None:
    """Bytes from the first to behind the last element; None where some overlap."""
    for length, step in axes:
        if step < size:
            return None
        size += (length - 1) * step
    return size


def _dense(axes: Iterable[tuple[int, int]], size: int) -> int | None:
    """Bytes of elements without a gap; None where there is one."""
    for length, step in axes:
        if step != size:
            return None
        size *= length
    return size


def _modulo(far: Axes, period: int, part: _Rows, first: int) -> tuple[_Rows, int] | None:
    """Leave out the axes that repeat rows that lie between each other's elements."""
    every = far[0][1]
    repeats = _dense(far, every)
    if every < period or repeats is None:
        return None
    near = [a for a in part.inner if a[1] < every]
    steps = part.inner[len(near) :]
    turn, start = divmod(first, every)
    over = _extent([(length, step // every) for length, step in steps], 1)
    if over is None or any(step % every for _, step in steps):
        return None
    span, step = part.step * (part.n - 1), part.step
    if step % every == 0:  # its rows are elements of one row
        turn, over = turn + min(span // every, 0), over + abs(span) // every
        span = step = 0
    if not 0 <= turn <= repeats // every - over or not 0 <= start + span < every:
        return None
    return _Rows(part.low, part.n, step, near, part.size), start


def _contained(first: int, part: _Rows, reach: int, width: int, extent: int) -> bool:
    """Whether each row lies within one that holds, or beside them all."""
    step = abs(part.step)
    if step % width == 0:
        start = first % width
        return start + reach <= (width if start >= extent else extent)
    return width % step == 0 and extent % step == 0 and first % step + reach <= step
