"""The sample sites of a probabilistic program, as an answer that is drawn like a lineage."""

from __future__ import annotations

import sys
from typing import Any

from traceprop_nb import adapters
from traceprop_nb.errors import MissingFrameworkError, UnknownNameError
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Site, Status
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
    which = [name for name in ("pyro", "numpyro") if name in sys.modules]
    if not which:
        raise MissingFrameworkError("import pyro or numpyro first: the model is written in one")
    for name in which:
        found: SiteGraph = adapters.load(name, "sites").sites(model, args, kwargs)
        if found.sites:
            return found
    raise UnknownNameError(
        f"{getattr(model, '__name__', 'the model')} has no sample site of {' or '.join(which)}"
    )


def as_lineage(sites: SiteGraph) -> LineageGraph:
    """Sites as nodes and dependences as edges, for the drawing of a lineage."""
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
