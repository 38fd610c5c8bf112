"""What imbalanced-learn's samplers do to rows: which were taken, and which two made a new one.

Samplers that only take rows tell which. Those of the SMOTE family put new rows between two of one
class, and a tap sees which two (Chawla et al., doi:10.1613/jair.953).
"""

from __future__ import annotations

from typing import Any

import imblearn.datasets
import imblearn.metrics
import numpy as np
from imblearn import FunctionSampler
from imblearn.base import SamplerMixin
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import ADASYN, SMOTEN, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from numpy.typing import NDArray

from traceprop_nb.adapters.imblearn.taps import Taps, made
from traceprop_nb.lineage.maps import All, Gather, Ragged, RowMap, compose
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

Ints = NDArray[np.int64]


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.trusted_roots.add("imblearn")
    table.method(_resampled, SamplerMixin, ("fit_resample",))
    table.opaque("its steps may move rows in any way", (Pipeline, "fit_resample"))
    table.opaque("calls a function of the user's", (FunctionSampler, "fit_resample"))
    metrics = (getattr(imblearn.metrics, name) for name in imblearn.metrics.__all__)
    table.no_rows(*(metric for metric in metrics if not isinstance(metric, type)))
    table.opaque("makes data unequal by a sampler of its own", imblearn.datasets.make_imbalance)
    table.opaque("not tested without a network", imblearn.datasets.fetch_datasets)
    table.no_rows(imblearn.pipeline.make_pipeline, imblearn.show_versions)


def taps(recorder: Recorder) -> Taps:
    """The taps of a recorder, not yet in place."""
    return Taps(recorder)


def _resampled(call: Call) -> bool | None:
    """The rows and their classes after sampling."""
    X, y = call.argument(0, "X"), call.argument(1, "y")
    if call.receiver is None or not isinstance(call.out, tuple) or len(call.out) != 2:
        return None
    recorder, n = call.recorder, call.recorder.table.rows(X)
    if call.kind.__name__ == "FunctionSampler" or not call.kind.__module__.startswith("imblearn."):
        return None
    parents = _parents(call, n, recorder.table.rows(call.out[0]))
    for value, out in zip((X, y), call.out, strict=True):
        if type(out) not in recorder.table.recorded:
            continue
        edges = _taken(call, value, out, parents, both=value is X)
        edges += _context(call, X, y, recorder.table.rows(out))
        recorder.emit(call.site, f"{call.kind.__name__}.fit_resample", out, edges)
    _fitted(call, X, y)
    return True


def _taken(
    call: Call, value: Any, out: Any, parents: tuple[Ints, Ints] | None, *, both: bool
) -> list[Edge]:
    """Edges from resampled rows to those that they are, or lie between."""
    recorder = call.recorder
    node = recorder.node_of(value)
    if node is None:
        return []
    n, rows = recorder.graph.rows(node), recorder.table.rows(out)
    if parents is None:
        return _unknown(call, node, n, rows)
    one, other = parents
    row_map: RowMap = Gather(one, n) if not both else _between(one, other, n)
    return [(node, row_map, Kind.DIRECT, Status.EXACT)]


def _between(one: Ints, other: Ints, n: int) -> RowMap:
    """Two rows behind each, or one where both are the same."""
    if np.array_equal(one, other):
        return Gather(one, n)
    pairs = np.sort(np.stack([one, other], axis=1), axis=1)
    apart = pairs[:, 0] != pairs[:, 1]
    start = np.concatenate([[0], np.cumsum(1 + apart)])
    return Ragged(start, pairs[np.stack([np.ones_like(apart), apart], axis=1)], n)


def _unknown(call: Call, node: int, n: int, rows: int) -> list[Edge]:
    """Where nobody saw how rows were made: all of them, INEXACT; kept ones come first."""
    if not isinstance(call.receiver, ADASYN | SMOTEN) or rows < n:
        return [(node, All(n, rows), Kind.DIRECT, Status.INEXACT)]
    kept = np.concatenate([np.arange(n), np.full(rows - n, -1)])
    new = Gather(np.where(kept < 0, 0, -1), 1)
    return [
        (node, Gather(kept, n), Kind.DIRECT, Status.EXACT),
        (node, compose(new, All(n, 1)), Kind.DIRECT, Status.INEXACT),
    ]


def _parents(call: Call, n: int, rows: int) -> tuple[Ints, Ints] | None:
    """Both rows behind each resampled one, or None where that is not told."""
    model = call.receiver
    if isinstance(model, SMOTEENN | SMOTETomek):
        cleaner = getattr(model, "enn_", None) or getattr(model, "tomek_", None)
        seen = made(call.recorder, n)
        at = getattr(cleaner, "sample_indices_", None)
        if seen is None or at is None or (len(at) and at.max() >= len(seen[0])):
            return None
        return _as_long(seen[0][at], seen[1][at], rows)
    at = getattr(model, "sample_indices_", None)
    if at is not None:
        at = np.asarray(at, np.int64)
        return _as_long(at, at, rows)
    seen = made(call.recorder, n)
    return None if seen is None else _as_long(*seen, rows)


def _as_long(one: Ints, other: Ints, rows: int) -> tuple[Ints, Ints] | None:
    return (one, other) if len(one) == rows else None


def _context(call: Call, X: Any, y: Any, rows: int) -> list[Edge]:
    """Which rows are taken depends on all classes; of all but random samplers, on all rows."""
    model = call.receiver
    at_random = isinstance(model, RandomOverSampler | RandomUnderSampler)
    if at_random and getattr(model, "shrinkage", None) is None:
        values: tuple[Any, ...] = (y,)
    else:
        values = (X, y)
    found: list[Edge] = []
    for value in values:
        n = call.recorder.table.rows(value)
        found += call.recorder.edge(value, All(n, rows), Kind.CONTEXT)
    return found


def _fitted(call: Call, X: Any, y: Any) -> None:
    """The sampler keeps what it found out about every row."""
    recorder, edges = call.recorder, list[Edge]()
    for value in (X, y):
        edges += recorder.edge(value, All(recorder.table.rows(value), 1))
    name = f"{call.kind.__name__}.fit_resample"
    recorder.emit(call.site, name, call.receiver, edges, rows=1)
