"""Row i of the result from row i of what is as long: ufuncs and functions that act by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy import products
from traceprop_nb.adapters.numpy.subject import (
    CONTEXT,
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    along,
    every,
    finish,
    flat,
    operands,
    recorded,
    share,
    subject,
    wrote,
)
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.tracing import carriers, opaque
from traceprop_nb.tracing.broadcast import align, edges
from traceprop_nb.tracing.callables import brought_in
from traceprop_nb.tracing.identity import Tracked
from traceprop_nb.tracing.rules import Call, RuleTable

FUNCTIONS = (
    "angle around astype choose clip copy fix i0 imag isclose iscomplex isneginf isposinf isreal "
    "nan_to_num real real_if_close round select sinc where busday_count busday_offset is_busday "
    "datetime_as_string unravel_index ravel_multi_index"
)
CONVERSIONS = "array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray require"
SPREAD = {"isin": "element", "interp": "x", "polyval": "x"}
"""Functions of one row-aligned argument; all the others are spread over its rows."""
STRINGS = (
    "capitalize center compare_chararrays count decode encode endswith equal expandtabs find "
    "greater greater_equal index isalnum isalpha isdecimal isdigit islower isnumeric isspace "
    "istitle isupper join less less_equal ljust lower lstrip mod multiply not_equal partition "
    "replace rfind rindex rjust rpartition rstrip slice split splitlines rsplit startswith "
    "str_len strip swapcase title translate upper zfill add"
)
EMATH = "arccos arcsin arctanh log log10 log2 logn power sqrt"
METHODS = "astype byteswap choose clip conj conjugate copy imag real round to_device view"
BY_CONDITION = frozenset("where select choose".split())
"""Of their operands each element takes one: which rows were taken shows in the condition."""


def named(module: Any, names: str) -> list[Any]:
    """Functions of a module that the installed version has."""
    return [getattr(module, name) for name in names.split() if hasattr(module, name)]


def install(table: RuleTable) -> None:
    """Fill the table."""
    for module in (np, np.strings, np.char):
        table.function(ufunc, *(u for u in vars(module).values() if isinstance(u, np.ufunc)))
    table.method(ufunc, np.ufunc, ("__call__",))
    table.function(by_element, *named(np, FUNCTIONS), *named(np.emath, EMATH))
    for module in (np.strings, np.char):
        plain = [f for f in named(module, STRINGS) if not isinstance(f, np.ufunc)]
        table.function(by_element, *plain)
    table.function(_spread, *named(np, " ".join(SPREAD)))
    table.function(converted, *named(np, CONVERSIONS))
    table.method(_same_rows, np.ndarray, METHODS.split())
    table.method(_by_user, np.vectorize, ("__call__",))


def of_scalar(table: RuleTable, kind: type) -> None:
    """Methods that numbers share with arrays."""
    table.method(_same_rows, kind, METHODS.split())


def ufunc(call: Call) -> bool | None:
    """A ufunc that was called."""
    function = call.function if isinstance(call.function, np.ufunc) else call.receiver
    if not isinstance(function, np.ufunc):
        return None
    if function.signature is not None:
        return products.by_signature(call, function)
    if all(kinds.strip("O->") == "" for kinds in function.types) and function not in KNOWN:
        return None  # made of a function of the user's
    call.name = function.__name__
    given = list(call.args[: function.nin])
    if "where" in call.kwargs and call.kwargs["where"] is not True:
        return _partly(call, given)
    if function.nout > 1:
        return by_element(call)
    if wrote(call, call.out):
        return _into(call, given)
    return by_type(call, given)


KNOWN = frozenset(
    u for m in (np, np.strings, np.char) for u in vars(m).values() if isinstance(u, np.ufunc)
)


def _into(call: Call, given: list[Any]) -> bool | None:
    """``ufunc(..., out=o)``: o now holds the element-wise result."""
    recorder, out = call.recorder, call.out
    ndim, rows, _ = recorder.table.snapshot(out)
    found = edges(recorder, ndim, rows, operands(call, given))
    node = recorder.append(call.site, recorder.graph.op(call.name), out, rows, found)
    opaque.aliases_written(recorder, call.site, recorder.identity.find(out), node)
    return True


def _partly(call: Call, given: list[Any]) -> bool | None:
    """With ``where=`` an element is computed, or stays what it was: which, is not looked at."""
    if type(call.out) is not np.ndarray:
        return None
    given = [*given, call.kwargs["where"], *([call.out] if wrote(call, call.out) else [])]
    ndim, rows, _ = call.recorder.table.snapshot(call.out)
    found = edges(call.recorder, ndim, rows, operands(call, given))
    maps = call.recorder.graph.maps
    loose = [
        (found[k], maps[found[k + 1]], CONTEXT if found[k + 2] >= 4 else DIRECT, INEXACT)
        for k in range(0, len(found), 3)
    ]
    return finish(call, *loose)


def by_type(call: Call, values: list[Any]) -> bool | None:
    """An array result here; a frame's goes through the frame's own alignment."""
    kind = type(call.out)
    if kind is np.ndarray or kind in call.recorder.table.scalars:
        return by_rows(call, values)
    found = call.recorder.table.align.get(kind)
    if found is None:
        return None
    found(call.recorder, call.site, call.recorder.graph.op(call.name), call.out,
          operands(call, values))  # fmt: skip
    return True


def by_rows(call: Call, values: list[Any], out: Any = None) -> bool | None:
    """Record an array or number as an element-wise result of these values."""
    target, recorder = call.out if out is None else out, call.recorder
    noted = operands(call, values)
    if not noted:  # numbers alone make a number that comes from nowhere
        plain = all(isinstance(v, int | float | complex | str | None) for v in values)
        return plain and finish(call, out=target)
    if any(value is target for value in values):
        return True
    align(recorder, call.site, recorder.graph.op(call.name), target, noted)
    for value in values:
        share(call, value, target)
    return True


def by_element(call: Call) -> bool | None:
    """Functions that act by element, on all their array arguments; one result or several."""
    values = list(flat(v for k, v in [*enumerate(call.args), *call.kwargs.items()] if k != "out"))
    if isinstance(call.out, tuple):
        parts = [part for part in call.out if type(part) in call.recorder.table.recorded]
        done = [by_rows(call, values, out=part) for part in parts]
        return all(done)
    if wrote(call, call.out):
        values = [v for v in values if v is not call.out]
        return _into(call, values)
    return by_type(call, values)


def _spread(call: Call) -> bool | None:
    name = call.function.__name__
    at = next(k for k, n in enumerate(_ORDER[name]) if n == SPREAD[name])
    one = recorded(call, call.argument(at, SPREAD[name]))
    values = [call.argument(k, n) for k, n in enumerate(_ORDER[name])]
    rows = call.recorder.table.rows(call.out)
    rest = [found for v in values if v is not (one and one.array) and (found := recorded(call, v))]
    if one is None and rest and np.ndim(call.out) == 0:
        return finish(call, *(every(call, r, rows) for r in rest))
    if one is None or one.rows != rows or np.ndim(call.out) != one.ndim:
        return None
    own = (one.node, Identity(rows), DIRECT, EXACT)
    return finish(call, own, *(every(call, r, rows, CONTEXT) for r in rest))


_ORDER = {"isin": ("element", "test_elements"), "interp": ("x", "xp", "fp"), "polyval": ("p", "x")}


def converted(call: Call) -> bool | None:
    """``np.array`` and its kin: of an array the same rows, of Python values an entry."""
    value = call.args[0] if call.args else None
    rows, recorder = call.recorder.table.rows(call.out), call.recorder
    known = recorder.table.recorded
    if type(call.out) is not np.ndarray:
        return None
    if type(value) not in known:
        return _entered(call, value)
    if value is call.out:
        return True
    if recorder.table.snapshot(value)[:2] != (call.out.ndim, rows):
        return None
    ref = recorder.identity.find(value)
    done = _as_it_lies(call, ref) or finish(call, *recorder.edge(value, Identity(rows)))
    if np.may_share_memory(value, call.out) if isinstance(value, np.ndarray) else True:
        recorder.identity.share(value, call.out)
    return done


def _as_it_lies(call: Call, ref: Tracked | None) -> bool:
    """Record an array of the same shape as one whose rows lie along a later axis."""
    known = carriers.of(ref)
    if known is None or np.ndim(call.out) <= known.axis:
        return False
    n = known.edges[0][1].n_out
    return n == call.out.shape[known.axis] and along(
        call, known.axis, *known.edges, lines=known.lines
    )


def _entered(call: Call, value: Any) -> bool | None:
    known = call.recorder.table.recorded
    if isinstance(value, list | tuple) and any(type(v) in known for v in flat(value)):
        return None
    if isinstance(value, list | tuple | range | int | float):
        call.recorder.entered(call, "array")
        return True
    return None


def _same_rows(call: Call) -> bool | None:
    """Methods that keep every row where it is."""
    one, out = subject(call), call.out
    if one is None or type(out) not in call.recorder.table.recorded:
        return None
    rows = call.recorder.table.rows(out)
    if rows != one.rows or np.ndim(out) != one.ndim:
        return None
    if out is one.array and not wrote(call, out):
        return True
    beside = _beside(call, one, rows)
    if beside or not _as_it_lies(call, one.ref):
        finish(call, (one.node, Identity(rows), DIRECT, EXACT), *beside)
    share(call, one.array)
    return True


def _beside(call: Call, one: Subject, rows: int) -> list[Any]:
    """Edges to what a method was given: a bound, or choices of the same shape."""
    kind = DIRECT if call.name == "choose" else CONTEXT
    given = [v for v in flat([*call.args, *call.kwargs.values()]) if v is not call.out]
    noted = [o for o in operands(call, given) if o.node != one.node]
    found = edges(call.recorder, one.ndim, rows, noted)
    maps = call.recorder.graph.maps
    return [
        (found[k], maps[found[k + 1]], kind if type(maps[found[k + 1]]) is Identity else CONTEXT,
         EXACT) for k in range(0, len(found), 3)
    ]  # fmt: skip


def _by_user(call: Call) -> bool | None:
    """``np.vectorize(f)(a)``: by element, and whatever f reaches by name."""
    made = call.receiver if isinstance(call.receiver, np.vectorize) else None
    if made is None or made.signature is not None or type(call.out) is not np.ndarray:
        return None
    rows = len(call.out) if call.out.ndim else 1
    more = brought_in(call.recorder, made.pyfunc, rows)
    noted = operands(call, flat([*call.args, *call.kwargs.values()]))
    found = edges(call.recorder, call.out.ndim, rows, noted)
    maps = call.recorder.graph.maps
    own = [
        (found[k], maps[found[k + 1]], CONTEXT if found[k + 2] >= 4 else DIRECT, EXACT)
        for k in range(0, len(found), 3)
    ]
    return finish(call, *own, *more)
