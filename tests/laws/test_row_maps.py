"""Laws of the row maps, for every kind, against lists of sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.laws.maps_strategies import KINDS, any_map, between, ending_at, indexes
from tests.oracles import row_sets as oracle
from traceprop_nb.errors import RowRangeError, ShapeError
from traceprop_nb.lineage import maps
from traceprop_nb.lineage.maps import (
    Deferred,
    Gather,
    compose,
    compress,
    flatten,
    materialise,
    restrict,
    union,
)

kinds = pytest.mark.parametrize("kind", sorted(KINDS))


def some_rows(data, n):
    """Rows in any order, with repeats."""
    return data.draw(st.lists(st.integers(0, n - 1), max_size=6) if n else st.just([]))


def ints(rows):
    return np.array(rows, np.int64)


def as_set(rows):
    found = materialise(rows)
    assert found.dtype == np.int64
    return found.tolist()


def assert_equal(m, sets, data):
    """A map answers every question as its list of sets does."""
    assert m.n_out == len(sets)
    rows = some_rows(data, m.n_out)
    back = m.back(ints(rows))
    assert (back.tolist(), back.dtype) == (oracle.back(sets, rows), np.int64)
    owner, found = m.pairs(ints(rows))
    assert list(zip(owner.tolist(), found.tolist(), strict=True)) == oracle.pairs(sets, rows)
    for row in range(m.n_out):
        assert as_set(m.back_one(row)) == sorted(sets[row])
    if m.functional:
        assert all(len(behind) <= 1 for behind in sets)
        at = m.at(ints(rows))
        assert (at.tolist(), at.dtype) == (oracle.at(sets, rows), np.int64)
    rows = some_rows(data, m.n_in)
    forward = m.forward(ints(rows))
    assert (forward.tolist(), forward.dtype) == (oracle.forward(sets, rows), np.int64)
    for row in range(m.n_in):
        assert as_set(m.forward_one(row)) == oracle.forward(sets, [row])


@kinds
@given(st.data())
def test_a_map_is_its_list_of_sets(kind, data):
    m, sets = data.draw(KINDS[kind])
    assert_equal(m, sets, data)


@kinds
@given(st.data())
def test_a_map_remembers_nothing_of_earlier_questions(kind, data):
    m, sets = data.draw(KINDS[kind])
    for _ in range(20):  # past the point where scans give way to an index
        m.forward(np.arange(m.n_in))
        m.back(np.arange(m.n_out))
        for row in range(m.n_in):
            m.forward_one(row)
    assert_equal(m, sets, data)


@kinds
@given(st.data())
def test_all_rows_at_once_give_the_union_of_each(kind, data):
    m, sets = data.draw(KINDS[kind])
    assert m.back(np.arange(m.n_out)).tolist() == oracle.back(sets, range(len(sets)))
    assert m.forward(np.arange(m.n_in)).tolist() == [k for k, s in enumerate(sets) if s]


def refusal(row, n):
    have = f"its rows are 0 to {n - 1}" if n else "it has no rows"
    return pytest.raises(RowRangeError, match=f"there is no row {row}: {have}$")


@kinds
@given(st.data())
def test_a_row_that_does_not_exist_is_refused(kind, data):
    m, _ = data.draw(KINDS[kind])
    for ask, one, n in ((m.back, m.back_one, m.n_out), (m.forward, m.forward_one, m.n_in)):
        for row in (-1, n):
            with refusal(row, n):
                ask(ints([row]))
            with refusal(row, n):
                one(row)
    for ask in (m.pairs, *([m.at] if m.functional else [])):
        for row in (-1, m.n_out):
            with refusal(row, m.n_out):
                ask(ints([0, row] if m.n_out else [row]))


@kinds
@given(st.data())
def test_only_a_map_with_one_input_row_each_has_at(kind, data):
    m, _ = data.draw(KINDS[kind])
    if not m.functional:
        with pytest.raises(ShapeError, match=r"many input rows .* ask back\(\) or pairs\(\)"):
            m.at(ints([]))


@kinds
@given(st.data())
def test_asking_leaves_the_rows_asked_for_as_they_were(kind, data):
    m, _ = data.draw(KINDS[kind])
    rows = ints(some_rows(data, m.n_out))
    rows.flags.writeable = False
    m.back(rows)
    m.pairs(rows)
    if m.functional:
        m.at(rows)
    rows = ints(some_rows(data, m.n_in))
    rows.flags.writeable = False
    m.forward(rows)


@given(st.data())
def test_composition_follows_both_maps(data):
    outer = data.draw(any_map)
    inner = data.draw(ending_at(outer[0].n_in))
    m = compose(outer[0], inner[0])
    assert m.n_in == inner[0].n_in
    assert_equal(m, oracle.composed(outer[1], inner[1]), data)
    assert_equal(*oracle.chain(outer, inner), data)


@given(st.data())
def test_composition_is_associative(data):
    a = data.draw(any_map)[0]
    b = data.draw(ending_at(a.n_in))[0]
    c = data.draw(ending_at(b.n_in))[0]
    rows = ints(some_rows(data, a.n_out))
    left, right = compose(compose(a, b), c), compose(a, compose(b, c))
    assert left.back(rows).tolist() == right.back(rows).tolist()


@given(st.integers(0, 5), st.integers(0, 5), st.data())
def test_a_union_has_the_rows_of_every_member(n_in, n_out, data):
    members = data.draw(st.lists(between(n_in, n_out), min_size=1, max_size=3))
    members.append(data.draw(st.sampled_from(members)))  # the same map twice
    sets = oracle.united([s for _, s in members])
    assert_equal(union([m for m, _ in members]), sets, data)
    assert_equal(*oracle.union_of(members), data)


@given(any_map, st.data())
def test_restriction_picks_output_rows(drawn, data):
    m, sets = drawn
    rows = some_rows(data, m.n_out)
    assert_equal(restrict(m, ints(rows)), [sets[r] for r in rows], data)


@given(indexes(), st.sampled_from([np.int8, np.int32, np.int64]), st.data())
def test_compression_changes_nothing(drawn, dtype, data):
    index, n_in = drawn
    m = compress(np.array(index, dtype), n_in)
    assert m.n_in == n_in
    assert_equal(m, oracle.of_index(index), data)


@settings(max_examples=20)
@given(st.integers(0, 2**16), st.sampled_from(["mask", "runs", "gather", "holes"]), st.data())
def test_large_maps_answer_many_rows_as_they_answer_one(seed, shape, data):
    rng = np.random.default_rng(seed)
    n_in = int(rng.integers(900, 3000))
    kept = rng.random(n_in) < rng.choice([0.02, 0.5, 0.98])
    index = {
        "mask": np.flatnonzero(kept),
        "runs": np.flatnonzero(np.repeat(rng.random(n_in // 50) < 0.5, 50)),
        "gather": rng.integers(0, n_in, n_in),
        "holes": np.where(kept, np.arange(n_in), -1),
    }[shape]
    m = maps.Mask.keeping(index, n_in) if shape == "mask" else compress(index, n_in)
    for count in (3, 40, index.size):
        rows = rng.integers(0, max(index.size, 1), count if index.size else 0)
        assert m.at(rows).tolist() == index[rows].tolist()
        asked = rng.integers(0, n_in, count)
        assert m.forward(asked).tolist() == np.flatnonzero(np.isin(index, asked)).tolist()
    for row in rng.integers(0, n_in, 20).tolist():
        assert as_set(m.forward_one(row)) == np.flatnonzero(index == row).tolist()
    for row in rng.integers(0, max(index.size, 1), 20 if index.size else 0).tolist():
        assert as_set(m.back_one(row)) == [i for i in [int(index[row])] if i >= 0]
    assert_equal_on_a_sample(Gather(index, n_in), m, rng)


def assert_equal_on_a_sample(a, b, rng):
    rows = np.unique(rng.integers(0, max(a.n_out, 1), 30 if a.n_out else 0))
    assert a.back(rows).tolist() == b.back(rows).tolist()


@settings(max_examples=20)
@given(st.integers(0, 2**16), st.integers(1, 40))
def test_large_groups_answer_before_and_after_they_are_indexed(seed, n_groups):
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, n_groups, 500)
    m = maps.Groups(codes, n_groups)
    for _ in range(40):
        some = np.unique(rng.integers(0, n_groups, rng.integers(1, 8)))
        assert m.back(some).tolist() == np.flatnonzero(np.isin(codes, some)).tolist()
        one = int(rng.integers(0, n_groups))
        assert as_set(m.back_one(one)) == np.flatnonzero(codes == one).tolist()


@given(any_map, st.sampled_from([0, 10, 10_000]), st.data())
def test_flattening_changes_nothing(drawn, pairs, data):
    m, sets = drawn
    assert_equal(flatten(m, pairs=pairs), sets, data)


@given(indexes(), st.data())
def test_a_deferred_map_is_the_same_before_and_after_it_is_resolved(drawn, data):
    index, n_in = drawn
    held = np.array(index, np.int64)
    m = Deferred(held, n_in)
    assert (m.n_in, m.n_out, m.nbytes, m.resolved) == (n_in, len(index), held.nbytes, False)
    resolved = m.resolve()
    assert m.resolved
    assert m.nbytes == resolved.nbytes
    assert m.resolve() is resolved
    assert_equal(m, oracle.of_index(index), data)
