"""The shortest script that makes a value again: the statements of the cells that it depends on.

A backward slice over the statements of every cell, in the order in which they ran (Weiser 1984,
doi:10.1109/TSE.1984.5010248): what binds a needed name, what may change a needed object in place,
and what sets a seed. What may change an object is judged from the code; where the recorded graph
saw that a statement did not touch the value's lineage, a plain call is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import UntracedError
from traceprop_nb.lineage import query
from traceprop_nb.session.names_of import Uses, uses

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

Places = set[tuple[int, int]]
"""Cells' numbers, with lines in them."""
_HEADERS = ("%%trace", "%%train")


@dataclass(frozen=True)
class Statement:
    """A top-level statement that ran.

    Attributes:
        run: Place of its cell among the cells that ran.
        cell: Its number.
        first: First line in the cell.
        last: Last line.
        text: Its source.
        uses: The names in it.
    """

    run: int
    cell: int
    first: int
    last: int
    text: str
    uses: Uses


@dataclass(frozen=True, repr=False)
class ScriptAnswer:
    """A script that makes a value again.

    Attributes:
        name: The name that it binds.
        text: The script.
        cells: Numbers of the cells that it comes from, in order.
        left_out: How many statements that ran are not in it.
        notes: What it can't contain: shell commands, cells that failed.
    """

    name: str
    text: str
    cells: tuple[int, ...]
    left_out: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.text

    def save(self, path: str | Path) -> Path:
        """Write the script to a file."""
        target = Path(path)
        target.write_text(self.text, encoding="utf-8")
        return target


def script(session: Session, x: Any) -> ScriptAnswer:
    """See ``traceprop_nb.script``."""
    name = _name(session, x)
    statements, notes = statements_of(session)
    kept = _slice(statements, name, *_touching(session, name))
    chosen = [one for one, keep in zip(statements, kept, strict=True) if keep]
    lines: list[str] = []
    for one in chosen:
        mark = f"# cell {one.cell}"
        if mark not in lines[-1:] and (not lines or _last_cell(lines) != mark):
            lines += ["", mark] if lines else [mark]
        lines.append(one.text)
    cells = tuple(dict.fromkeys(one.cell for one in chosen))
    left = len(statements) - len(chosen)
    return ScriptAnswer(name, "\n".join(lines) + "\n", cells, left, tuple(notes))


def _last_cell(lines: list[str]) -> str:
    return next((line for line in reversed(lines) if line.startswith("# cell ")), "")


def _name(session: Session, x: Any) -> str:
    if isinstance(x, str) and x in session.namespace:
        return x
    for name, value in session.namespace.items():
        if value is x:
            return name
    raise UntracedError(
        f"this {type(x).__name__} has no name in the session; give the name of a variable, as in "
        "%lineage X_train --code"
    )


def statements_of(session: Session) -> tuple[list[Statement], list[str]]:
    """Every statement of every cell that ended well, as they ran."""
    found: list[Statement] = []
    notes: list[str] = []
    for number, run in enumerate(session.cells):
        if not run.ok:
            notes.append(f"cell {run.number} did not end well and is left out")
            continue
        pieces, note = parsed(run.source)
        if note:
            notes.append(note.format(run.number))
        found += [Statement(number, run.number, *piece) for piece in pieces]
    return found, list(dict.fromkeys(notes))


@lru_cache(maxsize=2048)
def parsed(source: str) -> tuple[tuple[tuple[int, int, str, Uses], ...], str]:
    """(first line, last line, text, names) of each statement of a cell, and what to say of it."""
    lines = source.splitlines()
    plain = ["" if _is_magic(line) else line for line in lines]
    note = ""
    if any(_is_magic(line) and not line.startswith(_HEADERS) for line in lines):
        note = "magics and commands of cell {} are left out"
    try:
        tree = ast.parse("\n".join(plain))
    except SyntaxError:
        return (), "cell {} is no plain Python and is left out"
    found = []
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        whole = "\n".join(plain[first - 1 : last])
        text = ast.unparse(node) if _shares_line(node, tree) else whole
        found.append((first, last, text, uses(node)))
    return tuple(found), note


def _is_magic(line: str) -> bool:
    return line.lstrip().startswith(("%", "!"))


def _shares_line(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether another statement stands on its lines, after a semicolon."""
    return any(
        other is not node
        and other.lineno <= (node.end_lineno or node.lineno)
        and (other.end_lineno or other.lineno) >= node.lineno
        for other in tree.body
    )


def _touching(session: Session, name: str) -> tuple[Places | None, Places]:
    """Where the value's lineage was made, None if it was never recorded; where its files were."""
    node = session.recorder.identity.node(session.namespace[name])
    if node is None:
        return None, set()
    graph, read_back = session.graph, session.recorder.read_back
    places, files = Places(), Places()
    for at in {node, *query.ancestors(graph, node)}:
        site = graph.site(at)
        if site is not None:
            places.add((graph.cell(at), site.line))
        if at in read_back:
            files.add((read_back[at].cell, read_back[at].line))
    return places, files


def _slice(
    statements: Sequence[Statement], name: str, touching: Places | None, files: Places
) -> list[bool]:
    needed, kept = {name}, [False] * len(statements)
    for at in range(len(statements) - 1, -1, -1):
        one = statements[at]
        if not (_matters(one, needed, touching) or _within(one, files)):
            continue
        kept[at] = True
        needed -= one.uses.binds - one.uses.reads
        needed |= one.uses.reads
    return kept


def _matters(one: Statement, needed: set[str], touching: Places | None) -> bool:
    if one.uses.binds & needed or one.uses.seeds:
        return True
    if one.uses.writes & needed:
        return True
    if not one.uses.passes & needed:
        return False
    if touching is None:
        return True
    return _within(one, touching)


def _within(one: Statement, places: Places) -> bool:
    return any((one.cell, line) in places for line in range(one.first, one.last + 1))
