"""Law: the row map of ``base[key]`` is what the same key does to the row numbers themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.lineage.maps import Identity, Mask, Range
from traceprop_nb.tracing.keys import key_map

sizes = st.integers(0, 7)
steps = st.integers(-3, 3).filter(bool)
bounds = st.none() | st.integers(-9, 9)
slices = st.builds(slice, bounds, bounds, st.none() | steps)


@st.composite
def positions(draw, n, length=None):
    """Row numbers from -n to n - 1, as an integer array."""
    if n == 0:
        return np.empty(0, np.int64)
    most = 8 if length is None else length
    least = 0 if length is None else length
    rows = draw(st.lists(st.integers(-n, n - 1), min_size=least, max_size=most))
    kind = draw(st.sampled_from(["int64", "int32", "int8"]))
    return np.array(rows, kind)


def masks(n):
    return st.lists(st.booleans(), min_size=n, max_size=n).map(lambda bits: np.array(bits, bool))


@st.composite
def first_keys(draw, n):
    """A key for the first axis alone."""
    kinds = [slices, positions(n), masks(n), st.just(...), st.none()]
    kinds += [positions(n).map(lambda rows: [int(r) for r in rows])]
    kinds += [masks(n).map(lambda bits: bits.tolist())] if n else []
    kinds += [st.integers(-n, n - 1), st.integers(-n, n - 1).map(np.int32)] if n else []
    kinds += [st.booleans(), positions(n).map(lambda rows: rows[:, None])]
    kinds += [positions(n).map(lambda rows: rows.astype(np.uint8) if (rows >= 0).all() else rows)]
    return draw(st.one_of(kinds))


@st.composite
def keys(draw, n, columns):
    """Any key that NumPy takes, of one or more parts."""
    first = draw(first_keys(n))
    shape = draw(st.sampled_from(["alone", "tuple", "pair", "pair", "mesh"]))
    if shape == "alone":
        return first
    if shape == "tuple":
        return (first,)
    if shape == "mesh":
        rows = draw(st.one_of(positions(n), masks(n)))
        return np.ix_(rows, draw(positions(columns)))
    wide = isinstance(first, np.ndarray | list)
    length = int(np.sum(first)) if wide and np.asarray(first).dtype == bool else None
    length = len(first) if wide and length is None else length
    seconds = [slices, st.integers(-columns, columns - 1), st.just(...), st.none()]
    seconds += [positions(columns, length)] if wide else [positions(columns), masks(columns)]
    return (first, draw(st.one_of(seconds)))


def rows_of(base: np.ndarray, key) -> list[set[int]] | None:
    """Which rows of the base stand behind each row of ``base[key]``; the values say so."""
    out = base[key]
    return [set((row // base.shape[1]).ravel().tolist()) for row in np.atleast_1d(out)]


@settings(max_examples=1500, deadline=None)
@given(st.data())
def test_a_map_is_the_key_applied_to_the_row_numbers(data):
    n, columns = data.draw(sizes), data.draw(st.integers(1, 3))
    base = np.arange(n * columns).reshape(n, columns)
    key = data.draw(keys(n, columns))
    try:
        out = base[key]
    except IndexError:
        return
    n_out = len(out) if out.ndim else 1
    found = key_map(key, n, 2, n_out)
    if found is None:
        return
    wanted = rows_of(base, key)
    assert (found.n_in, found.n_out) == (n, n_out)
    for row in range(n_out):
        if out.ndim == 0 or out[row].size:  # an empty row names no row, and any map will do
            assert set(found.back(np.array([row])).tolist()) == wanted[row]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_map_of_a_vector_is_the_key_applied_to_its_positions(data):
    n = data.draw(sizes)
    key = data.draw(first_keys(n))
    try:
        out = np.arange(n)[key]
    except IndexError:
        return
    n_out = len(out) if out.ndim else 1
    found = key_map(key, n, 1, n_out)
    if found is not None:
        assert [found.back(np.array([r])).tolist() for r in range(n_out)] == [
            sorted(set(np.atleast_1d(row).ravel().tolist())) for row in np.atleast_1d(out)
        ]


N = 5
ROWS = np.array([3, -1, 0])
DESCRIBED = {
    "slice": (slice(1, None, 2), [1, 3]),
    "reversed": (slice(None, None, -1), [4, 3, 2, 1, 0]),
    "negative slice": (slice(-2, None), [3, 4]),
    "integers": (ROWS, [3, 4, 0]),
    "unsigned integers": (ROWS[[0, 2]].astype(np.uint16), [3, 0]),
    "list of integers": ([3, -1, 0], [3, 4, 0]),
    "empty list": ([], []),
    "mask": (np.array([True, False, False, True, True]), [0, 3, 4]),
    "list of booleans": ([True, False, False, True, True], [0, 3, 4]),
    "slice and column": ((slice(1, 3), 0), [1, 2]),
    "slice and columns": ((slice(None, None, 2), np.array([0, 0])), [0, 2, 4]),
    "mask and slice": ((np.array([True, False, False, False, True]), slice(None)), [0, 4]),
    "integers and column": ((ROWS, 1), [3, 4, 0]),
    "pairs": ((ROWS, np.array([0, 1, 1])), [3, 4, 0]),
    "ellipsis first": ((..., slice(0, 1)), [0, 1, 2, 3, 4]),
    "ellipsis last": ((slice(2), ...), [0, 1]),
    "mesh": (np.ix_([4, 0], [1, 0]), [4, 0]),
    "mesh of a mask": (np.ix_([True, False, True, False, False], [0]), [0, 2]),
}


@pytest.mark.parametrize("case", DESCRIBED)
def test_usual_keys_are_described(case):
    key, wanted = DESCRIBED[case]
    out = np.arange(N * 2).reshape(N, 2)[key]
    found = key_map(key, N, 2, len(out))
    assert found.at(np.arange(len(out))).tolist() == wanted


def test_one_row_of_a_matrix_stands_behind_each_of_its_cells():
    assert key_map(-2, N, 2, 3).at(np.arange(3)).tolist() == [3, 3, 3]
    assert key_map(-2, N, 1, 1).at(np.arange(1)).tolist() == [3]


UNDESCRIBED = {
    "a new first axis": None,
    "an axis of masks": np.ones((N, 2), bool)[:, :, None],
    "a boolean": True,
    "nothing in a tuple": (),
    "a new axis in a tuple": (None, slice(None)),
    "rows as a column": (ROWS[:, None], np.array([[0, 1]] * 3)),
    "words": np.array(["a"]),
    "an ellipsis that stands for no axis": (..., 0, 0),
}


@pytest.mark.parametrize("case", UNDESCRIBED)
def test_a_key_that_says_nothing_of_the_first_axis_has_no_map(case):
    assert key_map(UNDESCRIBED[case], N, 2, 3) is None


def test_arrays_behind_a_slice_may_take_its_place():
    index = np.array([0, 1, 1, 0, 0])
    key = (slice(None), index, None, index)
    assert np.ones((N, 2, 2))[key].shape == (N, N, 1)  # as long, but of other rows
    assert key_map(key, N, 3, N) is None


def test_a_map_must_fit_the_result():
    assert key_map(slice(2), N, 2, 3) is None
    assert key_map([0, 1], N, 2, 5) is None
    assert key_map(np.ones(N - 1, bool), N, 2, N - 1) is None


def test_a_tuple_needs_the_number_of_axes():
    assert key_map((slice(2), 0), N, -1, 2) is None


def test_simple_keys_have_small_maps():
    assert isinstance(key_map(slice(None), N, 2, N), Identity)
    assert isinstance(key_map(slice(1, None), N, 2, N - 1), Range)
    assert isinstance(key_map(np.ones(N, bool), N, 2, N), Mask | Identity)


@pytest.mark.parametrize("key", [np.array([0, 3]), np.array([True, False, True, False, False])])
def test_a_key_that_changes_later_does_not_change_the_map(key):
    found = key_map(key, N, 2, 2)
    before = found.at(np.arange(2)).tolist()
    key[:] = key[::-1].copy()
    assert found.at(np.arange(2)).tolist() == before
