"""Writes through views: what a write into one array did to the others that share its memory.

The array that was written into is recorded first; the others then hold its rows where the two
stand at the same addresses. Where strides do not tell which rows those are, the caller records a
superset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All, Gather, Identity, Mosaic, Range, Repeat, RowMap, compose
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.layout import Inside, Layout, inside

if TYPE_CHECKING:
    from traceprop_nb.tracing.identity import Tracked
    from traceprop_nb.tracing.rules import Edge
    from traceprop_nb.tracing.writer import Writer

WRITTEN = "written through a view"


class _Gone:
    """Stands for a temporary that nobody holds any more."""


def layout(recorder: Writer, ref: Tracked) -> Layout | None:
    """Where an array stands, or stood when it was about to be written into."""
    thing = ref()
    if thing is None:
        found: Layout | None = getattr(ref, "layout", None)
        return found
    read = recorder.table.layouts.get(type(thing))
    return None if read is None else read(thing)


def record(
    recorder: Writer, step: tuple[int, str], ref: Tracked, axis: int, edges: Sequence[Edge]
) -> None:
    """Record what an array holds after a write, by its entry: it may be gone already.

    Args:
        recorder: Takes the record.
        step: Site and operation.
        ref: Entry of the array; of one that is gone, its layout was noted.
        axis: Along which its rows lie.
        edges: From the positions along that axis.
    """
    thing = ref()
    if thing is not None:
        carriers.emit(recorder, step, thing, axis, edges)
        return
    rows = ref.layout.shape[0] if ref.layout.shape else 1
    flat = [carriers.folded(edge, rows) for edge in edges] if axis else edges
    ref.node = recorder.emit(*step, _Gone(), flat, rows=rows)
    if axis:
        ref.carrier = carriers.Carrier(ref.node, axis, tuple(edges))


def moved(recorder: Writer, site: int, ref: Tracked, its: Tracked) -> bool:
    """Record what a write into an array did to another that shares memory with it.

    Args:
        recorder: Takes the record.
        site: Where.
        ref: Entry of the array that was written into, which is recorded already.
        its: Entry of the other.

    Returns:
        Whether strides tell; if not, nothing was recorded.
    """
    here, there = layout(recorder, ref), layout(recorder, its)
    if here is None or there is None or carriers.lined(ref) or carriers.lined(its):
        return False
    graph = recorder.graph
    along, new = carriers.lying(ref, ref.node, graph.rows(ref.node))
    axis, own = carriers.lying(its, its.node, graph.rows(its.node))
    if not _fits(here, along, new) or not _fits(there, axis, own):
        return False
    within = inside(there, axis, here, along)
    if within is not None:
        kept, brought = within.left(), within.held()
        new = tuple(_mixed(graph, within, edge) for edge in new)
    else:
        within = inside(here, along, there, axis)
        if within is None:
            return False
        kept, brought = within.outside(), within.holder()
    if not within.apart:
        edges = [_after(kept, edge) for edge in own] + [_after(brought, edge) for edge in new]
        record(recorder, (site, WRITTEN), its, axis, edges)
    return True


def _fits(place: Layout, axis: int, edges: Sequence[Edge]) -> bool:
    rows = place.shape[axis] if place.shape else 1
    return all(edge[1].n_out == rows for edge in edges)


def _after(first: RowMap, edge: Edge) -> Edge:
    parent, link, kind, status = edge
    if isinstance(link, Mosaic):
        return parent, Mosaic(compose(first, link.whole)), kind, status
    return parent, compose(first, link), kind, status


def _mixed(graph: LineageGraph, within: Inside, edge: Edge) -> Edge:
    """An edge to rows of which several stand in one row: these are elements, maybe of many rows."""
    parent, link, kind, status = edge
    if within.filled <= 1 or abs(within.step) >= abs(within.width):
        return edge
    run = abs(within.width) // max(abs(within.step), 1)
    same = isinstance(link, Identity) and alike(graph, parent, run)
    return edge if same else (parent, Mosaic(link), kind, max(status, Status.INEXACT))


def alike(graph: LineageGraph, node: int, run: int, steps: int = 16) -> bool:
    """Whether rows come from the same rows as their neighbours: every ``run`` of them together.

    Of 0, all of them together.
    """
    edges = [(p, m) for p, m, kind, _ in graph.edges(node) if kind == Kind.DIRECT]
    if not steps or node in graph.sources:
        return False
    return all(_alike(graph, parent, link, run, steps) for parent, link in edges)


def _alike(graph: LineageGraph, parent: int, link: RowMap, run: int, steps: int) -> bool:
    if same_row(link) or (run and link.n_in == 1):
        return True
    if isinstance(link, Repeat) and run and link.k % run == 0:
        return True
    stays = isinstance(link, Identity) or (run and isinstance(link, Gather) and _in_place(link))
    if stays and alike(graph, parent, run, steps - 1):
        return True
    return alike(graph, parent, 0, steps - 1) if run else False


def same_row(link: RowMap) -> bool:
    """Whether every output row, none left out, has the same input rows."""
    one = link.n_in == 1 and isinstance(link, Identity | Range | Repeat)
    return one or isinstance(link, All) or (isinstance(link, Range) and not link.step)


def _in_place(link: Gather) -> bool:
    index = link.index
    return link.n_in == len(index) and bool(
        ((index == -1) | (index == np.arange(len(index)))).all()
    )
