"""Shows what went wrong on our side in one line, and leaves the user's own errors alone.

IPython asks an exception for ``_render_traceback_`` before it prints a stack. Our errors, when
they reach a magic, answer with their one line; the same error raised by ``tp.influence(...)`` in a
cell keeps its traceback, which then ends in the user's own line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from IPython.core.error import InputRejected

from traceprop_nb.errors import TracepropError

P = ParamSpec("P")
R = TypeVar("R")


class CellRefused(InputRejected):
    """The cell was not run, because its header asks for what cannot be done."""

    def __init__(self, cause: TracepropError) -> None:
        super().__init__(str(cause))
        self._line = line_of(cause)

    def _render_traceback_(self) -> list[str]:
        return [self._line]


def line_of(error: BaseException) -> str:
    """An error as one line: its kind and what it says."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def in_one_line(error: TracepropError) -> TracepropError:
    """The same error, which IPython will show as one line."""
    error._render_traceback_ = lambda: [line_of(error)]  # type: ignore[attr-defined]  # IPython's
    return error


def short_errors(magic: Callable[P, R]) -> Callable[P, R]:
    """Decorate a magic: what it refuses is shown without its frames."""

    @functools.wraps(magic)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return magic(*args, **kwargs)
        except TracepropError as error:
            raise in_one_line(error)  # noqa: B904  # the very same error

    return run


def show(shell: Any, error: BaseException) -> None:
    """Show an error of ours where a callback may not raise, in one line."""
    if isinstance(error, TracepropError):
        in_one_line(error)
    else:
        error._render_traceback_ = lambda: [  # type: ignore[attr-defined]  # IPython's
            f"traceprop_nb could not finish recording this cell ({line_of(error)})"
        ]
    shell.showtraceback((type(error), error, error.__traceback__))
