"""Which input columns each output column of a fitted transformer was made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from traceprop_nb.lineage.columns import ColumnTable, Every, Places
from traceprop_nb.tracing.rules import Call, RuleTable

_EACH = frozenset(
    "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler PowerTransformer QuantileTransformer "
    "Binarizer OrdinalEncoder TargetEncoder".split()
)
"""One output for each input, made of it and its statistics alone."""
Columns = list[tuple[int, ...]]


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (TransformerMixin, Pipeline, ColumnTransformer, FeatureUnion):
        table.columns.method(_transformed, kind, ("transform", "fit_transform"))
    predicting = ("predict", "predict_proba", "decision_function", "predict_log_proba")
    table.columns.method(_predicted, BaseEstimator, predicting)


def _given(call: Call) -> int | None:
    value = call.args[0] if call.args else call.kwargs.get("X")
    return call.recorder.identity.node(value)


def _transformed(call: Call, table: ColumnTable, node: int) -> None:
    parent = _given(call)
    if parent is None or call.receiver is None or table.width(parent) < 1:
        return
    labels, width = table.labels(parent), table.width(parent)
    names = labels if isinstance(labels, tuple) else tuple(range(width))
    found = behind(call.receiver, names)
    if found is not None and len(found) == table.width(node):
        table.relate(node, parent, Places(found))


def _predicted(call: Call, table: ColumnTable, node: int) -> None:
    """A prediction sees every column."""
    parent = _given(call)
    if parent is not None and table.width(parent) > 0:
        table.relate(node, parent, Every(table.width(parent)))


def behind(estimator: Any, names: Sequence[Any]) -> Columns | None:
    """For each output column, the places of its inputs among ``names``; None where not known."""
    if estimator == "passthrough" or estimator is None:
        return [(k,) for k in range(len(names))]
    if estimator == "drop":
        return []
    for kind, rule in _COMPOSED:
        if isinstance(estimator, kind):
            return rule(estimator, names)
    if not type(estimator).__module__.startswith("sklearn."):
        return None
    return _simple(estimator, len(names))


def _simple(estimator: Any, width: int) -> Columns | None:
    """A transformer by itself."""
    name = type(estimator).__name__
    if name in _EACH or (name == "FunctionTransformer" and estimator.func is None):
        return [(k,) for k in range(width)]
    if name in _OWN:
        return _OWN[name](estimator, width)
    if hasattr(estimator, "get_support"):
        chosen: Columns = [(int(k),) for k in estimator.get_support(indices=True)]
        return chosen
    return None if name == "FunctionTransformer" else _all(estimator, width)


def _imputed(estimator: Any, width: int) -> Columns | None:
    kept = [k for k in range(width) if not _empty(estimator, k)]
    marks = [] if estimator.indicator_ is None else list(estimator.indicator_.features_)
    return [(int(k),) for k in [*kept, *marks]]


def _one_hot(estimator: Any, _: int) -> Columns | None:
    counts = getattr(estimator, "_n_features_outs", None)
    return None if counts is None else [(k,) for k, n in enumerate(counts) for _ in range(n)]


def _powers(estimator: Any, _: int) -> Columns | None:
    return [tuple(np.flatnonzero(row).tolist()) for row in estimator.powers_]


def _bins(estimator: Any, _: int) -> Columns | None:
    once = estimator.encode == "ordinal"
    counts = estimator.n_bins_
    return [(k,) for k, n in enumerate(counts) for _ in range(1 if once else int(n))]


_OWN: dict[str, Callable[[Any, int], Columns | None]] = {
    "SimpleImputer": _imputed,
    "OneHotEncoder": _one_hot,
    "PolynomialFeatures": _powers,
    "KBinsDiscretizer": _bins,
}


def _empty(imputer: Any, column: int) -> bool:
    """Whether an imputer leaves a column out because it had no value to go by."""
    value = imputer.statistics_[column]
    return not imputer.keep_empty_features and isinstance(value, float) and value != value


def _all(estimator: Any, width: int) -> Columns | None:
    """Every output from every input: projections."""
    out = getattr(estimator, "_n_features_out", None)
    if out is None and hasattr(estimator, "components_"):
        out = len(estimator.components_)
    return None if out is None else [tuple(range(width))] * int(out)


def _pipeline(estimator: Pipeline, names: Sequence[Any]) -> Columns | None:
    found: Columns = [(k,) for k in range(len(names))]
    labels: Sequence[Any] = names
    for _, step in estimator.steps:
        if hasattr(step, "predict") and not hasattr(step, "transform"):
            break
        after = behind(step, labels)
        if after is None:
            return None
        found = [tuple(sorted({p for k in own for p in found[k]})) for own in after]
        labels = tuple(range(len(found)))
    return found


def _union(estimator: FeatureUnion, names: Sequence[Any]) -> Columns | None:
    parts = [behind(part, names) for _, part in estimator.transformer_list]
    return None if any(p is None for p in parts) else [c for part in parts for c in part or ()]


def _columns(estimator: ColumnTransformer, names: Sequence[Any]) -> Columns | None:
    found: dict[int, tuple[int, ...]] = {}
    for name, part, chosen in estimator.transformers_:
        at = estimator.output_indices_.get(name)
        places = _places(chosen, names)
        if at is None or places is None:
            return None
        inside = behind(part, [names[p] for p in places])
        outs = range(*at.indices(max(at.stop or 0, 0)))
        if inside is None or len(inside) != len(outs):
            return None
        for out, own in zip(outs, inside, strict=True):
            found[out] = tuple(places[k] for k in own)
    return (
        [found[k] for k in range(len(found))] if sorted(found) == list(range(len(found))) else None
    )


def _places(chosen: Any, names: Sequence[Any]) -> list[int] | None:
    """Places of the columns that a part of a ColumnTransformer was given."""
    if isinstance(chosen, slice):
        return list(range(*chosen.indices(len(names))))
    listed = [chosen] if isinstance(chosen, str | int) else list(chosen)
    if listed and all(isinstance(c, bool | np.bool_) for c in listed):
        return [k for k, c in enumerate(listed) if c]
    if all(isinstance(c, int | np.integer) for c in listed):
        return [int(c) % len(names) for c in listed]
    where = {label: k for k, label in enumerate(names)}
    return [where[c] for c in listed] if all(c in where for c in listed) else None


_COMPOSED = ((Pipeline, _pipeline), (FeatureUnion, _union), (ColumnTransformer, _columns))
