"""Law: strides tell which rows of one view stand in which rows of another, or say that they do not.

The oracle numbers the elements of the memory and compares sets of numbers.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from traceprop_nb.tracing.layout import Layout, inside


def layout(view: np.ndarray) -> Layout:
    address = view.__array_interface__["data"][0]
    return Layout(address, view.shape, view.strides, view.itemsize)


@st.composite
def views(draw, base):
    """A view of a base: slices, turned axes, another shape where that copies nothing."""
    view = base
    for _ in range(draw(st.integers(0, 3))):
        how = draw(st.sampled_from(["cut", "turn", "flat", "row", "new"]))
        if how == "cut" and view.ndim:
            cut = [
                slice(draw(st.integers(0, 2)), None, draw(st.sampled_from([1, 1, 1, 2, -1])))
                for _ in view.shape
            ]
            view = view[tuple(cut)]
        elif how == "turn":
            view = view.transpose(draw(st.permutations(range(view.ndim))))
        elif how == "flat" and view.flags.c_contiguous:
            view = view.reshape(-1)
        elif how == "row" and view.ndim > 1:
            view = view[draw(st.integers(0, len(view) - 1))] if len(view) else view
        elif how == "new":
            view = view[None] if draw(st.booleans()) else view[..., None]
    return view


@st.composite
def pairs(draw):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    order = draw(st.sampled_from("CF"))
    base = np.zeros(shape, order=order)
    return base, draw(views(base)), draw(views(base)), draw(st.integers(0, 9))


def elements(base, view, axis):
    """For each row of a view along an axis, the numbers of its elements."""
    numbers = np.arange(base.size, dtype=np.float64).reshape(base.shape, order="A")
    base[...] = numbers
    rows = np.moveaxis(view, axis, 0) if view.ndim else view.reshape(1)
    return [set(np.ravel(row).tolist()) for row in rows]


@settings(max_examples=600, deadline=None)
@given(pairs())
def test_rows_that_lie_inside_are_those_whose_elements_do(drawn):
    base, holds, lies, k = drawn
    if not holds.size or not lies.size:
        return
    axis, along = k % max(holds.ndim, 1), (k // 3) % max(lies.ndim, 1)
    found = inside(layout(holds), axis, layout(lies), along)
    if found is None:
        return
    wholes, parts = elements(base, holds, axis), elements(base, lies, along)
    everything = set().union(*wholes)
    owners = found.owners().tolist()
    for part, owner in zip(parts, owners, strict=True):
        assert part <= wholes[owner] if owner >= 0 else not part & everything
    assert not found.apart or all(owner < 0 for owner in owners)
    held = found.held()
    left = found.left().at(np.arange(len(wholes))).tolist()
    for row, whole in enumerate(wholes):
        its = [j for j, owner in enumerate(owners) if owner == row]
        assert held.back(np.array([row])).tolist() == its
        covered = set().union(*(parts[j] for j in its)) == whole
        assert left[row] == (-1 if covered else row)
    outside = found.outside().at(np.arange(len(parts))).tolist()
    assert outside == [-1 if owner >= 0 else j for j, owner in enumerate(owners)]
    assert found.holder().at(np.arange(len(parts))).tolist() == owners


def known(holds, axis, lies, along):
    return inside(layout(holds), axis, layout(lies), along) is not None


def test_the_usual_views_are_told():
    x = np.zeros((5, 3))
    fortran = np.zeros((5, 3), order="F")
    for base in (x, fortran):
        assert known(base, 0, base[1:3], 0)
        assert known(base, 0, base[::-2], 0)
        assert known(base, 0, base.T, 1)
        assert known(base.T, 1, base, 0)
        assert known(base, 0, base[:, 1:], 0)
        assert known(base, 0, base[2], 0)
        assert known(base, 0, base[None], 1)
    assert known(x, 0, x.reshape(-1), 0)
    assert known(x[1:3], 0, x[2:], 0)


def test_a_row_that_stands_in_several_is_not_told():
    x = np.zeros((5, 3))
    assert not known(x, 0, x.T, 0)
    assert not known(x.reshape(-1), 0, x, 0)
    assert not known(x[:, :2], 0, x[:, 1:], 0)
    assert inside(layout(x[:, :1]), 0, layout(x[:, 1:]), 0).apart
    assert inside(layout(x[3:]), 0, layout(x[:2]), 0).apart
    assert not known(x, 0, np.lib.stride_tricks.sliding_window_view(x, 2, 0), 0)
