"""Scores by source, and what attribution refuses."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from traceprop_nb.attribution.by_source import by_source
from traceprop_nb.attribution.damping import require_damping
from traceprop_nb.errors import OptionError, ShapeError


@given(st.integers(0, 2**16), st.integers(1, 6), st.integers(1, 4), st.integers(0, 12))
def test_by_source_is_a_sum_over_records_of_equal_shares(seed, n, sources, pairs):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(2, n))
    rows, origin = rng.integers(0, n, pairs), rng.integers(0, sources, pairs)
    want = np.zeros((2, sources))
    for row, source in zip(rows, origin, strict=True):
        want[:, source] += scores[:, row] / (rows == row).sum()
    np.testing.assert_allclose(by_source(scores, rows, origin, n_sources=sources), want, atol=1e-12)


def test_the_total_over_sources_is_the_total_over_rows_that_have_one():
    scores = np.array([[1.0, 2.0, 4.0]])
    got = by_source(scores, np.array([0, 0, 2]), np.array([0, 1, 1]), n_sources=3)
    np.testing.assert_allclose(got, [[0.5, 4.5, 0.0]])


def test_stated_shares_replace_equal_ones():
    scores = np.array([[2.0]])
    share = np.array([0.75, 0.25])
    got = by_source(scores, np.array([0, 0]), np.array([0, 1]), n_sources=2, share=share)
    np.testing.assert_allclose(got, [[1.5, 0.5]])


@pytest.mark.parametrize(
    ("rows", "sources", "message"),
    [
        ([0], [0, 1], "pass one source a row"),
        ([5], [0], "rows reach 5"),
        ([0], [9], "sources reach 9"),
    ],
)
def test_rows_and_sources_that_do_not_exist_are_errors(rows, sources, message):
    with pytest.raises(ShapeError, match=message):
        by_source(np.ones((1, 3)), np.array(rows), np.array(sources), n_sources=2)


def test_a_negative_damping_is_an_error():
    with pytest.raises(OptionError, match="would not damp"):
        require_damping(-1.0)
