"""Calls that are noted though no value with rows is in them: those that set a seed, or save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traceprop_nb.tracing import seeds
from traceprop_nb.tracing.callee import rule_of
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.plan import Plan, arguments

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder


def note(recorder: Recorder, plan: Plan, head: Operand, popped: list[Any]) -> None:
    """Tell of a call whose name is one of ``RuleTable.noted_ops``, after it happened."""
    function = rule_of(recorder.table, plan, head)[1]
    try:
        save = recorder.table.savers.get(function)
    except TypeError:  # an unhashable callable
        save = None
    if save is not None:
        args, kwargs = arguments(plan, popped)
        save(
            recorder,
            [*map(_itself, args)],
            {name: _itself(v) for name, v in kwargs.items()},
            plan.site,
        )
    else:
        seeds.note(recorder, plan, head, popped, function)


def _itself(value: Any) -> Any:
    """The object that passed, where it is known: of a note of it, what it was taken of."""
    if type(value) is not Operand:
        return value
    return value.ref() if value.ref is not None else value.thing
