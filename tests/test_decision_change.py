"""The counterfactual: it flips the decision, and no smaller change of one feature does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.attribution.decision.case import Case, Planes
from traceprop_nb.attribution.decision.counterfactual import counterfactual

calm = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**16)


def linear(seed: int, d: int, classes: int = 2, whole: bool = False, cut: float = 0.0) -> Case:
    """A case of a softmax-linear model, with planes."""
    rs = np.random.default_rng(seed)
    rows = rs.integers(-3, 4, (40, d)).astype(float) if whole else rs.normal(size=(40, d))
    W, b = rs.normal(size=(classes, d)), rs.normal(size=classes)
    x = rows[0].copy()
    z = W @ x + b
    top = int(z.argmax())
    rival = int(np.argsort(z)[-2])
    names = tuple(f"f{j}" for j in range(d))
    if classes == 2:
        slope, start = W[1] - W[0], b[1] - b[0]
        decided = lambda r: r @ slope + start >= cut  # noqa: E731
        planes = Planes(slope[None], np.array([slope @ x + start - cut]))
        seeks = -1.0 if decided(x[None])[0] else 1.0
        return Case(names, x, rows, lambda r: r @ slope + start, decided, slope, planes, seeks)
    a, c = np.triu_indices(classes, 1)
    between = W[a] - W[c]
    planes = Planes(between, between @ x + b[a] - b[c])
    slope = W[top] - W[rival]
    return Case(
        names, x, rows, lambda r: r @ slope + b[top] - b[rival],
        lambda r: (r @ W.T + b).argmax(axis=1), slope, planes,
    )  # fmt: skip


def oracle(case: Case, points: int = 4001) -> float:
    """The smallest flip of one feature on a fine grid, in training deviations."""
    best = np.inf
    for j in range(case.d):
        grid = np.linspace(case.low[j], case.high[j], points)
        if case.whole[j]:
            grid = np.arange(case.low[j], case.high[j] + 1)
        rows = np.repeat(case.x[None], len(grid), axis=0)
        rows[:, j] = grid
        flips = case.decided(rows) != case.decided(case.x[None])[0]
        if flips.any():
            best = min(best, (np.abs(grid - case.x[j])[flips] / case.rows[:, j].std()).min())
    return best


def order_of(case: Case) -> list[int]:
    return [int(j) for j in np.argsort(case.seeks * case.slope * (case.x - case.rows.mean(axis=0)))]


def check(case: Case, found) -> None:
    """Whatever is found flips, is within range, and tells its own row."""
    row = found.row
    assert case.decided(row[None])[0] != case.decided(case.x[None])[0]
    changed = np.flatnonzero(row != case.x)
    assert [c.feature for c in found.changes] == [case.names[j] for j in changed]
    for change, j in zip(found.changes, changed, strict=True):
        assert case.low[j] <= row[j] <= case.high[j]
        assert change.before == case.x[j]
        assert change.after == row[j]
        assert change.deviations == pytest.approx((row[j] - case.x[j]) / case.rows[:, j].std())
        if case.whole[j]:
            assert row[j] == np.rint(row[j])


@calm
@given(
    seeds, st.integers(1, 5), st.sampled_from([2, 3, 5]), st.booleans(), st.sampled_from([0.0, 1.5])
)
def test_no_smaller_change_of_one_feature_flips_a_linear_decision(seed, d, classes, whole, cut):
    case = linear(seed, d, classes, whole, cut)
    found, best = counterfactual(case, order_of(case)), oracle(case)
    if found is not None:
        check(case, found)
    if np.isfinite(best):
        assert len(found.changes) == 1
        assert abs(found.changes[0].deviations) <= best * (1 + 1e-6) + 1e-9
    else:
        assert found is None or len(found.changes) > 1


@calm
@given(seeds, st.integers(1, 4), st.sampled_from([2, 3]), st.booleans())
def test_a_search_finds_what_the_closed_form_finds(seed, d, classes, whole):
    case = linear(seed, d, classes, whole)
    searched = Case(
        case.names, case.x, case.rows, case.scores, case.decided, case.slope, None, case.seeks
    )
    closed, found = (counterfactual(c, order_of(case)) for c in (case, searched))
    if found is not None:
        check(case, found)
    if classes == 2:  # one plane: nothing begins and ends between two steps
        assert (closed is None) == (found is None)
    if closed and found and len(closed.changes) == len(found.changes) == 1:
        small, large = abs(closed.changes[0].deviations), abs(found.changes[0].deviations)
        assert small <= large * (1 + 1e-6)
        if classes == 2:
            assert large <= small * (1 + 1e-4) + 1e-9


def curved(x: float) -> Case:
    """Decided by a ring: |x| between 1 and 2, in one of two features."""
    rows = np.random.default_rng(0).uniform(-3, 3, (200, 2))

    def scores(r):
        return 0.5 - np.abs(np.abs(r[:, 0]) - 1.5)

    return Case(
        ("radius", "other"), np.array([x, 0.3]), rows, scores, lambda r: scores(r) >= 0,
        seeks=1.0 if scores(np.array([[x, 0.0]]))[0] < 0 else -1.0,
    )  # fmt: skip


@pytest.mark.parametrize(("x", "nearest"), [(0.2, 1.0), (-0.2, -1.0), (2.5, 2.0), (1.1, 1.0)])
def test_a_search_finds_the_nearest_side_of_a_curved_decision(x, nearest):
    case = curved(x)
    found = counterfactual(case, [0, 1])
    check(case, found)
    assert found.changes[0].feature == "radius"
    assert found.changes[0].after == pytest.approx(nearest, abs=1e-6)


def bound(limit: float) -> Case:
    """Needs a sum that no feature reaches alone; features are within 0 and 1."""
    rows = np.random.default_rng(1).uniform(0, 1, (50, 3))
    rows[0], rows[1] = 0.0, 1.0
    weights = np.array([3.0, 2.0, 1.0])
    return Case(
        ("a", "b", "c"), np.array([0.1, 0.1, 0.1]), rows, lambda r: r @ weights,
        lambda r: r @ weights >= limit, weights,
        Planes(weights[None], np.array([0.1 * 6 - limit])), 1.0,
    )  # fmt: skip


def test_where_no_feature_does_it_alone_the_first_few_move_together():
    case = bound(4.0)
    found = counterfactual(case, [0, 1, 2])
    check(case, found)
    assert [c.feature for c in found.changes] == ["a", "b"]
    assert found.method == "several features together"
    assert 4.0 < case.scores(found.row[None])[0] < 4.0 + 1e-8  # beyond rounding, and no farther
    three = counterfactual(bound(5.5), [2, 1, 0])
    assert len(three.changes) == 3


def test_beyond_the_training_range_nothing_is_found():
    assert counterfactual(bound(6.5), [0, 1, 2]) is None
    assert counterfactual(bound(5.5), [0, 1]) is None


def test_fixed_features_do_not_change():
    assert counterfactual(bound(2.0), [0, 1, 2]).changes[0].feature == "a"
    found = counterfactual(bound(2.0), [1, 2], fixed=[0])
    assert [c.feature for c in found.changes] == ["b"]
    assert counterfactual(bound(4.0), [1, 2], fixed=[0]) is None


def test_a_constant_feature_and_a_row_outside_the_range_are_no_trouble():
    rows = np.random.default_rng(2).normal(size=(30, 2))
    rows[:, 1] = 7.0
    x = np.array([50.0, 7.0])
    case = Case(
        ("a", "b"), x, rows, lambda r: r[:, 0], lambda r: r[:, 0] >= 0.5,
        np.array([1.0, 0.0]), Planes(np.array([[1.0, 0.0]]), np.array([49.5])),
    )  # fmt: skip
    found = counterfactual(case, [0, 1])
    check(case, found)
    assert found.changes[0].after == pytest.approx(0.5)
    searched = Case(case.names, x, rows, case.scores, case.decided)
    assert counterfactual(searched, [0, 1]).changes[0].after == pytest.approx(0.5)


def test_without_a_decision_there_is_nothing_to_flip():
    case = Case(("a",), np.zeros(1), np.array([[0.0], [1.0]]), lambda r: r[:, 0])
    assert counterfactual(case, [0]) is None
