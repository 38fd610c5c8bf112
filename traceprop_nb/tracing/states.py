"""Generators of random numbers as they were before they drew: a shuffle can then be done again.

What moved rows is a handful of draws. The state before them says which, at the price of one state
a call and nothing at all for who never asks.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.writer import HELD, Writer

_getframe = sys._getframe


class States(Writer):
    """The hook of what may draw rows."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._pending: dict[int | tuple[int, int], Any] = {}

    def q(self, slot: int, value: Any) -> Any:
        """A generator, its module or one of its functions passes, about to draw rows perhaps."""
        try:
            noted = self.operand(value)
            if noted.mark is None and noted.node is None:
                mark = self.state(value)
                if mark is not None:
                    noted = Operand(
                        None, noted.kind, thing=noted.thing, ref=noted.ref, mark=mark,
                        holds=noted.holds,
                    )  # fmt: skip
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = noted
        except Exception:
            self.failed("operand")
        return value

    def state(self, value: Any) -> Any:
        """How a generator stands, or the one that a module or function draws from; else None."""
        states = self.table.states
        if isinstance(value, ModuleType):
            read = states.get(value)
        elif isinstance(value, HELD):
            value = getattr(value, "__self__", None)
            read = states.get(type(value))
        else:
            read = states.get(type(value))
        return None if read is None else read(value)
