"""The recorder: takes what the hooks pass, asks the rules, and has the writer append it.

The hooks are its bound methods of one letter (see ``hooks``). They run in the middle of the
user's expressions, so each gives its value back untouched, catches every error of its own, and
holds an argument no longer than the frame that evaluates the call does. Operands and the record
that needs them find each other by (frame, slot): sound under recursion, generators, ``await``
and exceptions, because a slot is always filled again before it is read. At a cell's own level the
slot alone does: that code runs once, though IPython gives each statement a frame of its own.
"""

from __future__ import annotations

import ast
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakMethod

from numpy import ndarray

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.nodes import Site
from traceprop_nb.tracing import inplace, noted, opaque, seeds
from traceprop_nb.tracing.callee import rule_of
from traceprop_nb.tracing.columns import tell
from traceprop_nb.tracing.members import members
from traceprop_nb.tracing.operand import UNSEEN, Operand
from traceprop_nb.tracing.plan import Plan, arguments, operand_value
from traceprop_nb.tracing.rules import Call, Rule, RuleTable
from traceprop_nb.tracing.states import States
from traceprop_nb.tracing.writer import HELD

_CONTAINERS = frozenset((tuple, list, dict))
_PLAIN = (
    tuple, list, dict, OrderedDict, set, frozenset, str, bytes, int, float, complex, bool,
    type(None), range, slice,
)  # fmt: skip
_getframe = sys._getframe


class Recorder(States):
    """Turns hooked operations into nodes of a graph.

    Attributes:
        events: What taps inside libraries saw during the current call.
        plans: What the rewriter knows of each recorded expression.
        on_import: Called after every import statement.

    Args:
        graph: Written to.
        table: The rules.
        before: Whose place it takes, if any.
    """

    def __init__(self, graph: LineageGraph, table: RuleTable, before: Recorder | None = None):
        super().__init__(graph, table)
        self.events: list[tuple[Any, ...]] = []
        self.plans: list[Plan] = []
        self.on_import: Callable[[], None] = lambda: None
        self._slots = 0
        self._plain = {kind: Operand(None, kind) for kind in _PLAIN}
        if before is not None:  # functions that were rewritten for it live on
            self._slots = before._slots
            self.plans = [replace(p, op_id=graph.op(p.op)) for p in before.plans]
            graph.sites = [replace(site, text="") for site in before.graph.sites]
            table.noted_ops |= before.table.noted_ops

    # -- what the rewriter asks for ----------------------------------------------------------

    def add_plan(self, op: str, node: ast.expr | ast.stmt, text: str, **fields: Any) -> int:
        """Keep a plan and return its number."""
        return self.plan_at(Site(op, self.cell, node.lineno, node.col_offset, text), **fields)

    def plan_at(self, where: Site, **fields: Any) -> int:
        """As ``add_plan``, of an expression that may lie outside the cell."""
        op, site = where.op, self.graph.add_site(where)
        self.plans.append(Plan(site, op, op_id=self.graph.op(op), **fields))
        if seeds.takes_seed(fields):
            self.table.noted_ops.add(op)
        return len(self.plans) - 1

    def slot(self) -> int:
        """A number no other operand has."""
        self._slots += 1
        return self._slots

    # -- hooks: every one gives its value back ------------------------------------------------

    def v(self, slot: int, value: Any) -> Any:
        """A receiver or leaf passes: note what it is, do not hold it."""
        try:
            noted = self._plain.get(type(value)) or self.operand(value)
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = noted
        except Exception:
            self.failed("operand")
        return value

    def a(self, slot: int, value: Any) -> Any:
        """A key or value passes: keep it until its operation is over."""
        try:
            kept = self._kept(value)
        except Exception:
            self.failed("operand")
            kept = UNSEEN
        self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = kept
        return value

    def b(self, head: int, slot: int, value: Any) -> Any:
        """An argument passes: kept for a library's function, only noted for the user's own."""
        try:
            frame = 0 if slot < 0 else id(_getframe(1))
            callee = self._pending.get((frame, head) if frame else head)
            kept = self._kept(value) if callee is None or callee.holds else self._noted(value)
            self._pending[(frame, slot) if frame else slot] = kept
        except Exception:
            self.failed("operand")
        return value

    def _kept(self, value: Any) -> Any:
        kind = type(value)
        if kind in self._plain or kind in self._recorded or issubclass(kind, HELD):
            return value
        return value if self.holds(kind) else self.operand(value)

    def _noted(self, value: Any) -> Any:
        """Operands of an argument and of a list's members, without a reference; whole numbers."""
        if type(value) in self._recorded:
            return self.operand(value)
        if issubclass(type(value), list | tuple):
            return [self.operand(v) for v in members(value, 100) if type(v) in self._recorded]
        if type(value) in self._plain:
            return value if type(value) is int else None
        return self.operand(value)

    def o(self, slot: int, owner: Any) -> Any:
        """What holds a value that ``owner[k] += x`` or ``owner.a += x`` will update passes."""
        try:
            noted = self.operand(owner)
            if noted.node is None:
                noted = Operand(None, type(owner), thing=owner)
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = noted
        except Exception:
            self.failed("operand")
        return owner

    def e(self, number: int, *values: Any) -> Any:
        """A tree of operators over plain names is done; its leaves come before its result."""
        out, plan, recorded = values[-1], self.plans[number], self._recorded
        kind = type(out)
        try:
            if kind in recorded and (
                kind is not ndarray or not self._aligned(plan, out, values[:-1])
            ):
                leaves = [leaf for leaf in values[:-1] if type(leaf) in recorded]
                operands = [self.operand(leaf) for leaf in leaves]
                self.table.align[kind](self, plan.site, plan.op_id, out, operands)
        except Exception:
            self.failed(plan.op, plan, out)
        return out

    def p(self, number: int, out: Any) -> Any:
        """A tree of operators over passed leaves is done."""
        plan = self.plans[number]
        operands = self._take(plan)
        try:
            if type(out) in self._recorded:
                seen = [o for o in operands if o is not None and o.kind in self._recorded]
                self.table.align[type(out)](self, plan.site, plan.op_id, out, seen)
        except Exception:
            self.failed(plan.op, plan, out)
        return out

    def m(self, number: int, out: Any) -> Any:
        """A matrix product is done."""
        plan = self.plans[number]
        operands = self._take(plan)
        try:
            if type(out) in self._recorded:
                rule = self.table.find_method(type(out), "__matmul__")
                self._by(rule, self._view(plan, UNSEEN, operands, {}, out), "@")
        except Exception:
            self.failed(plan.op, plan, out)
        return out

    def c(self, number: int, out: Any) -> Any:
        """A call is done."""
        plan = self.plans[number]
        popped = self._take(plan)
        try:
            if self._matters(out, popped):
                self._called(plan, popped, out)
            if plan.op in self.table.noted_ops:
                noted.note(self, plan, popped[0] or UNSEEN, popped)
        except Exception:
            self.failed(plan.op, plan, out)
        return out

    def _matters(self, out: Any, popped: list[Any]) -> bool:
        """Whether a call has to do with any value that has rows."""
        recorded = self._recorded
        if type(out) in recorded or type(out) in _CONTAINERS:
            return True
        head = popped[0]
        if head is not None and head.node is not None:
            return True
        for value in popped[1:]:  # any() with a generator costs three times as much
            kind = type(value)
            if kind in recorded or kind in _CONTAINERS:
                return True
            if kind is Operand and value.node is not None:
                return True
        return False

    def s(self, number: int, base: Any, key: Any, out: Any) -> Any:
        """``base[key]`` of two names is done."""
        try:
            if type(out) in self._recorded:
                self._subscript(self.plans[number], base, key, out)
        except Exception:
            self.failed("operand")
        return out

    def t(self, number: int, base: Any, out: Any) -> Any:
        """``base[key]`` of a name and a key that is written out is done."""
        try:
            if type(out) in self._recorded:
                plan = self.plans[number]
                self._subscript(plan, base, plan.args[0][1], out)
        except Exception:
            self.failed("operand")
        return out

    def _subscript(self, plan: Plan, base: Any, key: Any, out: Any) -> None:
        try:
            if type(out) is ndarray and type(base) is ndarray and self._taken(plan, base, key, out):
                return
            self._read(plan, self.operand(base), (key,), out, "__getitem__")
        except Exception:
            self.failed(plan.op, plan, out)

    def _keyed(self, plan: Plan, popped: list[Any], out: Any) -> None:
        """Record ``base[key]`` of what passed its slots."""
        head = popped[0]
        key = plan.args[0][1] if plan.args[0][0] == "const" else popped[1]
        base = head.ref() if head.kind is ndarray and head.ref is not None else None
        if plan.method is None and base is not None:
            self._subscript(plan, base, key, out)
        else:
            self._read(plan, head, (key,), out, plan.method or "__getitem__")

    def k(self, number: int, out: Any) -> Any:
        """Any other ``base[key]`` is done."""
        plan = self.plans[number]
        popped = self._take(plan)
        try:
            if type(out) in self._recorded and popped[0] is not None:
                self._keyed(plan, popped, out)
        except Exception:
            self.failed("operand")
        return out

    def g(self, number: int, base: Any, out: Any) -> Any:
        """``name.attribute`` is done."""
        try:
            if type(out) in self._recorded:
                self._read(self.plans[number], self.operand(base), (), out, None)
        except Exception:
            self.failed("operand")
        return out

    def h(self, number: int, out: Any) -> Any:
        """Any other ``base.attribute`` is done."""
        plan = self.plans[number]
        popped = self._take(plan)
        try:
            if type(out) in self._recorded and popped[0] is not None:
                self._read(plan, popped[0], (), out, None)
        except Exception:
            self.failed("operand")
        return out

    def w(self, number: int) -> None:
        """An object was written into: ``base[key] = value`` and its kin."""
        plan = self.plans[number]
        popped = self._take(plan)
        head = popped[0] or UNSEEN
        if head.node is None and head.thing is None:
            return
        try:
            head.node = head.ref.node if head.ref is not None else head.node  # maybe written since
            values = dict(zip(plan.slots[1:], popped[1:], strict=True))
            args = [operand_value(operand, values) for operand in plan.args]
            named = {str(name): operand_value(operand, values) for name, operand in plan.keywords}
            if head.node is None:
                inplace.updated(self, plan, head.thing, args, named)
                return
            method = "__setitem__" if plan.args else "__setattr__"
            rule = self.table.find_method(head.kind, method)
            call = self._view(plan, head, args, named, head.ref() if head.ref else None)
            if rule is None or not rule(call):
                opaque.written(self, call)
            tell(self.table.columns, call, method, call.receiver)
        except Exception:
            self.failed(plan.op, plan, head.ref() if head.ref else None)

    def y(self, old: int, new: int, name: Any, value: Any) -> Any:
        """``name += value`` is about to happen: note both."""
        try:
            frame = id(_getframe(1)) if old > 0 else 0
            self._pending[(frame, old) if frame else old] = self.operand(name)
            self._pending[(frame, new) if frame else new] = self.operand(value)
        except Exception:
            self.failed("operand")
        return value

    def u(self, number: int, out: Any) -> None:
        """``name += value`` is done; ``out`` is what the name holds now."""
        plan = self.plans[number]
        operands = self._take(plan)
        try:
            if type(out) in self._recorded:
                seen = [o for o in operands if o is not None and o.kind in self._recorded]
                self.table.align[type(out)](self, plan.site, plan.op_id, out, seen)
                ref = self.identity.find(out) if len(seen) > 1 else None
                if ref is not None:
                    opaque.aliases_written(self, plan.site, ref, ref.node)
        except Exception:
            self.failed(plan.op, plan, out)

    def i(self) -> None:
        """An import statement is done."""
        try:
            self.on_import()
        except Exception:
            self.failed("import")

    slice = slice

    def _take(self, plan: Plan) -> list[Any]:
        """What passed the slots of a plan; called by a hook, so the user's frame is two up."""
        pop = self._pending.pop
        slots = plan.slots
        if slots and slots[0] < 0:
            return [pop(slot, None) for slot in slots]
        frame = id(_getframe(2))
        return [pop((frame, slot), None) for slot in slots]

    def _read(
        self, plan: Plan, head: Operand, args: tuple[Any, ...], out: Any, method: str | None
    ) -> None:
        try:
            if head.kind not in self._recorded and self.identity.node(out) is not None:
                return  # taken out of a container, a module or the user's own object
            name = method or plan.method or plan.op
            rule = self.table.find_method(head.kind, name)
            self._by(rule, self._view(plan, head, args, {}, out), name)
        except Exception:
            self.failed(plan.op, plan, out)
        finally:
            self.events.clear()

    def _called(self, plan: Plan, popped: list[Any], out: Any) -> None:
        head = popped[0] if popped[0] is not None else UNSEEN
        if type(head.thing) is WeakMethod:
            head.thing = head.thing()
        args, kwargs = arguments(plan, popped)
        call = self._view(plan, head, args, kwargs, out)
        try:
            rule, call.function = rule_of(self.table, plan, head)
            self._by(rule, call, call.name)
        finally:
            self.events.clear()

    def _by(self, rule: Rule | None, call: Call, name: str) -> None:
        """Record a call by its rule, or as opaque; then what it did to columns."""
        if rule is None or not rule(call):
            opaque.record(self, call)
        tell(self.table.columns, call, name, call.receiver if call.out is None else call.out)

    def _view(
        self, plan: Plan, head: Operand, args: Sequence[Any], kwargs: dict[str, Any], out: Any
    ) -> Call:
        receiver = head.ref() if head.ref is not None else head.thing
        return Call(
            self, plan.site, plan.method or plan.op, receiver, head.node, head.kind, head.ndim,
            args, kwargs, out, rows=head.rows, index=head.index, ref=head.ref, mark=head.mark,
        )  # fmt: skip

    def end_cell(self) -> None:
        """Let go of what exceptions left."""
        self._pending.clear()
        self.events.clear()
