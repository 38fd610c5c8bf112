"""scikit-learn's own data sets: where rows begin.

Features and answers of a data set are one source: row i of both is its record i.
"""

from __future__ import annotations

import re
from typing import Any

import sklearn.datasets as datasets
from sklearn.utils import Bunch

from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, RuleTable

LOADED = tuple(
    getattr(datasets, name)
    for name in datasets.__all__
    if name.startswith(("load_", "fetch_")) and name not in ("fetch_file", "load_files")
)
MADE = tuple(getattr(datasets, name) for name in datasets.__all__ if name.startswith("make_"))
_OTHERS = ("load_sample_image", "load_sample_images", "make_sparse_coded_signal")
_TITLE = re.compile(r"\.\. _(\w+?)(?:_dataset)?:")
_SETTINGS = ("clear_data_home", "get_data_home", "dump_svmlight_file", "fetch_file", "load_files")


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_loaded, *LOADED)
    table.function(_made, *MADE)
    remote = [function for function in LOADED if function.__name__.startswith("fetch_")]
    table.opaque("what it fetched enters where it is read; not tested without a network", *remote)
    table.method(_of_bunch, Bunch, ("__getitem__",))
    table.any_method(_of_bunch, Bunch)
    why = "images, or one matrix after the other"
    table.opaque(why, *(getattr(datasets, n) for n in _OTHERS if hasattr(datasets, n)))
    table.no_rows(*(getattr(datasets, n) for n in _SETTINGS if hasattr(datasets, n)))


def _loaded(call: Call) -> bool | None:
    """A tuple of arrays or frames; a ``Bunch`` tells of its own when it is read."""
    name = call.function.__name__.removeprefix("load_").removeprefix("fetch_")
    return _entered(call, name, "array")


def _made(call: Call) -> bool | None:
    return _entered(call, f"{call.function.__name__} in cell {call.recorder.cell}", "generated")


def _entered(call: Call, name: str, kind: str) -> bool | None:
    recorder, outs = call.recorder, call.out if isinstance(call.out, tuple | list) else (call.out,)
    tracked = [out for out in outs if type(out) in recorder.table.tracked]
    if not tracked:
        return True
    node = recorder.source(tracked[0], name, kind, site=call.site)
    for out in tracked[1:]:
        n = recorder.table.rows(out)
        if n == recorder.graph.rows(node):
            recorder.emit(call.site, name, out, [(node, Identity(n), *_EXACT)])
        else:
            recorder.source(out, f"{name}, another part", kind, site=call.site)
    return True


_EXACT = (Kind.DIRECT, Status.EXACT)


def _of_bunch(call: Call) -> bool | None:
    """A member of a data set, or of a result that an operation left in a ``Bunch``."""
    recorder, bunch, out = call.recorder, call.receiver, call.out
    if bunch is None or type(out) not in recorder.table.tracked:
        return None
    node = recorder.identity.node(bunch)
    if recorder.identity.node(out) is not None:
        return True
    if node is not None and node not in recorder.graph.sources:
        rows = recorder.table.rows(out)
        return call.emit((node, All(recorder.graph.rows(node), rows), *_EXACT))
    return _of_data_set(call, node)


def _of_data_set(call: Call, node: int | None) -> bool | None:
    recorder, bunch = call.recorder, call.receiver
    name, rows = _title(bunch), recorder.table.rows(call.out)
    if name is None:
        return None
    if rows != _length(call, bunch):
        return call.emit()  # names of columns or classes
    if node is not None:
        return call.emit((node, Identity(rows), *_EXACT))
    recorder.identity.set(bunch, recorder.source(call.out, name, "array", site=call.site))
    return True


def _length(call: Call, bunch: Any) -> int:
    """Rows of a data set."""
    kept = next((bunch[name] for name in ("data", "target", "frame") if name in bunch), None)
    return call.recorder.table.rows(kept)


def _title(bunch: Any) -> str | None:
    """What a data set calls itself, or None for a ``Bunch`` of another kind."""
    if "DESCR" not in bunch:
        return None
    found = _TITLE.search(str(bunch["DESCR"])[:200])
    return found.group(1) if found else str(bunch.get("filename") or "a data set")
