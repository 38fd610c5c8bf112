"""A fit of boosted trees, made into a run: what the adapters of their libraries share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.check import require_formula
from traceprop_nb.gradients.boosting.library import Library
from traceprop_nb.gradients.boosting.recipe import Regrow
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.boosting.rows import Reader
from traceprop_nb.gradients.run import TrainingRun


def grown(
    library: Library, model: Any, data: tuple[Any, Any, Any], recorded: Mapping[str, Any]
) -> TrainingRun:
    """A run of a fitted model, without a name and without lineage.

    Args:
        library: Whose model it is.
        model: Fitted.
        data: X, y and sample weights, as passed to ``fit``; copied.
        recorded: What was observed of the fit.

    Raises:
        UnsupportedModelError: A setting that is not covered, or leaves that the formula does not
            give.
    """
    X, y, sample_weight = data
    kind, labels = type(model).__name__, _labels(y, type(model).__name__)
    classes = getattr(model, "classes_", None)
    names = tuple(map(str, getattr(X, "columns", ())))
    reader = Reader(np.shape(X)[1], None if classes is None else np.asarray(classes), names)
    rows = reader.rows(X).copy()
    target = reader.targets(labels, len(rows))
    given = None if sample_weight is None else np.array(sample_weight, dtype=np.float64).ravel()
    weights = library.weights(model, labels) * (1.0 if given is None else given)
    trees = library.read(model, target, weights)
    note = "the start of boosting is held: it was given" if trees.started == "constant" else ""
    risk = BoostedRisk(trees, reader, rows, target, weights, trees.leaves(rows), note)
    off = require_formula(risk, kind)
    recipe = Regrow(library, model, risk, labels, given, library.random(model))
    facts = {"model": kind, "loss": trees.loss.name, "largest_leaf_error": off, **recorded}
    return TrainingRun(
        "", library.framework, model, risk, trees.w, trees.w[None, :], None, labels,
        reader.classes, facts, recipe=recipe,
    )  # fmt: skip


def placed(run: TrainingRun, **where: Any) -> TrainingRun:
    """The run with its name and lineage."""
    return replace(run, **where)


def _labels(y: Any, kind: str) -> NDArray[Any]:
    labels = np.array(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    if labels.ndim != 1:
        raise UnsupportedModelError(
            f"{kind} of {labels.shape[-1]} targets at once is not covered; train one model a target"
        )
    return labels
