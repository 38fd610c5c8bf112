"""Text files that pandas reads: how each was read, and which records a chunk of it holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd

from traceprop_nb.lineage.maps import Identity, Range
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder

_KEPT = (
    "header skiprows nrows comment quotechar quoting skip_blank_lines compression encoding "
    "lineterminator skipfooter escapechar delimiter sep doublequote names"
).split()
"""Options by which a record's line is found again."""
_PLAIN = (str, int, bool, type(None))
_READERS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""Files that are being read in chunks: what describes each."""


def described(source: Any, kwds: Mapping[str, Any]) -> dict[str, Any]:
    """What will be needed to find a record's line again, taken before the file is read."""
    try:
        path = os.path.abspath(os.fspath(source))
        stat = os.stat(path)
    except (TypeError, OSError, ValueError):
        return {"path": None, "buffer": type(source).__name__}
    options = {k: _plain(kwds[k]) for k in _KEPT if k in kwds}
    odd = [k for k, value in options.items() if value is _ODD]
    if not getattr(kwds.get("on_bad_lines"), "name", "ERROR").endswith("ERROR"):
        odd.append("on_bad_lines")
    options = {k: v for k, v in options.items() if v is not _ODD}
    reader = "fwf" if kwds.get("engine") == "python-fwf" else "csv"
    return {
        "path": path, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "options": options,
        "unusual": odd, "reader": reader,
    }  # fmt: skip


_ODD = object()


def _plain(value: Any) -> Any:
    """An option as plain values, or ``_ODD``: a function, say."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple | set | frozenset | range) or hasattr(value, "tolist"):
        members = value.tolist() if hasattr(value, "tolist") else list(value)
        if isinstance(members, list) and all(isinstance(v, _PLAIN) for v in members):
            return sorted(members) if isinstance(value, set | frozenset) else members
    return None if value is pd.api.extensions.no_default else _ODD


def entered(recorder: Recorder, out: Any, told: dict[str, Any]) -> None:
    """Record a frame that was read from a text file, or remember a reader of chunks."""
    if isinstance(out, pd.DataFrame):
        _source(recorder, out, told)
    elif hasattr(out, "_currow"):
        _READERS[out] = told


def chunk_entered(recorder: Recorder, reader: Any, first: int, out: Any) -> None:
    """Record a chunk: rows ``first`` and on of the records that its file has given so far."""
    told = _READERS.get(reader)
    if told is None or not isinstance(out, pd.DataFrame):
        return
    if told["path"] is None:
        _source(recorder, out, told)  # of a buffer's records only these are known
        return
    n, end = len(out), first + len(out)
    options = told["options"] | {"nrows": end}
    node = _source(recorder, out, told | {"options": options}, rows=end)
    row_map = Range(first, 1, n, end) if first else Identity(n)
    recorder.emit(-1, "chunk", out, [(node, row_map, Kind.DIRECT, Status.EXACT)])


def _source(
    recorder: Recorder, frame: pd.DataFrame, told: Mapping[str, Any], rows: int | None = None
) -> int:
    path = told["path"]
    name = os.path.basename(path) if path else told["buffer"]
    more = {key: value for key, value in told.items() if key != "path"}
    kind = "file" if path else "table"
    return recorder.source(frame, name, kind, path=path, rows=rows, **{"reader": "csv"} | more)
