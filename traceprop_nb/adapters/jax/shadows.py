"""Values whose rows hold elements of different rows: what each element comes from is kept.

A transposed matrix has in each row an element of every row of the matrix. The graph says so, as a
superset; the next step may know better, if it sees the elements.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from traceprop_nb.adapters.jax.flow.deps import Deps
from traceprop_nb.adapters.jax.reading import Given, Result

KEPT = 512
"""Values kept a recorder, the newest."""


@dataclass(frozen=True)
class Shadow:
    """What the elements of a value come from.

    Attributes:
        deps: Their dependences; a source is a place in ``nodes``.
        nodes: Values that were recorded before.
        serial: Tells these dependences from others.
    """

    deps: Deps
    nodes: tuple[int | None, ...]
    serial: int


_SHADOWS: WeakKeyDictionary[Any, OrderedDict[int, Shadow]] = WeakKeyDictionary()


def keep(recorder: Any, node: int, result: Result, nodes: tuple[int | None, ...]) -> None:
    """Remember what the elements of a value come from, if its edges do not say it."""
    if not result.deps:
        return
    shadows = _SHADOWS.setdefault(recorder, OrderedDict())
    shadows[node] = Shadow(result.deps, nodes, result.serial)
    if len(shadows) > KEPT:
        shadows.popitem(last=False)


def of(recorder: Any, node: int | None) -> Shadow | None:
    """What the elements of a value come from, where that was kept."""
    shadows = _SHADOWS.get(recorder)
    return shadows.get(node) if shadows and node is not None else None


def given(recorder: Any, value: Any, node: int | None) -> Given:
    """An argument of a call, by its elements where they are known."""
    shadow = of(recorder, node)
    if shadow is None:
        return Given(value, (node,))
    return Given(value, shadow.nodes, shadow.deps, shadow.serial)
