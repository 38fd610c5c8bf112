"""What transformers and models give for the rows they are asked about: a row of each.

The row is kept (DIRECT); the rows the estimator was fitted on are CONTEXT.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.cluster import FeatureAgglomeration
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression
from sklearn.ensemble._forest import BaseForest
from sklearn.feature_extraction.image import PatchExtractor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.mixture._base import BaseMixture
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import FunctionTransformer

from traceprop_nb.adapters.sklearn.behaviour import Trust, ours, stateless, together, trust
from traceprop_nb.adapters.sklearn.models import first, fitted, model_edges, overwritten
from traceprop_nb.lineage.maps import All, Gather, Identity, Repeat
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import opaque
from traceprop_nb.tracing.callables import brought_in
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

BY_ROW = (
    "transform inverse_transform fit_transform fit_predict predict predict_proba decision_function "
    "predict_log_proba predict_joint_log_proba score_samples apply decision_path mahalanobis gibbs "
    "latent_mean_and_variance"
).split()
_FITS = ("fit_transform", "fit_predict")


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_by_row, BaseEstimator, BY_ROW)
    table.method(_of_columns, FeatureAgglomeration, ("fit_predict",))
    table.method(_first_only, BaseForest, ("decision_path",))
    table.method(_a_list_for_each, CountVectorizer, ("inverse_transform",))
    table.method(_drawn, BaseMixture, ("sample",))
    table.method(_drawn, KernelDensity, ("sample",))
    table.method(_jointly, GaussianProcessRegressor, ("predict", "sample_y"))
    table.method(_by_function, FunctionTransformer, ("transform", "inverse_transform"))
    table.method(_by_function, FunctionTransformer, ("fit_transform",))
    table.method(_patches, PatchExtractor, ("transform", "fit_transform"))
    for kind in (CCA, PLSSVD, PLSCanonical, PLSRegression):
        table.method(_two_sided, kind, ("transform", "fit_transform", "inverse_transform"))


def outputs(call: Call) -> Iterator[Any]:
    """The recorded values among the results of a call."""
    out, recorded = call.out, call.recorder.table.recorded
    for one in out if isinstance(out, list | tuple) else (out,):
        if type(one) in recorded:
            yield one


def _by_row(call: Call, *, coupled: bool = False) -> bool | None:
    if call.name in _FITS:
        fitted(call)
    source = first(call)
    node = call.recorder.node_of(source)
    if node is None or call.receiver is None:
        return None
    certain = trust(call.receiver)
    if certain == Trust.FOREIGN:
        return _of_every_row(call, node) if ours(call.receiver) else None
    n, status = call.recorder.graph.rows(node), Status(certain)
    outs = list(outputs(call))
    if any(call.recorder.table.rows(out) != n for out in outs) or _stacked(call):
        return None
    for out in outs:
        direct: Edge = (node, Identity(n), Kind.DIRECT, status)
        emit(call, source, out, [direct, *_context(call, node, n, coupled)])
    for out in outs:
        overwritten(call, source, out)
    return True


def emit(call: Call, source: Any, out: Any, edges: list[Edge]) -> None:
    """Record one result; where it is the value that was given, that one was written into."""
    name = f"{call.kind.__name__}.{call.name}"
    recorder = call.recorder
    node = recorder.emit(call.site, name, out, edges)
    if out is source:
        opaque.aliases_written(recorder, call.site, recorder.identity.find(out), node)


def _context(call: Call, node: int, n: int, coupled: bool = False) -> list[Edge]:
    found = [] if stateless(call.receiver) else model_edges(call, n)
    if coupled or together(call.receiver):
        found.append((node, All(n, n), Kind.CONTEXT, Status.EXACT))
    return found


def _of_every_row(call: Call, node: int) -> bool:
    """The library's own around one of the user's, which may mix rows: all of them, INEXACT."""
    n = call.recorder.graph.rows(node)
    for out in outputs(call):
        rows = call.recorder.table.rows(out)
        every: Edge = (node, All(n, rows), Kind.DIRECT, Status.INEXACT)
        emit(call, None, out, [every, *model_edges(call, rows)])
    return True


def _stacked(call: Call) -> bool:
    """Whether a vote keeps its members on the first axis."""
    return np.ndim(call.out) == 3 and call.kind.__name__ == "VotingClassifier"


def _of_columns(call: Call) -> bool | None:
    """A label for each column, made of every row."""
    fitted(call)
    return call.emit(*(_as_made(edge) for edge in model_edges(call, len(call.out))))


def _as_made(edge: Edge) -> Edge:
    return edge[0], edge[1], Kind.DIRECT, edge[3]


def _first_only(call: Call) -> bool | None:
    """Paths of rows, and where in them each tree begins."""
    paths, ends = call.out
    source = first(call)
    node = call.recorder.node_of(source)
    if node is None or type(paths) not in call.recorder.table.recorded:
        return None
    n = call.recorder.graph.rows(node)
    emit(
        call,
        source,
        paths,
        [(node, Identity(n), Kind.DIRECT, Status.EXACT), *_context(call, node, n)],
    )
    emit(call, source, ends, [_as_made(edge) for edge in model_edges(call, len(ends))])
    return True


def _a_list_for_each(call: Call) -> bool | None:
    """The terms of each document, as an array of its own."""
    node = call.recorder.node_of(first(call))
    n = -1 if node is None else call.recorder.graph.rows(node)
    if node is None or not isinstance(call.out, list) or len(call.out) != n:
        return None
    for row, terms in enumerate(call.out):
        own = Gather(np.full(len(terms), row), n)
        edges = model_edges(call, len(terms))
        emit(call, None, terms, [(node, own, Kind.DIRECT, Status.EXACT), *edges])
    return True


def _drawn(call: Call) -> bool | None:
    """New rows, drawn from what was fitted."""
    for out in outputs(call):
        emit(call, None, out, model_edges(call, call.recorder.table.rows(out)))
    return True


def _jointly(call: Call) -> bool | None:
    """A covariance and a draw are of all rows that are asked about."""
    return _by_row(call, coupled=call.name == "sample_y" or bool(call.argument(2, "return_cov")))


def _by_function(call: Call) -> bool | None:
    """A function of the user's: what was seen inside of it stands, else every row it was given."""
    recorder, source = call.recorder, first(call)
    seen = recorder.identity.node(call.out)
    if trust(call.receiver) != Trust.FOREIGN and not call.receiver.kw_args:
        return _by_row(call)
    if seen is not None and call.out is not source:
        return True
    node = recorder.node_of(source)
    if node is None or type(call.out) not in recorder.table.recorded:
        return None
    rows, model = recorder.table.rows(call.out), call.receiver
    function = model.inverse_func if call.name == "inverse_transform" else model.func
    every: Edge = (node, All(recorder.graph.rows(node), rows), Kind.DIRECT, Status.INEXACT)
    edges = [every, *brought_in(recorder, function, rows)]
    for value in (model.kw_args or {}).values():
        edges += recorder.edge(
            value, All(recorder.table.rows(value), rows), Kind.DIRECT, Status.INEXACT
        )
    emit(call, source, call.out, edges)
    return True


def _patches(call: Call) -> bool | None:
    """As many patches of each image, one image after the other."""
    node = call.recorder.node_of(first(call))
    if node is None:
        return None
    n, rows = call.recorder.graph.rows(node), len(call.out)
    if not n or rows % n:
        return None
    emit(call, None, call.out, [(node, Repeat(rows // n, n), Kind.DIRECT, Status.EXACT)])
    return True


def _two_sided(call: Call) -> bool | None:
    """X and Y have scores of their own; the second result's rows are Y's."""
    if not isinstance(call.out, tuple):
        return _by_row(call)
    if call.name in _FITS:
        fitted(call)
    sides = (first(call), call.argument(1, "y", call.kwargs.get("Y")))
    for source, out in zip(sides, call.out, strict=True):
        node = call.recorder.node_of(source)
        if node is None:
            return None
        n = call.recorder.graph.rows(node)
        emit(
            call, None, out, [(node, Identity(n), Kind.DIRECT, Status.EXACT), *model_edges(call, n)]
        )
    return True
