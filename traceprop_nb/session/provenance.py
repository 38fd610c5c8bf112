"""Sets that travel with values, for users of Pyro: the set of a result is the union of its inputs'.

Tensors carry their set themselves, wherever they go. Any other value has it through the lineage
graph: it has the sets of all that it was made of in traced cells.
"""

from __future__ import annotations

import copy
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from traceprop_nb import adapters

T = TypeVar("T")
_MARKS: WeakKeyDictionary[Any, dict[int, frozenset[Any]]] = WeakKeyDictionary()
"""Recorder -> node -> the set that was put on it."""


def track_provenance(x: T, provenance: Iterable[Any]) -> T:
    """Put a set on every tensor and recorded value of a list, tuple, dict or set.

    Args:
        x: What to track; a container is made anew.
        provenance: The set; a value keeps what it had.

    Returns:
        ``x`` with its set. A tensor's data is shared, not copied.
    """
    given = frozenset(provenance)
    return _over(x, lambda leaf: _tracked(leaf, given))


def get_provenance(x: Any) -> frozenset[Any]:
    """The union of the sets of all values in a container."""
    found: list[frozenset[Any]] = []

    def read(leaf: Any) -> Any:
        found.append(_of(leaf))
        return leaf

    _over(x, read)
    return frozenset().union(*found)


def detach_provenance(x: T) -> T:
    """The same values without a set: what is made of them from here on has none of it.

    A tensor's data is shared; any other recorded value is copied.
    """
    return _over(x, _detached)


def _tensor(leaf: Any) -> Any:
    """The door for tensors, where the leaf is one."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(leaf, torch.Tensor):
        return None
    return adapters.load("pyro", "provenance")


def _tracked(leaf: Any, provenance: frozenset[Any]) -> Any:
    door = _tensor(leaf)
    if door is not None:
        return door.track(leaf, provenance)
    recorder = _recorder()
    if type(leaf) in recorder.table.recorded:
        marks = _MARKS.setdefault(recorder, defaultdict(frozenset))
        marks[recorder.operand(leaf).node] |= provenance
    return leaf


def _of(leaf: Any) -> frozenset[Any]:
    door = _tensor(leaf)
    if door is not None:
        found: frozenset[Any] = door.own(leaf)
        return found
    recorder = _recorder()
    node = recorder.identity.node(leaf)
    marks = _MARKS.get(recorder)
    if node is None or not marks:
        return frozenset()
    from traceprop_nb.lineage import query

    behind = [node, *query.ancestors(recorder.graph, node)]
    return frozenset().union(*(marks[at] for at in behind if at in marks))


def _detached(leaf: Any) -> Any:
    door = _tensor(leaf)
    if door is not None:
        return door.plain(leaf)
    recorder = _recorder()
    if not _of(leaf):
        return leaf
    other = copy.copy(leaf)
    recorder.emit(-1, "detached", other, ())
    return other


def _recorder() -> Any:
    from traceprop_nb.session import current

    session = current()
    session.open_adapters()
    return session.recorder


def _over(x: Any, leaf: Callable[[Any], Any]) -> Any:
    """A container of the same kind with its leaves passed through a function."""
    if isinstance(x, dict):
        return type(x)((key, _over(value, leaf)) for key, value in x.items())
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(_over(value, leaf) for value in x))
    if isinstance(x, list | tuple | set | frozenset):
        return type(x)(_over(value, leaf) for value in x)
    return leaf(x)
