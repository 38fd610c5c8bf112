"""Reads row lists as people write them: ``1,5,9-12``."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from traceprop_nb.errors import OptionError

_LIST = re.compile(r"\s*\d+\s*(-\s*\d+\s*)?(,\s*\d+\s*(-\s*\d+\s*)?)*,?\s*")


def is_row_list(text: str) -> bool:
    """Whether the text is a list of rows and not an expression."""
    return _LIST.fullmatch(text) is not None


def row_list(text: str) -> npt.NDArray[np.int64]:
    """The rows that a text such as ``"1,5,9-12"`` names.

    Args:
        text: Rows from 0 and ranges that include their end, separated by commas.

    Returns:
        int64 (k,), sorted, each row once.

    Raises:
        OptionError: The text is no such list, or a range runs backwards.
    """
    if not is_row_list(text):
        raise OptionError(f"cannot read {text!r} as rows; write them as 1,5,9-12")
    rows: set[int] = set()
    for part in filter(None, (p.strip() for p in text.split(","))):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        if end < start:
            raise OptionError(f"the rows {part.strip()} run backwards; write {end}-{start}")
        rows.update(range(start, end + 1))
    return np.array(sorted(rows), dtype=np.int64)
