"""What a call will change, as it was before: then what the call did can be done again.

What shuffles rows is a handful of draws, and the generator's state before them says which, at the
price of one state a call and nothing at all for who never asks. A vector that is sorted in place
was a copy before.
"""

from __future__ import annotations

import sys
from typing import Any

from traceprop_nb.tracing.loops import Loops

_getframe = sys._getframe


class States(Loops):
    """The hooks of what may draw or sort rows, or be written into."""

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

    def x(self, slot: int, value: Any) -> Any:
        """An object without a name passes that is about to be written into.

        It may be gone after that: where it stands is noted, for what shares its memory.
        """
        try:
            noted = self.operand(value)
            read = self.table.layouts.get(noted.kind)
            if read is not None and noted.ref is not None:
                noted.ref.layout = read(value)
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = noted
        except Exception:
            self.failed("operand")
        return value

    def j(self, slot: int, value: Any) -> Any:
        """A value passes whose cells will be looked up: held until that is over."""
        try:
            noted = self.operand(value)
            if noted.kind in self._recorded:
                noted.thing = value
            self._pending[slot if slot < 0 else (id(_getframe(1)), slot)] = noted
        except Exception:
            self.failed("operand")
        return value
