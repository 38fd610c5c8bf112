"""Tags along the lineage: the union of the inputs', by column where columns are known for sure.

Every edge counts, DIRECT and CONTEXT. A source's columns are known when it is read; a selection
such as ``df[["age", "y"]]`` is read off the expression that was recorded, and what keeps columns
(a filter, a sort, a join) keeps their tags apart. After any other operation the value as a whole
has every tag that any of its inputs had: too many perhaps, never too few along recorded edges.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.privacy.levels import NOTHING, UNSEEN, Marks


@dataclass(frozen=True)
class Flow:
    """The tags that reached a value.

    Attributes:
        whole: Of anything in it.
        columns: Of each column, if it is a table whose columns are known; else None.
    """

    whole: Marks
    columns: Mapping[str, Marks] | None = None


Found = dict[str, Marks] | Marks | None

KEEPING = frozenset(
    "copy dropna head tail sort_values sort_index query drop_duplicates sample nlargest "
    "nsmallest".split()
)
"""Operations on one table that return a table with its columns, or fewer, under their names."""

JOINING = frozenset("merge join concat append".split())
"""Operations whose result has columns of several tables, under their names or new ones."""

LONGEST = 120
"""Letters at which a recorded expression may have been cut."""

_SIGNS = (ast.BitAnd, ast.BitOr, ast.BitXor)


def flows(
    graph: LineageGraph,
    entered: Callable[[int], Flow],
    settled: Mapping[int, Marks],
    added: Mapping[int, Marks],
    known: list[Flow],
) -> list[Flow]:
    """The tags of every node so far.

    Args:
        graph: The lineage.
        entered: The tags of a source's node.
        settled: Node -> marks that somebody declared for it, in place of those of its inputs.
        added: Node -> marks that somebody declared for it, beside those of its inputs.
        known: Those of the first nodes; added to.
    """
    for node in range(len(known), len(graph)):
        if node in settled:
            flow = Flow(settled[node])
        else:
            flow = entered(node) if node in graph.sources else _step(graph, node, known)
        known.append(flow if node not in added else _beside(flow, added[node]))
    return known


def _beside(flow: Flow, marks: Marks) -> Flow:
    columns = flow.columns
    apart = None if columns is None else {name: old | marks for name, old in columns.items()}
    return Flow(flow.whole | marks, apart)


def _step(graph: LineageGraph, node: int, known: list[Flow]) -> Flow:
    edges = graph.edges(node)
    direct = [known[parent] for parent, _, kind, _ in edges if not kind]
    aside = _union(known[parent].whole for parent, _, kind, _ in edges if kind)
    if graph.status(node) == Status.UNKNOWN:
        aside |= {UNSEEN}
    whole = _union([aside, *(flow.whole for flow in direct)])
    site = graph.site(node)
    columns = _columns(graph.op_name(node), site.text if site else "", direct)
    if columns is None:
        return Flow(whole)
    if isinstance(columns, frozenset):  # one column was taken out of a table
        return Flow(columns | aside)
    apart = {name: marks | aside for name, marks in columns.items()}
    return Flow(_union(apart.values()) | aside, apart)


def _columns(op: str, text: str, direct: list[Flow]) -> Found:
    """Tags by column of a result, or of the one column that it is; None where nobody can tell."""
    first = direct[0].columns if direct else None
    if first is None:
        return None
    if op in JOINING:
        return _joined([flow.columns for flow in direct])
    expression = _parsed(text)
    return None if expression is None else _read(op, expression, direct)


def read_ahead(op: str, expression: ast.expr, direct: list[Flow]) -> Flow | None:
    """What an expression that is still to run makes of tables; None where nobody can tell."""
    if not direct or direct[0].columns is None:
        return None
    found = _read(op, expression, direct)
    if found is None or isinstance(found, frozenset):
        return None if found is None else Flow(found)
    return Flow(_union(found.values()), found)


def _read(op: str, expression: ast.expr, direct: list[Flow]) -> Found:
    first = direct[0].columns or {}
    if op in _READERS:
        return _READERS[op](expression, direct)
    if isinstance(expression, ast.Attribute) and expression.attr == op and not _of_frames(op):
        return first.get(op)  # table.column
    return None


def _joined(tables: Iterable[Mapping[str, Marks] | None]) -> dict[str, Marks] | None:
    found: dict[str, Marks] = {}
    for table in tables:
        if table is None:
            return None
        for name, marks in table.items():
            found[name] = found.get(name, NOTHING) | marks
    return found


def _selected(expression: ast.expr, direct: list[Flow]) -> Found:
    """What ``table[key]`` has of a table's tags.

    ``.loc`` is taken for nothing: a write through it is recorded under the same name as a read.
    """
    columns = direct[0].columns or {}
    if not isinstance(expression, ast.Subscript) or len(direct) > 1:
        return None
    key = expression.slice
    if isinstance(key, ast.Slice) or _is_mask(key):
        return dict(columns)
    names = _names(key)
    if names is None or not set(names) <= set(columns):
        return None
    if isinstance(key, ast.Constant):
        return columns[names[0]]
    return {name: columns[name] for name in names}


def _kept(expression: ast.expr, direct: list[Flow]) -> Found:
    """A call that keeps the columns of its one table."""
    if len(direct) > 1 or not isinstance(expression, ast.Call):
        return None
    return dict(direct[0].columns or {})


def _dropped(expression: ast.expr, direct: list[Flow]) -> Found:
    """After ``drop(columns=[...])``; whatever else it drops is taken to be there still."""
    kept = _kept(expression, direct)
    if not isinstance(kept, dict) or not isinstance(expression, ast.Call):
        return None
    gone = [k.value for k in expression.keywords if k.arg == "columns"]
    names = [name for value in gone for name in _names(value) or ()]
    return {name: marks for name, marks in kept.items() if name not in names}


def _written(expression: ast.expr, direct: list[Flow]) -> Found:
    """After ``table["z"] = value``: z has the value's tags; all of the table's where unseen."""
    match expression:
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            new = _union(flow.whole for flow in (direct[1:] or direct))
            return {**(direct[0].columns or {}), name: new}
    return None


def _assigned(expression: ast.expr, direct: list[Flow]) -> Found:
    """After ``table.assign(z=value)``; a function of the table may use all of it."""
    if not isinstance(expression, ast.Call) or expression.args:
        return None
    whole = _union(flow.whole for flow in direct)
    names = [keyword.arg for keyword in expression.keywords]
    new = {name: whole for name in names if name is not None}
    return {**(direct[0].columns or {}), **new} if len(new) == len(names) else None


def _renamed(expression: ast.expr, direct: list[Flow]) -> Found:
    """After ``rename(columns={"old": "new"})`` and nothing else."""
    match expression:
        case ast.Call(args=[], keywords=[ast.keyword(arg="columns", value=ast.Dict() as names)]):
            old = [None if key is None else _name(key) for key in names.keys]
            new = [_name(value) for value in names.values]
            if len(direct) > 1 or None in old or None in new:
                return None
            way = dict(zip(old, new, strict=True))
            columns = (direct[0].columns or {}).items()
            return _joined([{way.get(name) or name: marks} for name, marks in columns])
    return None


_READERS: dict[str, Callable[[ast.expr, list[Flow]], Found]] = {
    **dict.fromkeys(KEEPING, _kept),
    "[]": _selected,
    "[]=": _written,
    "assign": _assigned,
    "drop": _dropped,
    "rename": _renamed,
}


def _is_mask(key: ast.expr) -> bool:
    """Whether a key is a condition on rows, by its form alone."""
    if isinstance(key, ast.BinOp):
        return isinstance(key.op, _SIGNS) and _is_mask(key.left) and _is_mask(key.right)
    if isinstance(key, ast.UnaryOp):
        return isinstance(key.op, ast.Invert) and _is_mask(key.operand)
    return isinstance(key, ast.Compare)


def _names(key: ast.expr) -> list[str] | None:
    """The names in a constant key: one, or a list of them."""
    if isinstance(key, ast.List | ast.Tuple):
        names = [_name(element) for element in key.elts]
        return None if None in names else [name for name in names if name is not None]
    name = _name(key)
    return None if name is None else [name]


def _name(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _of_frames(name: str) -> bool:
    """Whether a table has an attribute of that name, which hides a column."""
    pandas = sys.modules.get("pandas")
    return pandas is None or hasattr(pandas.DataFrame, name)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    """The recorded expression; None where it was cut or is a statement."""
    if len(text) >= LONGEST:
        return None
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _union(marks: Iterable[Marks]) -> Marks:
    return NOTHING.union(*marks)
