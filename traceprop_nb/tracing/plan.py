"""What the rewriter knows about one recorded expression before it runs."""

from __future__ import annotations

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
        args: Positional operands: ``("slot", k)``, ``("star", k)`` or ``("const", value)``.
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
