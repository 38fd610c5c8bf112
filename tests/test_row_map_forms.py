"""How maps are made: what is refused, which form an index takes, what it costs, what is copied."""

from __future__ import annotations

import numpy as np
import pytest

from traceprop_nb.errors import RowRangeError, ShapeError
from traceprop_nb.lineage.maps import (
    All,
    Chain,
    Deferred,
    Gather,
    Groups,
    Identity,
    Mask,
    Part,
    Ragged,
    Range,
    Repeat,
    Runs,
    Tile,
    Union,
    Window,
    compose,
    compress,
    flatten,
    union,
)
from traceprop_nb.lineage.maps.chain import distinct
from traceprop_nb.lineage.maps.lookup import Lookup
from traceprop_nb.lineage.maps.rowsets import merge, smallest_dtype

N = 100_000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Range(3, 1, 3, 5), "no row 5: its rows are 0 to 4"),
        (lambda: Range(1, -1, 3, 5), "no row -1: its rows are 0 to 4"),
        (lambda: Range(-1, 1, 2, 5), "no row -1"),
        (lambda: Part(3, 3, 5), "no row 5"),
        (lambda: Part(-1, 3, 5), "no row -1"),
        (lambda: Gather(np.array([0, -2]), 3), "no row -2"),
        (lambda: Gather(np.array([0, 3]), 3), "no row 3: its rows are 0 to 2"),
        (lambda: Gather(np.array([0]), 0), "no row 0: it has no rows"),
        (lambda: compress(np.array([0, -2]), 3), "no row -2"),
        (lambda: compress(np.array([0, 2**40]), 3), f"no row {2**40}"),
        (lambda: Deferred(np.array([0, 3]), 3).resolve(), "no row 3"),
        (lambda: Groups(np.array([0, 2]), 2), "no row 2"),
        (lambda: Mask.keeping(np.array([1, 4]), 4), "no row 4"),
        (lambda: Runs(np.array([0, 2]), np.array([2]), 3), "no row 3"),
        (lambda: Runs(np.array([0, 2]), np.array([-2]), 3), "no row -2"),
        (lambda: Ragged(np.array([0, 1]), np.array([-1]), 3), "no row -1"),
        (lambda: Identity(3).back(np.array([True])), "whole numbers counted from 0, not bool"),
        (lambda: Identity(3).back(np.array([0.5])), "whole numbers counted from 0, not float64"),
    ],
)
def test_rows_outside_are_refused(make, says):
    with pytest.raises(RowRangeError, match=says):
        make()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Mask.of(np.array([0, 1])), "list of booleans, not int64"),
        (lambda: Mask.of(np.ones((2, 2), bool)), r"not bool of shape \(2, 2\)"),
        (lambda: Gather(np.array([[0]]), 1), r"int64 of shape \(1, 1\)"),
        (lambda: compress(np.array([0.0]), 1), "not float64"),
        (lambda: Window(1, 0, 3, 3), "from 1 to 0 is empty"),
        (lambda: Runs(np.array([1, 2]), np.array([0]), 3), "cannot start"),
        (lambda: Runs(np.array([0, 2, 2]), np.array([0, 1]), 3), "cannot start"),
        (lambda: Runs(np.array([0, 2]), np.array([0, 1]), 3), "2 stretches cannot start at 2"),
        (lambda: Ragged(np.array([0, 2]), np.array([0]), 3), "do not cut up 1 values"),
        (lambda: Ragged(np.array([1, 1]), np.array([0]), 3), "do not cut up"),
        (lambda: Ragged(np.array([0, 2, 1]), np.array([0]), 3), "do not cut up"),
        (lambda: compose(Identity(3), Identity(2)), "leads to 3 rows, the second starts from 2"),
        (lambda: Chain(Identity(3), Identity(2)), "name the map nearer to the result first"),
        (lambda: union([Identity(3), All(3, 2)]), "cannot unite Identity"),
        (lambda: union([]), "give one at least"),
    ],
)
def test_arrays_that_describe_no_map_are_refused(make, says):
    with pytest.raises(ShapeError, match=says):
        make()


def test_an_index_takes_its_smallest_form(rng):
    forms = {
        Identity: [np.arange(N), np.arange(0)],
        Range: [np.arange(5, 99), np.arange(N)[::-1], np.arange(0, N, 7), np.full(50, 3), [4]],
        Mask: [np.flatnonzero(rng.random(N) < 0.5), np.flatnonzero(rng.random(N) > 0.2)],
        Runs: [np.flatnonzero(np.repeat(rng.random(N // 1000) < 0.5, 1000)), np.full(N, -1)],
        Gather: [rng.permutation(N), [3, -1], rng.integers(0, N, 9), [5, 3, 9]],
    }
    for form, indexes in forms.items():
        for index in indexes:
            n_in = N if len(index) else 0
            assert type(compress(np.asarray(index, np.int64), n_in)) is form


def test_one_row_that_is_none_is_no_progression():
    assert compress(np.array([-1]), 3).at(np.array([0])).tolist() == [-1]
    assert compress(np.array([0, -1]), 3).at(np.array([0, 1])).tolist() == [0, -1]
    assert compress(np.array([-1, 0]), 3).at(np.array([0, 1])).tolist() == [-1, 0]
    assert compress(np.array([1, -1, -3 + 3]), 3).at(np.arange(3)).tolist() == [1, -1, 0]


def test_unsigned_and_narrow_indexes_are_read_for_what_they_are():
    assert compress(np.array([250, 3, 0, 9], np.uint8), 300).at(np.arange(4))[0] == 250
    around = np.concatenate([np.arange(200, 256), np.arange(50)])
    found = compress(around.astype(np.uint8), 256)
    assert (type(found), found.at(np.arange(106)).tolist()) == (Runs, around.tolist())
    falling = np.array([200, 100, 150, 50, 60, 10] * 20, np.uint8)
    assert compress(falling, 201).at(np.arange(120)).tolist() == falling.tolist()
    down = np.arange(120, -8, -1, dtype=np.int64)[:121].astype(np.int8)
    assert type(compress(down, 200)) is Range
    saw = np.array([127, 0, 127, 1, 126], np.int8)
    assert compress(saw, 128).at(np.arange(5)).tolist() == [127, 0, 127, 1, 126]


def test_what_a_row_costs(rng):
    n = 1_000_000

    def cost(index):
        return (m := compress(index, n)).nbytes / m.n_out

    assert cost(np.flatnonzero(rng.random(n) < 0.5)) <= 0.27
    assert cost(rng.permutation(n)) <= 4
    assert cost(np.flatnonzero(np.repeat(rng.random(1000) < 0.5, 1000))) <= 0.02
    assert cost(np.arange(n)) == cost(np.arange(9, n, 2)) == Part(3, n, 2 * n).nbytes == 0
    assert Groups(rng.integers(0, 1000, n), 1000).nbytes == 2 * n


def test_a_jump_of_a_power_of_two_does_not_look_like_a_step():
    for jump in (2**8, 2**16):
        index = np.concatenate([np.arange(100), np.arange(100) + 100 + jump])
        m = compress(index, 2**17)
        assert (type(m), m.at(np.arange(200)).tolist()) == (Runs, index.tolist())


def test_few_rows_of_a_large_input_may_be_none():
    index = np.array([5, -1, 3, 5])
    assert Gather(index, 1000).back(np.arange(4)).tolist() == [3, 5]
    assert Gather(index, 1000).back(np.array([1])).tolist() == []
    assert Groups(index, 1000).forward(np.arange(4)).tolist() == [3, 5]


def test_long_lists_of_input_rows_keep_their_ends():
    sets = [range(k % 7) for k in range(300)]
    start = np.cumsum([0, *map(len, sets)])
    m = Ragged(start, np.concatenate([np.array(s, np.int64) for s in sets]), 7)
    assert [m.back(np.array([k])).tolist() for k in range(300)] == [list(s) for s in sets]
    assert m.forward(np.array([5])).tolist() == list(range(6, 300, 7))


def test_wide_windows_of_many_rows_cost_the_rows_they_cover():
    n = 100_000
    m = Window(-n, n, n, n)
    assert m.back(np.arange(n)).size == m.forward(np.arange(n)).size == n


def test_labels_are_scanned_at_first_and_indexed_when_asked_often():
    lookup = Lookup(np.array([1, 0, -1, 1]), 2)
    built = []
    for _ in range(40):
        assert lookup.find_one(0) == 1
        built.append(lookup._index is not None)
    assert not built[0]
    assert built[-1]


def test_maps_keep_a_copy_and_deferred_ones_keep_the_array_itself():
    index, codes, bits = np.array([2, 0]), np.array([0, 1], np.int8), np.array([True, False])
    maps = [Gather(index.astype(np.int8), 3), Groups(codes, 2), Mask.of(bits)]
    narrow = index.astype(np.int8)
    kept = Gather(narrow, 3)
    narrow[:], codes[:], bits[:] = 1, 1, True
    assert kept.at(np.array([0])).tolist() == [2]
    assert [m.forward(np.array([0])).tolist() for m in maps] == [[1], [0], [0]]
    held = Deferred(index, 3)
    assert held.nbytes == index.nbytes
    index[:] = 1
    assert held.at(np.array([0])).tolist() == [1]


def test_closed_forms_stay_closed():
    third = compose(Range(1, 2, 3, 7), Range(10, -1, 7, 11))
    assert (type(third), third.start, third.step, third.n_in) == (Range, 9, -2, 11)
    m = Gather(np.array([1, 0]), 2)
    assert compose(Identity(2), m) is m
    assert compose(m, Identity(2)) is m
    for total in (Range(0, 1, 2, 3), Mask.of(np.array([True, False, True])), Tile(2, 3)):
        assert type(compose(total, All(5, 3))) is All
    assert type(compose(Repeat(2, 3), All(5, 3))) is All
    assert type(compose(Gather(np.array([-1]), 3), All(5, 3))) is Chain  # a row from nowhere


def test_a_union_keeps_each_map_once():
    m = Gather(np.array([1, 0]), 2)
    assert union([m, m]) is m
    assert type(union([Identity(2), Identity(2)])) is Identity
    assert type(union([m, All(2, 2), Identity(2)])) is All
    assert len(union([m, Identity(2), m]).members) == 2
    assert type(union([m, Identity(2)])) is Union


def test_flattening_finds_the_function_in_two_slots_of_a_concatenation():
    twice = union([Part(0, 50, 100), Part(50, 50, 100)])
    assert not twice.functional
    flat = flatten(twice)
    assert type(flat) is Runs
    assert flat.at(np.array([7, 57])).tolist() == [7, 7]


def test_flattening_spells_a_relation_out_only_while_it_is_small():
    m = Chain(All(4, 4), Window(-1, 1, 9, 4))
    assert type(flatten(m)) is Ragged
    assert flatten(m, pairs=15) is m


def test_stretches_of_rows_unite_without_an_array():
    assert merge(range(3), range(3, 5)) == merge(range(3, 5), range(3)) == range(5)
    assert merge(range(9), range(2, 3)) == range(9)
    assert merge(4, 4) == 4
    assert merge(range(2), range(3, 5)).tolist() == [0, 1, 3, 4]
    assert merge(4, range(2)).tolist() == [0, 1, 4]


def test_a_map_to_everything_answers_one_row_without_an_array():
    assert All(10**12, 10**12).back_one(5) == range(10**12)


def test_pairs_too_many_for_one_integer_are_still_sorted_and_distinct():
    huge = 2**61
    owner, found = distinct(np.array([9, 1, 9, 1]), np.array([huge, 2, huge, 1]), huge + 1)
    assert (owner.tolist(), found.tolist()) == ([1, 1, 9], [1, 2, huge])


def test_the_narrowest_integers_hold_every_row_and_none():
    for kind in (np.int8, np.int16, np.int32):
        top = np.iinfo(kind).max
        assert smallest_dtype(top + 1) is kind
        assert smallest_dtype(top + 2) is not kind


def test_a_map_says_what_it_is():
    assert repr(Part(0, 2, 5)) == "Part(2 -> 5 rows)"
    assert repr(All(2, 5)) == "All(2 -> 5 rows)"
