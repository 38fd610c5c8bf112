"""What the rewriter does about scopes, conditions and everything that must stay as it is."""

from __future__ import annotations

import ast

from traceprop_nb.tracing.syntax import HOOKS, hook


class Scopes(ast.NodeTransformer):
    """Walks a cell; ``Rewriter`` adds what is recorded.

    Attributes:
        depth: Functions, lambdas and comprehensions around the current node.
        in_class: Whether it stands in a class body, where reading a name may be observed.
        functions: Functions and lambdas seen so far.
        lazy: Whether the comprehension at hand is a generator, which runs later.
        first: Whether the loop at hand is its first, whose iterable is evaluated outside of it.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.in_class = False
        self.functions = 0
        self.lazy = self.first = False

    # -- conditions ----------------------------------------------------------------------------

    def _condition(self, node: ast.expr) -> ast.expr:
        """Visit what is only asked for its truth: there a comparison has no rows to keep.

        A hook around it would take an ambiguous array's error from its place in the traceback.
        """
        if isinstance(node, ast.Compare):
            node.left = self.visit(node.left)
            node.comparators = [self.visit(c) for c in node.comparators]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._condition(node.operand)
            return node
        if isinstance(node, ast.BoolOp):
            node.values = [self._condition(v) for v in node.values]
            return node
        return self.visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """All but the last are conditions; the last may be the result."""
        node.values = [*map(self._condition, node.values[:-1]), self.visit(node.values[-1])]
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        """Its test is a condition."""
        node.test = self._condition(node.test)
        node.body, node.orelse = self._body(node.body), self._body(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        """As ``if``."""
        return self.visit_If(node)  # type: ignore[arg-type,return-value]  # same fields

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """Its test is a condition."""
        node.test = self._condition(node.test)
        node.msg = node.msg and self.visit(node.msg)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        """Its test is a condition."""
        node.test = self._condition(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        """Its filters are conditions."""
        node.iter = self.visit(node.iter)
        node.ifs = [self._condition(test) for test in node.ifs]
        return node

    # -- what must stay as it is -------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        """After an import a framework may be there that needs its adapter."""
        return [node, ast.copy_location(ast.Expr(hook("i", (), (), node)), node)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """As ``import``, but nothing may stand between imports from ``__future__``."""
        if node.module == "__future__":
            return [node]
        return [node, ast.copy_location(ast.Expr(hook("i", (), (), node)), node)]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Body and defaults only: decorators and annotations may be looked at as source."""
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.args.kw_defaults = [d and self.visit(d) for d in node.args.kw_defaults]
        self.functions += 1
        outside, self.in_class = self.in_class, False
        self.depth += 1
        node.body = self._body(node.body)
        self._mark(node)
        self.depth -= 1
        self.in_class = outside
        return node

    def _mark(self, node: ast.FunctionDef) -> None:
        """Name the hooks once, so that even a function without any is known to be traced."""
        at = 1 if ast.get_docstring(node, clean=False) is not None else 0
        place = node.body[min(at, len(node.body) - 1)]
        name = ast.copy_location(ast.Name(HOOKS, ast.Load()), place)
        node.body.insert(at, ast.copy_location(ast.Expr(name), place))

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """As a function."""
        return self.visit_FunctionDef(node)  # type: ignore[arg-type,return-value]  # same fields

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Body only."""
        outside, self.in_class = self.in_class, True
        node.body = self._body(node.body)
        self.in_class = outside
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        """Body and defaults only."""
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.args.kw_defaults = [d and self.visit(d) for d in node.args.kw_defaults]
        self.functions += 1
        self.depth += 1
        node.body = self.visit(node.body)
        self.depth -= 1
        return node

    def visit_ListComp(self, node: ast.expr) -> ast.expr:
        """A scope of its own; its loops come before what it makes in each turn."""
        self.depth += 1
        outside = self.lazy
        self.lazy = isinstance(node, ast.GeneratorExp)
        for k, loop in enumerate(node.generators):  # type: ignore[attr-defined]  # a comprehension
            self.first = k == 0
            self.visit(loop)
        self.lazy = outside
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                setattr(node, name, self.visit(getattr(node, name)))
        self.depth -= 1
        return node

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_Match(self, node: ast.Match) -> ast.Match:
        """Subject, guards and bodies; a pattern is no expression."""
        node.subject = self.visit(node.subject)
        for case in node.cases:
            case.guard = case.guard and self._condition(case.guard)
            case.body = self._body(case.body)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        """Nothing: ``f"{x=}"`` shows its own source."""
        return node

    visit_TemplateStr = visit_JoinedStr

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        """Nothing: evaluated lazily, elsewhere."""
        return node

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for statement in body:
            new = self.visit(statement)
            done.extend(new if isinstance(new, list) else [new])
        return done
