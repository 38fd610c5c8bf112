"""The code that ran: cells in order, and the commit around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from traceprop_nb.reports.evidence import CellFact, Evidence, Repository
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

CELLS = Field("code.cells", "Cells that ran, in order", ("ai-act.annex-iv.2.a",))
COMMIT = Field(
    "code.repository", "Commit of the code around the notebook", ("ai-act.annex-iv.2.a",)
)
IN_ORDER = "execution counts rise without repetition, every cell ran to its end and has a digest"
CLEAN = "the work tree had a commit and no change on top of it"
COMMIT_FORM = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield _cells(evidence.cells)
    yield _repository(evidence.repository)


def _cells(cells: tuple[CellFact, ...] | None) -> Finding:
    if cells is None:
        return CELLS.open("capture_off", "load the extension before the first cell")
    if not cells:
        return CELLS.open("not_observed", "no cell ran in this session")
    numbers = [cell.number for cell in cells]
    value = {
        "executions": len(cells),
        "traced": sum(cell.traced for cell in cells),
        "failed": [cell.number for cell in cells if not cell.ok],
        "first": numbers[0],
        "last": numbers[-1],
    }
    gaps = _gaps(cells)
    if gaps:
        return CELLS.partial(value, ("ev:cells",), "check_failed", f"restart and run all: {gaps}")
    return CELLS.established(value, ("ev:cells",), IN_ORDER)


def _gaps(cells: tuple[CellFact, ...]) -> str:
    numbers = [cell.number for cell in cells]
    seen = (
        ("cells failed", not all(cell.ok for cell in cells)),
        ("cells have no digest", any(cell.digest is None for cell in cells)),
        (
            "execution counts do not rise",
            any(a >= b for a, b in pairwise(numbers)),
        ),
    )
    return ", ".join(words for words, found in seen if found)


def _repository(repository: Repository | None) -> Finding:
    if repository is None:
        return COMMIT.open("capture_off", "the work tree was not looked at")
    if not repository.found:
        return COMMIT.open("not_observed", "the notebook is in no git work tree")
    if not repository.commit:
        return COMMIT.open("not_observed", "the work tree has no commit yet")
    value = {"commit": plain(repository.commit), "uncommitted_changes": repository.dirty}
    if repository.dirty is None or not COMMIT_FORM.fullmatch(repository.commit):
        how = "look again with git: the commit or the state of the work tree could not be read"
        return COMMIT.partial(value, ("ev:repository",), "check_not_run", how)
    if repository.dirty:
        how = "commit the changes; this commit alone is not the code that ran"
        return COMMIT.partial(value, ("ev:repository",), "check_failed", how)
    return COMMIT.established(value, ("ev:repository",), CLEAN)


CODE = Section("code", "Code", _observe)
