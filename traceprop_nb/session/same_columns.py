"""Which column of a source a column of a value is, where the steps between leave no doubt.

The graph follows rows, not columns. But steps that only choose, order, stack or join rows carry
columns over under their names: through nothing but those, a column of a value that a source has
too is that source's column. One other step on the way, and nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from traceprop_nb.exports.model import ColumnLineage, Source, Value

if TYPE_CHECKING:
    from traceprop_nb.lineage.graph import LineageGraph

CHOOSING = frozenset((
    "[]", "copy", "drop_duplicates", "dropna", "head", "query", "reset_index", "sample",
    "sort_index", "sort_values", "tail", "train_test_split",
))  # fmt: skip
"""Steps after which a column holds cells of the column of that name."""
CHANGING = frozenset(("bfill", "clip", "ffill", "fillna"))
"""Steps after which some of its cells may be others."""
_COPIED: Literal["identity"] = "identity"
_CHANGED: Literal["transformation"] = "transformation"
STACKING, JOINING, PICKING = "concat", "merge", "[]"


@dataclass(frozen=True)
class _Known:
    """What is known of a value's columns.

    Attributes:
        origins: Column -> (source node, whether cells were changed).
        picked: Whether it may be a single column, which ``concat`` can rename.
    """

    origins: dict[str, frozenset[tuple[int, bool]]]
    picked: bool = False


def column_lineage(
    graph: LineageGraph, nodes: Iterable[int], sources: Sequence[Source], values: Sequence[Value]
) -> Iterator[ColumnLineage]:
    """Columns of values that are, without a doubt, columns of sources."""
    columns = {one.id: [c.name for c in one.columns] for one in sources}
    columns |= {one.id: [c.name for c in one.columns] for one in values}
    known: dict[int, _Known | None] = {}
    for node in nodes:
        mine = Counter(columns.get(f"value/{node}", ()))
        if not mine:
            continue
        for current in _behind(graph, node):
            if current not in known:
                known[current] = _of(graph, current, known, columns)
        found = known[node]
        if found is None:
            continue
        for name in (name for name, times in mine.items() if times == 1):
            for source, changed in sorted(found.origins.get(name, ())):
                how = _CHANGED if changed else _COPIED
                yield ColumnLineage(f"value/{node}", name, f"source/{source}", name, how)


def _behind(graph: LineageGraph, node: int) -> list[int]:
    """A value and what it was made of, over direct edges, in the order of making."""
    seen, todo = {node}, [node]
    while todo:
        fresh = {parent for parent, _, kind, _ in graph.edges(todo.pop()) if not kind} - seen
        seen |= fresh
        todo += fresh
    return sorted(seen)


def _of(
    graph: LineageGraph, node: int, known: dict[int, _Known | None], columns: dict[str, list[str]]
) -> _Known | None:
    if node in graph.sources:
        once = Counter(columns.get(f"source/{node}", ()))
        own = {n: frozenset([(node, False)]) for n, k in once.items() if k == 1 and not n.isdigit()}
        return _Known(own) if own else None
    parents = [known[parent] for parent, _, kind, _ in graph.edges(node) if not kind]
    whole = [parent for parent in parents if parent is not None]
    return _after(graph.op_name(node), whole) if whole and len(whole) == len(parents) else None


def _after(name: str, parents: list[_Known]) -> _Known | None:
    """What a step of this name leaves known."""
    picked = any(one.picked for one in parents)
    if name == STACKING:
        return None if picked else _Known(_union(parents))
    if name == JOINING and len(parents) == 2:
        return _Known(_apart(*parents), picked)
    if len(parents) > 1 or name not in CHOOSING | CHANGING:
        return None
    origins = parents[0].origins
    if name in CHANGING:
        origins = {n: frozenset((at, True) for at, _ in its) for n, its in origins.items()}
    return _Known(origins, picked or name == PICKING)


def _union(parts: Sequence[_Known]) -> dict[str, frozenset[tuple[int, bool]]]:
    found: dict[str, frozenset[tuple[int, bool]]] = {}
    for part in parts:
        for name, its in part.origins.items():
            found[name] = found.get(name, frozenset()) | its
    return found


def _apart(left: _Known, right: _Known) -> dict[str, frozenset[tuple[int, bool]]]:
    """Columns that one side has: those of both are keys, or get a suffix."""
    both = left.origins.keys() & right.origins.keys()
    return {n: its for n, its in (left.origins | right.origins).items() if n not in both}
