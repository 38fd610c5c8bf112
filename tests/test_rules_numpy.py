"""NumPy's rules, by small examples: the exact rows behind every row, and when one stands back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.traced import rows
from traceprop_nb.lineage.nodes import Kind, Status

N = 4
ALL = list(range(N))
SAME = rows(*ALL)


@pytest.fixture
def arrays(notebook):
    """A matrix ``a``, a vector ``v`` and a second matrix ``b``, all of four rows, as sources."""
    notebook("import numpy as np, random\ni = np.array([2, 0])\nm = np.array([1, 0, 0, 1], bool)\n")
    notebook.source("a", np.arange(8.0).reshape(4, 2))
    notebook.source("v", np.array([3.0, 1.0, 2.0, 0.0]))
    notebook.source("b", np.arange(8.0).reshape(4, 2) * 10)
    notebook.source("w", np.array([1.0, 2.0]))
    notebook.source("c", np.arange(8.0).reshape(2, 2, 2))
    return notebook


MOVES = {
    "a[1:]": rows(1, 2, 3),
    "a[::-1]": rows(3, 2, 1, 0),
    "a[-1]": rows(3, 3),
    "a[i]": rows(2, 0),
    "a[-i]": rows(2, 0),
    "a[m]": rows(0, 3),
    "a[m, 0]": rows(0, 3),
    "a[i, 0]": rows(2, 0),
    "a[..., :1]": SAME,
    "a[:, 0]": SAME,
    "a[:, [1, 0]]": SAME,
    "a[np.ix_([3, 1], [0])]": rows(3, 1),
    "a[v > 1.5]": rows(0, 2),
    "a[v.argsort()]": rows(3, 1, 2, 0),
    "a[[True, False, False, True]]": rows(0, 3),
    "a[2][0:1]": rows(2),
    "a.take(i, axis=0)": rows(2, 0),
    "a.take(i, 0)": rows(2, 0),
    "np.take(a, [-1, 0], axis=0)": rows(3, 0),
    "np.take(a, indices=i, axis=0)": rows(2, 0),
    "np.repeat(a, 2, axis=0)": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "np.repeat(a, repeats=2, axis=0)": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "a.repeat(2, axis=0)": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "np.flip(a, axis=0)": rows(3, 2, 1, 0),
    "np.flip(a, 0)": rows(3, 2, 1, 0),
    "np.flipud(a)": rows(3, 2, 1, 0),
    "np.roll(a, 1, axis=0)": rows(3, 0, 1, 2),
    "np.roll(a, -1, 0)": rows(1, 2, 3, 0),
    "np.delete(a, 1, axis=0)": rows(0, 2, 3),
    "np.delete(a, [0, -1], axis=0)": rows(1, 2),
    "np.delete(a, m, 0)": rows(1, 2),
    "np.delete(a, slice(1, 3), axis=0)": rows(0, 3),
    "a.reshape(4, -1)": SAME,
    "a.reshape(-1)": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "a.ravel()": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "a.flatten()": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "a.ravel('C')": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "a.reshape((4, 2))": SAME,
    "a.reshape(4, 1, 2).squeeze()": SAME,
    "np.concatenate([a, a[:1]])": rows(0, 1, 2, 3, 0),
    "np.concatenate((a[2:], a[:2]), 0)": rows(2, 3, 0, 1),
    "np.concatenate([a, a], axis=1)": SAME,
    "np.concatenate([a, a], axis=-1)": SAME,
    "np.concatenate([a, a], axis=-2)": rows(*ALL, *ALL),
    "np.vstack([a[3], a])": rows(3, 0, 1, 2, 3),
    "np.vstack(tup=[a, a])": rows(*ALL, *ALL),
    "np.hstack([a, a])": SAME,
    "np.hstack([a[1:3, 0], a[0]])": rows(1, 2, 0, 0),
    "np.append(a, a[:1], axis=0)": rows(0, 1, 2, 3, 0),
    "np.append(a, a, 1)": SAME,
    "np.append(a[:, 0], a[0])": rows(0, 1, 2, 3, 0, 0),
    "np.column_stack([a[:, 1], a])": SAME,
    "np.stack([a[2], a[0]])": rows(2, 0),
    "np.stack(arrays=[a[2], a[0]])": rows(2, 0),
    "np.stack([a[:, 0], a[:, 1]], axis=1)": SAME,
    "np.stack([a[:, 0], a[:, 1]], axis=-1)": SAME,
    "np.stack([a, a], axis=0)": rows(ALL, ALL),
    "np.stack([a, a], axis=-3)": rows(ALL, ALL),
    "np.stack([a, a], axis=-2)": SAME,
    "np.c_[a, a[:, 0]]": SAME,
    "np.r_[a, a[:1]]": rows(0, 1, 2, 3, 0),
}
VALUES = {
    "a * 2 + 1": SAME,
    "-a": SAME,
    "a > 1": SAME,
    "a + a[:, :1]": SAME,
    "np.log1p(a)": SAME,
    "np.add(a, 1)": SAME,
    "np.where(a > 1, a, 0.0)": SAME,
    "np.clip(a, 0, 1)": SAME,
    "np.asarray(a)": SAME,
    "np.array(a)": SAME,
    "np.ascontiguousarray(a)": SAME,
    "a.astype(int)": SAME,
    "a.copy()": SAME,
    "a.clip(0, 1)": SAME,
    "a.view()": SAME,
    "a @ np.eye(2)": SAME,
    "a.dot(np.eye(2))": SAME,
    "np.dot(a, np.eye(2))": SAME,
    "np.matmul(a, np.eye(2))": SAME,
    "a @ w": SAME,
    "a.sum(axis=1)": SAME,
    "a.mean(-1)": SAME,
    "np.max(a, axis=1)": SAME,
    "a.sum(axis=0)": rows(ALL, ALL),
    "a.sum(axis=-2)": rows(ALL, ALL),
    "a.mean()": rows(ALL),
    "np.mean(a)": rows(ALL),
    "np.median(a, axis=0)": rows(ALL, ALL),
    "a.sum(axis=(0, 1))": rows(ALL),
    "np.add.reduce(a)": rows(ALL, ALL),
    "np.add.reduce(a, axis=1)": SAME,
    "a.mean(axis=0, keepdims=True)": rows(ALL),
    "a[1].sum()": rows(1),
    "a[1, 0] * 2": rows(1),
}


@pytest.mark.parametrize("expression", [*MOVES, *VALUES])
def test_rows_are_known_exactly(arrays, expression):
    arrays(f"out = {expression}")
    assert arrays.behind("out", "a") == (MOVES | VALUES)[expression]
    assert arrays.status("out") == Status.EXACT
    assert not arrays.swallowed()


STANDS_BACK = {
    "a.reshape(2, -1, order='F')": "reshape",
    "a.ravel('F')": "ravel",
    "a.T.ravel('K')": "ravel",
    "a.T.flatten('A')": "flatten",
    "a.T.ravel(order='K')": "ravel",
    "np.frompyfunc(lambda x: x + 1, 1, 1)(a)": "call",
    "np.array(a, ndmin=3)": "array",
    "a.sum(axis=0, where=m[:, None])": "sum",
    "np.c_[a[None]]": "[]",
    "np.r_['1', a, a]": "[]",
    "a.flat[2:5]": "flat",
    "np.asfortranarray(a).ravel('K')": "ravel",
    "np.asfortranarray(a).ravel(order='A')": "ravel",
    "np.asfortranarray(a).reshape(-1, order='A')": "reshape",
}


@pytest.mark.parametrize("expression", STANDS_BACK)
def test_a_call_that_a_rule_does_not_understand_is_a_superset(arrays, expression):
    arrays(f"out = {expression}")
    assert all(row == ALL for row in arrays.behind("out", "a"))
    assert arrays.status("out") in (Status.INEXACT, Status.UNKNOWN)
    named = {d.operation for d in arrays.session.why(arrays.names["out"]).doubts}
    assert STANDS_BACK[expression] in named
    assert not arrays.swallowed()


CONTEXT = {
    "a - a.mean(axis=0)": (SAME, rows(*[ALL] * N)),
    "a / w": (SAME, None),
    "a * a.max()": (SAME, rows(*[ALL] * N)),
    "a.argsort(axis=0)": ([[]] * N, rows(*[ALL] * N)),
    "np.flatnonzero(a[:, 0] > 3)": ([[]] * 2, rows(*[ALL] * 2)),
    "np.full(3, a.mean())": ([[]] * 3, rows(*[ALL] * 3)),
    "a.clip(a.min(), 5.0)": (SAME, rows(*[ALL] * N)),
}


@pytest.mark.parametrize("expression", CONTEXT)
def test_what_is_spread_over_all_rows_is_context(arrays, expression):
    arrays(f"out = {expression}")
    direct, context = CONTEXT[expression]
    assert arrays.behind("out", "a") == direct
    assert arrays.status("out") == Status.EXACT
    if context is not None:
        assert arrays.behind("out", "a", context=True) == context
    else:
        assert arrays.behind("out", "w") == [[]] * N
        assert arrays.behind("out", "w", context=True) == [[0, 1]] * N


def test_an_average_remembers_its_weights(arrays):
    arrays("out = np.average(a, axis=0, weights=v)")
    assert arrays.behind("out", "a") == rows(ALL, ALL)
    assert arrays.behind("out", "v", context=True) == rows(ALL, ALL)


def test_where_nothing_is_aligned_every_operand_is_direct(arrays):
    arrays("out = w[:, None] * w[None, :]\nouter = v[:, None, None] + w[None, :, None]\n")
    assert arrays.behind("outer", "v") == SAME
    arrays("flat = w + c")
    assert arrays.behind("flat", "c") == rows(0, 1)
    assert arrays.behind("flat", "w", context=True) == rows([0, 1], [0, 1])


def test_the_right_side_of_a_product_is_context(arrays):
    arrays("out = a @ c[0]\nvector = w @ a.T\n")
    assert arrays.behind("out", "a") == SAME
    assert arrays.behind("out", "c", context=True) == [[0]] * N
    assert {k for _, k, _ in arrays.parents("vector")} == {Kind.DIRECT}


def test_a_vector_times_a_square_matrix_mixes_all_its_elements(arrays):
    arrays("out = v @ np.ones((4, 4))")
    assert arrays.behind("out", "v") == rows(*[ALL] * N)
    assert arrays.status("out") == Status.EXACT


def test_a_stack_of_matrices_is_no_product_of_rows(arrays):
    arrays("out = c @ c")
    assert arrays.status("out") == Status.INEXACT


NEW = ["np.zeros(3)", "np.arange(3)", "np.zeros_like(a)", "np.full(3, 7.0)",
       "np.random.default_rng(0).normal(size=3)", "np.random.rand(3)"]  # fmt: skip


@pytest.mark.parametrize("expression", NEW)
def test_new_values_come_from_nowhere(arrays, expression):
    arrays(f"out = {expression}")
    assert all(not row for row in arrays.behind("out", "a"))
    assert arrays.status("out") == Status.EXACT


def test_a_shuffled_index_leads_to_exact_rows(arrays):
    arrays("rng = np.random.default_rng(0)\np = rng.permutation(len(a))\nout = a[p]")
    assert arrays.behind("out", "a") == [[int(r)] for r in arrays.names["p"]]
    assert arrays.status("out") == Status.EXACT


def test_two_arrays_of_one_length_meet_row_by_row(arrays):
    arrays("out = a + b\nout2 = np.where(a > 1, a, b)\nout3 = np.maximum(a, b[:, :1])")
    for name in ("out", "out2", "out3"):
        assert arrays.behind(name, "a") == arrays.behind(name, "b") == SAME


def test_numbers_of_several_rows_stay_apart_in_a_stack(arrays):
    arrays("v = np.concatenate([a[3, :1], a[1, :1]])\nout = np.stack([v, v])[:, 1:]")
    assert arrays.behind("out", "a") == rows(1, 1)


def test_lists_of_rows_are_stacked(arrays):
    arrays("out = np.array([a[3], a[1]])\ndeep = np.stack([c, c], axis=2)\n"
           "many = np.array([a[0, :1]] * 1200 + [a[2, :1]])\none = np.array([a[2, 0], a[1, 1]])\n"
           "back = np.array([a, b])[1]\nturned = np.array([a[:, 0], a[:, 1]]).T[::-1]")  # fmt: skip
    assert arrays.behind("out", "a") == rows(3, 1)
    assert arrays.behind("deep", "c") == rows(0, 1)
    assert arrays.behind("many", "a")[-1] == [2]
    assert arrays.behind("one", "a") == rows(2, 1)
    assert arrays.behind("back", "a") == [[]] * N
    assert arrays.behind("back", "b") == SAME
    assert arrays.behind("turned", "a") == SAME[::-1]
    assert arrays.status("out") == arrays.status("many") == arrays.status("one") == Status.EXACT
    assert arrays.status("back") == Status.EXACT


WRITES = {
    "a[1] = b[3]": ([[0], [], [2], [3]], [[], [3], [], []], Status.EXACT),
    "a[-1] = b[3]": (rows(0, 1, 2, []), [[], [], [], [3]], Status.EXACT),
    "a[1:3] = b[:2]": (rows(0, [], [], 3), [[], [0], [1], []], Status.EXACT),
    "a[i] = b[i]": (rows([], 1, [], 3), [[0], [], [2], []], Status.EXACT),
    "a[-1:] = b[:1]": (rows(0, 1, 2, []), [[], [], [], [0]], Status.EXACT),
    "a[m] = b[0]": (rows([], 1, 2, []), [[0], [], [], [0]], Status.EXACT),
    "a[m] = b[:1]": (rows([], 1, 2, []), [[0], [], [], [0]], Status.EXACT),
    "a[1:, 0] = b[:, 0].max()": (rows(0, 1, 2, 3), [[], [], [], []], Status.EXACT),
    "a[:, 0] = b[0, :1]": (rows(0, 1, 2, 3), [[0], [0], [0], [0]], Status.EXACT),
    "a.T[:, 1:3] = b[:2].T": (rows(0, [], [], 3), [[], [0], [1], []], Status.EXACT),
    "a.T[0, 1] = b[3, 0]": (rows(0, 1, 2, 3), [[], [3], [], []], Status.EXACT),
    "a.T[:] = b[0][:, None]": (rows([], [], [], []), [[0], [0], [0], [0]], Status.EXACT),
    "a[1, :2] = b[3]": ([[0], [], [2], [3]], [[], [3], [], []], Status.EXACT),
    "a.flat[:2] = b[1]": (rows([], 1, 2, 3), [[1], [], [], []], Status.EXACT),
    "a.flat[1:2] = b[3, 0]": (rows(0, 1, 2, 3), [[3], [], [], []], Status.EXACT),
    "a[0], a[1] = b[1], b[0]": (rows([], [], 2, 3), [[1], [0], [], []], Status.EXACT),
    "a[0], a[1] = a[1], a[0]": (rows(1, 1, 2, 3), [[], [], [], []], Status.EXACT),
    "a[0], a[1] = a[1].copy(), a[0].copy()": (rows(1, 0, 2, 3), [[]] * 4, Status.EXACT),
    "np.copyto(a, b[:1])": (rows([], [], [], []), [[0], [0], [0], [0]], Status.EXACT),
    "a[m] = b[1:3]": (rows([], 1, 2, []), [[1], [], [], [2]], Status.EXACT),
    "a[:] = b": ([[]] * N, SAME, Status.EXACT),
    "a[:, 0] = b[:, 1]": (SAME, SAME, Status.EXACT),
    "a[:, 0] = v": (SAME, [[]] * N, Status.EXACT),
    "a[1:3] += b[:2]": (SAME, [[], [0], [1], []], Status.EXACT),
    "a += b": (SAME, SAME, Status.EXACT),
    "a[0, 0] = 5.0": (SAME, [[]] * N, Status.EXACT),
    "a[[0, 0]] = 7": (SAME, [[]] * N, Status.EXACT),
    "a[[1, 1]] = b[2:]": (rows(0, [], 2, 3), [[], [3], [], []], Status.EXACT),
    "np.add(b, 1, out=a)": ([[]] * N, SAME, Status.EXACT),
    "np.add(b, 1, a)": ([[]] * N, SAME, Status.EXACT),
    "a.fill(0.0)": (SAME, [[]] * N, Status.EXACT),
    "a.shape = (4, 2, 1)": (SAME, [[]] * N, Status.EXACT),
    "a[:1] = b": None,
}
WRITES.pop("a[:1] = b")


@pytest.mark.parametrize("statement", WRITES)
def test_written_rows_come_from_what_was_written(arrays, statement):
    own, other, status = WRITES[statement]
    arrays(statement)
    assert arrays.behind("a", "a") == own
    assert arrays.behind("a", "b") == other
    assert arrays.status("a") == status


LOOSE_WRITES = [
    "a.sort(axis=0)",
    "a.partition(1, axis=0)", "np.add.at(a, [0], b[0])",
    "a.flat[::3] = b.T.ravel()[:3]"]  # fmt: skip


@pytest.mark.parametrize("statement", LOOSE_WRITES)
def test_writes_that_may_move_any_row_are_supersets(arrays, statement):
    arrays(statement)
    assert arrays.behind("a", "a") == rows(*[ALL] * N) or arrays.behind("a", "a") == SAME
    assert arrays.status("a") in (Status.INEXACT, Status.UNKNOWN)


def test_a_value_written_in_two_places_reaches_both(arrays):
    arrays("a[0] = a[2] = c[1] = b[3]")
    assert arrays.behind("a", "b") == [[3], [], [3], []]
    assert arrays.behind("a", "a") == rows([], 1, [], 3)
    assert arrays.behind("c", "b") == rows([], 3)
    assert arrays.status("a") == arrays.status("c") == Status.EXACT


def test_an_unpacked_write_is_unknown(arrays):
    arrays("a[0], a[1] = b[:2]")
    assert arrays.status("a") == Status.UNKNOWN


def test_a_scalar_written_into_many_rows_is_their_context(arrays):
    arrays("a[m, 1] = b.max()")
    assert arrays.behind("a", "a") == SAME
    assert arrays.behind("a", "b") == [[]] * N
    assert arrays.behind("a", "b", context=True) == rows(*[ALL] * N)


def test_a_scalar_written_into_one_row_is_that_rows(arrays):
    arrays("a[2, 1] = b[3, 0]\nz = np.zeros(3)\nfor k in range(3):\n    z[-k] = v[k] * 2\n")
    assert arrays.behind("a", "a") == SAME
    assert arrays.behind("a", "b") == [[], [], [3], []]
    assert arrays.behind("z", "v") == rows(0, 2, 1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("np.stack([a, b])[0]", SAME),
        ("np.stack([a, b]).mean(axis=0)", SAME),
        ("np.stack([a, b])[0][2]", rows(2, 2)),
        ("np.stack([a, b])[:, 1]", rows([1], [])),
    ],
)
def test_matrices_that_are_stacked_keep_their_rows_apart(arrays, source, expected):
    arrays(f"out = {source}")
    assert arrays.behind("out", "a") == expected
    assert arrays.status("out") == Status.EXACT


ITSELF = ["np.random.normal(v, 1.0)", "rng.uniform(v, v + 1)", "np.roll(v, 1)", "np.cov(a)"]


@pytest.mark.parametrize("call", ITSELF)
def test_what_a_row_is_made_of_is_the_row_itself_not_its_context(arrays, call):
    arrays(f"rng = np.random.default_rng(0)\nout = {call}")
    source = "a" if "(a" in call else "v"
    assert all(len(row) == 1 for row in arrays.behind("out", source))
