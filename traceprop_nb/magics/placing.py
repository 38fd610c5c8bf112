"""Finds where a piece of code that a magic runs, such as ``%time x = f(y)``, stands in its cell.

``%time`` and ``%%time`` parse their code on their own, so it starts again at line 1. Lineage
should name the cell's line. The piece is found by what it parses to; its positions are moved for
the rewriting and moved back, so that tracebacks stay as they were.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """How far a piece stands from the start of its cell, in lines and UTF-8 bytes."""

    lines: int
    columns: int


def find_place(tree: ast.Module, source: str, transform: Callable[[str], str]) -> Place | None:
    """Where the code behind a tree stands in a cell.

    Args:
        tree: What the code parses to.
        source: The cell.
        transform: IPython's rewriting of magics into Python.

    Returns:
        Its place: nowhere moved where the tree is the whole cell; None where it is not found.
    """
    wanted = ast.dump(tree)
    for place, text in _pieces(source):
        try:
            parsed = ast.parse(transform(text))
        except SyntaxError:
            continue
        if ast.dump(parsed) == wanted:
            return place
    return None


def _pieces(source: str) -> Iterator[tuple[Place, str]]:
    yield Place(0, 0), source
    lines = source.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith("%%"):
            yield Place(number + 1, 0), "".join(lines[number + 1 :])
        elif line.lstrip().startswith("%") or "= %" in line:
            for column in (k + 1 for k, char in enumerate(line) if char == " "):
                yield Place(number, len(line[:column].encode())), line[column:]


@contextmanager
def moved(tree: ast.Module, place: Place) -> Iterator[None]:
    """Give the tree the cell's positions while the block runs."""
    if not place.lines and not place.columns:  # a whole cell: the usual case
        yield
        return
    _move(tree, place.lines, place.columns)
    try:
        yield
    finally:
        _move(tree, -place.lines, -place.columns)


def _move(tree: ast.Module, lines: int, columns: int) -> None:
    node: Any
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        node.lineno += lines
        node.col_offset += columns
        if node.end_lineno is not None:
            node.end_lineno += lines
            node.end_col_offset += columns
