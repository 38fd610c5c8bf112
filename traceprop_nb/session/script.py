"""A plain script, traced the way a cell is: what it does, prints, raises and returns stays its own.

The module ``__main__``, ``sys.argv`` and ``sys.path`` are what ``python script.py`` makes them, and
stay so: threads, ``atexit`` and worker processes may need them after the script's last line.
"""

from __future__ import annotations

import ast
import builtins
import io
import os
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import decode_source
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

CELL = 1
"""The number that a script has as a cell."""

FAILED, STOPPED = 1, 130


def run_script(session: Session, path: str, arguments: Sequence[str]) -> int:
    """Run a script as a traced cell, in the place of this process's ``__main__``.

    Args:
        session: Records it.
        path: Of the script.
        arguments: The words that follow it, as ``sys.argv[1:]``.

    Returns:
        The exit code that ``python`` would have had; an error of the script's is printed as there.

    Raises:
        OSError: It cannot be read.
    """
    with io.open_code(path) as file:
        data = file.read()
    module = _main(path)
    sys.argv[:] = [path, *arguments]
    sys.path[0:1] = [os.path.dirname(os.path.realpath(path))]
    try:
        tree, text = ast.parse(data, module.__file__ or path), decode_source(data)
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes, by older versions
        sys.excepthook(type(error), error.with_traceback(None), None)
        return FAILED
    session.begin_cell(CELL, text, traced=True, name=os.path.basename(path))
    code, failure = _executed(session, tree, module)
    session.bind({name: value for name, value in vars(module).items() if name[:1] != "_"})
    session.end_cell(failure is None, failure)
    return code


def _main(path: str) -> ModuleType:
    """A fresh ``__main__`` for a script."""
    module, place = ModuleType("__main__"), os.path.abspath(path)
    told = {"__file__": place, "__builtins__": builtins, "__cached__": None, "__package__": None,
            "__loader__": SourceFileLoader("__main__", place), "__annotations__": {}}  # fmt: skip
    if sys.version_info >= (3, 14):  # annotations are made when they are asked for
        del told["__annotations__"]
    vars(module).update(told)
    sys.modules["__main__"] = module
    return module


def _executed(session: Session, tree: ast.Module, module: ModuleType) -> tuple[int, str | None]:
    """The script's exit code, and the class of what it ended with; None if it ended well."""
    try:
        code = compile(session.rewrite(tree), module.__file__ or "", "exec", dont_inherit=True)
        exec(code, vars(module))  # the user's own script
    except SystemExit as left:
        status = _exit_code(left)
        return status, type(left).__name__ if status else None
    except BaseException as error:  # noqa: BLE001  # whatever the script raises ends it, as always
        users = error.__traceback__ and error.__traceback__.tb_next  # without our own frame
        sys.excepthook(type(error), error.with_traceback(users), users)
        stopped = isinstance(error, KeyboardInterrupt)
        return STOPPED if stopped else FAILED, type(error).__name__
    return 0, None


def _exit_code(left: SystemExit) -> int:
    if left.code is None:
        return 0
    if isinstance(left.code, int):
        return left.code
    sys.stderr.write(f"{left.code}\n")  # as the interpreter does
    return FAILED
