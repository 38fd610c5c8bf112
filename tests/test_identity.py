"""Which node a live object is: ids are used again, scalars are few, views share what is written."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from tests.traced import rows
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.tracing.identity import SCALARS_KEPT, Identity


class Thing:
    """Takes weak references, as arrays do."""


def test_an_object_is_its_node_and_another_is_none():
    identity, thing = Identity(), Thing()
    identity.set(thing, 3)
    assert identity.node(thing) == 3
    assert identity.node(Thing()) is None
    identity.set(thing, 4)
    assert identity.node(thing) == 4
    assert len(identity) == 1


def test_a_dead_object_leaves_nothing_to_the_next_one_with_its_id():
    identity, reused = Identity(), 0
    for node in range(2000):
        thing = Thing()
        assert identity.node(thing) is None
        identity.set(thing, node)
        before = id(thing)
        del thing
        following = Thing()
        reused += id(following) == before
        assert identity.node(following) is None
    assert reused > 1000  # or this test has shown nothing
    assert len(identity) == 0


def test_an_entry_is_compared_with_the_object_that_is_asked_about():
    identity, thing, other = Identity(), Thing(), Thing()
    identity.set(thing, 1)
    identity.live[id(other)] = identity.live[id(thing)]  # as if its id had been used again
    assert identity.node(other) is None
    assert identity.find(other) is None
    identity.set(other, 2)
    assert (identity.node(thing), identity.node(other)) == (1, 2)


def test_a_late_farewell_does_not_remove_the_newer_entry():
    identity, thing = Identity(), Thing()
    identity.set(thing, 1)
    stale = identity.live.pop(id(thing))
    identity.set(thing, 2)
    identity.dead(stale)
    assert identity.node(thing) == 2


def test_an_object_in_a_ring_goes_with_the_collector():
    identity, thing = Identity(), Thing()
    thing.itself = thing
    identity.set(thing, 1)
    del thing
    gc.collect()
    assert len(identity) == 0


def test_only_the_newest_scalars_are_kept_alive():
    identity = Identity()
    scalars = [np.float64(k) for k in range(SCALARS_KEPT + 10)]
    for node, scalar in enumerate(scalars):
        identity.set(scalar, node)
    assert len(identity) == SCALARS_KEPT
    assert identity.node(scalars[9]) is None
    assert identity.node(scalars[10]) == 10
    assert identity.node(scalars[-1]) == SCALARS_KEPT + 9
    assert identity.node(np.float64(5)) is None


def test_a_scalar_that_is_set_again_does_not_push_others_out():
    identity, one, two = Identity(), np.float64(1), np.float64(2)
    identity.set(one, 1)
    identity.set(two, 2)
    identity.set(one, 3)
    assert (identity.node(one), identity.node(two)) == (3, 2)


def shared(identity: Identity, thing: object) -> set[int]:
    """Nodes of those that share memory with a thing."""
    ref = identity.find(thing)
    return {its.node for _, its in identity.aliases(ref)}


def test_those_that_share_memory_all_know_each_other():
    identity, things = Identity(), [Thing() for _ in range(5)]
    for node, thing in enumerate(things):
        identity.set(thing, node)
    a, b, c, d, e = things
    identity.share(a, b)
    identity.share(c, d)
    assert shared(identity, a) == {1}
    identity.share(b, c)
    assert shared(identity, a) == {1, 2, 3}
    assert shared(identity, d) == {0, 1, 2}
    identity.share(e, a)
    assert shared(identity, b) == {0, 2, 3, 4}
    identity.share(a, a)
    identity.share(a, Thing())
    assert shared(identity, a) == {1, 2, 3, 4}


def test_a_view_that_is_gone_is_no_alias():
    identity, base, view = Identity(), Thing(), Thing()
    identity.set(base, 0)
    identity.set(view, 1)
    identity.share(base, view)
    del view
    assert shared(identity, base) == set()


def test_clear_forgets_all_and_iteration_lists_the_living():
    identity, thing, scalar = Identity(), Thing(), np.float64(1)
    identity.set(thing, 1)
    identity.set(scalar, 2)
    assert sorted(node for _, node in identity) == [1, 2]
    identity.clear()
    assert list(identity) == []


# -- in cells --------------------------------------------------------------------------------------


@pytest.fixture
def cells(notebook):
    """A matrix ``a`` and another ``b`` of four rows, as sources."""
    notebook("import numpy as np\n")
    notebook.source("a", np.arange(8.0).reshape(4, 2).copy())
    notebook.source("b", np.arange(8.0).reshape(4, 2).copy())
    return notebook


VIEWS = {
    "a slice": "w = a[1:3]\nw[:] = b[:2]",
    "a slice of a slice": "w = a[1:][:2]\nw[:] = b[:2]",
    "a temporary": "a[1:][:2] = b[:2]",
    "a temporary in place": "a[1:3] += b[:2]",
    "a reversed view": "w = a[::-1]\nw[1:3] = b[:2]",
    "a view": "w = a.view()\nw[1:3] = b[:2]",
    "a transposed view": "w = a.T\nw[:, 1] = b[0]",
    "a transposed temporary": "a.T[:, 1:3] = b[:2].T",
    "a flat view": "w = a.reshape(-1)\nw[2:4] = b[0]",
    "ravel": "w = a.ravel()\nw[2:4] = b[0]",
    "a function's view": "w = np.transpose(a)\nw[:, 1] = b[0]",
    "a new axis": "w = a[None]\nw[0, 1] = b[0]",
    "parts": "one, two = np.split(a, 2)\none[1] = b[0]",
    "rows in a loop": "for row in a:\n    row[:] = b[0]",
    "a row": "w = a[1]\nw[:] = b[0]",
    "a column": "w = a[:, 0]\nw[1:3] = b[:2, 0]",
    "out of a function": "np.add(b[:2], 0, out=a[1:3])",
    "a method in place": "w = a[1:3]\nw.sort(axis=0)",
    "a shuffle": "w = a[1:3]\nnp.random.shuffle(w)",
    "copyto": "np.copyto(a[1:3], b[:2])",
    "flat": "a[1:3].flat[:2] = b[0]",
    "a swapped pair": "w = a[::2]\nw[[0, 1]] = w[[1, 0]]",
    "a function of the user's": "def f(x):\n    x[:1] = b[:1]\nf(a[1:])",
}


LOOSE = {"a method in place", "flat"}


def carried(code):
    """Which rows of a and b stand in each row of a: run on numbers that say whose they are."""
    a = np.repeat(np.arange(4.0), 2).reshape(4, 2).copy()
    names = {"np": np, "a": a, "b": np.repeat(np.arange(10.0, 14.0), 2).reshape(4, 2)}
    exec(code, names)
    ids = [sorted(set(map(int, row))) for row in names["a"]]
    own = [[i for i in row if i < 10] for row in ids]
    return own, [[i - 10 for i in row if i >= 10] for row in ids]


@pytest.mark.parametrize("how", VIEWS)
def test_a_write_through_a_view_reaches_the_array(cells, how):
    code = f"np.random.seed(3)\n{VIEWS[how]}"
    cells(code)
    status = cells.status("a")
    if how in LOOSE:
        assert status in (Status.INEXACT, Status.UNKNOWN)
    elif how == "a temporary in place":
        assert (cells.behind("a", "b")[1:3], status) == (rows(0, 1), Status.EXACT)
    else:
        assert (cells.behind("a", "a"), cells.behind("a", "b")) == carried(code)
        assert status == Status.EXACT
    assert not cells.swallowed()


def test_a_write_into_the_array_reaches_its_view(cells):
    cells("w = a[1:3]\nv = w[::-1]\nt = a.T\nrow = a[1]\nfar = a[2:]\na[1] = b[3]")
    assert cells.behind("w", "b") == rows(3, []) == cells.behind("v", "b")[::-1]
    assert cells.behind("w", "a") == rows([], 2) == cells.behind("v", "a")[::-1]
    assert cells.behind("row", "b") == rows(3, 3)
    assert cells.behind("far", "b") == rows([], [])
    cells("back = t.T")
    assert cells.behind("back", "b") == cells.behind("a", "b") == rows([], 3, [], [])
    assert all(cells.status(n) == Status.EXACT for n in ("w", "v", "row", "far", "back"))


def test_elements_of_several_rows_that_come_into_one_row_are_a_superset_in_part(cells):
    cells("w = a.reshape(-1)\nw[::2] = b[:, 0]\nw[1::2] = b[::-1, 0]\nc = a[:, :1] * 1")
    assert cells.behind("a", "b") == rows([0, 3], [1, 2], [1, 2], [0, 3])
    assert cells.status("c") == Status.INEXACT


@pytest.mark.parametrize("copied", ["a[[0, 1]]", "a.copy()", "a * 1", "a[a[:, 0] > 0]",
                                    "np.array(a)", "a.flatten()", "a.astype(int)"])  # fmt: skip
def test_a_copy_shares_nothing(cells, copied):
    cells(f"w = {copied}\na[:] = b\nw[:1] = 5")
    assert cells.behind("w", "b") == [[]] * len(cells.names["w"])
    assert cells.status("w") == Status.EXACT


def test_plain_numbers_written_through_a_view_move_no_row(cells):
    cells("w = a[1:3]\nw[:] = 7.0\nw += 1\na[0] = 3")
    assert cells.behind("a", "a") == rows(0, 1, 2, 3)
    assert cells.status("a") == cells.status("w") == Status.EXACT


def test_an_array_whose_id_was_used_before_is_not_taken_for_the_old_one(cells):
    cells("kept = []\nfor k in range(300):\n    t = a[k % 4:k % 4 + 1] * 1\n    kept.append(id(t))"
          "\nx = b[:1] * 1\n")  # fmt: skip
    assert len(set(cells.names["kept"])) < 300
    assert cells.behind("x", "b") == rows(0)
    assert cells.behind("x", "a") == [[]]


def test_a_name_that_gets_a_new_value_has_the_new_lineage(cells):
    cells("x = a[:2]")
    cells("x = b[2:]")
    assert cells.behind("x", "b") == rows(2, 3)
    assert cells.behind("x", "a") == [[], []]


def test_an_array_that_was_resized_is_unknown(cells):
    cells("w = a.copy()\nw.resize((2, 2), refcheck=False)\nv = w * 1")
    assert cells.status("v") == Status.UNKNOWN


def test_an_array_whose_rows_changed_where_nobody_saw_it_is_unknown(cells):
    cells("w = a.copy()")
    cells.names["w"].shape = (2, 4)
    cells("v = w + 1")
    assert cells.status("v") == Status.UNKNOWN
