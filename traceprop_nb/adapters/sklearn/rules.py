"""What scikit-learn's estimators and splitters do to rows.

A transformer keeps the row it is given (DIRECT) and depends on every row it was fitted on
(CONTEXT). An estimator is a value of its own: fitting records which rows went in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.model_selection as model_selection
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from traceprop_nb.adapters.sklearn import metrics, saving
from traceprop_nb.adapters.sklearn.taps import Taps
from traceprop_nb.lineage.maps import All, Deferred, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.broadcast import align
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

ROWWISE = frozenset(
    "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer SimpleImputer "
    "OneHotEncoder OrdinalEncoder PolynomialFeatures KBinsDiscretizer PowerTransformer "
    "QuantileTransformer PCA TruncatedSVD VarianceThreshold SelectKBest LabelEncoder "
    "LabelBinarizer MissingIndicator SplineTransformer IncrementalPCA".split()
)
"""Checked by subset and permutation: transform(x[rows]) equals transform(x)[rows]."""
_PREDICTING = "predict predict_proba predict_log_proba decision_function score_samples"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.trusted_roots.update(("sklearn", "scipy"))
    table.method(_fit, BaseEstimator, ("fit", "partial_fit"))
    table.method(_transform, BaseEstimator, ("transform", "inverse_transform", "fit_transform"))
    table.method(_predict, BaseEstimator, _PREDICTING.split())
    table.method(_nothing, BaseEstimator, ("set_output", "set_params", "get_params"))
    metrics.install(table)
    saving.install(table)
    table.function(_split, model_selection.train_test_split)
    matrices = (sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.csc_array)
    table.track(lambda m: (2, m.shape[0], None), align, *matrices)
    for kind in matrices:
        table.method(_densely, kind, ("toarray", "todense", "tocsr", "tocsc", "copy", "astype"))
        table.method(_rows_of, kind, ("__getitem__",))


def taps(recorder: Recorder) -> Taps:
    """The taps of a recorder, not yet in place."""
    return Taps(recorder)


def rowwise(estimator: Any) -> bool:
    """Whether a transformer, with all its parts, is known to keep rows."""
    if not type(estimator).__module__.startswith("sklearn."):
        return (
            estimator in ("passthrough", "drop", None)
            if isinstance(estimator, str | None)
            else False
        )
    if isinstance(estimator, Pipeline):
        return all(rowwise(step) or _predictor(step) for _, step in estimator.steps)
    if isinstance(estimator, ColumnTransformer):
        parts = getattr(estimator, "transformers_", estimator.transformers)
        return all(rowwise(part) for _, part, _ in parts)
    if isinstance(estimator, FeatureUnion):
        return all(rowwise(part) for _, part in estimator.transformer_list)
    return type(estimator).__name__ in ROWWISE or _passes_through(estimator)


def _passes_through(estimator: Any) -> bool:
    return type(estimator).__name__ == "FunctionTransformer" and estimator.func is None


def _predictor(estimator: Any) -> bool:
    return hasattr(estimator, "predict") and type(estimator).__module__.startswith("sklearn.")


def _given(call: Call) -> list[Any]:
    values = [*call.args, *call.kwargs.values()]
    return [
        v
        for v in values
        if call.recorder.identity.node(v) is not None or type(v) in call.recorder.table.recorded
    ]


def _fit(call: Call) -> bool | None:
    _fitted(call)
    return True


def _fitted(call: Call) -> None:
    """The estimator becomes a value made of every row it saw."""
    recorder, estimator = call.recorder, call.receiver
    if estimator is None:
        return
    edges: list[Edge] = []
    if call.name == "partial_fit" and call.node is not None:
        edges.append((call.node, All(1, 1), Kind.DIRECT, Status.EXACT))
    for value in _given(call):
        edges += recorder.edge(value, All(recorder.table.rows(value), 1))
    recorder.emit(call.site, f"{type(estimator).__name__}.{call.name}", estimator, edges, rows=1)


def _transform(call: Call) -> bool | None:
    if call.name == "fit_transform":
        _fitted(call)
    source = call.args[0] if call.args else call.kwargs.get("X")
    return _by_row(call, source, exact=rowwise(call.receiver))


def _by_row(call: Call, source: Any, *, exact: bool) -> bool | None:
    recorder, out = call.recorder, call.out
    node = recorder.node_of(source)
    rows = out.shape[0] if hasattr(out, "shape") and len(out.shape) else -1
    if node is None or call.receiver is None or rows != recorder.graph.rows(node):
        return None
    ours = type(call.receiver).__module__.startswith("sklearn.")
    if not exact and not ours:
        return None
    status = Status.EXACT if exact else Status.ASSUMED
    edges: list[Edge] = [(node, Identity(rows), Kind.DIRECT, status)]
    fitted = recorder.identity.node(call.receiver)
    if fitted is not None:
        edges.append((fitted, All(1, rows), Kind.CONTEXT, Status.EXACT))
    name = f"{type(call.receiver).__name__}.{call.name}"
    if out is source:
        return True
    recorder.emit(call.site, name, out, edges, rows=rows)
    return True


def _predict(call: Call) -> bool | None:
    source = call.args[0] if call.args else call.kwargs.get("X")
    return _by_row(call, source, exact=_predicts_by_row(call.receiver))


def _predicts_by_row(estimator: Any) -> bool:
    if isinstance(estimator, Pipeline):
        return rowwise(estimator)
    return type(estimator).__module__.startswith("sklearn.")


def _nothing(call: Call) -> bool | None:
    return True


def _split(call: Call) -> bool | None:
    """``train_test_split``: every part by the positions that scikit-learn drew."""
    recorder = call.recorder
    seen = [e for e in recorder.events if e[0] == "taken"]
    if not isinstance(call.out, list) or len(seen) != len(call.out):
        return None
    for out, (_, source, taken, positions) in zip(call.out, seen, strict=True):
        if taken is not out:
            return None
        node = recorder.node_of(source)
        if node is not None:
            n = recorder.graph.rows(node)
            moved = Deferred(np.array(positions, np.int64), n)
            recorder.emit(
                call.site,
                call.name,
                out,
                [(node, moved, Kind.DIRECT, Status.EXACT)],
                rows=moved.n_out,
            )
    return True


def _densely(call: Call) -> bool | None:
    """The same matrix in another form."""
    if call.node is None or call.recorder.table.rows(call.out) != call.rows:
        return None
    return call.emit((call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT))


def _rows_of(call: Call) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    row_map = key_map(call.args[0], call.rows, 2, rows) if call.node is not None else None
    if row_map is None or call.node is None:
        return None
    return call.emit((call.node, row_map, Kind.DIRECT, Status.EXACT))
