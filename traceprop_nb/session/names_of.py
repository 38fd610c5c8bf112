"""The names in a statement: what it binds, reads, writes into, hands to calls."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

_SEEDS = frozenset("seed manual_seed set_seed seed_everything PRNGKey".split())
_BUILTIN = frozenset(dir(builtins))
_NAMING = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.MatchAs, ast.MatchStar,
    ast.ExceptHandler,
)  # fmt: skip


@dataclass(frozen=True)
class Uses:
    """The names of a statement.

    Attributes:
        binds: Names it gives a value, or takes away.
        reads: Names it needs.
        writes: Names of objects that it writes into: ``x[k] = v``, ``x.a = v``, ``x += v``.
        passes: Names of objects that it hands to a call, or calls a method of, as a statement.
        seeds: Whether it may set the seed of a random stream.
    """

    binds: frozenset[str]
    reads: frozenset[str]
    writes: frozenset[str]
    passes: frozenset[str]
    seeds: bool


def uses(statement: ast.stmt) -> Uses:
    """The names of a statement, those inside functions that it defines included."""
    binds: set[str] = set()
    reads: set[str] = set()
    writes: set[str] = set()
    passes: set[str] = set()
    seeds = False
    for node in ast.walk(statement):
        binds |= set(_bound(node))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            reads.add(node.id)
        writes |= set(_written(node))
        if isinstance(node, ast.Call):
            passes |= set(_passed(node))
            seeds |= _last_name(node.func) in _SEEDS and isinstance(statement, ast.Expr)
        if isinstance(node, ast.AugAssign):
            reads |= set(_roots(node.target))
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        inner = set(_inner(statement))
        binds = {statement.name}
        reads -= inner
        writes, passes = set(), set()  # when it is called, not here
    reads = {name for name in reads | writes if name not in _BUILTIN}
    return Uses(
        frozenset(binds), frozenset(reads), frozenset(writes), frozenset(passes), bool(seeds)
    )


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, _NAMING) and node.name:
        yield node.name


def _inner(statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[str]:
    """Names that are a function's own."""
    for node in ast.walk(statement):
        if isinstance(node, ast.arg):
            yield node.arg
        elif node is not statement:
            yield from _bound(node)


def _written(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(
        node.ctx, ast.Store | ast.Del
    ):
        yield from _roots(node)
    elif isinstance(node, ast.AugAssign):
        yield from _roots(node.target)


def _passed(call: ast.Call) -> Iterator[str]:
    """Names of objects that a call may change."""
    if isinstance(call.func, ast.Attribute):
        yield from _roots(call.func)
    for value in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield from _roots(value)


def _roots(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _roots(element)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
