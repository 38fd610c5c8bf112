"""What pandas' methods do to rows that stay where they are: casts, maps, reductions, accessors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas import (
    accessors,
    files,
    fills,
    groups,
    joins,
    reading,
    reshape,
    select,
    surface,
    times,
    windows,
    within,
    writes,
)
from traceprop_nb.adapters.pandas.align import align, edges, mark, shallow_copy, snapshot
from traceprop_nb.adapters.pandas.taps import Taps
from traceprop_nb.lineage.maps import All, Identity, OnDemand, compress
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.broadcast import product
from traceprop_nb.tracing.callables import brought_in
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_ROWWISE = (
    "astype fillna abs round clip replace rename copy isna isnull notna notnull where mask isin "
    "between add sub mul div truediv floordiv mod pow radd rsub rmul rdiv eq ne lt le gt ge "
    "multiply subtract divide rtruediv rfloordiv rmod rpow set_flags swaplevel reorder_levels "
    "reset_index set_index rename_axis infer_objects convert_dtypes add_prefix to_period "
    "add_suffix set_axis to_frame squeeze droplevel select_dtypes to_timestamp tz_convert "
    "tz_localize"
)
_REDUCTIONS = (
    "mean std sum min max median var prod any all nunique count skew kurt sem quantile idxmin "
    "idxmax item describe corr cov product kurtosis argmax argmin argsort autocorr corrwith"
)
_PLAIN_ATTRIBUTES = "values array"
_PLACED = frozenset(("set_index", "set_axis", "isin", "replace"))
"""These take other values by position or as a collection, never by label."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(snapshot, align, pd.DataFrame, pd.Series)
    table.marks.update({pd.DataFrame: mark, pd.Series: mark})
    table.kin[pd.DataFrame] = shallow_copy
    table.trusted_roots.add("pandas")
    for kind in (pd.DataFrame, pd.Series):
        table.method(_rowwise, kind, _ROWWISE.split())
        table.method(_reduction, kind, _REDUCTIONS.split())
        table.method(_array, kind, ("to_numpy",))
        table.method(_rank, kind, ("rank", "duplicated"))
        table.method(_aggregated, kind, ("agg", "aggregate"))
        table.method(_dot, kind, ("dot",))
        table.method(_values, kind, _PLAIN_ATTRIBUTES.split())
        table.method(_matmul, kind, ("__matmul__",))
        table.any_method(_column, kind)
    table.method(_apply, pd.DataFrame, ("apply",))
    table.method(_elements, pd.DataFrame, ("map", "applymap"))
    table.method(_elements, pd.Series, ("map", "apply"))
    table.method(_assign, pd.DataFrame, ("assign",))
    table.method(_both, pd.Series, ("divmod", "rdivmod"))
    for kind in (pd.DataFrame, pd.Series):
        table.method(_piped, kind, ("pipe",))
    table.method(_eval, pd.DataFrame, ("eval",))
    for part in _PARTS:
        part.install(table)


_PARTS = (
    select, joins, groups, within, writes, files, reading, reshape, windows, fills, times,
    accessors, surface,
)  # fmt: skip


def taps(recorder: Recorder) -> Taps:
    """The taps of a recorder, not yet in place."""
    return Taps(recorder)


def _in_place(call: Call) -> bool:
    return bool(call.kwargs.get("inplace"))


def _others(call: Call) -> list[Any]:
    given = [*call.args, *call.kwargs.values()]
    return [v for v in given if type(v) in call.recorder.table.recorded]


def _same(call: Call, *more: Edge) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if call.node is None or rows != call.rows:
        return None
    return call.emit((call.node, Identity(rows), Kind.DIRECT, Status.EXACT), *more)


def _rowwise(call: Call) -> bool | None:
    if _in_place(call):
        return None if _others(call) else True
    if type(call.out) not in call.recorder.table.recorded:
        return None
    if call.out is call.receiver:
        return True
    others = _others(call)
    if others and call.kwargs.get("axis") in (0, "index"):
        return None
    if call.name == "fillna" and call.kwargs.get("method") is not None:
        return fills.filled(call)  # until pandas 3
    if call.name in _PLACED:
        return _beside(call, others)
    given = (*call.args, *call.kwargs.values())
    more = [e for a in given for e in brought_in(call.recorder, a, call.rows)]
    if others and isinstance(call.out, pd.DataFrame | pd.Series):
        operands = [call.receiver_operand(), *(call.recorder.operand(v) for v in others)]
        return call.emit(*edges(call.out, operands), *more)
    return _same(call, *more)


def _array(call: Call) -> bool | None:
    """``d.to_numpy()``: the rows as they are, perhaps in the frame's own memory."""
    done = None if _others(call) else _same(call)
    if done and call.receiver is not None:
        call.recorder.identity.share(call.receiver, call.out)
    return done


def _beside(call: Call, others: list[Any]) -> bool | None:
    """The rows stay; labels come by position, members of a collection from anywhere in it."""
    more: list[Edge] = []
    for value in others:
        n = call.recorder.table.rows(value)
        if call.name == "isin":
            more += call.recorder.edge(value, All(n, call.rows), Kind.CONTEXT)
        elif n == call.rows and call.name != "replace":
            more += [e for e in call.recorder.edge(value, Identity(n)) if e[0] != call.node]
        else:
            return None
    return _same(call, *more)


def _values(call: Call) -> bool | None:
    if not isinstance(call.out, np.ndarray):
        return None
    done = _same(call)
    if done and call.receiver is not None:
        call.recorder.identity.share(call.receiver, call.out)
    return done


def _column(call: Call) -> bool | None:
    """``df.age``: a column read as an attribute, told from methods by being no call."""
    is_column = call.function is None and not call.args and not call.kwargs
    if is_column and isinstance(call.out, pd.Series) and call.kind is pd.DataFrame:
        return _same(call) if call.index is not None and call.out.index.equals(call.index) else None
    return None


def _reduction(call: Call) -> bool | None:
    if call.node is None:
        return None
    rows = call.recorder.table.rows(call.out)
    axis = call.argument(_AXIS.get(call.name, 0), "axis", 0)
    if call.kind is pd.DataFrame and axis in (1, "columns"):
        return _same(call)
    if (
        call.kind is pd.DataFrame
        and axis not in (0, None, "index")
        and call.name not in ("corr", "cov", "describe")
    ):
        return None
    more = [
        e
        for v in _others(call)
        for e in call.recorder.edge(v, All(call.recorder.table.rows(v), rows))
    ]
    return call.emit((call.node, All(call.rows, rows), Kind.DIRECT, Status.EXACT), *more)


_AXIS = {"quantile": 1, "corrwith": 1, "agg": 1, "aggregate": 1}
"""Where the axis stands among the arguments; of all others it is the first."""


def _rank(call: Call) -> bool | None:
    if call.node is None:
        return None
    if call.name == "rank" and call.argument(0, "axis", 0) in (1, "columns"):
        return _same(call)
    return _same(call, (call.node, All(call.rows, call.rows), Kind.CONTEXT, Status.EXACT))


def _aggregated(call: Call) -> bool | None:
    """``d.agg("mean")``, or several by name: statistics of all rows."""
    function = call.argument(0, "func")
    named = function.values() if isinstance(function, dict) else function
    names = [named] if isinstance(named, str) else named
    across = call.kind is pd.DataFrame and call.argument(1, "axis", 0) in (1, "columns")
    if across or names is None or not set(map(str, _flat(names))) <= _STATISTICS:
        return None
    return _reduction(call)


_STATISTICS = frozenset(_REDUCTIONS.split()) - frozenset("describe corr cov argsort".split())


def _flat(names: Any) -> list[Any]:
    return [n for one in names for n in (one if isinstance(one, list) else [one])]


def _both(call: Call) -> bool | None:
    """Two results at once: quotient and rest."""
    if not isinstance(call.out, tuple) or _others(call) or call.node is None:
        return None
    own: Edge = (call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT)
    for part in call.out:
        call.emit(own, out=part)
    return True


def _dot(call: Call) -> bool | None:
    other = call.argument(0, "other")
    if call.node is None or type(other) not in call.recorder.table.recorded:
        return None
    left, right = call.receiver_operand(), call.recorder.operand(other)
    return product(call.recorder, call.site, "dot", call.out, left, right)


def _apply(call: Call) -> bool | None:
    function = call.argument(0, "func")
    if call.argument(1, "axis", 0) not in (1, "columns") or not callable(function):
        return None
    return _same(call, *brought_in(call.recorder, function, call.rows))


def _elements(call: Call) -> bool | None:
    function = call.argument(0, "func" if call.kind is pd.DataFrame else "arg")
    if function is None:
        function = call.kwargs.get("func")
    if callable(function) and not isinstance(function, pd.Series):
        return _same(call, *brought_in(call.recorder, function, call.rows))
    if isinstance(function, dict):
        return _same(call)
    if isinstance(function, pd.Series) and call.kind is pd.Series:
        return _looked_up(call, function)
    return None


def _looked_up(call: Call, given: pd.Series) -> bool | None:
    """``s.map(other)``: each value is looked up among the labels of another series."""
    keys, index, n = call.receiver, given.index, len(given)
    if not isinstance(keys, pd.Series) or not index.is_unique or index.nlevels > 1:
        return None
    held = keys.copy()
    link = OnDemand(lambda: compress(index.get_indexer(held), n), n, call.rows)
    return _same(call, *call.recorder.edge(given, link))


def _assign(call: Call) -> bool | None:
    more: list[Edge] = []
    for value in call.kwargs.values():
        if callable(value):
            more += brought_in(call.recorder, value, call.rows)
        else:
            found = writes.column_edges(call, value, call.out, whole=True)
            if found is None:
                return None
            more += [e for e in found if e[0] != call.node or not isinstance(e[1], Identity)]
    return _same(call, *more)


def _piped(call: Call) -> bool | None:
    """What the function did was recorded in it, if it was traced; it may give its frame back."""
    if type(call.out) not in call.recorder.table.recorded:
        return None
    known = call.recorder.identity.node(call.out) is not None
    if type(call.out) is not pd.DataFrame:
        return True if known else None
    return True if known or shallow_copy(call.recorder, call.out) is not None else None


def _eval(call: Call) -> bool | None:
    text = call.argument(0, "expr")
    if not isinstance(text, str) or "@" in text or _in_place(call) or "\n" in text:
        return None
    return _same(call) if isinstance(call.out, pd.DataFrame | pd.Series) else None


def _matmul(call: Call) -> bool | None:
    left, right = call.args
    if (
        left is None
        or right is None
        or not all(o.kind in call.recorder.table.recorded for o in (left, right))
    ):
        return None
    return product(call.recorder, call.site, "@", call.out, left, right)
