"""What an expression of polars looks at: its own row only, statistics too, or any row."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

import polars as pl


class Reach(IntEnum):
    """How far a row of the result looks; ``max`` is the farthest."""

    ROW = 0
    """At its own row."""
    STATISTIC = 1
    """At its own row, and at statistics of all or of its group."""
    ANY = 2
    """At any row, or nobody knows."""


_PLAIN_FUNCTIONS = frozenset(
    "StringExpr TemporalExpr BinaryExpr Boolean Pow Abs Clip Round Floor Ceil Negate FillNull "
    "NullCount Coalesce Hash Trigonometry Sign AsStruct ConcatExpr MinHorizontal MaxHorizontal "
    "SumHorizontal MeanHorizontal Log Log1p Exp Cbrt Degrees Radians Reinterpret StructExpr".split()
)
_ACROSS = frozenset("Any All".split())
"""Boolean functions that look at all rows."""
_NESTED = frozenset("IsFirstDistinct IsLastDistinct IsUnique IsDuplicated".split())


def reach(given: Iterable[Any]) -> Reach:
    """The farthest reach of expressions, names and plain values."""
    return max((_of(one) for one in _flat(given)), default=Reach.ROW)


def _flat(given: Iterable[Any]) -> Iterator[Any]:
    for one in given:
        if isinstance(one, list | tuple):
            yield from _flat(one)
        else:
            yield one


def repeats(given: Iterable[Any]) -> bool:
    """Whether expressions, names and plain values say the same a second time."""
    return all(isinstance(one, _PLAIN) or _is_sure(one) for one in _flat(given))


def _is_sure(one: Any) -> bool:
    text = _written(one)
    return bool(text) and not any(word in text for word in _CHANCE)


_PLAIN = str | int | float | bool | None
_CHANCE = ("Random", "Sample", "Shuffle", "Anonymous", "Python", "Plugin", "FfiPlugin")
"""Draws, and functions that polars knows nothing of."""


def _of(one: Any) -> Reach:
    if isinstance(one, _PLAIN):
        return Reach.ROW
    text = _written(one)
    return _of_tree(json.loads(text)) if text else Reach.ANY


def _written(one: Any) -> str:
    """An expression's tree as JSON; empty for what is none, or has a function of the user's own."""
    if not isinstance(one, pl.Expr):
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return one.meta.serialize(format="json")
        except (pl.exceptions.PolarsError, ValueError, TypeError):
            return ""


def _of_tree(tree: Any) -> Reach:
    if isinstance(tree, str):
        return Reach.STATISTIC if tree == "Len" else Reach.ROW
    if not isinstance(tree, dict) or len(tree) != 1:
        return Reach.ANY
    ((kind, body),) = tree.items()
    if kind == "Agg":
        return max(Reach.STATISTIC, _inside(body))
    if kind == "Function":
        return max(_of_function(body["function"]), *map(_of_tree, body["input"] or ["x"]))
    return _of_plain(kind, body)


def _of_plain(kind: str, body: Any) -> Reach:
    """Of an operator over expressions."""
    if kind in ("Column", "Literal"):
        return Reach.ROW
    if kind == "Over":
        mapped = body.get("mapping") == "GroupsToRows" and body.get("order_by") is None
        return max(Reach.STATISTIC, _of_tree(body["function"])) if mapped else Reach.ANY
    if kind == "BinaryExpr":
        return max(_of_tree(body["left"]), _of_tree(body["right"]))
    if kind == "Ternary":
        return max(_of_tree(body[part]) for part in ("predicate", "truthy", "falsy"))
    if kind == "Cast":
        return _of_tree(body["expr"])
    return _of_tree(body[0]) if kind in ("Alias", "KeepName") else Reach.ANY


def _inside(body: Any) -> Reach:
    """Of what an aggregate is made of: ``{"Mean": expression}``, or with options beside it."""
    if not isinstance(body, dict) or len(body) != 1:
        return Reach.ANY
    (inner,) = body.values()
    inner = inner.get("input", inner) if isinstance(inner, dict) else inner[0]
    return _of_tree(inner)


def _of_function(function: Any) -> Reach:
    name = function if isinstance(function, str) else next(iter(function))
    inner = function.get(name) if isinstance(function, dict) else None
    kind = inner if isinstance(inner, str) else next(iter(inner), "") if inner else ""
    if name not in _PLAIN_FUNCTIONS or kind in _NESTED:
        return Reach.ANY
    return Reach.STATISTIC if name == "Boolean" and kind in _ACROSS else Reach.ROW
