"""Updates of values that something else holds: ``grads["w"] += g``, ``self.total += x``.

Python asks the holder for the value, updates it in place where it can, and puts it back. Neither
the asking nor the putting is an expression of the cell, so the value is looked up in the holder
afterwards, without running any code of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from traceprop_nb.tracing import opaque, static
from traceprop_nb.tracing.plan import Plan

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder


def updated(
    recorder: Recorder, plan: Plan, holder: Any, key: Sequence[Any], given: Mapping[str, Any]
) -> None:
    """Record the update of what a list, dict or object holds.

    Args:
        recorder: Takes the record.
        plan: Of the statement.
        holder: The list, dict or object.
        key: The key, or nothing for an attribute.
        given: ``update``, the other operand.
    """
    value = _held(holder, key, plan.method)
    if "update" not in given or type(value) not in recorder.table.recorded:
        return
    operands = [recorder.operand(value)]
    if type(given["update"]) in recorder.table.recorded:
        operands.append(recorder.operand(given["update"]))
    recorder.table.align[type(value)](recorder, plan.site, plan.op_id, value, operands)
    ref = recorder.identity.find(value)
    if len(operands) > 1 and ref is not None:
        opaque.aliases_written(recorder, plan.site, ref, ref.node)


def _held(holder: Any, key: Sequence[Any], attribute: str | None) -> Any:
    if not key:
        return static.attributes(holder).get(str(attribute))
    try:
        if issubclass(type(holder), dict):
            return dict.get(holder, key[0])
        if issubclass(type(holder), list):
            return list.__getitem__(holder, key[0])
    except (TypeError, IndexError):
        return None
    return None
