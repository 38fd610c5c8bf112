"""What is noted of a value as it passes a hook: enough to place its rows after it is gone."""

from __future__ import annotations

from typing import Any

from traceprop_nb.tracing.identity import Tracked


class Operand:
    """A value as it was when it passed.

    Attributes:
        node: Its node, or None when it has no rows.
        kind: Its type.
        ndim: Number of axes; -1 where that means nothing.
        rows: Length of its first axis; 1 for a scalar.
        index: A frame's row labels, held (labels are immutable), else None.
        thing: The object, only where holding it is harmless: modules, functions, classes,
            objects of the frameworks that are no values.
        ref: Its entry in the identity table.
        mark: What taps know it by, such as a weak reference to a frame's manager, else None.
        holds: Whether arguments may be held while it is called: not by the user's own code.
    """

    __slots__ = ("holds", "index", "kind", "mark", "ndim", "node", "ref", "rows", "thing")

    def __init__(  # noqa: PLR0913  # one for each thing noted
        self,
        node: int | None,
        kind: type,
        ndim: int = -1,
        rows: int = -1,
        index: Any = None,
        thing: Any = None,
        ref: Tracked | None = None,
        mark: Any = None,
        holds: bool = True,
    ) -> None:
        self.node, self.kind, self.ndim, self.rows = node, kind, ndim, rows
        self.index, self.thing, self.ref, self.mark = index, thing, ref, mark
        self.holds = holds


UNSEEN = Operand(None, type(None))
"""Stands for an operand that was not noted."""
