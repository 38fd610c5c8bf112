"""From dependences of a result to edges: what each of its rows (axis 0) comes from.

An answer about a row is exact if each of the row's elements comes from all the rows named, or from
none of them. Where elements of one row come from different rows, as after a transposition, a
later step may take some of them only: that is a superset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, alike, over, settled, unite
from traceprop_nb.lineage.maps import All, Range, RowMap, compose, flatten
from traceprop_nb.lineage.nodes import Kind, Status


@dataclass(frozen=True)
class Link:
    """An edge to an argument.

    Attributes:
        source: Number of the argument.
        rows: From the result's rows to the argument's.
        kind: Whether they are the row itself.
        status: EXACT or INEXACT.
    """

    source: int
    rows: RowMap
    kind: Kind
    status: Status


def links(deps: Deps, shape: tuple[int, ...]) -> tuple[Link, ...]:
    """The edges of a result of this shape."""
    n = shape[0] if shape else 1
    if not n:
        return ()
    kept = [settled(dep) for dep in deps]
    aligned = {d.source for d in kept if 0 in d.axes and not d.context}
    found: list[Link] = []
    for dep in unite(kept):
        if 0 in dep.axes:
            found.append(_own(dep))
        else:
            found.append(_spread(dep, n, aligned))
    return tuple(_merged(found))


def _own(dep: Dep) -> Link:
    others = [axis for axis in dep.axes if axis != 0]
    exact = dep.exact and (not others or _uniform(dep))
    rows = flatten(over(dep, others).rows) if others else dep.rows
    kind = Kind.CONTEXT if dep.context else Kind.DIRECT
    return Link(dep.source, rows, kind, Status.EXACT if exact or dep.context else Status.INEXACT)


def _uniform(dep: Dep) -> bool:
    """Whether no row has two elements that come from different rows."""
    if not dep.rows.functional or dep.axes[0] != 0:
        return False
    grid = dep.rows.at(np.arange(dep.rows.n_out)).reshape(dep.sizes[0], -1)
    most = grid.max(axis=1, keepdims=True)
    return bool(((grid == most) | (grid < 0)).all())


def _spread(dep: Dep, n: int, aligned: set[int]) -> Link:
    one = over(dep, dep.axes).rows
    rows = All(one.n_in, n) if isinstance(one, All) else compose(Range(0, 0, n, 1), one)
    beside = dep.context or (bool(aligned) and 0 in dep.spread)
    same = dep.exact and (not dep.axes or (beside and dep.source not in aligned))
    kind = Kind.CONTEXT if beside else Kind.DIRECT
    return Link(dep.source, rows, kind, Status.EXACT if same or dep.context else Status.INEXACT)


def _merged(found: list[Link]) -> list[Link]:
    """Edges that say the same once; what is the row itself need not be context too."""
    kept: list[Link] = []
    for link in sorted(found, key=lambda link: link.kind):
        again = any(
            old.source == link.source
            and (alike(old.rows, link.rows) or isinstance(old.rows, All))
            and old.status <= link.status
            for old in kept
        )
        if not again:
            kept.append(link)
    return kept
