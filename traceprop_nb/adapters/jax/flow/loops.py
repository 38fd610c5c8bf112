"""Loops: scan, short ones turn by turn and long ones over a time axis, and while.

Over a time axis the body is read once with every element of ``xs`` standing there at its own time.
What a carry brings from earlier turns is a fixed point: what entered at some time is there at all
later ones. Where a carry hands on its own value that is exact, else it is a superset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import (
    Dep,
    Deps,
    alike,
    lifted,
    ordered,
    over,
    settled,
    unite,
)
from traceprop_nb.adapters.jax.flow.shapes import placed
from traceprop_nb.adapters.jax.flow.state import NOTHING, Flow, Thunk
from traceprop_nb.adapters.jax.flow.step import Step, everywhere, real, rule
from traceprop_nb.lineage.maps import All, Prefix, Range, RowMap, Window, compose

UNROLLED = 4096
"""Equations that a loop may be spelled out to."""
_TURNS = 8
"""Readings of a body after which what still changes becomes a superset."""


@rule("scan")
def scan(step: Step) -> list[Flow]:
    """A loop over the first axis of some operands, with values carried along."""
    p = step.params
    n_consts, n_carry, length = p["num_consts"], p["num_carry"], p["length"]
    loop = Loop(
        step,
        step.ins[:n_consts],
        step.ins[n_consts : n_consts + n_carry],
        step.ins[n_consts + n_carry :],
        length,
        p["reverse"],
    )
    size = len(p["jaxpr"].jaxpr.eqns) * length
    if length == 0:
        return [*loop.init, *[NOTHING] * (len(step.outs) - n_carry)]
    return loop.turn_by_turn() if size <= UNROLLED else loop.over_time()


@dataclass(frozen=True, eq=False)
class Loop:
    """A scan.

    Attributes:
        step: The equation.
        consts: Operands that every turn sees whole.
        init: The carries before the first turn.
        xs: Operands of which each turn sees one element.
        length: Number of turns.
        reverse: Whether the last element comes first.
    """

    step: Step
    consts: Sequence[Flow]
    init: Sequence[Flow]
    xs: Sequence[Flow]
    length: int
    reverse: bool

    def _body(self, carry: Sequence[Flow], xs: Sequence[Flow]) -> list[Flow]:
        return self.step.reader.closed(self.step.params["jaxpr"], [*self.consts, *carry, *xs])

    def turn_by_turn(self) -> list[Flow]:
        """Every turn on its own."""
        n, carry = self.length, list(self.init)
        ys: list[list[Dep]] = [[] for _ in self.step.outs[len(carry) :]]
        for turn in range(n):
            t = n - 1 - turn if self.reverse else turn
            outs = self._body(carry, [_element(flow, t, n) for flow in self.xs])
            carry = outs[: len(self.init)]
            for kept, flow in zip(ys, outs[len(self.init) :], strict=True):
                kept += [placed(d, 0, 1, t, n) if n > 1 else d for d in _shifted(flow.deps, 1)]
        stacked = (tuple(settled(d) for d in unite(kept)) for kept in ys)
        return [*carry, *map(Flow, stacked)]

    def over_time(self) -> list[Flow]:
        """All turns at once, on a time axis."""
        time, n = self.step.reader.time(), self.length
        xs = [Flow(_timed(flow.deps, time)) for flow in self.xs]
        first = [Flow(flow.deps) for flow in self.init]
        carry = first
        earlier = [_Earlier(kept, time, n, self.reverse) for kept in self._keeping()]
        for _ in range(_TURNS):
            outs = self._body(carry, xs)
            fresh = [
                Flow(_closed(was, before.of(out.deps, was.deps)))
                for was, out, before in zip(first, outs, earlier, strict=False)
            ]
            if all(_covers(old.deps, new.deps) for old, new in zip(carry, fresh, strict=True)):
                break
            carry = fresh
        else:
            carry = [Flow(everywhere(_without(f.deps, time), exact=False)) for f in fresh]
            carry = self._widest(carry)
            outs = self._body(carry, xs)
        last = 0 if self.reverse else n - 1
        done = [Flow(_at(flow.deps, time, last, n)) for flow in outs[: len(first)]]
        return [*done, *(Flow(_untimed(f.deps, time)) for f in outs[len(first) :])]

    def _widest(self, carry: Sequence[Flow]) -> list[Flow]:
        """Every carry may hold whatever any carry, element or constant ever held."""
        every = unite(
            over(dep, dep.axes).inexact()
            for flow in (*carry, *self.xs, *self.consts, *self.init)
            for dep in flow.deps
        )
        return [Flow(every) for _ in carry]

    def _keeping(self) -> list[bool | None]:
        """Of each carry: whether it hands on its own value; None where it takes no carry's."""
        marks = [Flow((Dep(k, (), (), All(1, 1)),)) for k in range(len(self.init))]
        nothing = [NOTHING] * len(self.xs)
        inner = [NOTHING] * len(self.consts)
        outs = self.step.reader.closed(self.step.params["jaxpr"], [*inner, *marks, *nothing])
        found: list[bool | None] = []
        for k, flow in enumerate(outs[: len(marks)]):
            own = any(d.source == k and d.exact and not d.context for d in flow.deps)
            found.append(own if flow.deps else None)
        return found


@dataclass(frozen=True)
class _Earlier:
    """What a carry holds at a time, from what was put into it at the times before."""

    keeps: bool | None
    time: int
    length: int
    reverse: bool

    def of(self, put: Deps, first: Deps) -> Deps:
        found = []
        for dep in put:
            if self.time not in dep.axes:
                always = any(alike(dep.rows, d.rows) and d.axes == dep.axes for d in first)
                found.append(dep if always else dep.inexact())
                continue
            moved = lifted(dep, self.time, self._relation())
            found.append(moved if self.keeps is not False else moved.inexact())
        return tuple(found)

    def _relation(self) -> RowMap:
        n = self.length
        if self.keeps is None:
            return Window(1, 1, n, n) if self.reverse else Window(-1, -1, n, n)
        back = Range(n - 1, -1, n, n)
        before = compose(Window(-1, -1, n, n), Prefix(n))
        return compose(back, compose(before, back)) if self.reverse else before


def _closed(first: Flow, later: Deps) -> Deps:
    return tuple(settled(dep) for dep in unite([*first.deps, *later]))


def _covers(old: Deps, new: Deps) -> bool:
    """Whether nothing came that was not there."""
    return all(
        any(
            (a.source, a.axes, a.context) == (b.source, b.axes, b.context) and alike(a.rows, b.rows)
            for b in old
        )
        for a in new
    )


def _element(flow: Flow, t: int, n: int) -> Flow:
    cut = [lifted(d, 0, Range(t, 1, 1, n)) if 0 in d.axes else d for d in flow.deps]
    thunk: Thunk | None = None
    if flow.thunk is not None or flow.value() is not None:

        def thunk() -> np.ndarray | None:
            whole = flow.value()
            return None if whole is None else whole[t]

    return Flow(_shifted(unite(cut), -1), thunk)


def _shifted(deps: Deps, by: int) -> Deps:
    return _placed(deps, lambda a: a + by if a >= 0 else a)


def _timed(deps: Deps, time: int) -> Deps:
    """The first axis becomes the time axis."""
    return _placed(deps, lambda a: time if a == 0 else a - 1 if a > 0 else a)


def _untimed(deps: Deps, time: int) -> Deps:
    """The time axis becomes the first."""
    return _placed(deps, lambda a: 0 if a == time else a + 1 if a >= 0 else a)


def _placed(deps: Deps, place: Callable[[int], int]) -> Deps:
    return tuple(
        ordered(
            replace(
                d,
                axes=tuple(map(place, d.axes)),
                spread=tuple(place(a) for a in d.spread if a >= 0 and place(a) >= 0),
            )
        )
        for d in deps
    )


def _at(deps: Deps, time: int, t: int, n: int) -> Deps:
    return unite(lifted(d, time, Range(t, 1, 1, n)) if time in d.axes else d for d in deps)


def _without(deps: Deps, time: int) -> Deps:
    return unite(over(dep, [time]) for dep in deps)


@rule("while")
def while_(step: Step) -> list[Flow]:
    """A loop of unknown length: what a carry may hold after any number of turns."""
    p = step.params
    n_cond, n_body = p["cond_nconsts"], p["body_nconsts"]
    tests, consts = step.ins[:n_cond], step.ins[n_cond : n_cond + n_body]
    first = [Flow(flow.deps) for flow in step.ins[n_cond + n_body :]]
    carry = first
    for _ in range(_TURNS):
        outs = step.reader.closed(p["body_jaxpr"], [*consts, *carry])
        fresh = [Flow(_maybe(was.deps, out.deps)) for was, out in zip(first, outs, strict=True)]
        if all(_covers(old.deps, new.deps) for old, new in zip(carry, fresh, strict=True)):
            break
        carry = fresh
    else:
        every = unite(
            over(dep, real(dep.axes)).inexact() for f in (*fresh, *consts) for dep in f.deps
        )
        carry = [Flow(every) for _ in first]
    answer = step.reader.closed(p["cond_jaxpr"], [*tests, *carry])
    aside = [dep.aside() for flow in answer for dep in everywhere(flow.deps)]
    return [Flow(unite([*flow.deps, *aside])) for flow in carry]


def _maybe(first: Deps, later: Deps) -> Deps:
    """Dependences that were there before the first turn, or may have come in one."""
    both = [d for d in later if _covers(first, (d,))]
    rest = [d.inexact() for d in later if not _covers(first, (d,))]
    was = [d if _covers(later, (d,)) else d.inexact() for d in first]
    return tuple(settled(dep) for dep in unite([*was, *both, *rest]))
