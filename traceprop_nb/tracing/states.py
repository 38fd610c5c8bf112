"""What a call will change, as it was before: then what the call did can be done again.

What shuffles rows is a handful of draws, and the generator's state before them says which, at the
price of one state a call and nothing at all for who never asks. A vector that is sorted in place
was a copy before.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from numpy import ndarray

from traceprop_nb.tracing.loops import Loops
from traceprop_nb.tracing.operand import UNSEEN, Operand
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

    def z(self, slot: int, value: Any) -> Any:
        """An array passes that is about to be resized, which NumPy refuses to weakly held ones.

        It is UNKNOWN from here on.
        """
        try:
            array = issubclass(type(value), ndarray)
            ref = self.identity.find(value) if array else None
            if ref is not None:
                self.identity.dead(ref)
                for kept in self._pending.values():
                    if type(kept) is Operand and kept.ref is ref:
                        kept.ref = None
            seen = UNSEEN if array else self.operand(value)
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = seen
        except Exception:
            self.failed("resize")
        return value

    def state(self, value: Any) -> Any:
        """How a value stands, or the generator that a module or function draws from; else None."""
        states = self.table.states
        if issubclass(type(value), ModuleType):
            read = states.get(value)
        elif issubclass(type(value), HELD):
            value = getattr(value, "__self__", None)
            read = states.get(type(value))
        else:
            read = states.get(type(value))
        return None if read is None else read(value)
