"""Expressions without the values in them: ``name == 'Ada'`` becomes ``name == <text>``.

Names of columns and variables stay, for the log is of names and counts; what stands between
quotes, and every number that is no position, is somebody's value. What cannot be read for sure is
not shown at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HIDDEN = "<an expression that could not be read>"
"""Stands for text of which nobody can say where the values are."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>[rRbBuUfFtT]{0,2}(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<quoted>`[^`\n]*`)
    |(?P<comment>\#[^\n]*)
    |(?P<position>(?<!\bloc)(?<=[\w)\]])\[\s*-?\d{1,9}\s*(?::\s*-?\d{0,9}\s*)?\]|\[\s*:\s*-?\d{1,9}\s*\])
    |(?P<number>(?:\d|\.\d)[\w.]*)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>[-+*/%<>=!&|^~()\[\]{},.:@]+?)""",
    re.VERBOSE | re.DOTALL,
)

Stand = Callable[[str, str], str]
"""What to write for a literal: its kind, ``"text"`` or ``"number"``, and how it was written."""


def plainly(kind: str, _written: str) -> str:
    """A literal's kind alone."""
    return f"<{kind}>"


def without_literals(
    text: str, stand: Stand = plainly, name: Callable[[str], str] | None = None
) -> str:
    """An expression with what stands for its literals.

    Args:
        text: Python, or what ``DataFrame.query`` reads.
        stand: Gives the text in place of a literal.
        name: Gives the text in place of a name; names stay if None.

    Returns:
        The expression; ``HIDDEN`` where it has anything else in it.
    """
    parts, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return HIDDEN
        parts.append(_shown(found.lastgroup or "", found[0], stand, name))
        at = found.end()
    return "".join(parts).strip()


def _shown(kind: str, written: str, stand: Stand, name: Callable[[str], str] | None) -> str:
    match kind:
        case "text" | "number":
            return stand(kind, written)
        case "comment":
            return ""
        case "name" if name is not None and written not in _WORDS:
            return name(written)
        case "quoted" if name is not None:
            return f"`{name(written[1:-1])}`"
    return written


_WORDS = frozenset("and or not in is if else for lambda True False None".split())
"""Words of the language, which are nobody's names."""
