"""Contributions of features: they sum to the score, and are Shapley's values by definition."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.attribution.decision.case import Case
from traceprop_nb.attribution.decision.contributions import contributions
from traceprop_nb.attribution.decision.shapley import enumerated, sampled
from traceprop_nb.errors import OptionError

seeds = st.integers(0, 2**16)
calm = settings(max_examples=40, deadline=None)


def network(rs: np.random.Generator, d: int):
    """A score in which every feature works together with others."""
    A, b, c = rs.normal(size=(6, d)), rs.normal(size=6), rs.normal(size=6)
    return lambda rows: np.tanh(rows @ A.T + b) @ c + rows[:, 0] * rows[:, -1]


def by_definition(scores, x, background) -> np.ndarray:
    """The mean over all orders of the features of what each adds when it becomes known."""
    d = len(x)
    orders = list(permutations(range(d)))
    total = np.zeros(d)
    for order in orders:
        rows = background.copy()
        before = scores(rows).mean()
        for j in order:
            rows[:, j] = x[j]
            after = scores(rows).mean()
            total[j] += after - before
            before = after
    return total / len(orders)


def linear_case(seed: int, d: int, n: int) -> tuple[Case, np.ndarray, float]:
    rs = np.random.default_rng(seed)
    slope, start = rs.normal(size=d) * 10 ** rs.uniform(-2, 2), rs.normal()
    names = tuple(f"f{j}" for j in range(d))
    rows = rs.normal(size=(n, d)) * 10 ** rs.uniform(-2, 2) + rs.normal(size=d)
    x = rs.normal(size=d)
    return Case(names, x, rows, lambda r: r @ slope + start, slope=slope), slope, start


@calm
@given(seeds, st.integers(1, 12), st.integers(1, 30))
def test_of_a_linear_score_they_sum_to_it_less_the_mean_score_of_the_training_rows(seed, d, n):
    case, slope, start = linear_case(seed, d, n)
    found = contributions(case)
    mean = float((case.rows @ slope + start).mean())
    size = 1.0 + np.abs(case.rows).max() * np.abs(slope).sum()
    assert found.method == "closed form"
    assert abs(found.values.sum() - (case.x @ slope + start - mean)) < 1e-12 * size * n
    assert abs(found.gap) < 1e-12 * size * n
    np.testing.assert_allclose(found.values, slope * (case.x - case.rows.mean(axis=0)))


@calm
@given(seeds, st.integers(1, 6), st.integers(1, 10))
def test_the_closed_form_is_the_shapley_value_of_a_linear_score(seed, d, n):
    case, _, _ = linear_case(seed, d, n)
    closed = contributions(case).values
    size = np.abs(closed).max() + np.abs(case.scores(case.rows)).max()
    np.testing.assert_allclose(
        enumerated(case.scores, case.x, case.rows), closed, atol=1e-10 * size
    )


@calm
@given(seeds, st.integers(1, 5), st.integers(1, 6))
def test_enumeration_is_the_mean_over_all_orders(seed, d, b):
    rs = np.random.default_rng(seed)
    scores, x, background = network(rs, d), rs.normal(size=d), rs.normal(size=(b, d))
    expected = by_definition(scores, x, background)
    np.testing.assert_allclose(enumerated(scores, x, background), expected, atol=1e-10)


def test_blocks_of_sets_give_what_all_sets_at_once_give(monkeypatch):
    rs = np.random.default_rng(5)
    scores, x, background = network(rs, 7), rs.normal(size=7), rs.normal(size=(3, 7))
    whole = enumerated(scores, x, background)
    orders = [np.random.default_rng(1) for _ in range(2)]
    drawn = sampled(scores, x, background, rounds=2, rng=orders[0])[0]
    monkeypatch.setattr("traceprop_nb.attribution.decision.shapley.CELLS", 50)
    np.testing.assert_allclose(enumerated(scores, x, background), whole, atol=1e-12)
    again = sampled(scores, x, background, rounds=2, rng=orders[1])[0]
    np.testing.assert_allclose(again.sum(), drawn.sum(), atol=1e-12)


@calm
@given(seeds, st.integers(2, 10), st.integers(1, 6))
def test_sampled_values_sum_exactly_whatever_was_drawn(seed, d, b):
    rs = np.random.default_rng(seed)
    scores, x, background = network(rs, d), rs.normal(size=d), rs.normal(size=(b, d))
    values, error = sampled(scores, x, background, rounds=2, rng=rs)
    assert abs(values.sum() - (scores(x[None])[0] - scores(background).mean())) < 1e-10
    assert error.shape == (d,)


@pytest.mark.parametrize("d", [3, 5, 8])
def test_sampling_converges_to_enumeration_as_its_standard_error_says(d):
    rs = np.random.default_rng(d)
    scores, x, background = network(rs, d), rs.normal(size=d), rs.normal(size=(20, d))
    exact = enumerated(scores, x, background)
    rough = sampled(scores, x, background, rounds=10, rng=np.random.default_rng(0))
    fine = sampled(scores, x, background, rounds=1000, rng=np.random.default_rng(1))
    assert np.abs(fine[0] - exact).max() <= 5 * fine[1].max() + 1e-12
    assert fine[1].mean() < 0.3 * rough[1].mean() + 1e-12  # ten times less, by the square root
    assert np.abs(fine[0] - exact).max() < 0.03 * np.abs(exact).max()


def test_a_feature_that_the_score_does_not_read_adds_nothing():
    rs = np.random.default_rng(2)
    inner = network(rs, 4)
    x, background = rs.normal(size=5), rs.normal(size=(6, 5))
    for values in (
        enumerated(lambda r: inner(r[:, :4]), x, background),
        sampled(lambda r: inner(r[:, :4]), x, background, rounds=3, rng=rs)[0],
    ):
        assert abs(values[4]) < 1e-12
        assert np.abs(values[:4]).min() > 1e-6


def case_of_network(d: int, n: int = 300) -> Case:
    rs = np.random.default_rng(d)
    names = tuple(f"f{j}" for j in range(d))
    return Case(names, rs.normal(size=d), rs.normal(size=(n, d)), network(rs, d))


def test_few_features_are_enumerated_and_many_are_sampled_within_the_budget():
    asked = []

    def counted(case: Case) -> Case:
        def scores(rows):
            asked.append(len(rows))
            return case.scores(rows)

        return Case(case.names, case.x, case.rows, scores)

    few = contributions(counted(case_of_network(8)), budget=60_000)
    assert few.method == "exact Shapley values"
    assert few.error is None
    assert sum(asked) <= 61_000
    asked.clear()
    many = contributions(counted(case_of_network(40)), budget=60_000)
    assert many.method == "sampled Shapley values"
    assert many.held_against == "100 of the 300 training rows"
    assert sum(asked) <= 61_000
    assert abs(many.gap) < 1e-10
    assert (many.error > 0).all()


def test_the_same_seed_gives_the_same_values_and_no_random_stream_moves():
    np.random.seed(3)  # noqa: NPY002  # the user's own stream
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    case = case_of_network(30)
    one, two, other = (contributions(case, budget=40_000, seed=s).values for s in (4, 4, 5))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_a_budget_that_is_too_small_says_what_is_needed():
    with pytest.raises(OptionError, match=r"budget=10 is less than 124, which 30 features need"):
        contributions(case_of_network(30), budget=10)
