"""Methods that users write: registered by name, checked, and the page that shows how."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from tests.conformance.conftest import fitted as made, torch_network
from tests.contracts.tree import ROOT
from tests.drawn_runs import fitted
from tests.oracles.retraining import leave_one_out_by_minimising
from tests.test_influence_evaluate import asked
from tests.test_session_learning import work  # noqa: F401  # a fixture
from traceprop_nb.attribution import (
    InfluenceScores,
    check as checking,
    check_attributor,
    evaluate,
    ihvp,
    per_example_grads,
    register,
    truth as truths,
    unregister,
)
from traceprop_nb.attribution.grad_dot import grad_dot
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.methods import METHODS, attribute
from traceprop_nb.errors import NotFiniteError, OptionError, ShapeError, UnknownNameError


@pytest.fixture(autouse=True)
def as_it_was():
    before = dict(METHODS)
    yield
    METHODS.clear()
    METHODS.update(before)


def halved(run, query):
    got = grad_dot(run, query)
    return replace(got, scores=0.5 * got.scores, method="something else", lds=0.9)


def test_a_registered_method_is_asked_for_by_its_name_and_carries_its_citation():
    assert register("mine-2", halved, citation="Someone 2020") is halved
    run = made(3)
    query = run.objective.restrict(np.arange(3))
    got = attribute(run, query, method="mine-2")
    np.testing.assert_array_equal(got.scores, 0.5 * grad_dot(run, query).scores)
    assert (got.method, got.lds) == ("mine-2", None)
    assert "user's own; Someone 2020" in got.note
    unregister("mine-2")
    with pytest.raises(UnknownNameError, match="no method named 'mine-2'"):
        attribute(run, query, method="mine-2")


@pytest.mark.parametrize("name", ["influence", "auto", "nystrom"])
def test_the_name_of_a_method_of_ours_is_refused_and_is_not_taken_back(name):
    with pytest.raises(OptionError, match=f"'{name}' is taken; choose another"):
        register(name, METHODS[name])
    with pytest.raises(UnknownNameError, match="no registered method"):
        unregister(name)


def test_a_taken_name_is_refused_but_the_same_cell_may_run_again():
    source = "def mine(run, query):\n    return grad_dot(run, query)\n"
    first, again = ({"grad_dot": grad_dot, "__name__": "__main__"} for _ in range(2))
    exec(source, first)
    exec(source, again)
    register("mine", first["mine"])
    register("mine", again["mine"])
    assert METHODS["mine"].attributor is again["mine"]
    for other in (grad_dot, lambda run, query: grad_dot(run, query)):
        with pytest.raises(OptionError, match=r"call unregister\('mine'\) first"):
            register("mine", other)
    register("short", lambda run, query: 1)
    with pytest.raises(OptionError, match="'short' is taken"):
        register("short", lambda run, query: 2)


@pytest.mark.parametrize("name", ["", "My method", "a b", "-k", "1st"])
def test_a_name_that_no_magic_could_take_is_refused(name):
    with pytest.raises(OptionError, match="small letters, digits and hyphens"):
        register(name, halved)


def test_what_is_no_method_is_refused_and_what_is_no_answer_is_named():
    with pytest.raises(OptionError, match="a str is no method"):
        register("mine", "grad-dot")
    run = made(3)
    query = run.objective.restrict(np.arange(2))
    answers = {
        "plain": (np.zeros((2, 40)), ShapeError, r"a ndarray; return InfluenceScores"),
        "turned": (InfluenceScores(np.zeros((40, 2)), ""), ShapeError, r"return \(2, 40\)"),
        "nan": (InfluenceScores(np.full((2, 40), np.nan), ""), NotFiniteError, "'nan' returned"),
    }
    for name, (answer, error, match) in answers.items():
        register(name, lambda run, query, answer=answer: answer)
        with pytest.raises(error, match=match):
            attribute(run, query, method=name)


def test_a_measured_lds_is_that_of_the_function_and_not_of_its_name(work):  # noqa: F811  # the fixture
    register("mine", halved)
    found = asked(work, method="mine")
    assert found.method == "mine"
    X = np.array([[0.1, 0.2]])
    assert work.session.influence(X, method="mine").result.lds == pytest.approx(found.value)
    unregister("mine")
    register("mine", influence)
    assert work.session.influence(X, method="mine").result.lds is None


def test_the_magic_takes_the_name(work):  # noqa: F811  # the fixture
    register("mine", halved)
    assert work.session.influence(np.array([[0.1, 0.2]]), method="mine").method == "mine"


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"axil", "boostin", "leaf-influence"}))
def test_every_method_of_ours_passes_what_authors_are_offered(name):  # those three want trees
    found = check_attributor(METHODS[name])
    assert found.passed, found
    assert ("size" in repr(found)) == (METHODS[name](*problem()).estimand == "leave_one_out")


def problem():
    run = checking.example()
    return run, run.objective.restrict(np.arange(4))


def test_the_example_is_at_its_minimum_and_its_truth_is_that_of_a_general_optimiser():
    run, query = problem()
    assert np.abs(run.objective.grad(run.w)).max() < 1e-9
    np.testing.assert_allclose(
        checking.left_out()[:4], leave_one_out_by_minimising(run, query), atol=1e-6
    )
    assert run.query(np.zeros((2, 4)), [0, 1]).n == 2


def noisy(run, query):
    got = grad_dot(run, query)
    return replace(got, scores=got.scores + np.random.default_rng().normal(size=got.scores.shape))


def centred(run, query):
    got = grad_dot(run, query)
    return replace(got, scores=got.scores - 0.9 * got.scores.mean(axis=0))


def numbered(run, query):
    got = grad_dot(run, query)
    return replace(got, scores=got.scores * np.arange(1, 1 + run.objective.n))


def moving(run, query):
    run.w[0] += 1.0
    return grad_dot(run, query)


def unsolved(run, query):
    ihvp(run, per_example_grads(run, query), solver="cg", max_steps=1).require()


def scaled(factor, how=grad_dot):
    return lambda run, query: replace(how(run, query), scores=factor * how(run, query).scores)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (scaled(-1.0), "rise of the loss"),
        (scaled(np.nan), "finite"),
        (noisy, "asking twice"),
        (centred, "other queries"),
        (numbered, "follow the training rows"),
        (moving, "left as it was"),
        (scaled(40.0, influence), "its size"),
        (lambda run, query: replace(grad_dot(run, query), scores=np.zeros((2, 2))), "(m, n)"),
        (unsolved, "it answers"),
    ],
)
def test_what_a_method_owes_and_does_not_do_is_named(wrong, what, monkeypatch):
    run = checking.example()
    monkeypatch.setattr(checking, "example", lambda: replace(run, w=run.w.copy()))
    found = check_attributor(wrong)
    assert not found.passed
    assert any(what in check.what for check in found.failed), found
    assert "FAILED" in repr(found)


def test_a_method_can_be_checked_on_a_run_of_ones_own():
    found = check_attributor(METHODS["nystrom"], run=torch_network())
    assert found.passed, found
    assert "size" not in repr(found)


def test_the_page_builds_a_method_that_beats_gradients_alone():
    page = (ROOT / "docs/new_method.md").read_text()
    [script] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(script, {})
    X, y = load_digits(return_X_y=True)
    run = fitted(X[:300] / 16, y[:300], LogisticRegression(max_iter=1000))
    query = run.query(X[1000:1030] / 16, y[1000:1030])
    truth = truths.half_subsets(run, query, 60, 1, 0)
    truths.train(run, query, truth)
    found = {
        name: evaluate.lds(attribute(run, query, method=name), truth)
        for name in ("relatif", "grad-dot", "influence", "nystrom")
    }
    assert found["relatif"].low > found["grad-dot"].value + 0.05
    number = r"(\d\.\d+)"
    told = rf"LDS is {number}, where `grad-dot` has {number}\nand `influence` {number}"
    said = re.search(told, page)
    assert said is not None
    for name, number in zip(("relatif", "grad-dot", "influence"), said.groups(), strict=True):
        assert found[name].value == pytest.approx(float(number), abs=0.02)
    assert found["nystrom"].value == pytest.approx(found["influence"].value, abs=1e-3)
    lines = script.split("def relatif")[1].split("assert")[0].strip().splitlines()
    assert len(lines) <= 20
