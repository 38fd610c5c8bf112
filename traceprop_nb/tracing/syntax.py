"""Small questions about expressions that the rewriter asks, and the one thing it inserts."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

HOOKS = "__tp__"
"""The one name that rewritten code looks up. Dunders are not mangled in class bodies."""

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<",
    ast.RShift: ">>", ast.MatMult: "@", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
DRAWING = frozenset("shuffle permutation permuted choice".split())
"""Names of what draws rows: there the state of the generator is noted first."""
THROUGH = {"resize": "z", "sort": "q", "__setitem__": "x", "map": "j"} | dict.fromkeys(DRAWING, "q")
"""Hook of a receiver by the method that it is asked for, where it is not the usual one."""
UNSEEN = frozenset(
    "locals globals vars dir eval exec super breakpoint print len range enumerate zip isinstance "
    "issubclass type int str bool bytes repr format open getattr setattr hasattr delattr id hash "
    "callable input iter next list tuple dict set frozenset object property staticmethod "
    "classmethod __import__ display get_ipython".split()
)
"""Builtins whose results are never values with rows, or that look at their caller."""
_COUNTING = frozenset(("getrefcount", "get_referrers"))
"""Functions that would see a reference which is held until a call is over."""
_UNFUSED = (ast.In, ast.NotIn, ast.Is, ast.IsNot)
_INDEXERS = frozenset(("loc", "iloc", "at", "iat", "flat"))


def operator(node: ast.expr) -> ast.AST:
    """The operator of a fusible expression."""
    return node.ops[0] if isinstance(node, ast.Compare) else node.op  # type: ignore[attr-defined]  # fusible


def operands(node: ast.expr) -> list[ast.expr]:
    """What a fusible expression operates on, in order."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    return [node.operand]  # type: ignore[attr-defined]  # a UnaryOp, by fusible


def fusible(node: ast.expr) -> bool:
    """Whether an expression is an operator that can be part of one element-wise record."""
    if isinstance(node, ast.BinOp):
        return not isinstance(node.op, ast.MatMult)
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.op, ast.Not)
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and not isinstance(node.ops[0], _UNFUSED)
    return False


def indexed(node: ast.Subscript) -> tuple[ast.expr, str | None]:
    """What a subscript reads from, and through which indexer, if any."""
    value = node.value
    if isinstance(value, ast.Attribute) and value.attr in _INDEXERS:
        return value.value, value.attr
    return value, None


def written(target: ast.expr) -> list[ast.Subscript | ast.Attribute]:
    """The objects that an assignment to this target writes into; a plain name is none."""
    if isinstance(target, ast.Subscript):
        return [target]
    if isinstance(target, ast.Attribute):
        owner = target.value
        return [] if isinstance(owner, ast.Name) and owner.id in ("self", "cls") else [target]
    if isinstance(target, ast.Starred):
        return written(target.value)
    if isinstance(target, ast.Tuple | ast.List):
        return [w for element in target.elts for w in written(element)]
    return []


def written_out(node: ast.expr) -> tuple[bool, object]:
    """Whether a value or key is written out, and the value: numbers, texts, and slices of them."""
    if isinstance(node, ast.Constant):
        return True, node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        known, value = written_out(node.operand)
        return (True, -value) if known and type(value) in (int, float) else (False, None)  # type: ignore[operator]  # checked
    if isinstance(node, ast.Slice):
        parts = [(True, None) if p is None else written_out(p)
                 for p in (node.lower, node.upper, node.step)]  # fmt: skip
        return all(known for known, _ in parts), slice(*(value for _, value in parts))
    if isinstance(node, ast.Tuple):
        members = [written_out(element) for element in node.elts]
        return all(known for known, _ in members), tuple(value for _, value in members)
    return False, None


def paired(target: ast.expr, value: ast.expr) -> list[tuple[int, ast.expr]]:
    """Which member of a tuple goes to which target: of ``a[0], a[1] = b, c`` each to its own."""
    both = (target, value)
    if not all(isinstance(one, ast.Tuple | ast.List) for one in both):
        return []
    elements, values = (one.elts for one in both)  # type: ignore[attr-defined]  # both have them
    if len(elements) != len(values):
        return []
    starred = any(isinstance(one, ast.Starred) for one in (*elements, *values))
    return [] if starred else list(enumerate(elements))


def place(node: ast.expr | ast.stmt) -> dict[str, Any]:
    """A node's position, for the constructor of another: ``copy_location`` takes twice as long."""
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno or node.lineno,
        "end_col_offset": node.end_col_offset or node.col_offset,
    }


def unseen(function: ast.expr) -> bool:
    """Whether calls of this are not recorded, nor what is passed to them held."""
    if isinstance(function, ast.Attribute):
        return function.attr in _COUNTING
    return isinstance(function, ast.Name) and function.id in UNSEEN | _COUNTING


class Call(ast.Call):
    """A call of a hook. Who walks the tree comes to what passes through it, and to no more of it.

    IPython walks every tree once more after its transformers, which would take longer than they do.
    """

    _fields = ("args",)


_LOAD = ast.Load()


def is_hook(node: ast.Call) -> bool:
    """Whether a call is one that ``hook`` made."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == HOOKS


def hook(
    name: str, numbers: Sequence[int], args: Sequence[ast.expr], at: ast.expr | ast.stmt
) -> ast.Call:
    """A call of a hook in the place of a node: its numbers first, then what passes through."""
    here = place(at)
    call = Call(args=[*(ast.Constant(n, **here) for n in numbers), *args], **here)
    hooks = ast.Name(HOOKS, _LOAD, **here)
    call.func, call.keywords = ast.Attribute(hooks, name, _LOAD, **here), []
    return call
