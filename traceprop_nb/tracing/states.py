"""What a call will change, as it was before: then what the call did can be done again.

What shuffles rows is a handful of draws, and the generator's state before them says which, at the
price of one state a call and nothing at all for who never asks. A vector that is sorted in place
was a copy before.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from traceprop_nb.tracing.loops import Loops
from traceprop_nb.tracing.writer import HELD

_getframe = sys._getframe


class States(Loops):
    """The hook of what may draw or sort rows."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._pending: dict[int | tuple[int, int], Any] = {}

    def q(self, slot: int, value: Any) -> Any:
        """A generator, its module, a function of it, or an array passes, about to move rows."""
        try:
            noted = self.operand(value)
            if noted.mark is None:
                noted.mark = self.state(value)
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = noted
        except Exception:
            self.failed("operand")
        return value

    def state(self, value: Any) -> Any:
        """How a value stands, or the generator that a module or function draws from; else None."""
        states = self.table.states
        if isinstance(value, ModuleType):
            read = states.get(value)
        elif isinstance(value, HELD):
            value = getattr(value, "__self__", None)
            read = states.get(type(value))
        else:
            read = states.get(type(value))
        return None if read is None else read(value)
