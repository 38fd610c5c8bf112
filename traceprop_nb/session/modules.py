"""``%trace modules``: the user's own modules, rewritten as cells are when they are imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError
from traceprop_nb.lineage.nodes import Site
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.callables import is_library
from traceprop_nb.tracing.modules import TracedModules
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rewrite import rewrite_module

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


@dataclass(frozen=True)
class ModulesAnswer:
    """Which modules are traced.

    Attributes:
        names: What was asked for: these and all that lies in them.
        early: Those of them that were imported before, and so are not traced until reloaded.
        failed: Those that could not be rewritten, and why.
    """

    names: tuple[str, ...]
    early: tuple[str, ...]
    failed: dict[str, str]

    def __repr__(self) -> str:
        if not self.names:
            return "no modules are traced; name some, as in %trace modules mypackage"
        out = [f"traced when imported: {', '.join(self.names)}"]
        if self.early:
            out.append(
                f"imported before and not traced: {', '.join(self.early)}; restart the kernel, or "
                "importlib.reload() each of them and import again what was taken from it"
            )
        out += [f"not traced: {name} ({why})" for name, why in self.failed.items()]
        return "\n".join(out)


def trace_modules(session: Session, *names: str) -> ModulesAnswer:
    """Trace these modules and all that lies in them, from their next import on.

    Raises:
        OptionError: A name is no module's, or is an installed library's.
    """
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            raise OptionError(f"{name!r} is no module's name; write it as in import, dots between")
        if is_library(name):
            raise OptionError(
                f"{name!r} is an installed library, which %trace modules leaves alone: it is for "
                "the modules of your own project; declare single functions with tp.rowwise"
            )
    if session.modules is None:
        session.modules = TracedModules(
            lambda tree, source, file: rewrite_module(tree, _Plans(session, file), source)
        )
    hooks.publish()
    modules = session.modules
    early = modules.add(*names) if names or modules.names else []
    return ModulesAnswer(tuple(modules.names), tuple(early), dict(modules.failed))


class _Plans:
    """Plans of a module's expressions: they lie in no cell, so their text says where."""

    def __init__(self, session: Session, file: str) -> None:
        self._session, self._file = session, file

    @property
    def _recorder(self) -> Recorder:
        return self._session.recorder

    def add_plan(self, op: str, node: ast.expr | ast.stmt, text: str, **fields: Any) -> int:
        """Keep a plan and return its number."""
        where = f"{self._file}:{node.lineno}: {text}"[:120]
        return self._recorder.plan_at(Site(op, self._recorder.cell, 0, 0, where), **fields)

    def slot(self) -> int:
        """A number no other operand has."""
        return self._recorder.slot()
