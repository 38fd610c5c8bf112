"""Methods without a curvature, each against its formula written out row by row."""

from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conftest import binary_weighted, torch_network
from tests.conformance.test_objective import rows_of
from traceprop_nb.attribution.datainf import datainf
from traceprop_nb.attribution.grad_cos import grad_cos
from traceprop_nb.attribution.tracin import tracin
from traceprop_nb.errors import OptionError


@pytest.fixture(params=[binary_weighted, torch_network], scope="module")
def parts(request):
    run = request.param()
    X, labels = rows_of(run)
    return run, run.query(X[:4], labels[:4])


def gradients(objective, w):
    return np.array([objective.per_example_grad(w, np.array([i]))[0] for i in range(objective.n)])


def test_tracin_sums_over_checkpoints_at_their_step_sizes(parts):
    run, query = parts
    run = replace(
        run,
        checkpoints=np.stack([0.5 * run.w, 0.8 * run.w, run.w]),
        learning_rates=np.array([0.3, 0.2, 0.1]),
    )
    expected = sum(
        rate * gradients(query, w) @ gradients(run.objective, w).T
        for rate, w in zip(run.learning_rates, run.checkpoints, strict=True)
    )
    got = tracin(run, query)
    np.testing.assert_allclose(got.scores, expected * run.objective.weights, atol=1e-12)
    assert "3 checkpoints at the recorded step sizes" in got.note
    plain = tracin(replace(run, learning_rates=None), query)
    assert "step size 1: none was recorded" in plain.note


def test_cosines_are_of_length_one_and_of_rows_without_a_gradient_zero(parts):
    run, query = parts
    q, g = gradients(query, run.w), gradients(run.objective, run.w)
    expected = (q @ g.T) / np.outer(np.linalg.norm(q, axis=1), np.linalg.norm(g, axis=1))
    np.testing.assert_allclose(
        grad_cos(run, query).scores, expected * run.objective.weights, atol=1e-12
    )
    if hasattr(run.objective, "design"):
        empty = replace(run.objective, design=np.zeros_like(run.objective.design))
        assert not grad_cos(replace(run, objective=empty), query).scores.any()


def test_datainf_is_the_mean_of_the_inverses_of_each_rows_own_curvature(parts):
    run, query = parts
    q, g = gradients(query, run.w), gradients(run.objective, run.w)
    share = run.objective.weights / run.objective.weights.sum()
    damping = 0.1 * float(((g**2).mean(axis=1) * share).sum())
    eye = damping * np.eye(run.objective.p)
    inverse = sum(
        s * np.linalg.inv(eye + np.outer(row, row)) for s, row in zip(share, g, strict=True)
    )
    got = datainf(run, query)
    assert got.damping == pytest.approx(damping)
    np.testing.assert_allclose(
        got.scores, q @ inverse @ g.T * share, rtol=1e-7, atol=1e-12 * np.abs(got.scores).max()
    )
    with pytest.raises(OptionError, match="would not damp"):
        datainf(run, query, damping=-1.0)
