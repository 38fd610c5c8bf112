"""A record as PDF, set by Typst: PDF/A-3a for archives, PDF/UA-1 for screen readers, JSON inside.

What stands on the pages is prepared in Python as plain data and read by the template as JSON, so
that nothing captured is ever markup. The fonts are those that typst brings and the date is the
record's: the same record gives the same bytes on every machine with that version of typst.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Literal

from traceprop_nb.errors import MissingFrameworkError, RecordError
from traceprop_nb.reports.pdf_pages import pages

STANDARDS = ["a-3a", "ua-1"]
NAME = "record.json"
"""Name of the attached file."""


def pdf(record: Mapping[str, Any], canonical_json: str) -> bytes:
    """The file.

    Args:
        record: A valid record.
        canonical_json: The same record's canonical JSON, which is attached.

    Raises:
        MissingFrameworkError: typst is not installed.
        RecordError: typst could not set it.
    """
    return _set(record, canonical_json, "pdf")


def pictures(record: Mapping[str, Any], canonical_json: str, *, ppi: int = 144) -> list[bytes]:
    """The pages of the same document as PNG, for those who want to look at them.

    Args:
        record: A valid record.
        canonical_json: The same record's canonical JSON.
        ppi: Pixels per inch.

    Raises:
        MissingFrameworkError: typst is not installed.
        RecordError: typst could not set it.
    """
    found: Any = _set(record, canonical_json, "png", ppi)
    return found if isinstance(found, list) else [found]


def _set(
    record: Mapping[str, Any], canonical_json: str, form: Literal["pdf", "png"], ppi: int = 144
) -> bytes:
    try:
        import typst
    except ImportError as error:
        raise MissingFrameworkError(
            "a record as PDF needs typst; pip install 'traceprop_nb[pdf]', or save it as .html and "
            "print that"
        ) from error
    template = (files("traceprop_nb.reports") / "record.typ").read_bytes()
    sources = {
        "main": template,
        NAME: canonical_json.encode("utf-8"),
        "pages.json": json.dumps(pages(record)).encode("ascii"),
    }
    try:
        compiled: Any = typst.compile  # its types do not know that input may be several files
        made: bytes = compiled(
            sources, format=form, ppi=ppi, ignore_system_fonts=True,
            pdf_standards=STANDARDS if form == "pdf" else [],
        )  # fmt: skip
    except typst.TypstError as error:
        raise RecordError(f"typst could not set the record: {error}") from error
    return made
