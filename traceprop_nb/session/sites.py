"""The sample sites of a probabilistic program, as an answer that is drawn like a lineage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from traceprop_nb import adapters
from traceprop_nb.errors import MissingFrameworkError, UnknownNameError

if TYPE_CHECKING:
    from traceprop_nb.lineage.graph import LineageGraph
    from traceprop_nb.lineage.sites import SiteGraph


def dependencies(model: Any, *args: Any, **kwargs: Any) -> SiteGraph:
    """The sample sites of a Pyro or NumPyro model, and which depend on which.

    Args:
        model: The model; it is run once, with random numbers of its own.
        *args: What it takes.
        **kwargs: What it takes by name.

    Returns:
        ``downstream(site)``, ``independent(a, b, given)``, ``blanket(site)``, ``prior()``,
        ``posterior()``, and ``to_dict()`` as Pyro's ``get_dependencies`` gives it.

    Raises:
        MissingFrameworkError: Neither Pyro nor NumPyro was imported.
        UnknownNameError: The model has no sample site.
    """
    which = _written_in(model)
    if not which:
        raise MissingFrameworkError("import pyro or numpyro first: the model is written in one")
    for name in which:
        found: SiteGraph = adapters.load(name, "sites").sites(model, args, kwargs)
        if found.sites:
            return found
    raise UnknownNameError(
        f"{getattr(model, '__name__', 'the model')} has no sample site of {' or '.join(which)}"
    )


def _written_in(model: Any) -> list[str]:
    """Libraries that a model may be written in: those that it names, else those imported."""
    imported: list[str] = [name for name in ("pyro", "numpyro") if name in sys.modules]
    roots = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    for value in _named(model, set()):
        name = value.__name__ if isinstance(value, ModuleType) else type(value).__module__
        own = getattr(value, "__module__", None)
        roots.update(str(root).partition(".")[0] for root in (name, own))
    return [name for name in imported if name in roots] or imported


def _named(function: Any, seen: set[int]) -> Iterator[Any]:
    """What a function can reach by name, and the functions among it in turn."""
    function = getattr(function, "__func__", getattr(function, "fn", function))
    code = getattr(function, "__code__", None)
    if code is None or id(function) in seen or len(seen) > _MOST:
        return
    seen.add(id(function))
    values = [function.__globals__.get(name) for name in code.co_names]
    values += [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    for value in values:
        yield value
        yield from _named(value, seen)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # not yet
        return False


_MOST = 64
"""Functions that are looked into to find what a model is written in."""


def as_lineage(sites: SiteGraph) -> LineageGraph:
    """Sites as nodes and dependences as edges, for the drawing of a lineage."""
    from traceprop_nb.lineage.graph import LineageGraph
    from traceprop_nb.lineage.maps import All
    from traceprop_nb.lineage.nodes import Kind, Site, Status

    graph = LineageGraph()
    node_of: dict[str, int] = {}
    size_of = {site.name: site.size for site in sites.sites}
    for site in sites.sites:
        seen = " (observed)" if site.observed else ""
        label = f"{site.name} ~ {site.distribution}{seen}"
        edges: list[int] = []
        for parent in site.parents:
            row_map = All(size_of[parent], site.size)
            edges += (node_of[parent], graph.map(row_map), int(Kind.DIRECT) * 4 + Status.EXACT)
        where = graph.add_site(Site(label, 0, 0, 0, label))
        node_of[site.name] = graph.append(graph.op(label), where, 0, site.size, 0, edges)
    return graph
