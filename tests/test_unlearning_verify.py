"""The test behind "verified": its interval, what it is made of, and each way to fail it."""

import numpy as np
import pytest
from scipy.stats import t

from traceprop_nb.unlearning.measures import fields
from traceprop_nb.unlearning.verify import LEVEL, among, by_parameters, by_predictions, interval


def mean_differences(u):
    """Mean of u_i + u_j over the others, for each i: by the definition."""
    s = len(u)
    return np.array([np.mean([u[i] + u[j] for j in range(s) if j != i]) for i in range(s)])


@pytest.mark.parametrize("s", [3, 5, 10])
def test_the_spread_between_models_is_that_of_their_own_parts(s):
    u = np.random.default_rng(s).normal(0.01, 0.002, size=s)
    differ = mean_differences(u)
    reach = t.ppf(LEVEL, s - 1) * np.std(u, ddof=1) * np.sqrt(1 + 1 / s)
    assert among(differ) == (0.0, pytest.approx(np.mean(differ) + reach))


@pytest.mark.parametrize("s", [3, 5, 8])
def test_one_more_model_is_within_the_band_as_often_as_the_level_says(s):
    rng = np.random.default_rng(0)
    trials, within, inside = 4000, 0, 0
    for _ in range(trials):
        u = rng.normal(0.01, 0.002, size=s + 1)
        within += u[-1] + np.mean(u[:-1]) <= among(mean_differences(u[:-1]))[1]
        low, high = interval(u[:-1])
        inside += low <= u[-1] <= high
    noise = 4 * np.sqrt(LEVEL * (1 - LEVEL) / trials)
    assert abs(inside / trials - LEVEL) < noise
    assert abs(within / trials - LEVEL) < noise


def points(differ, auc):
    full = np.zeros(len(differ), dtype=fields({}))
    full["disagreement_with_gold"], full["membership_auc"] = differ, auc
    return full


GOLDS = points([0.010, 0.011, 0.009, 0.010], [0.50, 0.51, 0.49, 0.50])


@pytest.mark.parametrize(
    ("differ", "auc", "verified", "said"),
    [
        (0.010, 0.50, True, "is within"),
        (0.050, 0.50, False, "above"),
        (0.010, 0.70, False, "is outside"),
        (0.010, 0.20, False, "is outside"),
        (0.000, 0.50, True, "at most"),
    ],
)
def test_predictions_and_membership_must_both_lie_where_one_more_gold_would(
    differ, auc, verified, said
):
    found = by_predictions(points([differ], [auc])[0], GOLDS)
    assert found.verified is verified
    assert said in found.said
    assert "95 % prediction interval" in found.test


def test_two_golds_have_no_spread_to_test_against():
    found = by_predictions(GOLDS[0], GOLDS[:2])
    assert found.verified is None
    assert "needs 3 retrained models, not 2" in found.said


@pytest.mark.parametrize(("share", "verified"), [(0.0, True), (9e-4, True), (2e-3, False)])
def test_at_most_a_thousandth_of_the_way_to_the_one_minimum_may_be_left(share, verified):
    start, gold = np.zeros(3), np.array([1.0, 2.0, 2.0])
    found = by_parameters(start, gold * (1 - share), gold)
    assert found.verified is verified
    assert found.left == pytest.approx(share, abs=1e-12)
