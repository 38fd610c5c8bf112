"""Law: a value whose rows are a mosaic is exact when asked itself, a superset for its offspring."""

from __future__ import annotations

import pytest

from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All, Identity, Mosaic
from traceprop_nb.lineage.nodes import Status


@pytest.fixture
def turned():
    """A graph of a source, its transpose, and something made of the transpose."""
    graph = LineageGraph()
    source = graph.append_source(name="a", kind="array", n_rows=3)
    link = graph.map(Mosaic(All(3, 2)))
    made = graph.append(graph.op("T"), -1, 1, 2, 0, (source, link, int(Status.INEXACT)))
    graph.append(graph.op("*"), -1, 1, 2, 0, (made, graph.map(Identity(2)), 0))
    return graph


def test_asked_itself_it_is_exact_and_what_is_made_of_it_is_not(turned):
    itself, made = query.backward(turned, 1, 0), query.backward(turned, 2, 0)
    assert itself.sources[0].tolist() == made.sources[0].tolist() == [0, 1, 2]
    assert (itself.status, made.status) == (Status.EXACT, Status.INEXACT)


def test_it_is_a_doubt_of_its_offspring_only(turned):
    assert query.inexact_steps(turned, 1) == []
    assert query.inexact_steps(turned, 2) == [1]


def test_what_a_source_reached_through_it_is_a_superset(turned):
    assert query.impact(turned, 0, 1).status == Status.INEXACT
