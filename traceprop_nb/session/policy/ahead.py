"""What a cell is going to do with tagged values, read off its text before it runs.

Names stand for the values they have now, and for what the cell's own assignments make of them;
whatever cannot be followed has the tags of everything in it. A look at text is not a proof: what
hides behind a function of another module is seen only at the call, if that is one we stand at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from traceprop_nb.session.policy.pack import Use
from traceprop_nb.session.policy.sinks import PINNED, sinks_of
from traceprop_nb.session.privacy.flow import Flow, read_ahead
from traceprop_nb.session.privacy.levels import NOTHING, UNSEEN, Marks


class Known(Protocol):
    """What is known of live values and of files."""

    def value(self, thing: Any) -> tuple[Flow, frozenset[str]]:
        """Tags of a live value, and the steps that they have all passed."""

    def file(self, name: str) -> Marks:
        """Tags that a file of that name will have when it is read."""


NEVER: frozenset[str] = frozenset()
_EVERY = frozenset({"*"})
"""Steps of what has no tag: it lacks none."""


@dataclass
class _Seen:
    """Tags of an expression, and the steps that everything tagged in it has passed."""

    flow: Flow = field(default_factory=lambda: Flow(NOTHING))
    steps: frozenset[str] = _EVERY


def uses(tree: ast.Module, names: Mapping[str, Any], known: Known) -> list[Use]:
    """Where values go in a cell.

    Args:
        tree: The cell.
        names: The user's names before it runs.
        known: Answers about values and files.
    """
    reader = _Reader(names, known)
    for statement in tree.body:
        reader.visit(statement)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        reader.use(("show",), "the last expression", reader.seen(last.value), last)
    return reader.found


class _Reader(ast.NodeVisitor):
    """Walks a cell in the order of its text."""

    def __init__(self, names: Mapping[str, Any], known: Known) -> None:
        self.names, self.known = names, known
        self.own: dict[str, _Seen] = {}
        self.found: list[Use] = []
        self._deep = 0

    # -- statements --------------------------------------------------------------------------

    def visit(self, node: ast.AST) -> Any:
        """Visit; inside loops, branches and functions an assignment may not happen."""
        nested = isinstance(node, _NESTED)
        self._deep += nested
        try:
            return super().visit(node)
        finally:
            self._deep -= nested

    def visit_Assign(self, node: ast.Assign) -> None:
        """Names get the tags of what they are set to."""
        self.visit(node.value)
        for target in node.targets:
            self._set(target, self.seen(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """As an assignment."""
        if node.value is not None:
            self.visit(node.value)
            self._set(node.target, self.seen(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The old tags and the new ones."""
        self.visit(node.value)
        self._set(node.target, self.seen(node.value), add=True)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """As an assignment."""
        self.visit(node.value)
        self._set(node.target, self.seen(node.value))

    def visit_For(self, node: ast.For) -> None:
        """Each element has the tags of them all; twice, for what a round hands to the next."""
        self.visit(node.iter)
        for _ in range(2):
            self._set(node.target, self.seen(node.iter))
            for statement in (*node.body, *node.orelse):
                self.visit(statement)

    def visit_With(self, node: ast.With) -> None:
        """As an assignment."""
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._set(item.optional_vars, self.seen(item.context_expr))
        for statement in node.body:
            self.visit(statement)

    def visit_Call(self, node: ast.Call) -> None:
        """A call may be a way out."""
        self.generic_visit(node)
        name = _called(node)
        sinks = sinks_of(name)
        if not sinks:
            return
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if "model" in sinks and owner is not None and not self._learns(owner):
            return
        if owner is not None and "model" not in sinks:
            parts.append(owner)
        seen = _together([self.seen(part) for part in parts])
        self.use(sinks, name, seen, node)

    def use(self, sinks: tuple[str, ...], name: str, seen: _Seen, node: ast.AST) -> None:
        """Note that a value goes there."""
        for sink in sinks:
            loose = sink == "load" and isinstance(node, ast.Call) and not _pinned(node)
            marks = seen.flow.whole
            self.found.append(
                Use(
                    sink, name, marks - {UNSEEN}, getattr(node, "lineno", 0),
                    UNSEEN in marks, seen.steps, loose,
                )
            )  # fmt: skip

    # -- expressions -------------------------------------------------------------------------

    def seen(self, node: ast.expr) -> _Seen:
        """The tags of an expression."""
        match node:
            case ast.Name(id=name):
                return self._name(name)
            case ast.Constant(value=str(text)):
                marks = self.known.file(text)
                return _Seen(Flow(marks), NEVER if marks else _EVERY)
            case ast.Lambda():
                return self.seen(node.body)
            case ast.Subscript() | ast.Attribute():
                parts = [self.seen(node.value)]
            case ast.Call():
                owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
                values = [*owner, *node.args, *(keyword.value for keyword in node.keywords)]
                parts = [self.seen(value) for value in values]
            case _:
                return _together([self.seen(part) for part in _children(node)])
        return self._read(node, parts)

    def _read(self, node: ast.expr, parts: list[_Seen]) -> _Seen:
        """What a selection or method makes of a table."""
        op = "[]" if isinstance(node, ast.Subscript) else _called(node)
        tagged = [part for part in parts if part.flow.whole]
        whole = _together(parts)
        flow = read_ahead(op, node, [part.flow for part in tagged])
        found = whole if flow is None or tagged[:1] != parts[:1] else _Seen(flow, whole.steps)
        return _Seen(found.flow, found.steps | {op}) if isinstance(node, ast.Call) else found

    def _name(self, name: str) -> _Seen:
        if name in self.own:
            return self.own[name]
        return self.live(self.names[name]) if name in self.names else _Seen()

    def live(self, thing: Any) -> _Seen:
        """The tags of a live value, or of the members of a list of them."""
        if isinstance(thing, dict):
            thing = list(thing.values())
        if isinstance(thing, list | tuple | set):
            members = [one for one in list(thing)[:100] if not isinstance(one, list | tuple | dict)]
            return _together([_Seen(*self.known.value(one)) for one in members])
        return _Seen(*self.known.value(thing))

    def _set(self, target: ast.expr, seen: _Seen, *, add: bool = False) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self._set(element, seen, add=add)
            return
        whole = not isinstance(target, ast.Name)
        while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
            target = target.value
        if isinstance(target, ast.Name):
            keep = add or whole or self._deep
            self.own[target.id] = _together([self._name(target.id), seen]) if keep else seen

    def _learns(self, owner: ast.expr) -> bool:
        """Whether an object whose ``fit`` is called is a model; if nobody can tell, it is."""
        made = owner.func if isinstance(owner, ast.Call) else owner
        if not isinstance(made, ast.Name) or made.id in self.own or made.id not in self.names:
            return True
        return hasattr(self.names[made.id], "predict")


_NESTED = (
    ast.If, ast.For, ast.While, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.Match,
    ast.IfExp, ast.Lambda,
)  # fmt: skip


def _children(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.comprehension | ast.keyword):
            yield from _children(child)


def _together(parts: list[_Seen]) -> _Seen:
    """Everything in one; only a step that all tagged parts have passed counts."""
    tagged = [part for part in parts if part.flow.whole]
    if not tagged:
        return _Seen()
    if len(tagged) == 1:
        return tagged[0]
    steps = frozenset.intersection(*(part.steps for part in tagged))
    return _Seen(Flow(NOTHING.union(*(part.flow.whole for part in tagged))), steps)


def _called(node: ast.expr) -> str:
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _pinned(call: ast.Call) -> bool:
    return any(keyword.arg in PINNED or keyword.arg is None for keyword in call.keywords)
