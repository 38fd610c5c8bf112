"""What the rewriter knows about one recorded expression before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Plan:
    """One recorded expression or write of a cell.

    Attributes:
        site: Its entry in the graph's site table.
        op: The operation as the lineage shows it, such as ``"-/+"`` or ``"merge"``.
        head: Slot of the receiver, base or callee; -1 where there is none.
        method: Name of the attribute that is called or read, or None.
        args: Positional operands: ``("slot", k)``, ``("star", k)``, ``("item", (k, place))`` of a
            tuple that passed a slot, or ``("const", value)``.
        keywords: Named operands, as (name or None for ``**``, operand).
        slots: Every slot that the expression fills, the head included.
        rule: Cache of the rule that handled the last call, with what it was found for.
    """

    site: int
    op: str
    head: int = -1
    method: str | None = None
    args: tuple[tuple[str, Any], ...] = ()
    keywords: tuple[tuple[str | None, tuple[str, Any]], ...] = ()
    slots: tuple[int, ...] = ()
    op_id: int = field(default=-1)


def operand_value(operand: tuple[str, Any], values: dict[int, Any]) -> Any:
    """What passed an operand's slot, a member of it, or its constant."""
    kind, what = operand
    if kind == "item":
        passed = values.get(what[0])
        return passed[what[1]] if isinstance(passed, tuple | list) else None
    return what if kind == "const" else values.get(what)


def arguments(plan: Plan, popped: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments of a call, from what passed its slots, the head first."""
    values = dict(zip(plan.slots[1:], popped[1:], strict=True))
    args: list[Any] = []
    for kind, what in plan.args:
        if kind == "star":
            spread = values.get(what)
            args += spread if isinstance(spread, list | tuple) else [spread]
        else:
            args.append(what if kind == "const" else values.get(what))
    kwargs: dict[str, Any] = {}
    for name, operand in plan.keywords:
        value = operand_value(operand, values)
        if name is not None:
            kwargs[name] = value
        elif isinstance(value, dict):
            kwargs.update(value)
    return args, kwargs


def argument(args: Sequence[Any], kwargs: Mapping[str, Any], position: int, name: str) -> Any:
    """An argument by position or name; None where it was not given."""
    return args[position] if position < len(args) else kwargs.get(name)
