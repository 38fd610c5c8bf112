"""Evaluates the expressions in a magic's line, such as ``X_test[412]``, where the user stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError

from traceprop_nb.errors import UnknownNameError, unknown_name

_NAME = "<the magic's expression>"


def evaluate(text: str, magic: str, names: Mapping[str, Any], local: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Args:
        text: The expression.
        magic: Who asks, for the message.
        names: The user's global names.
        local: The names around the line; the same ones at the top of a cell.

    Raises:
        UsageError: The text is no expression.
        UnknownNameError: It is a name, or starts from one, that does not exist.
        Exception: Whatever the expression itself raises.
    """
    try:
        code = compile(text.strip(), _NAME, "eval")
    except SyntaxError as error:
        raise UsageError(f"{magic}: {text!r} is not an expression ({error.msg})") from None
    try:
        return eval(code, dict(names), local)  # the user's own expression
    except NameError as error:
        raised_here = error.__traceback__ is not None and _is_own(error)
        if not raised_here or error.name is None:
            raise
        known = [name for name in {*names, *local} if not name.startswith("_")]
        raise _undefined(error.name, known) from None


def _is_own(error: NameError) -> bool:
    """Whether the expression misses the name, and no function that it calls."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename == _NAME


def _undefined(name: str, known: list[str]) -> UnknownNameError:
    return unknown_name("variable", name, known)
