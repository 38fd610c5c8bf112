"""From the parts that the user named to a ``TrainingRun``, or to an error that names what lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from traceprop_nb.adapters.jax.losses import PROBE, RowLoss, row_loss, rows_meet, shape_of
from traceprop_nb.adapters.jax.objective import JaxCurvedRisk, JaxRisk
from traceprop_nb.adapters.jax.outputs import Meaning, meaning
from traceprop_nb.adapters.jax.precision import double, has_double
from traceprop_nb.adapters.jax.programs import Outputs, Programs
from traceprop_nb.adapters.jax.recipe import JaxRecipe, kept_copy, require_fit
from traceprop_nb.adapters.jax.rows import RowShape, training_rows
from traceprop_nb.adapters.jax.tree import (
    Tree,
    parameters,
    require_finite_leaves,
    tree_of,
)
from traceprop_nb.errors import OptionError, TracepropError, UnsupportedModelError
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.run import TrainingRun

SAMPLE = 64
"""Rows on which the loss is compared with the outputs."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What the user named.

    Attributes:
        params: The tree of trained parameters.
        loss: The loss.
        X: The rows.
        y: Their labels.
        predict: The outputs, or None.
        fit: Trains from scratch, or None.
    """

    params: Any
    loss: Any
    X: Any
    y: Any
    predict: Any = None
    fit: Any = None


def by_shard(parts: Parts, names: Sequence[str]) -> list[Parts]:
    """The parts of each shard, where trees, rows and labels are lists of as many.

    Raises:
        OptionError: One is no list or tuple, or of another length.
    """
    given = {"--model": parts.params, names[0]: parts.X, names[1]: parts.y}
    for what, value in given.items():
        if not isinstance(value, list | tuple):
            raise OptionError(
                f"--shards takes a list with an entry for each shard, and {what} is a "
                f"{type(value).__name__}"
            )
    lengths = {what: len(value) for what, value in given.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{what} {number}" for what, number in lengths.items())
        raise OptionError(f"the lists of --shards are of different lengths: {said}")
    return [
        replace(parts, params=params, X=X, y=y)
        for params, X, y in zip(parts.params, parts.X, parts.y, strict=True)
    ]


def run_of(parts: Parts, options: TrainOptions, rows_node: int | None, name: str) -> TrainingRun:
    """The run of these parts.

    Raises:
        UnsupportedModelError, ShapeError, NotFiniteError, OptionError: With what to do.
    """
    objective = risk(parts, options)
    w = parameters(parts.params)
    labels = objective.y.copy()
    if objective.shape.classes is not None:
        spread = labels[:1].size > 1
        labels = (labels.argmax(axis=1) if spread else labels.reshape(-1)).astype(np.int64)
    classes = objective.shape.classes
    recipe, why = _recipe(parts, options, objective)
    facts = {
        "model": type(parts.params).__name__,
        "loss": options.loss,
        "recipe": why,
        "proj_dim": options.proj_dim,
        "rows_as": "named by the user",
    }
    return TrainingRun(
        name, "jax", parts.params, objective, w, w[None, :], None, labels,
        None if classes is None else np.arange(classes), facts,
        rows_node=rows_node, recipe=recipe,
    )  # fmt: skip


def _recipe(
    parts: Parts, options: TrainOptions, objective: JaxRisk
) -> tuple[JaxRecipe | None, str]:
    if options.fit is None:
        return None, (
            "not recorded: a JAX loop cannot be watched; name a function that trains from scratch "
            "with --fit, fit(X, y, seed) -> params"
        )
    fit = require_fit(options.fit, parts.fit)
    kept = kept_copy(parts.X), kept_copy(parts.y)
    return JaxRecipe(fit, *kept, objective, options.fit), f"{options.fit}(X, y, seed)"


def risk(parts: Parts, options: TrainOptions) -> JaxRisk:
    """The risk of these parts."""
    tree = tree_of(parts.params)
    require_finite_leaves(parts.params)
    names = (options.rows[0], options.rows[1])
    X, y = training_rows(parts.X, parts.y, names)
    called = _called(tree, options.loss or "the loss", parts.loss, X, y)
    tree, loss, X, y = called.tree, called.loss, called.X, called.y
    model = _outputs(options, parts.predict, tree, X)
    shape = RowShape(X.shape[1:], X.dtype, y.shape[1:], y.dtype, None)
    plain = JaxRisk(
        Programs(tree, loss, model, None), X, y, np.ones(len(y)), np.zeros(tree.p), shape
    )
    w = parameters(parts.params)
    notes = [called.caution, _met(plain, w)]
    if model is None:
        return replace(plain, note=_joined([*notes, "without --predict, no curvature is known"]))
    found = _meaning(plain, w)
    known = found.scale is not None
    if not known:
        notes.append(
            f"{loss.name} is no cross-entropy or squared error of {options.predict}'s outputs, "
            "so no Gauss-Newton matrix is known"
        )
    elif found.rest:
        notes.append("the part of the loss that all rows share counts for each of them")
    kind = JaxCurvedRisk if known else JaxRisk
    return kind(
        Programs(tree, loss, model, found), X, y, plain.weights, plain.penalty,
        replace(shape, classes=found.classes), _joined(notes),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Called:
    """A loss that can be called with these rows in this precision."""

    tree: Tree
    loss: RowLoss
    X: NDArray[Any]
    y: NDArray[Any]
    caution: str = ""


def _called(tree: Tree, name: str, own: Any, X: NDArray[Any], y: NDArray[Any]) -> _Called:
    """The loss in float64, or in the user's own precision where it insists on that."""
    caution = "computed in single precision: this JAX has no float64 for one block"
    if has_double():
        wide, target = _wide(X), _wide(y)
        try:
            return _Called(tree, row_loss(name, own, tree, wide, target), wide, target)
        except TracepropError:
            caution = f"computed in {tree.dtypes[0]}: {name} cannot be called with float64"
    single = replace(tree, doubled=False)
    X, y = (v.astype(jax.dtypes.canonicalize_dtype(v.dtype)) for v in (X, y))
    return _Called(single, row_loss(name, own, single, X, y), X, y, caution)


def _wide(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float64) if values.dtype.kind == "f" else values


def _outputs(options: TrainOptions, predict: Any, tree: Tree, X: NDArray[Any]) -> Outputs | None:
    if options.predict is None:
        return None
    if not callable(predict):
        raise UnsupportedModelError(
            f"--predict {options.predict} is a {type(predict).__name__}; name a function of "
            "(params, X)"
        )
    rows = jax.ShapeDtypeStruct((PROBE, *X.shape[1:]), X.dtype)
    got = shape_of(predict, tree, rows)
    if isinstance(got, str) or got[:1] != (PROBE,):
        said = got if isinstance(got, str) else f"it gives shape {got} for {PROBE} rows"
        raise UnsupportedModelError(
            f"{options.predict}(params, X) does not give outputs for each row ({said}); "
            "return (m,) or (m, K)"
        )
    return Outputs(predict, int(np.prod(got[1:], dtype=np.int64)))


def _sample(n: int) -> Ints:
    return np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).round().astype(np.int64))


def _met(plain: JaxRisk, w: Floats) -> str:
    """What to say where the loss of a batch is not that of its rows."""
    loss, programs = plain.programs.row, plain.programs
    if loss.kind == "row" and not loss.batched:
        return ""
    rule = f"{loss.name} is the mean of a batch, and a row's loss that of a batch of one"
    rows = _sample(plain.n)
    each = plain.loss(w, rows)
    with plain.precision():
        params = programs.tree.params(np.asarray(w))
        whole = np.asarray(loss.own(params, plain.X[rows], plain.y[rows]), dtype=np.float64)
    met = rows_meet(loss, whole, each)
    return rule if loss.kind == "mean" else met


def _meaning(plain: JaxRisk, w: Floats) -> Meaning:
    """What the outputs mean, from some rows at w and a little beside it."""
    rows = _sample(plain.n)
    beside = w + 0.1 * (np.std(w) + 0.1) * np.random.default_rng(0).normal(size=len(w))
    points = [w, beside]
    outputs = [plain.outputs(v, plain.X[rows]) for v in points]
    losses = [plain.loss(v, rows) for v in points]
    with double():
        doubled = plain.programs.tree.doubled
        return meaning(outputs, losses, plain.y[rows], 1e-7 if doubled else 1e-4)


def _joined(notes: list[str]) -> str:
    return "; ".join(note for note in notes if note)
