"""Rows taken by position: ``train_test_split``, ``resample``, ``shuffle``; and crossed predictions.

Splitters give positions and no rows: what they name shows when they index.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import sklearn.model_selection as ms
from sklearn.base import BaseEstimator
from sklearn.model_selection._split import BaseCrossValidator, BaseShuffleSplit, _RepeatedSplits
from sklearn.utils import resample, shuffle

from traceprop_nb.adapters.sklearn.behaviour import trust
from traceprop_nb.lineage.maps import All, Deferred, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_COVERING = (
    ms.KFold, ms.StratifiedKFold, ms.GroupKFold, ms.StratifiedGroupKFold, ms.LeaveOneOut,
    ms.LeavePOut, ms.LeaveOneGroupOut, ms.LeavePGroupsOut, ms.RepeatedKFold,
    ms.RepeatedStratifiedKFold,
)  # fmt: skip
"""Splitters of which every split has every row, to train on or to test with."""
_SCORED = (
    ms.cross_val_score, ms.cross_validate, ms.validation_curve, ms.permutation_test_score,
    ms.learning_curve,
)  # fmt: skip
_NO_ROWS = ("split", "get_n_splits", "get_metadata_routing", "set_split_request")


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_taken, ms.train_test_split, resample, shuffle)
    table.function(_crossed, ms.cross_val_predict)
    table.function(_scored, *_SCORED)
    for kind in (BaseCrossValidator, BaseShuffleSplit, _RepeatedSplits):
        table.no_rows(*((kind, name) for name in _NO_ROWS))


def _taken(call: Call) -> bool | None:
    """Every part by the positions that scikit-learn drew."""
    recorder = call.recorder
    seen = [e for e in recorder.events if e[0] == "taken"]
    outs = call.out if isinstance(call.out, list | tuple) else [call.out]
    if not seen or len(seen) != len(outs):
        return None
    each = len(outs) // max(len(call.args), 1)
    for k, (out, (_, _, taken, positions)) in enumerate(zip(outs, seen, strict=True)):
        if taken is not out:
            return None
        node = recorder.node_of(call.args[k // each])
        if node is not None:
            moved = Deferred(np.array(positions, np.int64), recorder.graph.rows(node))
            edge: Edge = (node, moved, Kind.DIRECT, Status.EXACT)
            recorder.emit(call.site, call.name, out, [edge], rows=moved.n_out)
    return True


def _crossed(call: Call) -> bool | None:
    """A prediction for every row, by a model that was fitted on rows of other folds."""
    bound = _bound(call)
    X, recorder = bound.get("X"), call.recorder
    node = recorder.node_of(X)
    if node is None or type(call.out) not in recorder.table.recorded:
        return None
    n = recorder.graph.rows(node)
    status = Status(trust(bound["estimator"]))
    edges: list[Edge] = [(node, Identity(n), Kind.DIRECT, status)]
    for value in _values(call, bound):
        edges += recorder.edge(value, All(recorder.table.rows(value), n), Kind.CONTEXT)
    return call.emit(*edges)


def _scored(call: Call) -> bool | None:
    """Scores of fits on parts of the rows, made of all of them where every split has all."""
    bound = _bound(call)
    folds = bound.get("cv")
    whole = folds is None or isinstance(folds, int) or type(folds) in _COVERING
    whole = whole and call.function is not ms.learning_curve
    status = Status.EXACT if whole else Status.INEXACT
    values = _values(call, bound)
    outs = call.out if isinstance(call.out, dict | tuple) else {"": call.out}
    named = outs if isinstance(outs, dict) else {str(k): out for k, out in enumerate(outs)}
    for name, out in named.items():
        made = [] if name.endswith("_time") or name == "indices" else values
        for one in out if isinstance(out, list) else [out]:
            _made_of(call, one, made, status)
    return True


def _made_of(call: Call, out: Any, values: list[Any], status: Status) -> None:
    recorder = call.recorder
    model = isinstance(out, BaseEstimator)
    if not model and type(out) not in recorder.table.recorded:
        return
    rows = 1 if model else recorder.table.rows(out)
    how = Status.INEXACT if model else status
    edges = [
        edge
        for value in values
        for edge in recorder.edge(value, All(recorder.table.rows(value), rows), Kind.DIRECT, how)
    ]
    recorder.emit(call.site, call.name, out, edges, rows=rows)


def _values(call: Call, bound: dict[str, Any]) -> list[Any]:
    """The recorded values among the arguments, those in ``params`` too."""
    given = [*bound.values()]
    given += [v for some in given if isinstance(some, dict) for v in some.values()]
    found: list[Any] = []
    for value in given:
        if type(value) in call.recorder.table.recorded and all(value is not v for v in found):
            found.append(value)
    return found


def _bound(call: Call) -> dict[str, Any]:
    return dict(inspect.signature(call.function).bind(*call.args, **call.kwargs).arguments)
