"""What is known of one array while a jaxpr is read: dependences and, of whole numbers, values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.adapters.jax.flow.deps import Deps

Values = NDArray[Any]
Thunk = Callable[[], "Values | None"]


class Flow:
    """An array of a jaxpr.

    Attributes:
        deps: Where its elements come from.
        thunk: Works its values out if it can, or None where nobody can.
    """

    __slots__ = ("_value", "deps", "thunk")

    def __init__(self, deps: Deps = (), thunk: Thunk | None = None) -> None:
        self.deps, self.thunk = deps, thunk
        self._value: Values | None = None

    def value(self) -> Values | None:
        """Its values, worked out once; None where they are not known."""
        if self._value is None and self.thunk is not None:
            self._value = self.thunk()
            self.thunk = None
        return self._value

    def with_deps(self, deps: Deps) -> Flow:
        """The same values with other dependences."""
        return Flow(deps, self.value if self.thunk is not None or self._value is not None else None)


NOTHING = Flow()


def constant(value: object) -> Flow:
    """Values that come from nowhere."""
    return Flow((), lambda: np.asarray(value))
