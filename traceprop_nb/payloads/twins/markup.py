"""HTML and SVG built from trees, so that nothing of the user's data gets in unescaped."""

from __future__ import annotations

import html
import unicodedata

FONT = "system-ui,-apple-system,'Segoe UI',sans-serif"
MUTED = "opacity:.75"


class Markup(str):
    """Text that is markup already; only this module and its callers make it."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element; children that are not Markup are escaped.

    A trailing underscore of an attribute is dropped (``class_``), inner ones become hyphens;
    None leaves the attribute out.
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is not None:
            parts.append(f'{name.rstrip("_").replace("_", "-")}="{_escaped(_number(value))}"')
    inside = "".join(c if isinstance(c, Markup) else _escaped(c) for c in children)
    return Markup(f"<{' '.join(parts)}>{inside}</{tag}>")


def joined(*parts: Markup) -> Markup:
    """Markup after markup."""
    return Markup("".join(parts))


def _escaped(text: str) -> str:
    """Escaped, and without the control characters that XML forbids."""
    kept = (c if c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cs") else "�" for c in text)
    return html.escape("".join(kept))


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def signed(x: float) -> str:
    """A score with its sign and four digits: ``+0.0123``, ``-3.1e-07``."""
    return f"{x:+.4g}"


def table(head: list[str], rows: list[list[str]], *, numeric: frozenset[int]) -> Markup:
    """A plain table; columns whose place is in ``numeric`` are aligned right."""

    def cell(tag: str, k: int, text: str) -> Markup:
        align = "right" if k in numeric else "left"
        style = f"text-align:{align};padding:2px 8px;vertical-align:top"
        return element(tag, text, style=style, scope="col" if tag == "th" else None)

    body = [element("tr", *(cell("td", k, t) for k, t in enumerate(row))) for row in rows]
    return element(
        "table",
        element("thead", element("tr", *(cell("th", k, t) for k, t in enumerate(head)))),
        element("tbody", *body),
        style="border-collapse:collapse;font-variant-numeric:tabular-nums",
    )


FOR, AGAINST = "#2f81b7", "#c2570c"
"""Blue is for, orange is against; a sign and a side say the same."""


def bar(x: float, largest: float) -> Markup:
    """A bar to the right for a positive number and to the left for a negative one."""
    wide = round(50 * abs(x) / largest, 1) if largest else 0.0
    left, colour = (50 - wide, AGAINST) if x < 0 else (50.0, FOR)
    style = f"display:inline-block;width:{wide}%;height:10px;background:{colour}"
    return element(
        "div",
        element("span", style=f"{style};margin-left:{left:g}%"),
        style="width:120px;line-height:0",
    )


def details(summary: str, *children: Markup) -> Markup:
    """A part that the reader can open."""
    return element("details", element("summary", summary), *children)
