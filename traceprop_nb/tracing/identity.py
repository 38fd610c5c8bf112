"""Live object -> node of the lineage graph, safe against the reuse of ``id()``.

CPython gives the id of a dead object to the next one: a table keyed by id alone answered for a
dead array in 199,999 of 200,000 look-ups. So every entry is a weak reference that is compared
with the object asked about, and leaves with it. NumPy scalars take no weak references; the last
few thousand of them are kept alive instead.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

SCALARS_KEPT = 4096


class Tracked(weakref.ref):  # type: ignore[type-arg]  # generic only in stubs
    """A weak reference to a live object that knows its node.

    Made without a constructor of its own: one in Python would double the cost of a record.

    Attributes:
        key: ``id()`` of the object while it lives.
        node: The node that the object is now; a write replaces it.
        group: Those that share memory with it, by key; None where nobody is known to.
        carrier: Which axis its rows lie along, where that is not the first; see ``carriers``.
        layout: Where it stood in memory, noted before a write into what may be gone after it.
    """

    __slots__ = ("carrier", "group", "key", "layout", "node")
    carrier: Any
    key: int
    layout: Any
    node: int
    group: dict[int, Tracked] | None


class Identity:
    """Which node a live object is. Keeps no object alive but the newest scalars.

    Attributes:
        live: id -> entry; only right after the entry was compared with the object.
    """

    def __init__(self) -> None:
        self.live: dict[int, Tracked] = {}
        self._scalars: dict[int, tuple[object, int]] = {}
        self._bare: set[type] = set()
        live = self.live

        def dead(ref: Tracked) -> None:
            if live.get(ref.key) is ref:
                del live[ref.key]
            group = ref.group
            if group is not None and group.get(ref.key) is ref:
                del group[ref.key]

        self.dead = dead

    def find(self, thing: object) -> Tracked | None:
        """The entry of an object that takes weak references, or None."""
        ref = self.live.get(id(thing))
        return ref if ref is not None and ref() is thing else None

    def node(self, thing: object) -> int | None:
        """The node of a live object, or None if it was never recorded."""
        ref = self.live.get(id(thing))
        if ref is not None:
            return ref.node if ref() is thing else None
        kept = self._scalars.get(id(thing))
        return kept[1] if kept is not None and kept[0] is thing else None

    def set(self, thing: object, node: int) -> None:
        """Say that an object is this node from now on."""
        key = id(thing)
        ref = self.live.get(key)
        if ref is not None and ref() is thing:
            ref.node = node
            return
        if type(thing) in self._bare:
            self._keep(thing, node)
            return
        try:
            fresh = Tracked(thing, self.dead)
        except TypeError:
            self._bare.add(type(thing))  # an error costs as much as a whole record
            self._keep(thing, node)
            return
        # a slot that was never filled is read ten times as slowly
        fresh.key, fresh.node, fresh.group, fresh.carrier = key, node, None, None
        self.live[key] = fresh

    def _keep(self, scalar: object, node: int) -> None:
        if len(self._scalars) >= SCALARS_KEPT:
            self._scalars.pop(next(iter(self._scalars)), None)
        self._scalars[id(scalar)] = (scalar, node)

    def share(self, one: object, other: object) -> None:
        """Say that two recorded objects share memory: a write to one is a write to both."""
        a, b = self.find(one), self.find(other)
        if a is None or b is None or a is b:
            return
        first, second = a.group, b.group
        if first is not None and second is None:  # the usual case: one more view
            first[b.key] = b
            b.group = first
        elif first is None or first is not second:
            joined = {a.key: a, b.key: b} | (first or {}) | (second or {})
            for ref in joined.values():
                ref.group = joined

    def aliases(self, ref: Tracked) -> Iterator[tuple[object, Tracked]]:
        """The other live objects that share memory with this one, which may be gone."""
        for other in list((ref.group or {}).values()):
            alive = other()
            if alive is not None and other is not ref:
                yield alive, other

    def __iter__(self) -> Iterator[tuple[object, int]]:
        """Every live object with its node."""
        for ref in list(self.live.values()):
            thing = ref()
            if thing is not None:
                yield thing, ref.node
        yield from list(self._scalars.values())

    def __len__(self) -> int:
        return len(self.live) + len(self._scalars)

    def clear(self) -> None:
        """Forget every object."""
        self.live.clear()
        self._scalars.clear()
