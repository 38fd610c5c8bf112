"""Products: the left side's rows are the result's, unless they are what is summed over."""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.subject import (
    CONTEXT,
    DIRECT,
    EXACT,
    Subject,
    along,
    axes_of,
    axis_of,
    each,
    every,
    finish,
    recorded,
    subject,
    wrote,
)
from traceprop_nb.lineage.maps import All, Identity, Repeat, Tile
from traceprop_nb.tracing.broadcast import align, product
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_operator, np.ndarray, ("__matmul__",))
    table.method(_dot, np.ndarray, ("dot",))
    table.function(_dot, np.dot)
    table.function(_matmul, np.linalg.matmul)
    table.function(_vdot, np.vdot)
    table.function(_inner, np.inner)
    table.function(_outer, np.outer, np.linalg.outer)
    table.method(_by_pairs, np.ufunc, ("outer",))
    table.function(_kron, np.kron)
    table.function(_tensordot, np.tensordot, np.linalg.tensordot)
    table.function(_einsum, np.einsum)
    table.function(_chain, np.linalg.multi_dot)
    table.function(_cross, np.cross, np.linalg.cross)
    table.function(_vecdot, np.linalg.vecdot)


def of_scalar(table: RuleTable, kind: type) -> None:
    """A product may end in a number."""
    table.method(_operator, kind, ("__matmul__",))


def _operator(call: Call) -> bool | None:
    """``a @ b``: operands noted as they passed."""
    left, right = call.args
    if left is None or right is None:
        return None
    return product(call.recorder, call.site, "@", call.out, left, right)


def _pair(call: Call) -> list[Operand] | None:
    """Both sides of a product, with nodes where they have rows."""
    values = [call.recorder.operand(np.asarray(v) if isinstance(v, list) else v)
              for v in call.args]  # fmt: skip
    if call.node is not None and call.kind in call.recorder.table.recorded:
        own = Operand(call.node, call.kind, call.ndim, call.rows, None, None, call.ref)
        values = [own, *values]
    return values[:2] if len(values) >= 2 else None


def _dot(call: Call) -> bool | None:
    pair = _pair(call)
    if pair is None or wrote(call, call.out):
        return _summed(call) if pair is not None and _square(pair) else None
    if any(o.ndim < 1 for o in pair):  # by a number
        known = [o for o in pair if o.node is not None]
        align(call.recorder, call.site, call.recorder.graph.op(call.name), call.out, known)
        return bool(known)
    return product(call.recorder, call.site, call.name, call.out, *pair)


def _square(pair: list[Operand]) -> bool:
    return all(o.ndim == 2 for o in pair)


def _summed(call: Call) -> bool | None:
    """A product of matrices that is written into ``out``."""
    sides = [subject(call), recorded(call, call.argument(0 if call.node is not None else 1, "b"))]
    rows, found = call.recorder.table.rows(call.out), list[Edge]()
    for side, one in enumerate(sides):
        if one is not None:
            found.append(_side(call, one, rows, left=side == 0))
    return finish(call, *found) if found else None


def _side(call: Call, one: Subject, rows: int, *, left: bool) -> Edge:
    if left and one.ndim >= 2 and one.rows == rows:
        return one.node, Identity(rows), DIRECT, EXACT
    return every(call, one, rows, DIRECT if left else CONTEXT)


def _matmul(call: Call) -> bool | None:
    pair = _pair(call)
    if pair is None:
        return None
    if wrote(call, call.out):
        return _summed(call) if _square(pair) else None
    if max(o.ndim for o in pair) > 2:
        return _stacked(call, pair)
    return product(call.recorder, call.site, call.name, call.out, *pair)


def _stacked(call: Call, pair: list[Operand]) -> bool | None:
    """Stacks of matrices, one product for each: row k of both makes row k."""
    rows, ndim = call.recorder.table.rows(call.out), np.ndim(call.out)
    found: list[Edge] = []
    for one in pair:
        if one.node is None:
            continue
        if one.ndim == max(o.ndim for o in pair) == ndim and one.rows == rows:
            found.append((one.node, Identity(rows), DIRECT, EXACT))
        elif one.ndim <= 2:
            found.append((one.node, All(one.rows, rows), CONTEXT, EXACT))
        else:
            return None
    direct = any(kind == DIRECT for _, _, kind, _ in found)
    return finish(call, *found) if direct else None


def by_signature(call: Call, function: np.ufunc) -> bool | None:
    """``np.matmul`` and the other ufuncs over rows of their operands."""
    if {"axes", "axis"} & set(call.kwargs):
        return None
    if function is np.matmul:
        return _matmul(call)
    if function in (np.matvec, np.vecmat, np.vecdot):
        return _by_signature(call)
    return None


def _by_signature(call: Call) -> bool | None:
    one, two = recorded(call, call.argument(0, "x1")), recorded(call, call.argument(1, "x2"))
    rows = call.recorder.table.rows(call.out)
    if one is None and two is None:
        return None
    core = {"vecmat": (1, 2), "matvec": (2, 1)}.get(call.function.__name__, (1, 1))
    found: list[Edge] = []
    for side, inner in ((one, core[0]), (two, core[1])):
        if side is None:
            continue
        kept = side.ndim > inner if not (inner == 2 and core == (2, 1)) else True
        stacked = np.ndim(call.out) == side.ndim - 1 and side.rows == rows and kept
        found.append((side.node, Identity(rows), DIRECT, EXACT) if stacked
                     else each(side, rows, DIRECT))  # fmt: skip
    direct = any(type(m) is Identity for _, m, _, _ in found)
    spread = [(n, m, CONTEXT if direct and type(m) is All else k, s) for n, m, k, s in found]
    return finish(call, *spread)


def _vecdot(call: Call) -> bool | None:
    axis = call.kwargs.get("axis", -1)
    return _by_signature(call) if axis == -1 and np.ndim(call.out) else _vdot(call)


def _both(call: Call) -> list[Subject]:
    first, second = ("x1", "x2") if call.function is np.linalg.outer else ("a", "b")
    sides = (recorded(call, call.argument(0, first)), recorded(call, call.argument(1, second)))
    return [one for one in sides if one is not None]


def _vdot(call: Call) -> bool | None:
    """One number of both."""
    rows = call.recorder.table.rows(call.out)
    found = [every(call, one, rows) for one in _both(call)]
    return finish(call, *found) if rows == 1 and found else None


def _inner(call: Call) -> bool | None:
    """The last axes are summed over: rows of the left are rows of the result."""
    left, right = recorded(call, call.argument(0, "a")), recorded(call, call.argument(1, "b"))
    rows = call.recorder.table.rows(call.out)
    found = []
    if left is not None:
        same = left.ndim > 1 and left.rows == rows
        own = (left.node, Identity(rows), DIRECT, EXACT)
        found.append(own if same else every(call, left, rows))
    if right is not None:
        alone = left is None or left.ndim < 2
        if alone and right.ndim > 1 and right.rows == rows:
            found.append((right.node, Identity(rows), DIRECT, EXACT))
        else:
            found.append(every(call, right, rows, DIRECT if alone else CONTEXT))
    return finish(call, *found) if found else None


def _outer(call: Call) -> bool | None:
    """Row i is the i-th element of the first times all of the second."""
    names = ("x1", "x2") if call.function is np.linalg.outer else ("a", "b")
    one, two = (
        recorded(call, call.argument(0, names[0])),
        recorded(call, call.argument(1, names[1])),
    )
    rows = call.recorder.table.rows(call.out)
    found: list[Edge] = []
    if one is not None:
        n = max(one.rows, 1)
        if rows % n:
            return None
        found.append((one.node, Repeat(rows // n, one.rows), DIRECT, EXACT))
    if two is not None:
        found.append((two.node, All(two.rows, rows), CONTEXT if one else DIRECT, EXACT))
    return finish(call, *found) if found else None


def _by_pairs(call: Call) -> bool | None:
    """``np.add.outer(a, b)``: row i of the first with all of the second."""
    one, two = recorded(call, call.argument(0, "A")), recorded(call, call.argument(1, "B"))
    rows, found = call.recorder.table.rows(call.out), list[Edge]()
    if one is not None:
        found.append((one.node, Identity(rows), DIRECT, EXACT) if one.rows == rows
                     else each(one, rows))  # fmt: skip
    if two is not None:
        found.append(each(two, rows, CONTEXT if one is not None else DIRECT))
    return finish(call, *found) if found else None


def _kron(call: Call) -> bool | None:
    """Row i of the first, row j of the second make row i * m + j."""
    a, b = call.argument(0, "a"), call.argument(1, "b")
    one, two = recorded(call, a), recorded(call, b)
    rows = call.recorder.table.rows(call.out)
    if np.ndim(a) != np.ndim(b) or not np.ndim(a) or (one is None and two is None):
        return None
    found: list[Edge] = []
    if one is not None:
        found.append((one.node, Repeat(rows // max(one.rows, 1), one.rows), DIRECT, EXACT))
    if two is not None:
        found.append((two.node, Tile(rows // max(two.rows, 1), two.rows), DIRECT, EXACT))
    return finish(call, *found)


def _tensordot(call: Call) -> bool | None:
    a, b, axes = call.argument(0, "a"), call.argument(1, "b"), call.argument(2, "axes", 2)
    if isinstance(axes, int | np.integer):
        k = int(axes)
        summed = [list(range(np.ndim(a) - k, np.ndim(a))), list(range(k))]
    else:
        sides = [axes_of(one, np.ndim(x)) for one, x in zip(axes, (a, b), strict=True)]
        if None in sides:
            return None
        summed = sides  # type: ignore[assignment]  # checked
    labels = iter(range(1000))
    left = [next(labels) for _ in range(np.ndim(a))]
    right = [next(labels) for _ in range(np.ndim(b))]
    for i, j in zip(*summed, strict=True):
        right[j] = left[i]
    out = [x for x in left + right if (x in left) != (x in right)]
    return _labelled(call, [(a, left), (b, right)], out)


def _einsum(call: Call) -> bool | None:
    text, values = call.args[0], list(call.args[1:])
    if not isinstance(text, str) or "..." in text or wrote(call, call.out):
        return None
    terms, _, result = text.replace(" ", "").partition("->")
    inputs = terms.split(",")
    if "->" not in text:
        letters = "".join(inputs)
        result = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    if len(inputs) != len(values):
        return None
    return _labelled(call, list(zip(values, map(list, inputs), strict=True)), list(result))


def _labelled(call: Call, terms: list[tuple[Any, list[Any]]], out: list[Any]) -> bool | None:
    """A sum of products over labelled axes: where the label of each first axis went."""
    rows, turned, found = call.recorder.table.rows(call.out), [], list[Edge]()
    first = out[0] if out else None
    for value, labels in terms:
        one = recorded(call, value)
        if one is None:
            continue
        if labels and labels.count(labels[0]) > 1 and labels[0] in out[1:]:
            return None
        if labels and labels[0] == first:
            found.append((one.node, Identity(rows), DIRECT, EXACT))
        elif labels and labels[0] in out:
            turned.append((one, out.index(labels[0])))
        else:
            found.append(each(one, rows) if out else every(call, one, rows))
    if turned and not found and len(turned) == 1:
        one, axis = turned[0]
        return along(call, axis, (one.node, Identity(one.rows), DIRECT, EXACT))
    aligned = any(type(m) is Identity for _, m, _, _ in found)
    if turned and not aligned:
        return None
    found += [(one.node, All(one.rows, rows), CONTEXT, EXACT) for one, _ in turned]
    spread = [(n, m, CONTEXT if aligned and type(m) is All else k, s) for n, m, k, s in found]
    return finish(call, *spread) if spread else None


def _chain(call: Call) -> bool | None:
    """``multi_dot([a, b, c])``: rows of the first, all of the others."""
    values = call.argument(0, "arrays")
    if not isinstance(values, list | tuple) or wrote(call, call.out):
        return None
    rows, found = call.recorder.table.rows(call.out), list[Edge]()
    first = np.ndim(values[0]) == 2
    for k, value in enumerate(values):
        one = recorded(call, value)
        if one is not None:
            found.append(_side(call, one, rows, left=k == 0) if first
                         else each(one, rows))  # fmt: skip
    return finish(call, *found) if found else None


def _cross(call: Call) -> bool | None:
    """Vectors along an axis of their own: the other axes stay."""
    keys = ("axis", "axisa", "axisb", "axisc")
    if any(k in call.kwargs for k in keys[1:]) or len(call.args) > 2:
        return None
    one, two = (recorded(call, call.argument(k, n)) for k, n in ((0, "a"), (1, "b")))
    if one is None or two is None or one.ndim != two.ndim or one.rows != two.rows:
        return None
    axis = axis_of(call.kwargs.get("axis", -1), one.ndim)
    rows = call.recorder.table.rows(call.out)
    if not axis:
        return None
    same = Identity(rows)
    return finish(call, (one.node, same, DIRECT, EXACT), (two.node, same, DIRECT, EXACT))
