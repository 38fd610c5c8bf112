"""Finds ``%%trace`` and ``%%train`` at the top of a cell, and takes them off.

An ordinary cell magic would compile the cell itself and lose top-level ``await``, the display of
the last expression and the native traceback. So the header leaves the cell before IPython sees
it, and the cell then runs as any other. Everything here is a pure function of the text: IPython
transforms a cell more than once.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from IPython.core.inputtransformer2 import (
    classic_prompt,
    ipython_prompt,
    leading_empty_lines,
    leading_indent,
)

from traceprop_nb.magics.grammars import TRACE_CELL, TRAIN

_OURS = re.compile(r"%%(trace|train)(?![\w?])(.*)", re.DOTALL)
_FOREIGN = re.compile(r"%%(?!trace\b|train\b)\w")
_MAGIC = re.compile(r"(?m)^\s*(?:[\w., ]+=\s*)?(?:[%!]|.*\?$)")
_QUESTION = re.compile(
    r"^\s*(?:[\w., ]+=\s*)?%(?:trace|lineage|influence|unlearn|report|policy|config|load_ext"
    r"|matplotlib)\b"
)
_HELP = re.compile(r"(^|\s)--help(\s|$)")


@dataclass(frozen=True)
class Header:
    """What the top of a cell asks for.

    Attributes:
        trace: The options of ``%%trace``, or None.
        train: The options of ``%%train``, or None.
    """

    trace: argparse.Namespace | None = None
    train: argparse.Namespace | None = None

    @property
    def asked(self) -> bool:
        """Whether the cell is to be traced."""
        return self.trace is not None or self.train is not None


def tidy(raw: str) -> list[str]:
    """The lines of a cell as IPython will number them, without indent and prompts."""
    lines = (raw if raw.endswith("\n") else raw + "\n").splitlines(keepends=True)
    for step in (leading_empty_lines, leading_indent, classic_prompt, ipython_prompt):
        lines = step(lines)
    top = _depth(lines)
    return lines[:top] + leading_indent(lines[top:]) if top else lines


def read_header(lines: Sequence[str]) -> Header:
    """Read the cell magics on top of a cell; ``%%time`` and others may stand among them.

    Raises:
        UsageError: The header has an option or a value that the magic does not have.
    """
    trace = train = None
    for line in lines[: _depth(lines)]:
        ours = _OURS.match(line)
        if ours is None:
            continue
        if ours[1] == "trace":
            trace = _read("trace", ours[2])
        else:
            train = _read("train", ours[2])
    return Header(trace, train)


@lru_cache(maxsize=256)  # every cell is read three times, and argparse takes a millisecond
def _read(magic: str, line: str) -> argparse.Namespace:
    return (TRACE_CELL if magic == "trace" else TRAIN).read(line)


def only_asks(lines: Sequence[str]) -> bool:
    """Whether every magic in a cell is one that changes none of the user's values.

    Such a cell may be read as the Python that IPython makes of it; any other magic may run code.
    """
    magics = [line for line in lines if _MAGIC.match(line)]
    return bool(magics) and all(_QUESTION.match(line) for line in magics)


def without_header(lines: list[str]) -> list[str]:
    """An IPython input transformer: the cell without our header.

    The header becomes a comment, so that line numbers hold. Where another cell magic follows, it
    goes away altogether, because that magic must come first. ``%%trace?`` and ``--help`` stay.

    Raises:
        UsageError: The header is wrong; IPython shows the line and does not run the cell.
    """
    top = 0
    while top < len(lines) and (ours := _OURS.match(lines[top])) and not _HELP.search(ours[2]):
        top += 1
        while top < len(lines) and not lines[top].strip():
            top += 1
    if top == 0:
        return lines
    read_header(lines)
    if top < len(lines) and _FOREIGN.match(lines[top]):
        return lines[top:]
    comments = ["# " + line if _OURS.match(line) else line for line in lines[:top]]
    return comments + leading_indent(lines[top:])


# While a cell is being typed it must still look like a cell magic, or a terminal would run the
# header alone at the first Enter.
without_header.has_side_effects = True  # type: ignore[attr-defined]  # IPython's own protocol


def _depth(lines: Sequence[str]) -> int:
    """How many lines belong to the cell magics on top."""
    for number, line in enumerate(lines):
        if line.strip() and not (_OURS.match(line) or _FOREIGN.match(line)):
            return number
    return len(lines)
