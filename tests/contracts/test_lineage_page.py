"""docs/lineage.md counts what the rule tables say of every library's public callables."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts.lineage_page import PAGE, libraries, page

TEXT = PAGE.read_text("utf-8")
ROWS = {
    cells[0]: cells[1:]
    for line in TEXT.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 7
}
LIBRARIES = {one.name: one for one in libraries()}


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_row_of_a_library_is_that_of_its_rule_table(name):
    library = LIBRARIES[name]
    version, *counts = ROWS[name]
    if version != library.version:  # another release has another surface: its own row is due
        assert library.unclassified() == []
        return
    table = library.table()
    found = Counter(table.treatment(which) for which in library.public().values())
    public, exact, inexact, opaque, rowless = map(int, counts)
    assert (found["rule"], found["opaque"], found["no rows"]) == (exact + inexact, opaque, rowless)
    assert public == sum(found.values())


def test_every_library_with_witnesses_has_a_row():
    assert {"numpy", "pandas"} <= LIBRARIES.keys()
    assert LIBRARIES.keys() <= ROWS.keys()


def test_a_row_that_is_wrong_is_noticed():
    shorter = page(TEXT, ["| numpy | 0 | 1 | 1 | 0 | 0 | 0 |"])
    assert "| pandas |" not in shorter
    assert shorter != TEXT
