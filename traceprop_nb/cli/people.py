"""Whom a command is about, from the standard input: never a word of the command line.

Words of a command stand in the shell's history and in the list of processes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from traceprop_nb.errors import OptionError, StoreError, TracepropError

PROMPT = "cell of the person's, not shown (an empty one ends): "


def cells_asked() -> tuple[str, ...]:
    """The person's cells, one a line; asked for, unseen, where somebody types.

    Raises:
        OptionError: There is none, or it is no text.
    """
    typed = sys.stdin.isatty()
    lines = list(_typed()) if typed else _piped()
    cells = tuple(dict.fromkeys(line for line in lines if line.strip()))
    if not cells:
        raise OptionError(
            "the standard input names nobody; give the person's cells there, one a line, such as "
            "traceprop-nb erase --store STORE COLUMN < FILE"
        )
    return cells


def _typed() -> Iterator[str]:
    from getpass import getpass

    while line := getpass(PROMPT):
        yield line


def _piped() -> list[str]:
    """Lines without their ends, and nothing else taken off: cells may have spaces."""
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OptionError("the standard input is not UTF-8; write the cells as UTF-8") from None
    return [line.removesuffix("\r") for line in text.split("\n")]


@contextmanager
def unsaid(cells: tuple[str, ...]) -> Iterator[None]:
    """Whatever goes wrong inside, its words do not say whom it was about.

    Raises:
        StoreError: In the place of an error that would have said it.
    """
    try:
        yield
    except Exception as error:
        said = str(error)
        if not any(re.search(rf"(?<!\w){re.escape(cell)}(?!\w)", said) for cell in cells):
            raise
        kind = type(error).__name__ if isinstance(error, TracepropError) else "an error of our own"
        raise StoreError(
            f"it did not come to its end: {kind}, whose words name the person; run it without "
            "--remove to see what is left"
        ) from None
