"""Which names hold values made from what has been made again since: stale ones.

A cell reads names that other cells bind. If one of them ran again after it, and it did not, then
what it bound is not what running it now would give. The same holds for what was made of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from traceprop_nb.session.slicing import Statement, statements_of

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


@dataclass(frozen=True)
class CellNames:
    """The names of one run of a cell.

    Attributes:
        cell: Its number.
        binds: Names that it gave a value, or whose objects it wrote into.
        reads: Names that it took from other cells.
    """

    cell: int
    binds: frozenset[str]
    reads: frozenset[str]


def cell_names(session: Session) -> list[CellNames]:
    """The names of every run, in order; a cell that failed or is no Python is left out."""
    runs: dict[int, list[Statement]] = {}
    for one in statements_of(session)[0]:
        runs.setdefault(one.run, []).append(one)
    found = []
    for statements in runs.values():
        binds: set[str] = set()
        reads: set[str] = set()
        for one in statements:
            reads |= one.uses.reads - binds
            binds |= one.uses.binds | one.uses.writes
        found.append(CellNames(statements[0].cell, frozenset(binds), frozenset(reads)))
    return found


def stale(session: Session) -> dict[str, str]:
    """Name of every stale value -> why, in words."""
    runs = cell_names(session)
    binder: dict[str, int] = {}
    made_with: list[dict[str, int]] = []
    for at, run in enumerate(runs):
        made_with.append({name: binder[name] for name in run.reads if name in binder})
        binder.update(dict.fromkeys(run.binds, at))
    found: dict[str, str] = {}
    old: dict[int, str] = {}
    for at, run in enumerate(runs):
        why = _why(at, run, runs, binder, made_with[at], old)
        if why:
            old[at] = why
            found |= {name: why for name in run.binds if binder[name] == at}
    return {name: why for name, why in found.items() if name in session.namespace}


def _why(  # what stale keeps
    at: int,
    run: CellNames,
    runs: list[CellNames],
    binder: dict[str, int],
    used: dict[str, int],
    old: dict[int, str],
) -> str:
    for name, before in sorted(used.items()):
        now = binder[name]
        if now not in (before, at):
            return (
                f"cell {run.cell} used {name} of cell {runs[before].cell}, which cell "
                f"{runs[now].cell} has made again"
            )
        if before in old and now == before:
            return f"cell {run.cell} used {name}, which is stale itself: {old[before]}"
    return ""
