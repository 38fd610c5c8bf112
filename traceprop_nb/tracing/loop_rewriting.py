"""What the rewriter does about loops: elements are followed, or bodies are left almost alone.

At a granularity coarser than every operation, the body of a loop records only what it writes
into objects; what a library's tap sees, such as the batches of a loader, is recorded all the same.
"""

from __future__ import annotations

import ast

from traceprop_nb.tracing.loops import FRAME_AROUND, INLINED, OWN_FRAME, followed
from traceprop_nb.tracing.scopes import Scopes
from traceprop_nb.tracing.syntax import hook, place

_EXPRESSIONS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Attribute, ast.Subscript)


class LoopRewriting(Scopes):
    """Walks loops; ``Rewriter`` says how expressions are recorded.

    Attributes:
        every: Whether expressions in loops are recorded.
        turns: Loops around the current node.
    """

    def __init__(self, *, loops: bool = True) -> None:
        super().__init__()
        self.every, self.turns = loops, 0
        if not loops:
            self.visit = self._visit_sparsely  # type: ignore[method-assign]  # only then is it paid for

    def _visit_sparsely(self, node: ast.AST) -> ast.AST:
        """Visit a node; an expression in a loop is left as it is."""
        if self.turns and isinstance(node, _EXPRESSIONS):
            loaded = not isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del)
            if loaded:
                return self.generic_visit(node)
        return super().visit(node)

    def visit_While(self, node: ast.While) -> ast.While:
        """Its test is a condition, its body a loop's."""
        node.test = self._condition(node.test)
        node.body = self._turn(node.body)
        node.orelse = self._body(node.orelse)
        return node

    def _turn(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The body of a loop."""
        self.turns += 1
        done = self._body(body)
        self.turns -= 1
        return done

    def visit_For(self, node: ast.For) -> ast.For:
        """A loop may write into an object: ``for x[0] in rows``."""
        seen = [] if isinstance(node, ast.AsyncFor) else self._follow(node, node.iter)
        node.iter = self.visit(node.iter)
        noted: list[ast.stmt] = [ast.copy_location(ast.Expr(hook_), hook_) for hook_ in seen]
        node.body = [*noted, *self._targets([node.target], node), *self._turn(node.body)]
        node.orelse = self._body(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        """As a loop; what notes its elements is a filter that lets all of them by."""
        first, self.first = self.first, False
        lazy = node.is_async or (first and self.lazy)  # evaluated here, used who knows where
        seen = [] if lazy else self._follow(node, node.iter, around=first and not INLINED)
        super().visit_comprehension(node)
        node.ifs = [*seen, *node.ifs]
        return node

    def _follow(
        self, loop: ast.For | ast.comprehension, at: ast.expr, *, around: bool = False
    ) -> list[ast.expr]:
        """Note what a loop goes over; returns the hooks that note each element."""
        hooks: list[ast.expr] = []
        for one in followed(loop) if self.every and not self.in_class else ():
            slot = self._slot()
            head = FRAME_AROUND if around else OWN_FRAME
            plan = self._plan("for", at, head=head, method=one.method, slots=(slot,))
            one.put(hook("l", [slot], [one.expression], one.expression))
            names = [one.target, one.label] if one.label else [one.target]
            values = [ast.Name(name, ast.Load(), **place(at)) for name in names]
            hooks.append(hook("n", [plan], values, at))
        return hooks

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AsyncFor:
        """As ``for``."""
        return self.visit_For(node)  # type: ignore[arg-type,return-value]  # same fields

    def _plan(self, op: str, at: ast.expr | ast.stmt, **fields: object) -> int:
        raise AssertionError(self, op, at, fields)

    def _slot(self) -> int:
        raise AssertionError(self)

    def _targets(self, targets: list[ast.expr], node: ast.stmt) -> list[ast.stmt]:
        raise AssertionError(self, targets, node)
