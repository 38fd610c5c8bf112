"""Neighbours: which fitted rows stand behind each row of an answer, read from the answer itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator

from traceprop_nb.adapters.sklearn.models import model_edges, rows_node
from traceprop_nb.adapters.sklearn.rowwise import emit, outputs
from traceprop_nb.lineage.maps import Identity, Ragged
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

ASKED = ("kneighbors", "kneighbors_graph", "radius_neighbors", "radius_neighbors_graph")
_EXACT = (Kind.DIRECT, Status.EXACT)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_asked, BaseEstimator, ASKED)


def _asked(call: Call) -> bool | None:
    """The row that is asked about, and the fitted rows that were found for it."""
    recorder, model = call.recorder, call.receiver
    if model is None or getattr(model, "metric", None) == "precomputed":
        return None
    fitted_rows = rows_node(recorder, model)
    given = call.argument(0, "X")
    node = fitted_rows if given is None else recorder.node_of(given)
    if node is None:
        return None
    n = recorder.graph.rows(node)
    outs = list(outputs(call))
    if any(recorder.table.rows(out) != n for out in outs):
        return None
    near = None if fitted_rows is None else _found(call, recorder.graph.rows(fitted_rows), n)
    for out in outs:
        edges: list[Edge] = [(node, Identity(n), *_EXACT), *model_edges(call, n)]
        if near is not None and fitted_rows is not None:
            edges.insert(1, (fitted_rows, near, *_EXACT))
        emit(call, None, out, edges)
    return True


def _found(call: Call, n_fitted: int, n: int) -> Ragged | None:
    """The fitted rows in each row of an answer, or None where they are not told."""
    out = call.out[1] if isinstance(call.out, tuple) else call.out
    if issparse(out):
        if getattr(out, "format", "") != "csr" or out.shape != (n, n_fitted):
            return None
        owner = np.repeat(np.arange(n), np.diff(out.indptr))
        order = np.lexsort((out.indices, owner))
        return Ragged(out.indptr.copy(), out.indices[order], n_fitted)
    found: Any = out
    if found.dtype.hasobject:
        each = [np.sort(np.asarray(one)) for one in found]
        start = np.concatenate([[0], np.cumsum([len(one) for one in each])]).astype(np.int64)
        return Ragged(
            start, np.concatenate([*each, np.empty(0, np.int64)]).astype(np.int64), n_fitted
        )
    if found.ndim != 2 or found.dtype.kind not in "iu":
        return None
    start = np.arange(n + 1, dtype=np.int64) * found.shape[1]
    return Ragged(start, np.sort(found, axis=1).ravel(), n_fitted)
