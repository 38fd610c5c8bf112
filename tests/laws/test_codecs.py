"""Law: a row map that was written and read again answers as before, whatever its kind."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.laws.maps_strategies import KINDS, any_map
from tests.laws.test_row_maps import assert_equal
from traceprop_nb.errors import StoreError
from traceprop_nb.lineage import maps
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.maps.codec import CODECS, read, write
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.segment import MAGIC, Pool, pack, unpack


def stored(m):
    """A map that went through the bytes of a segment."""
    pool = Pool()
    header, arrays = unpack(pack({"map": write(m, pool)}, pool.arrays))
    return read(header["map"], arrays)


def test_every_kind_of_map_has_a_codec_and_is_drawn():
    kinds = {
        getattr(maps, name)
        for name in maps.__all__
        if isinstance(getattr(maps, name), type) and getattr(maps, name) is not RowMap
    }
    assert set(CODECS) == kinds
    assert {kind.__name__ for kind in kinds} == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(st.data())
def test_a_map_that_was_written_and_read_is_the_same_list_of_sets(kind, data):
    m, sets = data.draw(KINDS[kind])
    again = stored(m)
    assert (type(again), again.n_in, again.n_out) == (type(m), m.n_in, m.n_out)
    assert_equal(again, sets, data)


@given(any_map)
def test_a_map_that_was_asked_before_is_written_all_the_same(drawn):
    m, sets = drawn
    m.back(np.arange(m.n_out))
    again = stored(m)
    assert [again.back(np.array([k])).tolist() for k in range(m.n_out)] == list(map(sorted, sets))


def test_a_map_of_a_kind_without_codec_is_refused_by_name():
    class Odd(Identity):
        pass

    with pytest.raises(StoreError, match="kind Odd cannot be stored"):
        write(Odd(3), Pool())


@pytest.mark.parametrize(
    "written",
    [["Nothing", [], [], []], ["Gather", [2], [0], []], ["Gather", [9], [7], []], ["Gather"],
     ["SameGroup", [], [], [["Identity", [3], [], []]]], ["Mask", [99], [2], []], 3],
)  # fmt: skip
def test_what_describes_no_map_is_refused(written):
    with pytest.raises(StoreError, match="describes no row map"):
        read(written, [np.array([5]), np.zeros(1, np.uint8)])


# -- bytes -----------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers(0, 100), max_size=400), max_size=4),
    st.sampled_from(["<i4", ">i8", "u1", "i2"]),
)
def test_a_segment_gives_back_its_header_and_arrays(drawn, kind):
    header = {"name": "Größe \udc80", "n": [1, None, {"a": 2.5}]}
    arrays = [np.array(values, kind) for values in drawn]
    again, found = unpack(pack(header, arrays))
    again.pop("arrays")
    assert again == header
    assert [a.tolist() for a in found] == drawn
    assert all(a.dtype.itemsize == np.dtype(kind).itemsize for a in found)


def test_a_segment_is_packed_where_that_pays_and_only_there():
    noise = np.random.default_rng(0).integers(0, 2**62, 20_000)
    assert len(pack({}, [noise])) > noise.nbytes
    assert len(pack({}, [np.arange(20_000) // 64])) < 20_000
    assert unpack(pack({}, [noise]))[1][0].tolist() == noise.tolist()


def test_an_array_that_is_added_twice_is_kept_once():
    pool, array = Pool(), np.arange(3)
    assert [pool.add(array), pool.add(np.arange(3)), pool.add(array)] == [0, 1, 0]
    assert len(pool.arrays) == 2


def test_an_index_is_kept_narrow_and_a_wrong_one_as_it_is():
    pool = Pool()
    pool.add(np.array([99, -1]), 100)
    pool.add(np.array([300, -1]), 100)
    assert [array.dtype.itemsize for array in pool.arrays] == [1, 8]
    assert pool.arrays[1].tolist() == [300, -1]


def test_other_bytes_are_refused_and_say_why():
    whole = pack({"a": 1}, [np.arange(400)])
    assert whole.startswith(MAGIC)
    with pytest.raises(StoreError, match="does not begin a segment"):
        unpack(b"TPSEG002" + whole[8:])
    with pytest.raises(StoreError, match="came with"):
        unpack(whole + b"x")
    for cut in range(9, len(whole) - 1):
        with pytest.raises(StoreError):
            unpack(whole[:cut])


def test_a_segment_runs_nothing_and_reads_only_integers():
    front = json.dumps({"arrays": [["|O", 1, 8, 0]]}).encode()
    data = MAGIC + len(front).to_bytes(4, "little") + b"\0" + front + b"\0" * 8
    with pytest.raises(StoreError, match=r"an array of '\|O'"):
        unpack(data)
