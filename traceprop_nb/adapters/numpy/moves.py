"""NumPy operations that move, repeat or leave out rows: indexing, take, roll, reshape."""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.lineage.maps import Deferred, Identity, Range, Repeat
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_repeat, np.repeat)
    table.function(_take, np.take)
    table.function(_flip, np.flip, np.flipud)
    table.function(_roll, np.roll)
    table.function(_delete, np.delete)
    table.method(_getitem, np.ndarray, ("__getitem__",))
    table.method(_reshape, np.ndarray, ("reshape", "ravel", "flatten", "squeeze"))
    table.method(_take, np.ndarray, ("take",))
    table.method(_repeat, np.ndarray, ("repeat",))


def share(call: Call, base: Any) -> None:
    """The result may be a view of ``base``: remember that they share memory."""
    out = call.out
    if isinstance(out, np.ndarray) and out.base is not None and np.may_share_memory(out, base):
        call.recorder.identity.share(base, out)


def _getitem(call: Call) -> bool | None:
    if call.node is None:
        return None
    rows = call.recorder.table.rows(call.out)
    key = _plain(call.args[0])
    row_map = key_map(key, call.rows, call.ndim, rows)
    if row_map is None:
        return None
    call.emit((call.node, row_map, Kind.DIRECT, Status.EXACT))
    if call.receiver is not None:
        share(call, call.receiver)
    return True


def _plain(key: Any) -> Any:
    """Series and tensors in a key as arrays."""
    if isinstance(key, tuple):
        return tuple(_plain(k) for k in key)
    if isinstance(key, np.ndarray | slice | list | int | type(None) | type(Ellipsis)):
        return key
    return np.asarray(key) if hasattr(key, "__array__") else key


def _subject(call: Call) -> tuple[Any, int | None, int, int, int]:
    """The array that a function or method acts on: object, node, ndim, rows, first argument."""
    if call.node is not None and call.kind in call.recorder.table.recorded:
        return call.receiver, call.node, call.ndim, call.rows, 0
    array = call.args[0] if call.args else None
    if not isinstance(array, np.ndarray):
        return None, None, -1, -1, 1
    rows = array.shape[0] if array.ndim else 1
    return array, call.recorder.node_of(array), array.ndim, rows, 1


def _moved(call: Call, node: int, row_map: Any) -> bool:
    if row_map.n_out != call.recorder.table.rows(call.out):
        return False
    return call.emit((node, row_map, Kind.DIRECT, Status.EXACT))


def _reshape(call: Call) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    receiver, n = call.receiver, call.rows
    order = call.argument(0 if call.name in ("ravel", "flatten") else 99, "order", "C")
    size = int(np.size(call.out))
    if call.node is None or order != "C" or n == 0 or size == 0:
        return None
    if rows == n and np.ndim(call.out) >= 1:
        done = _moved(call, call.node, Identity(n))
    elif np.ndim(call.out) == 1 and size % n == 0 and rows == size:
        done = _moved(call, call.node, Repeat(size // n, n))
    else:
        return None
    if receiver is not None and call.name != "flatten":
        share(call, receiver)
    return done


def _repeat(call: Call) -> bool | None:
    _, node, ndim, n, first = _subject(call)
    times = call.argument(first, "repeats")
    axis = call.argument(first + 1, "axis")
    if node is None or not isinstance(times, int | np.integer) or times < 1:
        return None
    if axis != 0 and not (axis is None and ndim == 1):
        return None
    return _moved(call, node, Repeat(int(times), n))


def _take(call: Call) -> bool | None:
    _, node, ndim, n, first = _subject(call)
    index = _plain(call.argument(first, "indices"))
    axis = call.argument(first + 1, "axis")
    if node is None or len(call.args) > first + 2 or {"out", "mode"} & set(call.kwargs):
        return None
    if axis != 0 and not (axis is None and ndim == 1):
        return None
    row_map = key_map(index, n, ndim, call.recorder.table.rows(call.out))
    return None if row_map is None else _moved(call, node, row_map)


def _flip(call: Call) -> bool | None:
    _, node, ndim, n, _ = _subject(call)
    axis = 0 if call.name == "flipud" else call.argument(1, "axis")
    if node is None or (axis is None and ndim != 1) or axis not in (0, None):
        return None
    done = _moved(call, node, Range(n - 1, -1, n, n))
    share(call, call.args[0])
    return done


def _roll(call: Call) -> bool | None:
    _, node, ndim, n, _ = _subject(call)
    shift, axis = call.argument(1, "shift"), call.argument(2, "axis")
    if node is None or not isinstance(shift, int | np.integer):
        return None
    if axis != 0 and not (axis is None and ndim == 1):
        return None
    return _moved(call, node, Deferred((np.arange(n) - int(shift)) % max(n, 1), n))


def _delete(call: Call) -> bool | None:
    _, node, ndim, n, _ = _subject(call)
    axis = call.argument(2, "axis")
    if node is None or (axis != 0 and not (axis is None and ndim == 1)):
        return None
    kept = np.delete(np.arange(n), call.argument(1, "obj"))
    return _moved(call, node, Deferred(kept, n))
