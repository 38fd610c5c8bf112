"""Traces the user's own modules, by name and on request: an import hook that rewrites their source.

Only modules that are imported after the request are rewritten; nothing of it is cached on disk.
A module that can't be rewritten is imported as it is, and its results are UNKNOWN as before.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import decode_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

Rewrite = Callable[[ast.Module, str, str], ast.Module]
"""(tree, source, name of the file) -> the tree to compile."""


class TracedModules(MetaPathFinder):
    """Finds the modules of some packages, and has their source rewritten.

    Attributes:
        names: Packages and modules that are traced, with all that lies in them.
        failed: Modules that could not be rewritten, and why.
    """

    def __init__(self, rewrite: Rewrite) -> None:
        self._rewrite = rewrite
        self.names: dict[str, None] = {}
        self.failed: dict[str, str] = {}

    def add(self, *names: str) -> list[str]:
        """Trace these from their next import on; returns what was imported already."""
        self.names.update(dict.fromkeys(names))
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        return [name for name in sys.modules if self.covers(name) and not self.has(name)]

    def remove(self) -> None:
        """Trace no module any more; those that were imported stay as they are."""
        self.names.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def covers(self, name: str) -> bool:
        """Whether a module is one of those, or lies in one."""
        return any(name == one or name.startswith(one + ".") for one in self.names)

    def has(self, name: str) -> bool:
        """Whether an imported module was rewritten."""
        loader = getattr(getattr(sys.modules.get(name), "__spec__", None), "loader", None)
        return isinstance(loader, _Loader) and name not in self.failed

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec, with our loader; None for any other module."""
        if not self.covers(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        spec.loader = _Loader(spec.loader.name, spec.loader.path, self)
        spec.cached = None
        return spec

    def compiled(self, name: str, path: str, data: bytes) -> CodeType | None:
        """The code of a rewritten module; None where that failed."""
        source = decode_source(data)
        try:
            tree = self._rewrite(ast.parse(source, path), source, Path(path).name)
            code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        except SyntaxError:
            return None  # the ordinary import says so in its own words
        except Exception as error:  # noqa: BLE001  # a module we can't rewrite must still load
            self.failed[name] = f"{type(error).__name__}: {error}"
            return None
        self.failed.pop(name, None)
        return code


class _Loader(SourceFileLoader):
    """Compiles rewritten source, and never reads or writes a cached file of it."""

    def __init__(self, name: str, path: str, modules: TracedModules) -> None:
        super().__init__(name, path)
        self._modules = modules

    def get_code(self, fullname: str) -> Any:
        """The module's code."""
        code = self._modules.compiled(fullname, self.path, self.get_data(self.path))
        return super().get_code(fullname) if code is None else code
