"""What a format cannot carry, as data: the documentation prints it, and the tests apply it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from typing import Any

from traceprop_nb.exports.model import SessionGraph


@dataclass(frozen=True)
class Loss:
    """A part of a session that does not come back from a format.

    Attributes:
        part: Field of ``SessionGraph`` such as "operations", or of what it holds, such as
            "sources.cell".
        why: In a sentence.
        when: Of which of them, where not of all; empty = always.
    """

    part: str
    why: str
    when: str = ""


def without(graph: SessionGraph, losses: Iterable[Loss]) -> SessionGraph:
    """The graph as a format with these losses gives it back: what is lost is not known.

    Losses that depend on something are left to the caller.
    """
    for loss in losses:
        if not loss.when:
            graph = _blank(graph, loss.part.split("."))
    return graph


def _blank(thing: Any, path: list[str]) -> Any:
    name, *rest = path
    if not rest:
        return replace(thing, **{name: _default(next(f for f in fields(thing) if f.name == name))})
    inner = getattr(thing, name)
    if is_dataclass(inner):
        return replace(thing, **{name: _blank(inner, rest)})
    return replace(thing, **{name: tuple(_blank(one, rest) for one in inner)})


def _default(field: Field[Any]) -> Any:
    return "" if field.default is MISSING else field.default
