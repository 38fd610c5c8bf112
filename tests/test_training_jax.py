"""Training in JAX: what is made of the parts that the user names, and what is refused."""

import threading
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from jax.flatten_util import ravel_pytree

from tests import jax_parts as parts
from tests.jax_parts import X, captured, recorded, y
from traceprop_nb.adapters.jax.rows import SIZES, padded
from traceprop_nb.adapters.jax.tree import parameters, with_parameters
from traceprop_nb.errors import (
    NoModelError,
    NotFiniteError,
    OptionError,
    ShapeError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.objective import GaussNewton, all_rows

PARAMS = parts.fit(X, y, 0)


@pytest.fixture(scope="module")
def run():
    return recorded(PARAMS, fit=parts.fit)


# -- nothing of the user's changes ---------------------------------------------------------------


def test_recording_leaves_the_parameters_as_they_are_bit_for_bit():
    plain = [np.asarray(leaf).tobytes() for leaf in PARAMS]
    got = recorded(PARAMS, fit=parts.fit)
    got.objective.grad(got.w)
    got.objective.gauss_newton(got.w)
    assert [np.asarray(leaf).tobytes() for leaf in PARAMS] == plain
    assert got.model is PARAMS
    assert [np.asarray(leaf).tobytes() for leaf in parts.fit(X, y, 0)] == plain


@pytest.mark.parametrize("theirs", [False, True])
def test_the_users_precision_is_the_same_before_and_after_and_in_other_threads(run, theirs):
    seen = []

    def loss(params, x, label):
        thread = threading.Thread(target=lambda: seen.append(jnp.ones(1).dtype))
        thread.start()
        thread.join()
        return parts.loss(params, x, label)

    with jax.enable_x64(theirs):
        wanted = jnp.ones(1).dtype
        recorded(PARAMS, loss=loss)
        assert jnp.ones(1).dtype == wanted
    assert set(seen) == {jnp.ones(1).dtype}
    assert jnp.ones(1).dtype == jnp.float32


def test_precision_is_put_back_after_an_error_in_the_users_loss():
    def loss(params, x, label):
        raise ValueError("no")

    with pytest.raises(UnsupportedModelError, match="ValueError: no"):
        recorded(PARAMS, loss=loss)
    assert jnp.ones(1).dtype == jnp.float32


def test_a_function_that_the_user_compiled_still_gives_the_same_in_single_precision():
    compiled = jax.jit(parts.loss)
    before = compiled(PARAMS, X[0], y[0])
    recorded(PARAMS, loss=compiled)
    after = compiled(PARAMS, X[0], y[0])
    assert (after.dtype, float(after)) == (jnp.float32, float(before))


# -- the objective -------------------------------------------------------------------------------


def torch_twin(run):
    import torch
    from torch import nn

    from traceprop_nb.adapters.torch.losses import Loss
    from traceprop_nb.adapters.torch.objective import risk
    from traceprop_nb.adapters.torch.rows import RowShape
    from traceprop_nb.adapters.torch.view import in_double, view_of

    module = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
    inputs = (torch.from_numpy(run.objective.X),)
    row = torch.Size([4])
    return risk(
        module, view=in_double(view_of(module), inputs), criterion=Loss("cross_entropy"),
        inputs=inputs, target=torch.from_numpy(run.objective.y), weights=np.ones(len(y)),
        penalty=np.zeros(run.objective.p),
        shape=RowShape((row,), (row,), (False,), torch.Size([]), True, 3),
    )  # fmt: skip


def test_it_is_the_torch_objective_of_the_same_weights(run):
    mine, theirs, w, rows = run.objective, torch_twin(run), run.w, np.array([7, 0, 7, 31])
    v, u = np.random.default_rng(0).normal(size=(2, len(w)))
    pairs = [
        (one.value(w), one.loss(w, rows), one.per_example_grad(w, rows), one.grad(w),
         one.loss_grad(w, rows), one.hvp(w, v), one.gauss_newton(w), one.predict(w, X),
         one.gauss_newton_product(w, v), one.divergence(u, w, rows),
         one.divergence_grad(u, w, rows), one.correct(w))
        for one in (mine, theirs)
    ]  # fmt: skip
    for a, b in zip(*pairs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


class Pair(NamedTuple):
    slope: object
    start: object


TREES = {
    "a dict": {"b": jnp.ones(2), "a": jnp.arange(6.0).reshape(2, 3)},
    "a named tuple in a list": [Pair(jnp.arange(3.0), jnp.float32(4.0)), None],
    "half precision": {"a": jnp.arange(3, dtype=jnp.bfloat16), "b": jnp.ones((1, 2))},
    "NumPy beside JAX": (np.arange(3.0), jnp.ones(2)),
}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_w_has_the_order_of_ravel_pytree_and_goes_back_into_the_same_tree(tree):
    w = parameters(tree)
    assert w.dtype == np.float64
    np.testing.assert_array_equal(w, np.asarray(ravel_pytree(tree)[0], dtype=np.float64))
    back = with_parameters(tree, w + 1)
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    for old, new in zip(jax.tree.leaves(tree), jax.tree.leaves(back), strict=True):
        assert (new.dtype, type(new)) == (old.dtype, type(old))
        np.testing.assert_array_equal(np.asarray(new), np.asarray(old) + 1)
    with pytest.raises(ShapeError, match=rf"2 parameters for a tree that holds {len(w)}"):
        with_parameters(tree, w[:2])


def test_a_loss_of_a_batch_is_that_of_its_rows(run):
    rows = all_rows(run.objective)
    for loss, note in ((parts.mean_loss, "a batch of one"), (parts.each_loss, "")):
        other = recorded(PARAMS, loss=loss).objective
        assert note in other.note
        np.testing.assert_allclose(
            other.per_example_grad(run.w, rows), run.objective.per_example_grad(run.w, rows),
            atol=1e-12,
        )  # fmt: skip


def test_few_sizes_of_blocks_are_compiled_for_any_number_of_rows(run):
    objective = recorded(PARAMS).objective
    for m in (1, 2, 5, 8, 9, 17, 30, 40, 3):
        rows = np.arange(m)
        np.testing.assert_array_equal(
            objective.restrict(rows).loss(run.w, rows), run.objective.loss(run.w, rows)
        )
    assert objective.programs.losses._cache_size() <= 2


@given(st.integers(0, 9000), st.integers(1, 1 << 29))
@settings(max_examples=60, deadline=None)
def test_blocks_hold_every_row_once_in_order_under_the_budget(m, bytes_per_row):
    rows = np.arange(m, dtype=np.int64) * 3
    found = list(padded(rows, bytes_per_row))
    np.testing.assert_array_equal(np.concatenate([b.rows[: b.real] for b in found] or [rows]), rows)
    sizes = [len(b.rows) for b in found]
    assert set(sizes) <= {1, *SIZES}
    assert all(size * bytes_per_row <= 1 << 28 or size == 1 for size in sizes)
    assert sum(sizes) <= 2 * m + SIZES[1]


def insisting(params, x, label):
    carried, _ = jax.lax.scan(
        lambda c, _: (jnp.float32(0.5) * c + x, None), jnp.zeros(4, jnp.float32), None, length=2
    )
    return parts.loss(params, carried, label)


def test_a_loss_that_insists_on_single_precision_is_computed_in_it_and_the_note_says_so():
    assert jax.eval_shape(insisting, PARAMS, X[0], y[0]).dtype == jnp.float32
    got = recorded(PARAMS, loss=insisting, options={"predict": None})
    assert "computed in float32: loss cannot be called with float64" in got.objective.note
    want = [insisting(PARAMS, a, b) for a, b in zip(X[:3], y[:3], strict=True)]
    np.testing.assert_allclose(got.objective.loss(got.w, np.arange(3)), want, rtol=1e-6)
    assert got.objective.grad(got.w).dtype == np.float64


def test_where_no_block_can_be_in_double_precision_the_note_says_so(monkeypatch):
    monkeypatch.setattr("traceprop_nb.adapters.jax.precision._CONTEXT", None)
    got = recorded(PARAMS)
    assert "computed in single precision" in got.objective.note
    np.testing.assert_allclose(
        got.objective.grad(got.w), recorded(PARAMS).objective.grad(got.w), rtol=1e-4, atol=1e-4
    )


# -- what the outputs mean -----------------------------------------------------------------------

HOT = np.eye(3, dtype=np.float32)[y]
SIDE = (y == 1).astype(np.float32)


def chances(params, X):
    return jax.nn.softmax(parts.scores(params, X))


def margin(params, X):
    return parts.scores(params, X)[..., 0]


def softly(params, x, label):
    return -(label * jax.nn.log_softmax(parts.scores(params, x))).sum()


def logistic(params, x, label):
    return jnp.logaddexp(0.0, margin(params, x)) - label * margin(params, x)


def half_squares(params, x, label):
    return 0.5 * ((parts.scores(params, x) - label) ** 2).sum()


def huber(params, x, label):
    gap = jnp.abs(margin(params, x) - label)
    return jnp.where(gap < 1, 0.5 * gap**2, gap - 0.5)


def smoothed(params, x, label):
    return (
        0.9 * parts.loss(params, x, label)
        - 0.1 * jax.nn.log_softmax(parts.scores(params, x)).mean()
    )


MEANINGS = {
    "probabilities": (parts.loss, chances, y, "class probabilities", 1.0),
    "one-hot labels": (softly, parts.scores, HOT, "class scores", 1.0),
    "log odds": (logistic, margin, SIDE, "log odds", 1.0),
    "half the squares": (half_squares, parts.scores, X[:, :3], "values", 0.5),
    "squares of labels": (half_squares, parts.scores, HOT, "values", 0.5),
    "another loss of numbers": (huber, margin, X[:, 0], "values", None),
    "smoothed labels": (smoothed, parts.scores, y, "class scores", None),
}


@pytest.mark.parametrize("case", MEANINGS)
def test_what_outputs_mean_is_found_from_the_loss(case):
    loss, predict, labels, name, scale = MEANINGS[case]
    got = recorded(PARAMS, loss=loss, predict=predict, y=labels)
    meaning = got.objective.programs.meaning
    assert meaning.name == name
    assert meaning.scale == (None if scale is None else pytest.approx(scale))
    assert isinstance(got.objective, GaussNewton) == (scale is not None)
    assert ("no Gauss-Newton matrix is known" in got.objective.note) == (scale is None)
    assert (got.classes is None) == (name == "values")
    if got.classes is not None:
        np.testing.assert_allclose(got.predict(X).sum(axis=1), 1.0)
        np.testing.assert_array_equal(got.labels, y if labels is not SIDE else y == 1)
        assert got.query(X[:2]).n == 2


def test_without_outputs_there_are_losses_and_no_predictions():
    got = recorded(PARAMS, options={"predict": None})
    assert got.objective.grad(got.w).shape == got.w.shape
    asks = [
        lambda: got.predict(X), lambda: got.objective.correct(got.w),
        lambda: got.objective.divergence(got.w, got.w, np.array([0])),
        lambda: got.objective.divergence_grad(got.w, got.w, np.array([0])),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(UnsupportedModelError, match="record it again with --predict NAME"):
            ask()


def test_a_regression_has_nothing_to_distil():
    got = recorded(PARAMS, loss=half_squares, y=X[:, :3])
    with pytest.raises(UnsupportedModelError, match="a regression predicts no class"):
        got.objective.divergence(got.w, got.w, np.array([0]))
    assert got.objective.correct(got.w) is None


# -- rows ----------------------------------------------------------------------------------------


def test_rows_may_be_a_frame_a_jax_array_or_whole_numbers(run):
    frame = pd.DataFrame(X, columns=list("abcd"))
    kinds = [(frame, pd.Series(y)), (jnp.asarray(X), jnp.asarray(y)), (X.tolist(), y.tolist())]
    for rows, labels in kinds:
        got = recorded(PARAMS, X=rows, y=labels)
        np.testing.assert_allclose(got.objective.grad(run.w), run.objective.grad(run.w), atol=1e-9)
    whole = recorded(PARAMS, X=np.round(X).astype(np.int8))
    assert whole.objective.X.dtype == np.int8
    assert whole.query(X[:2] + 0.25, y[:2]).X[0, 0] == X[0, 0] + 0.25


def test_rows_are_copied_and_lead_to_the_node_that_they_are():
    mine = X.copy()
    node_of = {id(mine): 7, id(y): 8}
    [found], _ = captured(PARAMS, X=mine, node_of=lambda thing: node_of.get(id(thing)))
    got = found.run("mlp")
    assert (found.x_node, found.y_node, got.rows_node, got.row_index) == (7, 8, 7, None)
    before = got.objective.grad(got.w)
    mine[:] = 0
    np.testing.assert_array_equal(got.objective.grad(got.w), before)


# -- refusals ------------------------------------------------------------------------------------


def lopsided(params, X, labels):
    return parts.each_loss(params, X, labels)[:-1]


def normed(params, X, labels):
    return parts.mean_loss(params, (X - X.mean(axis=0)) / 2, labels)


def outer(params, X, labels):
    return jnp.mean((margin(params, X)[:, None] - labels) ** 2)


NAN = [leaf.at[0].set(jnp.nan) if leaf.ndim == 1 else leaf for leaf in PARAMS]
BAD = {
    "no loss": ({"options": {"loss": None}}, NoModelError, "needs --loss as well"),
    "no rows": ({"options": {"rows": ()}}, NoModelError, "needs --rows as well.*--rows X,y"),
    "no model": ({"options": {"model": None}}, NoModelError, "needs --model as well"),
    "one value": ({"options": {"rows": ("X",)}}, OptionError, "--rows X names 1 values"),
    "an unknown loss": ({"options": {"loss": "lss"}}, UnknownNameError, "no variable named 'lss'"),
    "a loss that is none": ({"loss": 3}, UnsupportedModelError, "--loss loss is a int"),
    "a wrong length": ({"loss": lopsided}, ShapeError, r"gives shape \(2,\) for 3 rows"),
    "rows that meet": ({"loss": normed}, UnsupportedModelError, "rows meet in it"),
    "a loss that broadcasts": (
        {"loss": outer, "predict": margin}, UnsupportedModelError, "shapes that broadcast"
    ),
    "rows of another model": (
        {"X": X[:, :3]}, UnsupportedModelError, r"rows of shape \(3,\).*--rows X,y"
    ),
    "fewer labels": ({"y": y[:-1]}, ShapeError, r"X has shape \(40, 4\) and y has shape \(39,\)"),
    "no row at all": ({"X": X[:0], "y": y[:0]}, ShapeError, "X has no rows"),
    "text": ({"X": np.full((40, 4), "a")}, ShapeError, "X is not numbers"),
    "nan in the rows": (
        {"X": np.where(X[2, 1] == X, np.nan, X)}, NotFiniteError, "X has nan at row 2, column 1"
    ),
    "no outputs": ({"predict": lambda p, X: 1.0}, UnsupportedModelError, r"gives shape \(\)"),
    "outputs that fail": ({"predict": lambda p: p}, UnsupportedModelError, "TypeError"),
    "a fit of two": ({"fit": lambda X, y: 0}, OptionError, r"called as fit\(X, y, seed\)"),
    "a fit that is none": ({"fit": 3}, OptionError, "--fit fit is a int"),
    "not finite": ({"params": NAN}, NotFiniteError, r"1 of 5 parameters at \[1\] are not finite"),
    "a counter": (
        {"params": [*PARAMS, jnp.arange(2)]}, UnsupportedModelError, r"int32 numbers at \[4\]"
    ),
    "a key": ({"params": [*PARAMS, jax.random.key(0)]}, UnsupportedModelError, r"key.* at \[4\]"),
    "a function": ({"params": [*PARAMS, jnp.tanh]}, UnsupportedModelError, r"at \[4\], which has"),
    "not trained": ({"before": PARAMS}, NoModelError, "params is what it was before"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_parts_that_do_not_fit_are_refused_with_what_to_do(case):
    names, error, words = BAD[case]
    with pytest.raises(error, match=words):
        recorded(names.get("params", PARAMS), **{k: v for k, v in names.items() if k != "params"})


def test_what_is_no_tree_of_jax_arrays_is_left_to_other_frameworks():
    for model in (None, object(), {"a": np.ones(2)}):
        found, advice = captured(model, options={"predict": None, "rows": ()})
        assert found == []
        assert "--rows X,y" in advice


def test_a_query_that_does_not_fit_is_refused(run):
    with pytest.raises(ShapeError, match=r"the query has shape \(3,\)"):
        run.query(X[0, :3], y[0])
    with pytest.raises(ShapeError, match=r"labels of shape \(40, 1\) for 40 rows"):
        run.query(X, y[:, None])
    with pytest.raises(ShapeError, match="not numbers"):
        run.query(np.full((1, 4), "a"), [0])
