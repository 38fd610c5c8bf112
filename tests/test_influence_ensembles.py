"""Means over models: of the same rows, and nearer to the truth than one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.conformance.conftest import fitted, looped, made, table, torch_network
from tests.conformance.test_objective import rows_of
from traceprop_nb.attribution.ensembles import mean_over, retrained
from traceprop_nb.attribution.influence import influence
from traceprop_nb.errors import OptionError, ShapeError, UnsupportedModelError


def asked(run):
    X, labels = rows_of(run)
    return run.query(X[:6], labels[:6])


@pytest.fixture(scope="module")
def runs():
    return retrained(made(torch_network), 3)


def test_the_mean_is_the_mean_of_the_scores(runs):
    query = asked(runs[0])
    got = mean_over(runs, query, influence)
    want = np.mean([influence(run, query).scores for run in runs], axis=0)
    np.testing.assert_allclose(got.scores, want, atol=1e-14)
    assert got.note.startswith("mean over 3 models; ")
    assert (got.method, got.estimand) == ("influence", "leave_one_out")


def test_one_run_is_that_run(runs):
    query = asked(runs[0])
    one, plain = mean_over(runs[:1], query, influence), influence(runs[0], query)
    np.testing.assert_array_equal(one.scores, plain.scores)
    assert one.note == plain.note


def test_further_models_start_elsewhere_and_end_as_well(runs):
    first = runs[0].objective.value(runs[0].w)
    for run in runs[1:]:
        assert np.linalg.norm(run.w - runs[0].w) > 0.5
        assert run.objective.value(run.w) < 1.5 * first
    assert not np.array_equal(runs[1].w, runs[2].w)


def test_a_query_is_seen_with_each_models_own_buffers():
    run = looped(
        lambda: nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)),
        nn.CrossEntropyLoss(), table(3)[1],
    )  # fmt: skip
    _, other = retrained(run, 2)
    seen = []
    mean_over([run, other], asked(run), lambda r, q: seen.append(q) or influence(r, q))
    mean = [q.view.fixed["1.running_mean"] for q in seen]
    assert not torch.equal(mean[0], mean[1])
    assert torch.equal(mean[1], other.objective.view.fixed["1.running_mean"])


def test_runs_of_other_rows_are_an_error(runs):
    other = replace(runs[1], labels=runs[1].labels[::-1])
    with pytest.raises(ShapeError, match="on the same rows in the same order"):
        mean_over([runs[0], other], asked(runs[0]), influence)
    moved = replace(runs[1], row_index=np.arange(40)[::-1])
    with pytest.raises(ShapeError, match="was not trained like"):
        mean_over([runs[0], moved], asked(runs[0]), influence)


def test_no_run_and_no_other_model_are_errors():
    with pytest.raises(OptionError, match="name at least one"):
        mean_over([], None, influence)
    with pytest.raises(OptionError, match="ask for 1 or more"):
        retrained(made(torch_network), 0)
    with pytest.raises(UnsupportedModelError, match=r"one optimum|no recorded recipe"):
        retrained(fitted(3), 2)
