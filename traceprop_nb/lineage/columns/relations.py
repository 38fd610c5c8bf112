"""Relations from the columns of a result to the columns of an operand, by place from 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Relation(Protocol):
    """Which of an operand's columns a column of the result was made of."""

    def back(self, column: int) -> Iterable[int]:
        """Places of the operand's columns behind one of the result's; none is an answer."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Every column from all of the operand's ``width`` columns: a product, a sum over a row."""

    width: int

    def back(self, _: int) -> Iterable[int]:
        """All of them."""
        return range(self.width)


@dataclass(frozen=True, slots=True)
class Shift:
    """Column j of the result is column j - ``start`` of the operand, which has ``width``."""

    start: int
    width: int

    def back(self, column: int) -> Iterable[int]:
        """At most one."""
        at = column - self.start
        return (at,) if 0 <= at < self.width else ()


@dataclass(frozen=True, slots=True)
class Places:
    """Spelled out: column j of the result came from the columns ``index[j]`` of the operand."""

    index: Sequence[Sequence[int]]

    def back(self, column: int) -> Iterable[int]:
        """Those; none for a column that there is not."""
        return self.index[column] if 0 <= column < len(self.index) else ()
