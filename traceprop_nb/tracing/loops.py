"""Loops over values: the k-th thing that ``for row in X`` hands out is row k of X.

The iterable is noted as the loop begins and each element as the body begins, by the same slot;
nothing stands between the loop and what it iterates. What a loop variable is was read as if the
user had written ``X[k]``, ``df.iloc[k]`` or ``df[name]`` there.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from traceprop_nb.tracing.arrays import Arrays
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.plan import Plan

_getframe = sys._getframe
OWN_FRAME, FRAME_AROUND = -1, 0
"""Where the iterable of a loop was noted: up to Python 3.11 a comprehension has its own frame."""
INLINED = sys.version_info >= (3, 12)
_PAIRS = {"iterrows": "iloc", "items": "[]"}
"""Methods of frames that hand out a label and a part, and how that part is read."""
_SILENT = frozenset("range len sorted reversed map filter iter open input dir vars".split())


@dataclass(frozen=True)
class Follow:
    """An iterable whose elements can be followed.

    Attributes:
        owner: The node that holds its expression.
        field: The attribute of ``owner``, or the place in its ``args``.
        target: Name of the loop variable.
        label: Name of the variable that the label goes to; of ``items`` only.
        method: The indexer through which an element is read, empty for none.
    """

    owner: ast.AST
    field: str | int
    target: str
    label: str = ""
    method: str = ""

    @property
    def expression(self) -> ast.expr:
        """The iterable."""
        if isinstance(self.field, int):
            return self.owner.args[self.field]  # type: ignore[attr-defined]  # a Call
        found: ast.expr = getattr(self.owner, self.field)
        return found

    def put(self, expression: ast.expr) -> None:
        """Put another expression in its place."""
        if isinstance(self.field, int):
            self.owner.args[self.field] = expression  # type: ignore[attr-defined]  # a Call
        else:
            setattr(self.owner, self.field, expression)


def followed(loop: ast.For | ast.comprehension) -> Iterator[Follow]:
    """What a loop goes over that can be followed: values, ``enumerate``, ``zip``, frames' pairs."""
    yield from _each(loop, "iter", loop.iter, loop.target)


def _each(owner: ast.AST, field: str | int, what: ast.expr, target: ast.expr) -> Iterator[Follow]:
    pair = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    call = what if isinstance(what, ast.Call) else None
    if call is None or isinstance(call.func, ast.Attribute):
        yield from _plain(owner, field, what, target)
        if call is not None and len(pair) == 2 and not call.args:
            yield from _labelled(call, pair)
    elif isinstance(call.func, ast.Name):
        yield from _named(owner, field, call, call.func.id, target, pair)


def _named(  # what _each knows of it
    owner: ast.AST,
    field: str | int,
    call: ast.Call,
    name: str,
    target: ast.expr,
    pair: list[ast.expr],
) -> Iterator[Follow]:
    """A function called by name: ``enumerate`` and ``zip`` hand on what they are given."""
    if name == "enumerate":
        if call.args and len(pair) == 2:
            yield from _each(call, 0, call.args[0], pair[1])
    elif name == "zip":
        starred = any(isinstance(one, ast.Starred) for one in (*call.args, *pair))
        if len(pair) == len(call.args) and not starred:
            for k, one in enumerate(pair):
                yield from _each(call, k, call.args[k], one)
    elif name not in _SILENT:
        yield from _plain(owner, field, call, target)


def _plain(owner: ast.AST, field: str | int, what: ast.expr, target: ast.expr) -> Iterator[Follow]:
    if isinstance(target, ast.Name) and isinstance(
        what, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BinOp
    ):
        yield Follow(owner, field, target.id)


def _labelled(call: ast.Call, pair: list[ast.expr]) -> Iterator[Follow]:
    assert isinstance(call.func, ast.Attribute)
    method, (label, target) = _PAIRS.get(call.func.attr), pair
    if method and isinstance(target, ast.Name) and isinstance(label, ast.Name):
        if method == "[]":
            yield Follow(call.func, "value", target.id, label.id)
        else:
            yield Follow(call.func, "value", target.id, method=method)


def _kind(value: Any) -> str:
    """NumPy's letter for an array's type; "O" arrays hand out whatever they hold."""
    return getattr(getattr(value, "dtype", None), "kind", "")


class Loops(Arrays):
    """The two hooks of a loop."""

    plans: list[Plan]
    _pending: dict[int | tuple[int, int], Any]

    def l(self, slot: int, value: Any) -> Any:  # noqa: E743  # hooks have one letter
        """A loop over a value begins."""
        try:
            key = slot if slot < 0 else (id(_getframe(1)), slot)
            self._pending[key] = None
            if type(value) in self._recorded and _kind(value) != "O":
                self._pending[key] = [self.operand(value).ref, -1]
        except Exception:  # noqa: BLE001  # an error of ours must not reach the cell
            self.failed("loop")
        return value

    def n(self, number: int, value: Any, *label: Any) -> bool:
        """The next element of a loop arrived; true, so that it can be a filter that lets all by."""
        plan = self.plans[number]
        try:
            if type(value) not in self._recorded:  # what hands out values hands out nothing else
                return True
            slot = plan.slots[0]
            if slot > 0:
                frame = _getframe(1) if plan.head == OWN_FRAME else _getframe(2)
            state = self._pending.get(slot if slot < 0 else (id(frame), slot))
            if state is not None:
                self._next(plan, state, value, label)
        except Exception:  # noqa: BLE001  # as above
            self.failed(plan.op, plan, value)
        return True

    def _next(self, plan: Plan, state: list[Any], value: Any, label: tuple[Any, ...]) -> None:
        state[1] += 1
        ref = state[0]
        whole = ref() if ref is not None else None
        if whole is None:
            return
        head: Operand = self.operand(whole)
        self._read(plan, head, label or (state[1],), value, plan.method or "__getitem__")

    def _read(
        self, plan: Plan, head: Operand, args: tuple[Any, ...], out: Any, method: str | None
    ) -> None:
        """Record a read; the recorder does."""
        raise AssertionError(self, plan, head, args, out, method)
