"""Hooks into IPython's own passes over a cell: text first, syntax tree second."""

from __future__ import annotations

import ast
from typing import TypeVar

from traceprop_nb.magics.cells import Cells

Tree = TypeVar("Tree", bound=ast.AST)


class TracedCells:
    """An entry of ``shell.ast_transformers``: rewrites the trees of traced cells only."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def visit(self, node: Tree) -> Tree | ast.Module:
        """Pass a tree on, rewritten if its cell is traced.

        Raises:
            CellRefused: The cell must not run.
        """
        return self._cells.rewrite(node) if isinstance(node, ast.Module) else node
