"""Rewrites a cell so that what it computes is recorded, and nothing else about it changes.

Every recorded expression stays where it stands, in the user's own frame; the rewriting only
passes values through the hooks of ``traceprop_nb.tracing.hooks``, which give them back at once.
A tree of operators is one record, so that NumPy still reuses its temporaries: naming each
intermediate result costs up to a factor of three at a million elements. No temporary ever gets a
name or an extra reference that the cell itself would not hold.
"""

from __future__ import annotations

import ast
from typing import Any, Protocol

from traceprop_nb.tracing.loop_rewriting import LoopRewriting
from traceprop_nb.tracing.syntax import (
    DRAWING,
    HOOKS,
    OPERATORS,
    THROUGH,
    fusible,
    hook,
    indexed,
    is_hook,
    operands,
    operator,
    paired,
    place,
    unseen,
    written,
    written_out,
)

_SCALAR_ATTRIBUTES = frozenset("shape dtype ndim size columns dtypes name names".split())
Operand = tuple[str, Any]


class Plans(Protocol):
    """Takes the plans of a cell; the recorder does."""

    def add_plan(self, op: str, node: ast.expr | ast.stmt, text: str, **fields: object) -> int:
        """Keep a plan and return its number."""
        ...

    def slot(self) -> int:
        """A number no other operand has."""
        ...


GRANULARITIES = ("op", "batch", "epoch")
"""Every operation; of loops only batches and writes; of loops only epochs and writes."""


def rewrite_module(
    tree: ast.Module, plans: Plans, source: str, *, loops: bool = True
) -> ast.Module:
    """Rewrite a module's tree in place.

    Args:
        tree: What the cell parses to.
        plans: Takes one plan for each recorded expression.
        source: The text that ``tree`` came from, for the excerpts that lineage shows.
        loops: Whether expressions in the bodies of loops are recorded; what is written always is.

    Returns:
        The same tree, ready to compile.
    """
    rewriter = Rewriter(plans, source, loops=loops)
    rewritten: ast.Module = rewriter.visit(tree)
    if rewriter.functions:
        # functions may be sent to another process, where only what is among their globals is found
        at = next((k for k, node in enumerate(tree.body) if not _stays_first(node)), 0)
        here = place(tree.body[at])
        name = ast.alias(f"{__package__}.hooks", HOOKS, **here)
        tree.body.insert(at, ast.Import([name], **here))
    return rewritten


def _stays_first(node: ast.stmt) -> bool:
    """Whether it is a docstring or an import from ``__future__``."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


class Rewriter(LoopRewriting):
    """One pass over one cell."""

    def __init__(self, plans: Plans, source: str, *, loops: bool = True) -> None:
        super().__init__(loops=loops)
        self._plans = plans
        self._lines = source.encode().split(b"\n")

    # -- building blocks ---------------------------------------------------------------------

    def _plan(self, op: str, at: ast.expr | ast.stmt, **fields: object) -> int:
        return self._plans.add_plan(op, at, self._text(at), **fields)

    def _text(self, node: ast.expr | ast.stmt) -> str:
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if last >= len(self._lines):
            return ""
        start, end = node.col_offset, node.end_col_offset
        piece = self._lines[first][start:end] if first == last else self._lines[first][start:]
        return piece.decode(errors="replace").strip()[:120]

    def _slot(self) -> int:
        """A fresh slot; negative at the cell's own level, where no two frames can share it."""
        slot = self._plans.slot()
        return slot if self.depth else -slot

    def _weak(self, value: ast.expr, through: str = "v") -> tuple[int, ast.expr]:
        """Pass a receiver: what it is gets noted, the object is not held."""
        slot = self._slot()
        return slot, hook(through, [slot], [self.visit(value)], value)

    def _held(self, value: ast.expr, callee: int = 0) -> tuple[Operand, ast.expr]:
        """Pass an argument, key or value: held until its operation is over, if it is a library's.

        The user's own function may let go of an argument, or want it for itself alone.
        """
        known, constant = written_out(value)
        if known:
            return ("const", constant), value
        slot = self._slot()
        numbers = [callee, slot] if callee else [slot]
        wrapped = hook("b" if callee else "a", numbers, [self._visit_key(value)], value)
        return ("slot", slot), wrapped

    def _visit_key(self, key: ast.expr) -> ast.expr:
        """Visit a key; a slice becomes the slice object that the interpreter would build."""
        if isinstance(key, ast.Slice):
            none = ast.copy_location(ast.Constant(None), key)
            parts = [self.visit(p) if p else none for p in (key.lower, key.upper, key.step)]
            return hook("slice", (), parts, key)
        if isinstance(key, ast.Tuple) and any(isinstance(e, ast.Slice) for e in key.elts):
            key.elts = [self._visit_key(e) for e in key.elts]
            return key
        return self.visit(key)

    # -- operator trees: one record each -----------------------------------------------------

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """An arithmetic tree, or a matrix product, which is a record of its own."""
        if not isinstance(node.op, ast.MatMult):
            return self._tree(node)
        left, node.left = self._weak(node.left)
        right, node.right = self._weak(node.right)
        return hook("m", [self._plan("@", node, slots=(left, right))], [node], node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Part of a tree, except ``not``, which yields a bool."""
        if isinstance(node.op, ast.Not) or isinstance(node.operand, ast.Constant):
            return self.generic_visit(node)  # type: ignore[return-value]  # the node itself
        return self._tree(node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """A single comparison of values; chains and memberships yield bools."""
        if not fusible(node):
            return self.generic_visit(node)  # type: ignore[return-value]  # the node itself
        return self._tree(node)

    def _tree(self, node: ast.expr) -> ast.expr:
        names: list[str] = []
        leaves: list[ast.expr] = []
        self._leaves(node, names, leaves)
        if not leaves:
            return node
        op = "".join(dict.fromkeys(reversed(names)))
        if all(self._readable(leaf) for leaf in leaves):
            again = [_again(leaf) for leaf in {leaf.id: leaf for leaf in leaves}.values()]  # type: ignore[attr-defined]  # names
            return hook("e", [self._plan(op, node)], [*again, node], node)
        slots: list[int] = []
        rebuilt = self._rebuild(node, slots)
        return hook("p", [self._plan(op, node, slots=tuple(slots))], [rebuilt], node)

    def _readable(self, node: ast.expr) -> bool:
        """Whether it may be read twice: a name, but not where a metaclass may count."""
        return isinstance(node, ast.Name) and not self.in_class

    def _leaves(self, node: ast.expr, names: list[str], leaves: list[ast.expr]) -> None:
        if fusible(node):
            names.append(OPERATORS[type(operator(node))])
            for child in operands(node):
                self._leaves(child, names, leaves)
        elif not isinstance(node, ast.Constant):
            leaves.append(node)

    def _rebuild(self, node: ast.expr, slots: list[int]) -> ast.expr:
        if isinstance(node, ast.BinOp) and fusible(node):
            node.left = self._rebuild(node.left, slots)
            node.right = self._rebuild(node.right, slots)
        elif isinstance(node, ast.UnaryOp) and fusible(node):
            node.operand = self._rebuild(node.operand, slots)
        elif isinstance(node, ast.Compare) and fusible(node):
            node.left = self._rebuild(node.left, slots)
            node.comparators = [self._rebuild(c, slots) for c in node.comparators]
        elif not isinstance(node, ast.Constant):
            slot, node = self._weak(node)
            slots.append(slot)
        return node

    # -- calls, subscripts, attributes -------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call, with its receiver noted and its arguments held until it is over."""
        function = node.func
        if is_hook(node) or unseen(function):
            node.args = [self.visit(a) for a in node.args]
            for keyword in node.keywords:
                keyword.value = self.visit(keyword.value)
            return node
        method = None
        if isinstance(function, ast.Attribute):
            method = function.attr
            head, function.value = self._weak(function.value, THROUGH.get(method, "v"))
        else:
            drawing = getattr(function, "id", "") in DRAWING
            head, node.func = self._weak(function, "q" if drawing else "v")
        args, keywords, slots = self._arguments(node, head)
        name = method or (function.id if isinstance(function, ast.Name) else "call")
        plan = self._plan(
            name, node, head=head, method=method, args=args, keywords=keywords, slots=(head, *slots)
        )
        return hook("c", [plan], [node], node)

    def _arguments(
        self, node: ast.Call, head: int
    ) -> tuple[tuple[Operand, ...], tuple[tuple[str | None, Operand], ...], list[int]]:
        args: list[Operand] = []
        for k, value in enumerate(node.args):
            if isinstance(value, ast.Starred):
                (_, slot), value.value = self._held(value.value, head)
                args.append(("star", slot))
            else:
                operand, node.args[k] = self._held(value, head)
                args.append(operand)
        keywords: list[tuple[str | None, Operand]] = []
        for keyword in node.keywords:
            operand, keyword.value = self._held(keyword.value, head)
            keywords.append((keyword.arg, operand))
        every = [*args, *(operand for _, operand in keywords)]
        slots = [slot for kind, slot in every if kind != "const"]
        return tuple(args), tuple(keywords), slots

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """A read through ``[...]``; ``df.loc[...]`` and its kin count as one read of ``df``."""
        if not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)  # type: ignore[return-value]  # the node itself
        base, method = indexed(node)
        if method is None and self._readable(base):
            if self._readable(node.slice):
                again = [_again(base), _again(node.slice)]
                return hook("s", [self._plan("[]", node)], [*again, node], node)
            known, key = written_out(node.slice)
            if known:
                plan = self._plan("[]", node, args=(("const", key),))
                return hook("t", [plan], [_again(base), node], node)
        return hook("k", [self._through(node, method or "[]")], [node], node)

    def _through(self, node: ast.Subscript, op: str, owner: str = "v", **fields: object) -> int:
        """Pass base and key of a subscript through hooks; returns its plan."""
        base, method = indexed(node)
        head, wrapped = self._weak(base, owner)
        if method is None:
            node.value = wrapped
        else:
            node.value.value = wrapped  # type: ignore[attr-defined]  # an Attribute, by indexed
        key, node.slice = self._held(node.slice)
        held = [key[1]] if key[0] == "slot" else []
        slots = (head, *held, *fields.pop("extra", ()))  # type: ignore[misc]  # extra is a tuple
        return self._plan(op, node, head=head, method=method, args=(key,), slots=slots, **fields)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """A read of an attribute, such as ``df.age``, ``x.T`` or ``df.values``."""
        if not isinstance(node.ctx, ast.Load) or node.attr in _SCALAR_ATTRIBUTES:
            return self.generic_visit(node)  # type: ignore[return-value]  # the node itself
        if self._readable(node.value) and node.attr != "resize":
            again = _again(node.value)
            return hook("g", [self._plan(node.attr, node, method=node.attr)], [again, node], node)
        head, node.value = self._weak(node.value, "z" if node.attr == "resize" else "v")
        plan = self._plan(node.attr, node, head=head, method=node.attr, slots=(head,))
        return hook("h", [plan], [node], node)

    # -- writes ------------------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        """An assignment; what it writes into an object is recorded after it."""
        writes = [w for target in node.targets for w in written(target)]
        if not writes:
            node.value = self.visit(node.value)
            return node
        places = {w: k for target in node.targets for k, w in paired(target, node.value)}
        value, node.value = self._held(node.value)
        after: list[ast.stmt] = [node]
        for k, target in enumerate(writes):
            if k and value[0] == "slot":  # a slot is read once
                value = ("slot", self._slot())
                node.value = hook("a", value[1:], [node.value], node.value)
            paired_with = target in places and value[0] == "slot"
            given = ("item", (value[1], places[target])) if paired_with else value
            whole = paired_with or target in node.targets
            after.append(self._write(target, given, node, whole=whole))
        return after

    def _write(
        self, target: ast.Subscript | ast.Attribute, value: Operand, node: ast.stmt, *, whole: bool
    ) -> ast.stmt:
        keywords = (("value" if whole else "among", value),)
        extra = _slots(value)
        if isinstance(target, ast.Subscript):
            owner = "v" if isinstance(indexed(target)[0], ast.Name) else "x"
            plan = self._through(target, "[]=", owner, keywords=keywords, extra=extra)
        else:
            head, target.value = self._weak(target.value)
            plan = self._plan(
                "." + target.attr + "=", node, head=head, method=target.attr, keywords=keywords,
                slots=(head, *extra),
            )  # fmt: skip
        return ast.copy_location(ast.Expr(hook("w", [plan], (), node)), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt | list[ast.stmt]:
        """``x += y``: in place or not, the name's old value is noted before."""
        op = OPERATORS[type(node.op)] + "="
        target = node.target
        if isinstance(target, ast.Name) and self.in_class:
            node.value = self.visit(node.value)
            return node
        if isinstance(target, ast.Name):
            slots = (self._slot(), self._slot())
            name = ast.copy_location(ast.Name(target.id, ast.Load()), node)
            node.value = hook("y", slots, [name, self.visit(node.value)], node.value)
            after = hook("u", [self._plan(op, node, slots=slots)], [name], node)
        elif isinstance(target, ast.Subscript):
            value, node.value = self._held(node.value)
            extra = (value[1],) if value[0] == "slot" else ()
            keywords = (("update", value),)
            plan = self._through(target, "[]" + op, "o", keywords=keywords, extra=extra)
            after = hook("w", [plan], (), node)
        else:
            value, node.value = self._held(node.value)
            head, target.value = self._weak(target.value, "o")
            extra = (value[1],) if value[0] == "slot" else ()
            plan = self._plan(
                "." + target.attr + op, node, head=head, method=target.attr,
                keywords=(("update", value),), slots=(head, *extra),
            )  # fmt: skip
            after = hook("w", [plan], (), node)
        return [node, ast.copy_location(ast.Expr(after), node)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        """The value, and what it writes into an object; never the annotation."""
        if node.value is None or isinstance(node.target, ast.Name):
            node.value = node.value and self.visit(node.value)
            return node
        value, node.value = self._held(node.value)
        return [node, self._write(node.target, value, node, whole=True)]

    def visit_With(self, node: ast.With) -> ast.With:
        """A context manager may be bound to a place in an object."""
        for item in node.items:
            item.context_expr = self.visit(item.context_expr)
        bound = [item.optional_vars for item in node.items if item.optional_vars]
        node.body = [*self._targets(bound, node), *self._body(node.body)]
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AsyncWith:
        """As ``with``."""
        return self.visit_With(node)  # type: ignore[arg-type,return-value]  # same fields

    def _targets(self, targets: list[ast.expr], node: ast.stmt) -> list[ast.stmt]:
        """Records of writes whose value nobody sees."""
        writes = [w for target in targets for w in written(target)]
        return [self._write(w, ("const", None), node, whole=False) for w in writes]


def _slots(value: Operand) -> tuple[int, ...]:
    """The slot that a value passes, if it does."""
    kind, what = value
    return () if kind == "const" else (what if kind == "slot" else what[0],)


def _again(node: ast.expr) -> ast.Name:
    """The same name, read once more."""
    assert isinstance(node, ast.Name)
    return ast.Name(node.id, ast.Load(), **place(node))
