"""Whether a saved page shows the record that it carries: set again, it must be the same bytes.

The digest binds the JSON inside; what people read is the page around it.
"""

from __future__ import annotations

import re
from pathlib import Path

from traceprop_nb.errors import MissingFrameworkError, RecordError
from traceprop_nb.reports.build import tool_version
from traceprop_nb.reports.record import Record
from traceprop_nb.reports.verify import Rechecked

_CREATOR = re.compile(rb"/Creator\s*\(([^)]*)\)")


def printed(path: Path, record: Record) -> Rechecked | None:
    """The check of a saved .html or .pdf; None for .json, which is the record itself.

    Args:
        path: The file.
        record: The record that was loaded from it.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return None
    saved = path.read_bytes()
    try:
        again = record.to_pdf() if suffix == ".pdf" else record.to_html().encode("utf-8")
    except MissingFrameworkError:
        return _left("typst is not installed, so the pages cannot be set again")
    except (RecordError, KeyError, TypeError, AttributeError):  # no valid record, as others say
        return _left("the record cannot be set")
    if again == saved:
        return Rechecked("page", "pass")
    made = record.to_dict().get("tool")
    version = made.get("version") if isinstance(made, dict) else None
    if version != tool_version() or _CREATOR.findall(again) != _CREATOR.findall(saved):
        return _left(f"another version made it ({version}), whose pages may differ")
    return Rechecked("page", "fail", "the page does not show the record inside it as it is")


def _left(why: str) -> Rechecked:
    return Rechecked("page", "not run", why)
