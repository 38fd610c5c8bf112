"""An estimator is a value of its own: fitting it records which rows went in, for it and its parts.

A node of an estimator has one row. Its first edge leads to the rows of X that it was fitted on,
which is how a model's own attributes find the rows that they are of.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.cluster import HDBSCAN
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Bunch

from traceprop_nb.adapters.sklearn.behaviour import parts, stateless
from traceprop_nb.lineage.maps import All, Gather, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import opaque
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

X_NAMES = (
    "X", "y", "T", "raw_documents", "Xt", "Y", "yt", "K", "V", "v", "X_test", "X_train", "K_train"
)  # fmt: skip
"""What the first argument of a method is called, where it is a value with rows."""
_DEEP, _MANY = 4, 2000
PER_ROW = frozenset(
    "labels_ embedding_ row_labels_ negative_outlier_factor_ oob_decision_function_ probabilities_ "
    "oob_prediction_ x_scores_ y_scores_ transduction_ label_distributions_ reachability_ "
    "core_distances_ inlier_mask_ outliers_ dist_matrix_ affinity_matrix_ dist_ "
    "training_data_ decision_scores_".split()
)
"""Attributes with a row for each fitted row: the row itself, and every other as context."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_fit, BaseEstimator, ("fit", "partial_fit"))
    table.any_method(_attribute, BaseEstimator)
    table.method(_told, BaseEstimator, ("get_covariance", "get_precision"))
    table.method(_named, BaseEstimator, ("get_feature_names_out",))
    table.method(_named, SelectorMixin, ("get_support",))
    table.method(_of_every_row, BaseEstimator, ("path", "cost_complexity_pruning_path"))
    table.method(_of_each_row, HDBSCAN, ("dbscan_clustering",))


def first(call: Call) -> Any:
    """The value whose rows the result's are."""
    if call.args:
        return call.args[0]
    return next((call.kwargs[name] for name in X_NAMES if name in call.kwargs), None)


def _fit(call: Call) -> bool | None:
    fitted(call)
    return True


def fitted(call: Call) -> None:
    """The estimator becomes a value made of every row it saw."""
    recorder, estimator = call.recorder, call.receiver
    if estimator is None or isinstance(estimator, type):
        return
    edges = _before(call)
    frozen = _is_frozen(estimator)
    for value in () if frozen or stateless(estimator) else _given(call):
        edges += recorder.edge(value, All(recorder.table.rows(value), 1))
    goes_on = call.name == "partial_fit" or getattr(estimator, "warm_start", False)
    if goes_on and call.node is not None:
        edges.append((call.node, All(recorder.graph.rows(call.node), 1), *_EXACT))
    name = f"{type(estimator).__name__}.{call.name}"
    status = Status.EXACT if frozen or not _unseen(call) else Status.UNKNOWN
    node = recorder.emit(call.site, name, estimator, edges, status, rows=1)
    for part in _within(estimator, 0):
        recorder.identity.set(part, node)
    for column in _columns(estimator):
        recorder.emit(call.site, name, column, [_spread(recorder, node, column, Kind.DIRECT)])


_EXACT = (Kind.DIRECT, Status.EXACT)


def _before(call: Call) -> list[Edge]:
    """What parts that are not fitted again were fitted on before."""
    model = call.receiver
    kept = [part for part in _all_parts(model) if _is_frozen(part)]
    if getattr(model, "prefit", False) or getattr(model, "cv", None) == "prefit":
        kept += list(parts(model))
    found = [node for part in kept for node in nodes(call.recorder, part, call.site)]
    return [(n, All(call.recorder.graph.rows(n), 1), *_EXACT) for n in dict.fromkeys(found)]


def _is_frozen(model: Any) -> bool:
    """By name: it is new in scikit-learn 1.6."""
    return type(model).__name__ == "FrozenEstimator"


def _all_parts(model: Any) -> Iterator[Any]:
    yield model
    for part in parts(model):
        yield from _all_parts(part)


def _unseen(call: Call) -> bool:
    """Whether it learnt from rows in lists, which may be anybody's."""
    return any(
        isinstance(v, list | tuple | dict) and v for v in (first(call), call.argument(1, "y"))
    )


def _given(call: Call) -> list[Any]:
    """Every recorded value among the arguments, X first."""
    table, leading = call.recorder.table, first(call)
    rest = [v for v in (*call.args, *call.kwargs.values()) if v is not leading]
    return [
        v
        for v in (leading, *rest)
        if call.recorder.identity.node(v) is not None or type(v) in table.recorded
    ]


def _within(estimator: Any, depth: int) -> Iterator[Any]:
    """The fitted estimators that a fitted one keeps."""
    own = getattr(estimator, "__dict__", None)
    if own is None or depth > _DEEP:
        return
    held = [value for name, value in own.items() if name.endswith("_") and name[0] != "_"]
    held += [own.get("steps"), own.get("transformer_list")]
    for part in islice(_estimators(held), _MANY):
        yield part
        yield from _within(part, depth + 1)


def _estimators(value: Any) -> Iterator[Any]:
    if isinstance(value, BaseEstimator):
        yield value
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _estimators(member)
    elif isinstance(value, dict):
        yield from _estimators(list(value.values()))
    elif isinstance(value, np.ndarray) and value.dtype == object:
        yield from _estimators(value.ravel()[:_MANY].tolist())


def _columns(estimator: Any) -> Iterator[Any]:
    """The arrays of a search's table of results."""
    results = getattr(estimator, "__dict__", {}).get("cv_results_")
    if isinstance(results, dict):
        yield from (value for value in results.values() if type(value) is np.ndarray)


def _spread(recorder: Recorder, node: int, out: Any, kind: Kind) -> Edge:
    return node, All(recorder.graph.rows(node), recorder.table.rows(out)), kind, Status.EXACT


def model_edges(call: Call, rows: int) -> list[Edge]:
    """CONTEXT of what the receiver was fitted on; UNKNOWN where nobody saw that."""
    graph = call.recorder.graph
    return [
        (node, All(graph.rows(node), rows), Kind.CONTEXT, Status.EXACT)
        for node in dict.fromkeys(nodes(call.recorder, call.receiver, call.site))
    ]


def nodes(recorder: Recorder, model: Any, site: int) -> list[int]:
    """What a model was fitted on: its own node, else those of its parts; none if it is not."""
    node = recorder.identity.node(model)
    if node is not None:
        return [node]
    made_of = [n for part in parts(model) for n in nodes(recorder, part, -1)]
    if made_of or site < 0 or not _is_fitted(model):
        return made_of
    name = f"a {type(model).__name__} fitted where nobody saw it"
    return [recorder.source(model, name, "unknown", site=site)]


def _is_fitted(model: Any) -> bool:
    return any(n[-1] == "_" and n[0] != "_" for n in getattr(model, "__dict__", {}))


def rows_node(recorder: Recorder, model: Any) -> int | None:
    """The node of the X that a model was fitted on, where that was recorded."""
    node = recorder.identity.node(model)
    if node is None or node in recorder.graph.sources:
        return None
    edges = [edge for edge in recorder.graph.edges(node) if edge[2] == Kind.DIRECT]
    alone = len(edges) == 1 and hasattr(model, "predict") and hasattr(model, "classes_")
    return None if not edges or alone else edges[0][0]


def _attribute(call: Call) -> bool | None:
    """``model.coef_``: made of all rows; ``model.labels_``: a row of each."""
    if not call.name.endswith("_") or call.name.startswith("_") or call.receiver is None:
        return None
    recorder, out = call.recorder, call.out
    node = recorder.identity.node(call.receiver)
    if node is None or type(out) not in recorder.table.recorded:
        return None
    if recorder.identity.node(out) is not None:
        return True
    rows = recorder.table.rows(out)
    own = _own_rows(call, rows)
    kind = Kind.CONTEXT if own else Kind.DIRECT
    call.emit(*own, _spread(recorder, node, out, kind), op=f"{call.kind.__name__}.{call.name}")
    return True


def _own_rows(call: Call, rows: int) -> list[Edge]:
    """The edge to the fitted row of each row of an attribute, where it has such."""
    name, recorder = call.name, call.recorder
    if name not in PER_ROW and name != "support_vectors_":
        return []
    node = rows_node(recorder, call.receiver)
    if node is None or call.kind.__name__ == "FeatureAgglomeration":
        return []
    n = recorder.graph.rows(node)
    if name == "support_vectors_":
        taken = np.asarray(getattr(call.receiver, "support_", ()))
        return [(node, Gather(taken, n), *_EXACT)] if taken.shape == (rows,) else []
    return [(node, Identity(n), *_EXACT)] if n == rows else []


def _told(call: Call) -> bool | None:
    """Something that a fitted model says of itself."""
    if call.node is None or type(call.out) not in call.recorder.table.recorded:
        return None
    return call.emit(_spread(call.recorder, call.node, call.out, Kind.DIRECT))


def _named(call: Call) -> bool | None:
    """Which columns there are: of a fit, but made of no row."""
    if type(call.out) not in call.recorder.table.recorded:
        return None
    return call.emit(*model_edges(call, call.recorder.table.rows(call.out)))


def _of_every_row(call: Call) -> bool | None:
    """A path of fits: all of them are of every row that is given."""
    for out in call.out if isinstance(call.out, tuple) else (call.out,):
        bunch = type(out) is Bunch
        if bunch or type(out) in call.recorder.table.recorded:
            rows = 1 if bunch else call.recorder.table.rows(out)
            made_of(call, out, rows)
    return True


def made_of(call: Call, out: Any, rows: int) -> None:
    """Record that a result is of every row that was given."""
    recorder = call.recorder
    edges = [
        edge
        for value in _given(call)
        for edge in recorder.edge(value, All(recorder.table.rows(value), rows))
    ]
    recorder.emit(call.site, f"{call.kind.__name__}.{call.name}", out, edges, rows=rows)


def _of_each_row(call: Call) -> bool | None:
    """A label for each row that it was fitted on."""
    node = rows_node(call.recorder, call.receiver)
    if node is None or call.recorder.graph.rows(node) != len(call.out):
        return None
    n = len(call.out)
    return call.emit((node, Identity(n), *_EXACT), *model_edges(call, n))


def overwritten(call: Call, source: Any, out: Any) -> None:
    """With ``copy=False`` the rows that were given may be another's now: say so."""
    if out is source or not _in_place(call.receiver):
        return
    recorder = call.recorder
    node = recorder.identity.node(source)
    if node is None or type(source) not in recorder.table.tracked:
        return
    rows = recorder.table.rows(source)
    every: Edge = (node, All(recorder.graph.rows(node), rows), Kind.DIRECT, Status.INEXACT)
    written = recorder.emit(call.site, f"{call.name} in place", source, [every])
    opaque.aliases_written(recorder, call.site, recorder.identity.find(source), written)


def _in_place(model: Any) -> bool:
    own = getattr(model, "__dict__", {})
    if any(own.get(name) is False for name in ("copy", "copy_X", "copy_x", "copy_Y")):
        return True
    return any(map(_in_place, parts(model)))
