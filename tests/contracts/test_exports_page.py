"""docs/exports.md says of the formats what the formats say of themselves."""

from scripts import exports_page
from traceprop_nb.exports.formats import FORMATS

TEXT = exports_page.PAGE.read_text("utf-8")


def test_the_tables_are_those_of_the_formats():
    assert exports_page.page(TEXT) == TEXT, "run python scripts/exports_page.py"


def test_the_check_above_can_fail():
    shorter = "\n".join(line for line in TEXT.splitlines() if "Croissant 1.0" not in line)
    assert exports_page.page(shorter) != shorter


def test_every_format_stands_in_the_docstring_of_the_door():
    from traceprop_nb.session.doors import export

    assert not [name for name in FORMATS if f'"{name}"' not in export.__doc__]
