"""What rewritten code calls. Inert until ``bind``; a module, so that it pickles by reference.

Rewritten functions may outlive a session, be unpickled in a worker process or run after the
extension is unloaded. There each hook gives back what it was given and does nothing else.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from traceprop_nb.tracing.syntax import HOOKS

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder

_LETTERS = "vabezlpqmcskghwyuioxjt"
ACTIVE = False
"""Whether a traced cell is running: the one flag that taps test."""

slice = builtins.slice  # noqa: A001  # what a rewritten x[a:b] builds


def _last(*values: Any) -> Any:
    return values[-1]


def _nothing(*_: object) -> None:
    return None


def _let_by(*_: object) -> bool:
    return True


def bind(recorder: Recorder) -> None:
    """Let a recorder see what runs."""
    global ACTIVE
    for letter in _LETTERS:
        globals()[letter] = getattr(recorder, letter)
    globals().update(n=recorder.n)
    ACTIVE = True


def unbind() -> None:
    """Go back to giving values back."""
    global ACTIVE
    ACTIVE = False
    for letter in _LETTERS:
        globals()[letter] = _last
    globals().update(w=_nothing, u=_nothing, i=_nothing, n=_let_by)


def publish() -> None:
    """Make the hooks' name resolvable from any rewritten function, wherever it runs."""
    import sys

    setattr(builtins, HOOKS, sys.modules[__name__])


unbind()
