"""Writes the coverage table of docs/lineage.md from the rule tables; a test compares.

``exact`` and ``inexact`` come from running every witness of a library against the truth; the rest
from the rule tables alone.
"""

from __future__ import annotations

import pathlib
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.surface.library import Library

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / "docs/lineage.md"
BEGIN, END = "<!-- written by scripts/lineage_page.py -->", "<!-- end -->"
HEAD = (
    "| library | version | public callables | exact | inexact | opaque | without rows |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def libraries() -> list[Library]:
    """Every library that has witnesses, by name."""
    names = sorted(path.stem for path in (ROOT / "tests/surface").glob("*_witnesses.py"))
    return [import_module(f"tests.surface.{name}").LIBRARY for name in names]


def row(library: Library) -> str:
    """A library's row, its witnesses run."""
    counts = library.coverage()
    if counts["not classified"]:
        raise SystemExit(f"{library.name}: {library.unclassified()[:10]}")
    cells = [counts[kind] for kind in ("exact", "inexact", "opaque", "no rows")]
    return _row(library.name, library.version, sum(cells), *cells)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def page(text: str, rows: list[str]) -> str:
    """The page with these rows in its table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n".join([*HEAD, *rows]) + f"\n\n{END}{after}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(
        page(PAGE.read_text(encoding="utf-8"), [row(one) for one in libraries()]), encoding="utf-8"
    )
    sys.exit(0)
