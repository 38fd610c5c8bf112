"""scikit-learn's LogisticRegression as an objective, in closed form.

Read from the fitted estimator: C, the penalty, class and sample weights, the intercept (which
only liblinear penalises). Weights (K, d) are read row by row, the intercept last in each row.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import NotFiniteError, ShapeError, UnsupportedModelError, unknown_name
from traceprop_nb.gradients.families import Bernoulli, Categorical
from traceprop_nb.gradients.finite import as_matrix
from traceprop_nb.gradients.linear import LinearRisk
from traceprop_nb.gradients.objective import Floats, Ints

DENSE_LIMIT = 1 << 31
"""Bytes above which a sparse matrix is not made dense: 2 GiB."""


@dataclass(frozen=True, eq=False)
class Encoder:
    """Reads rows and labels the way the estimator does.

    Attributes:
        classes: (c,), in the order of the estimator's ``classes_``.
        columns: Number of features.
        intercept: Whether the design ends in a column of ones.
        names: Names of the features, if it was trained on a table.
    """

    classes: NDArray[Any]
    columns: int
    intercept: bool
    names: NDArray[Any] | None = None

    def features(self, X: object) -> Floats:
        names = getattr(X, "columns", None)
        if names is not None and self.names is not None:
            self._check_names([str(name) for name in names])
        matrix = as_matrix(_dense(X), self.columns, "the query")
        if not self.intercept:
            return matrix
        return np.concatenate([matrix, np.ones((len(matrix), 1))], axis=1)

    def targets(self, y: object, m: int) -> Ints:
        labels = np.atleast_1d(np.asarray(y)).ravel()
        if len(labels) != m:
            raise ShapeError(f"{len(labels)} labels for {m} rows; pass one label a row")
        if labels.dtype.kind == "f" and not np.isfinite(labels).all():
            row = int(np.flatnonzero(~np.isfinite(labels))[0])
            raise NotFiniteError(f"the label of row {row} is {labels[row]}; drop that row")
        order = {label: index for index, label in enumerate(self.classes.tolist())}
        try:
            return np.array([order[label] for label in labels.tolist()], dtype=np.int64)
        except KeyError as missing:
            raise unknown_name("class", str(missing.args[0]), map(str, order)) from None

    def _check_names(self, names: list[str]) -> None:
        mine = [] if self.names is None else [str(name) for name in self.names]
        if names != mine and len(names) == len(mine):
            place = next(i for i, (a, b) in enumerate(zip(names, mine, strict=True)) if a != b)
            raise ShapeError(
                f"column {place} of the query is {names[place]!r} where the model was trained on "
                f"{mine[place]!r}; put the columns in the order of training"
            )


def objective(model: Any, X: object, y: object, sample_weight: object = None) -> LinearRisk:
    """The risk that this fitted estimator minimised over these rows.

    Args:
        model: A fitted LogisticRegression.
        X: The rows it was fitted on; copied.
        y: Their labels.
        sample_weight: As passed to ``fit``.

    Raises:
        UnsupportedModelError: A penalty other than l2 or none, or a sparse matrix too large.
    """
    _require_smooth(model)
    classes = np.asarray(model.classes_)
    encoder = Encoder(
        classes,
        model.coef_.shape[1],
        bool(model.fit_intercept),
        getattr(model, "feature_names_in_", None),
    )
    family = Bernoulli() if len(classes) == 2 else Categorical()
    design = encoder.features(X)
    if not encoder.intercept:  # with one it is a new array already
        design = design.copy()
    target = encoder.targets(y, len(design))
    K = family.outputs(len(classes))
    weights = _weights(model, target, sample_weight)
    return LinearRisk(
        family, design, target, weights, _penalties(model, K, design.shape[1]), K, encoder,
        note=_note(model),
    )  # fmt: skip


def parameters(model: Any) -> Floats:
    """The parameters of the estimator, or of the one that a pipeline ends in, copied, (p,)."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    columns = [last.coef_, last.intercept_[:, None]] if last.fit_intercept else [last.coef_]
    return np.concatenate(columns, axis=1).astype(np.float64).ravel()


def with_parameters(model: Any, w: Floats) -> Any:
    """A copy of the estimator, or of the pipeline that ends in it, with other parameters."""
    changed = copy.deepcopy(model)
    last = changed.steps[-1][1] if hasattr(changed, "steps") else changed
    rows = w.reshape(len(last.coef_), -1)
    if last.fit_intercept:
        last.coef_, last.intercept_ = rows[:, :-1].copy(), rows[:, -1].copy()
    else:
        last.coef_ = rows.copy()
    return changed


def _require_smooth(model: Any) -> None:
    if _penalty(model) not in ("l2", None):
        raise UnsupportedModelError(
            f"LogisticRegression with the {_penalty(model)} penalty has no smooth optimum, so no "
            "closed-form influence; train with the l2 penalty (l1_ratio=0) or none"
        )
    one_by_one = model.solver == "liblinear" and len(model.classes_) > 2
    if one_by_one or getattr(model, "multi_class", "auto") not in ("auto", "deprecated"):
        raise UnsupportedModelError(
            f"LogisticRegression with {len(model.classes_)} classes one against the rest is "
            "several models, not one; train the multinomial model (the default with solver='lbfgs')"
        )


def _penalty(model: Any) -> str | None:
    stated = getattr(model, "penalty", "deprecated")
    if stated in (None, "none") or np.isinf(model.C):
        return None
    if stated != "deprecated":
        return str(stated)
    mix = getattr(model, "l1_ratio", 0) or 0
    return {0: "l2", 1: "l1"}.get(mix, "elasticnet")


def _penalties(model: Any, K: int, d: int) -> Floats:
    penalty = np.full((K, d), 0.0 if _penalty(model) is None else 1.0 / model.C)
    if model.fit_intercept:
        liblinear = model.solver == "liblinear" and _penalty(model) is not None
        penalty[:, -1] = 1.0 / (model.C * model.intercept_scaling**2) if liblinear else 0.0
    return penalty.ravel()


def _weights(model: Any, target: Ints, sample_weight: object) -> Floats:
    n, c = len(target), len(model.classes_)
    weights = np.ones(n) if sample_weight is None else np.array(sample_weight, dtype=np.float64)
    weights = np.broadcast_to(weights, (n,)).copy()
    stated = model.class_weight
    if stated is None:
        return weights
    if stated == "balanced":
        mass = np.bincount(target, weights=weights, minlength=c)
        return weights * (weights.sum() / (c * mass))[target]
    by_class = np.array([stated.get(label, 1.0) for label in model.classes_.tolist()])
    return weights * by_class[target]


def _note(model: Any) -> str:
    if isinstance(model.class_weight, str):
        return "balanced class weights are held at their values on all rows"
    return ""


def _dense(X: object) -> object:
    if not hasattr(X, "toarray"):
        return X
    rows, columns = X.shape  # type: ignore[attr-defined]  # a scipy sparse matrix
    if 8 * rows * columns > DENSE_LIMIT:
        raise UnsupportedModelError(
            f"a sparse matrix of {rows} x {columns} would take {8 * rows * columns / 2**30:.1f} "
            "GiB dense; train on fewer columns"
        )
    return X.toarray()
