"""TRAK's three ways to the same numbers: whole gradients, their inner products, their sketches."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from tests.conformance.conftest import looped, made, table, torch_network, torch_network_weighted
from tests.conformance.test_objective import rows_of
from traceprop_nb.attribution import features, trak as module
from traceprop_nb.attribution.features import featurizer
from traceprop_nb.attribution.trak import trak
from traceprop_nb.gradients.objective import all_rows

SMALL = 10
"""What counts as many parameters here."""


@pytest.fixture(params=[torch_network, torch_network_weighted], ids=lambda make: make.__name__)
def run(request):
    run = made(request.param)
    return replace(run, recorded={**run.recorded, "proj_dim": SMALL})


def asked(run):
    X, labels = rows_of(run)
    return run.query(X[:6], labels[:6])


def test_inner_products_give_what_whole_gradients_give(run, monkeypatch):
    monkeypatch.setattr(module, "PROJ_DIM", SMALL)
    got = trak(run, asked(run))
    want = trak(run, asked(run), proj_dim=10_000, damping=got.damping)
    assert "by their inner products" in got.note
    np.testing.assert_allclose(got.scores, want.scores, atol=1e-8 * np.abs(want.scores).max())


def test_more_rows_than_have_inner_products_are_projected(run, monkeypatch):
    monkeypatch.setattr(module, "PROJ_DIM", SMALL)
    monkeypatch.setattr("traceprop_nb.attribution.dual.ROWS", 39)
    note = trak(run, asked(run)).note
    assert "projected from 43 to 10 dimensions, from their factors" in note


def test_features_are_the_gradients_of_a_sketch_that_keeps_inner_products(run):
    objective, w, rows = run.objective, run.w, all_rows(run.objective)
    g = objective.per_example_grad(w, rows)
    found = [featurizer(objective, w, 20, seed).make(objective, w) for seed in range(60)]
    assert found[0].dtype == np.float32
    mean = np.mean([f.astype(float) @ f.T for f in found], axis=0)
    assert np.linalg.norm(mean - g @ g.T) < 0.25 * np.linalg.norm(g @ g.T)
    one = np.linalg.norm(found[0].astype(float) @ found[0].T - g @ g.T)
    assert np.linalg.norm(mean - g @ g.T) < 0.4 * one  # a control: it is the mean that is near


def test_a_model_whose_layers_are_unknown_is_projected_by_its_gradients():
    run = looped(
        lambda: nn.Sequential(nn.Linear(4, 5), nn.LayerNorm(5), nn.Linear(5, 3)),
        nn.CrossEntropyLoss(), table(3)[1],
    )  # fmt: skip
    got = trak(run, asked(run), proj_dim=SMALL)
    assert "projected from 53 to 10 dimensions" in got.note
    assert "factors" not in got.note


def test_features_on_disk_are_those_in_memory_and_leave_nothing(run, monkeypatch, tmp_path):
    want = trak(run, asked(run), proj_dim=SMALL).scores
    monkeypatch.setattr(features, "KEPT", 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    held = featurizer(run.objective, run.w, SMALL, 0).make(run.objective, run.w)
    assert isinstance(held, np.memmap)
    assert not list(tmp_path.iterdir())
    np.testing.assert_array_equal(trak(run, asked(run), proj_dim=SMALL).scores, want)


def test_sketched_scores_do_not_depend_on_the_memory_budget(run, monkeypatch):
    want = trak(run, asked(run), proj_dim=SMALL).scores
    monkeypatch.setattr("traceprop_nb.gradients.blocks.BUDGET", 1)
    got = trak(run, asked(run), proj_dim=SMALL).scores
    np.testing.assert_allclose(got, want, atol=1e-4 * np.abs(want).max())
