"""The notebook's side: where shell, session and widgets meet.

``install`` is what ``%load_ext traceprop_nb`` does, ``uninstall`` what ``%unload_ext`` does; the
second leaves the shell as the first found it.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from traceprop_nb.magics.completion import matcher
from traceprop_nb.magics.display import register_displays
from traceprop_nb.magics.header import without_header
from traceprop_nb.magics.transform import TracedCells
from traceprop_nb.magics.verbs import TracepropMagics
from traceprop_nb.session import current
from traceprop_nb.tracing.syntax import HOOKS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_NAME = TracepropMagics.__name__


def install(shell: InteractiveShell) -> None:
    """Add the magics to a shell; a second time does nothing."""
    if _NAME in shell.magics_manager.registry:
        return
    session = current()
    magics = TracepropMagics(shell, session)
    undo = magics.undo
    undo.callback(_discard, shell.configurables, magics)
    _add_magics(shell, magics, undo)
    _append(shell.input_transformers_cleanup, without_header, undo)
    _append(shell.ast_transformers, TracedCells(magics.cells), undo)
    for event in ("pre_run_cell", "post_run_cell"):
        callback = getattr(magics.cells, event)
        shell.events.register(event, callback)
        undo.callback(_discard, shell.events.callbacks[event], callback)
    complete = matcher(session, lambda: _variables(shell))
    _append(shell.Completer.custom_matchers, complete, undo)
    register_displays(shell.display_formatter.ipython_display_formatter, magics, undo)


def uninstall(shell: InteractiveShell) -> None:
    """Take the magics off a shell again; what was recorded stays in the session."""
    magics = shell.magics_manager.registry.get(_NAME)
    if magics is not None:
        magics.cells.close()
        magics.undo.close()
        shell.user_ns.pop(HOOKS, None)
        magics.session.trace_off()
        magics.session.close()


def _add_magics(shell: InteractiveShell, magics: TracepropMagics, undo: ExitStack) -> None:
    manager = shell.magics_manager
    for kind, functions in magics.magics.items():
        table = manager.magics[kind]
        for name, function in functions.items():
            undo.callback(_restore, table, name, function, table.get(name))
    undo.callback(manager.registry.pop, _NAME, None)
    manager.register(magics)


def _restore(table: dict[str, Any], name: str, ours: Any, before: Any) -> None:
    if table.get(name) is not ours:
        return  # somebody has put their own magic there since
    if before is None:
        del table[name]
    else:
        table[name] = before


def _append(things: list[Any], thing: Any, undo: ExitStack) -> None:
    things.append(thing)
    undo.callback(_discard, things, thing)


def _discard(things: list[Any], thing: Any) -> None:
    if thing in things:
        things.remove(thing)


def _variables(shell: InteractiveShell) -> list[str]:
    hidden = shell.user_ns_hidden
    return [name for name in shell.user_ns if name[:1] != "_" and name not in hidden]
