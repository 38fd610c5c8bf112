"""Notes the calls that set a seed: those the adapters know, and arguments named for it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from traceprop_nb.tracing.callables import is_user_module
from traceprop_nb.tracing.observed import SeedCall
from traceprop_nb.tracing.plan import Plan, arguments

if TYPE_CHECKING:
    from traceprop_nb.tracing.operand import Operand
    from traceprop_nb.tracing.record import Recorder

ARGUMENTS = ("random_state", "seed")
"""Arguments of a library's function or class that set a seed."""


def takes_seed(fields: dict[str, Any]) -> bool:
    """Whether a call's plan has an argument that is named for a seed."""
    return any(name in ARGUMENTS for name, _ in fields.get("keywords", ()))


def note(recorder: Recorder, plan: Plan, head: Operand, popped: list[Any], function: Any) -> None:
    """Tell of a call that may have set a seed, after it happened."""
    args, kwargs = arguments(plan, popped)
    name = _named(recorder, function)
    if name:
        given = [*args, *kwargs.values()]
        recorder.on_seed(SeedCall(name, _whole(given[0]) if given else None))
        return
    for argument in ARGUMENTS:
        value = _whole(kwargs.get(argument))  # a generator is no seed: making it was one
        if value is not None and (owner := _library(plan, head, function)):
            recorder.on_seed(SeedCall(f"{owner}({argument})", value))


def _named(recorder: Recorder, function: Any) -> str:
    try:
        return recorder.table.seeds.get(function, "")
    except TypeError:  # an unhashable callable
        return ""


def _library(plan: Plan, head: Operand, function: Any) -> str:
    """What a library calls the callee; empty for the user's own code."""
    owner = "" if function is None or head.thing is not None else f"{head.kind.__name__}."
    module = getattr(function, "__module__", None) or head.kind.__module__
    name = getattr(function, "__name__", None) or plan.method
    if not isinstance(module, str) or not name or is_user_module(module):
        return ""
    return f"{module.partition('.')[0]}.{owner}{name}"


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
