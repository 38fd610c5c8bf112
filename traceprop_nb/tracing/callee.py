"""Who a recorded call called, and which rule knows it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from traceprop_nb.tracing import static
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.plan import Plan
from traceprop_nb.tracing.rules import Rule, RuleTable
from traceprop_nb.tracing.writer import HELD


def rule_of(table: RuleTable, plan: Plan, head: Operand) -> tuple[Rule | None, Any]:
    """The rule for a call and its callee, each None where nobody can say.

    Args:
        table: The rules.
        plan: Of the call.
        head: Its receiver, or the callee of a call without a dot.
    """
    method = plan.method
    if method is None:
        found = table.find_function(head.thing) if head.thing is not None else None
        return found or table.find_method(head.kind, "__call__"), head.thing
    look = getattr if head.holds else static.found
    if head.kind is ModuleType:
        function = look(head.thing, method, None)
        found = table.find_function(function)
        if found is None and function is not None and not issubclass(type(function), HELD):
            found = table.find_method(type(function), "__call__")
        return found, function
    if issubclass(head.kind, type):
        return table.find_method(head.thing, method), look(head.thing, method, None)
    callee = table.kept(head.kind, head.mark, method)
    if callee is not None:
        return table.find_method(type(callee), "__call__"), callee
    function = look(head.kind, method, None)
    return table.find_method(head.kind, method) or table.find_function(function), function
