"""Sample sites of models in Pyro and NumPyro: the answers of their own, and what follows."""

from __future__ import annotations

import jax.numpy as jnp
import networkx as nx
import numpyro
import pyro
import pytest
import torch
from hypothesis import given, strategies as st

import traceprop_nb
from traceprop_nb import dependencies
from traceprop_nb.errors import UnknownNameError
from traceprop_nb.lineage.sites import SampleSite, SiteGraph


def _models(ppl, number):
    dist = ppl.distributions

    def first():
        a = ppl.sample("a", dist.Normal(0.0, 1.0))
        ppl.sample("b", dist.Normal(a, 1.0), obs=number(0.0))

    def second():
        a = ppl.sample("a", dist.Normal(0.0, 1.0))
        b = ppl.sample("b", dist.LogNormal(0.0, 1.0))
        c = ppl.sample("c", dist.Normal(a, b))
        ppl.sample("d", dist.Normal(c, 1.0), obs=number(0.0))

    def third():
        with ppl.plate("p", 5):
            a = ppl.sample("a", dist.Normal(0.0, 1.0))
        ppl.sample("b", dist.Normal(a.sum(), 1.0), obs=number(0.0))

    def fourth():
        with ppl.plate("p", 3):
            a = ppl.sample("a", dist.Normal(0.0, 1.0))
            b = ppl.sample("b", dist.Normal(a, 1.0))
            with ppl.plate("q", 2):
                ppl.sample("c", dist.Normal(b, 1.0), obs=number(0.0) + ppl_ones(number, (2, 3)))
        s = ppl.deterministic("s", b.sum())
        ppl.sample("d", dist.Normal(s + a.sum(), 1.0))

    return [first, second, third, fourth]


def ppl_ones(number, shape):
    return torch.ones(shape) if isinstance(number(0.0), torch.Tensor) else jnp.ones(shape)


PYRO = _models(pyro, torch.tensor)
NUMPYRO = _models(numpyro, jnp.asarray)


@pytest.mark.parametrize("model", PYRO)
def test_a_pyro_model_has_the_dependencies_that_pyro_finds(model):
    from pyro.infer.inspect import get_dependencies

    assert dependencies(model).to_dict() == get_dependencies(model)


@pytest.mark.parametrize("model", NUMPYRO)
def test_a_numpyro_model_has_the_dependencies_that_numpyro_finds(model):
    from numpyro.infer.inspect import get_dependencies

    assert dependencies(model).to_dict() == get_dependencies(model)


def test_the_documented_examples():
    found = [dependencies(model).to_dict() for model in PYRO[:3]]
    assert found[0] == {
        "prior_dependencies": {"a": {"a": set()}, "b": {"a": set(), "b": set()}},
        "posterior_dependencies": {"a": {"a": set(), "b": set()}},
    }
    assert found[1]["posterior_dependencies"] == {
        "a": {"a": set(), "b": set(), "c": set()},
        "b": {"b": set(), "c": set()},
        "c": {"c": set(), "d": set()},
    }
    assert found[2]["posterior_dependencies"] == {"a": {"a": {"p"}, "b": set()}}


def test_a_value_that_is_written_in_place_is_not_lost():
    def model():
        a = pyro.sample("a", pyro.distributions.Normal(0.0, 1.0))
        loc = torch.zeros(2)
        loc[0] = a
        pyro.sample("b", pyro.distributions.Normal(loc, 1.0).to_event(1), obs=torch.zeros(2))

    assert dependencies(model).parents("b") == {"a"}
    lost = pyro.infer.inspect.get_dependencies(model)
    assert lost["prior_dependencies"]["b"] == {"b": set()}  # what this is here for


def test_a_loop_in_numpyro_keeps_its_dependencies():
    from numpyro.contrib.control_flow import scan

    def model(ys):
        start = numpyro.sample("start", numpyro.distributions.Normal(0.0, 1.0))

        def turn(x, y):
            x = numpyro.sample("x", numpyro.distributions.Normal(x, 1.0))
            return x, numpyro.sample("y", numpyro.distributions.Normal(x, 1.0), obs=y)

        scan(turn, start, ys)

    found = dependencies(model, jnp.zeros(4))
    assert "start" in found.upstream("y")


def test_random_numbers_of_the_user_stay_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    dependencies(PYRO[1])
    assert torch.equal(torch.rand(2), expected)


def test_downstream_sets_blankets_and_upstream():
    graph = dependencies(PYRO[1])
    assert graph.downstream("a") == {"a", "c", "d"}
    assert graph.upstream("d") == {"a", "b", "c"}
    assert graph.blanket("a") == {"b", "c"}
    assert graph.children("c") == {"d"}
    assert "c ~ Normal(a, b)" in repr(graph)
    with pytest.raises(UnknownNameError, match="no sample site 'z'"):
        graph.downstream("z")


def test_a_collider_opens_when_it_is_known():
    graph = dependencies(PYRO[1])
    assert graph.independent("a", "b")
    assert not graph.independent("a", "b", given="d")
    assert graph.independent("a", "d", given="c")
    assert not graph.independent("a", "d")


@st.composite
def graphs(draw):
    names = "abcdef"[: draw(st.integers(2, 6))]
    return SiteGraph(
        [
            SampleSite(n, "Normal", False, tuple(p for p in names[:k] if draw(st.booleans())))
            for k, n in enumerate(names)
        ]
    )


@given(graphs(), st.data())
def test_independence_is_d_separation(graph, data):
    names = [site.name for site in graph.sites]
    other = nx.DiGraph()
    other.add_nodes_from(names)
    other.add_edges_from((p, site.name) for site in graph.sites for p in site.parents)
    a, b = data.draw(st.permutations(names))[:2]
    given = data.draw(st.sets(st.sampled_from(names))) - {a, b}
    assert graph.independent(a, b, given) == nx.is_d_separator(other, {a}, {b}, given)
    assert graph.downstream(a) == nx.descendants(other, a) | {a}


def test_the_drawing_has_every_site_and_every_dependence():
    graph = dependencies(PYRO[1])
    payload = traceprop_nb.lineage(graph).payload()
    labels = [payload["labels"][k] for k in payload["nodes"]["label"]]
    assert labels == ["a ~ Normal", "b ~ LogNormal", "c ~ Normal", "d ~ Normal (observed)"]
    ends = set(zip(payload["edges"]["start"], payload["edges"]["end"], strict=True))
    assert ends == {(0, 2), (1, 2), (2, 3)}


def test_a_function_without_sites_is_named():
    with pytest.raises(UnknownNameError, match="has no sample site"):
        dependencies(lambda: None)
