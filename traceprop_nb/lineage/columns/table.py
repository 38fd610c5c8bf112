"""The labels of every value's columns, and what rules know of the relations between them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from traceprop_nb.lineage.columns.relations import Every, Places, Relation, Shift

Labels = tuple[Hashable, ...] | int
"""A frame's column labels in order, or how many columns a matrix has."""
MIXING = frozenset(("@", "dot", "matmul", "inner", "outer"))
"""Operations that make every column of every column."""
_SEEN = 256
"""Label objects that are recognised again without being read."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Columns that decided over the rows or cells of a value without being in them.

    Attributes:
        parent: The node that they belong to.
        places: Which of its columns; None for all of them.
        how: "filter", "join", "group by", "sort", "window", "conditional"; "index" for a column
            that became the row labels, "identity" for one that was among them.
        over: Which of the value's columns they decided over; None for all of them.
    """

    parent: int
    places: tuple[int, ...] | None
    how: str
    over: tuple[int, ...] | None = None


class ColumnTable:
    """Filled by the writer, one number a node.

    Attributes:
        of: Number of each node's labels in ``sets``; -1 where it has no columns that we know.
        sets: Every set of labels that was seen.
        direct: (node, parent) -> relation, where a rule said it.
        aside: Node -> columns that decided over it.
        placed: Numbers of operations' names that leave the columns of a matrix in place.
        spelled: Type of a sequence of labels -> how to read it, where ``tuple`` would be slow.
    """

    __slots__ = ("_numbers", "_seen", "aside", "direct", "of", "placed", "sets", "spelled")

    def __init__(self) -> None:
        self.of = array("i")
        self.sets: list[Labels] = []
        self.direct: dict[tuple[int, int], Relation] = {}
        self.aside: dict[int, list[Aside]] = {}
        self.placed: set[str] = set()
        self.spelled: dict[type, Callable[[Any], Iterable[Hashable]]] = {}
        self._numbers: dict[Labels, int] = {}
        self._seen: dict[int, tuple[Any, int]] = {}

    def number(self, labels: Any) -> int:
        """The number of a set of labels: an int, or an immutable sequence such as an index."""
        if type(labels) is int:
            known = self._numbers.get(labels)
            return known if known is not None else self._number(labels) if labels >= 0 else -1
        seen = self._seen.get(id(labels))
        if seen is not None and seen[0] is labels:
            return seen[1]
        found = self._number(tuple(self.spelled.get(type(labels), tuple)(labels)))
        if len(self._seen) >= _SEEN:
            self._seen.pop(next(iter(self._seen)))
        self._seen[id(labels)] = (labels, found)
        return found

    def _number(self, labels: Labels) -> int:
        try:
            found = self._numbers.get(labels)
        except TypeError:  # labels that can't be hashed
            return -1
        if found is None:
            found = self._numbers[labels] = len(self.sets)
            self.sets.append(labels)
        return found

    def labels(self, node: int) -> Labels | None:
        """A node's labels; None where they are not known."""
        number = self.of[node] if 0 <= node < len(self.of) else -1
        return self.sets[number] if number >= 0 else None

    def width(self, node: int) -> int:
        """How many columns a node has, -1 where that is not known."""
        labels = self.labels(node)
        return -1 if labels is None else labels if isinstance(labels, int) else len(labels)

    def places(self, node: int, label: Hashable) -> tuple[int, ...]:
        """Places of the columns of that label, or of that number in a matrix."""
        labels = self.labels(node)
        if labels is None:
            return ()
        if isinstance(labels, int):
            return (label,) if isinstance(label, int) and 0 <= label < labels else ()
        return tuple(k for k, own in enumerate(labels) if own == label)

    def relate(self, node: int, parent: int, relation: Relation) -> None:
        """A rule knows how a node's columns lie to a parent's."""
        self.direct[node, parent] = relation

    def decided(
        self,
        node: int,
        parent: int | None,
        how: str,
        labels: Iterable[Hashable] | None = None,
        over: tuple[int, ...] | None = None,
    ) -> None:
        """Columns of ``parent`` (None for all) decided over the rows or cells of ``node``."""
        if parent is None:
            return
        places = None
        if labels is not None:
            places = tuple(at for label in labels for at in self.places(parent, label))
            if not places:
                return
        self.aside.setdefault(node, []).append(Aside(parent, places, how, over))

    def relation(
        self, node: int, parent: int, op: str, beside: Iterable[int]
    ) -> tuple[Relation, bool]:
        """The relation of an edge, and whether it is known rather than a superset.

        Args:
            node: The result.
            parent: The operand.
            op: The operation's name.
            beside: All direct parents of the result.
        """
        said = self.direct.get((node, parent))
        if said is not None:
            return said, True
        own, its = self.labels(node), self.labels(parent)
        width = max(self.width(parent), 1)
        if own is None or its is None or op in MIXING:
            return Every(width), op in MIXING
        if isinstance(own, int) or isinstance(its, int):
            return self._by_place(own, its, op)
        if len(own) == 1 == len(its):
            return Shift(0, 1), True
        others = [self.labels(p) for p in beside if p != parent]
        return _by_label(own, its, [o for o in others if isinstance(o, tuple)])

    def _by_place(self, own: Labels, its: Labels, op: str) -> tuple[Relation, bool]:
        mine = own if isinstance(own, int) else len(own)
        width = its if isinstance(its, int) else len(its)
        if mine == 1 == width:
            return Shift(0, 1), True
        if op in self.placed or not any(c.isalnum() for c in op.replace("@", "x")):
            if mine == width:
                return Shift(0, width), True
            if width == 1:
                return Every(1), True
        return Every(width), False


def _by_label(
    own: tuple[Hashable, ...], its: tuple[Hashable, ...], others: list[tuple[Hashable, ...]]
) -> tuple[Relation, bool]:
    """Columns of one label are one column; a label that no parent has may come from any."""
    at: dict[Hashable, list[int]] = {}
    for k, label in enumerate(its):
        at.setdefault(label, []).append(k)
    known = {label for labels in others for label in labels}
    if len(its) == 1 and its[0] not in own and not known:
        return Every(1), False
    index: list[tuple[int, ...]] = []
    sure = True
    for label in own:
        if label in at:
            index.append(tuple(at[label]))
        elif label in known:
            index.append(())
        else:
            index.append(tuple(range(len(its))))
            sure = False
    return Places(index), sure
