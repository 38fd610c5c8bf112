"""The influence table as plain HTML: the same rows, bars by inline width."""

from __future__ import annotations

from traceprop_nb.payloads.influence_table import InfluencePayload, InfluenceRow
from traceprop_nb.payloads.layout.cards import clipped
from traceprop_nb.payloads.twins.markup import (
    FONT,
    MUTED,
    Markup,
    bar,
    details,
    element,
    signed,
    table,
)

MOST, LONGEST, VALUES = 60, 240, 12
"""Rows, characters of a line and values of a row that the twin shows; the widget has the rest."""

CELL = "padding:2px 8px;text-align:{}"
HEAD = (
    ("#", "right"), ("source", "left"), ("record", "right"), ("line", "right"),
    ("label", "left"), ("influence", "right"), ("against | for", "left"), ("path", "left"),
)  # fmt: skip


def influence_html(payload: InfluencePayload) -> str:
    """The table with its header, totals by source, and how it was estimated."""
    shown = payload["rows"][:MOST]
    largest = max((abs(r["influence"]) for r in shown), default=0.0)
    body = [_line(row, largest) for row in shown]
    head = [element("th", t, scope="col", style=CELL.format(a)) for t, a in HEAD]
    rows = element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *body),
        style="border-collapse:collapse;font-variant-numeric:tabular-nums",
    )
    return element(
        "div",
        element("p", element("b", payload["title"]), _answer(payload), style="margin:4px 0"),
        element("p", estimated(payload), style=f"margin:4px 0;{MUTED}"),
        _by_source(payload),
        rows if body else element("p", "No training row was scored."),
        element("p", _sign(payload), style=f"margin:4px 0;{MUTED}"),
        style=f"font-family:{FONT};font-size:13px",
    )


def estimated(payload: InfluencePayload) -> str:
    """How the numbers were got and how far they are to be trusted."""
    parts = [f"{payload['method']}, {payload['estimand']}", f"LDS {payload['lds']}"]
    return " · ".join([*parts, payload["note"]] if payload["note"] else parts)


def _sign(payload: InfluencePayload) -> str:
    shown = min(len(payload["rows"]), MOST)
    return (
        f"{shown:,} of {payload['n_train']:,} training rows. Influence: how much the prediction's "
        "loss would rise if the row were left out; a row for it is positive."
    )


def _answer(payload: InfluencePayload) -> str:
    named = (("predicted", payload["predicted"]), ("true", payload["true"]))
    parts = [f"{name} {value}" for name, value in named if value]
    return ": " + ", ".join(parts) if parts else ""


def _by_source(payload: InfluencePayload) -> Markup:
    if not payload["by_source"]:
        return Markup("")
    rows = [[s["name"], signed(s["total"])] for s in payload["by_source"]]
    return table(["source", "sum of influences"], rows, numeric=frozenset({1}))


def _line(row: InfluenceRow, largest: float) -> Markup:
    texts = [
        f"{row['rank']}", row["source"] or "unknown", _count(row["record"]), _count(row["line"]),
        row["label"], signed(row["influence"]),
    ]  # fmt: skip
    cells = [
        element("td", text, style=CELL.format(align))
        for text, (_, align) in zip(texts, HEAD, strict=False)
    ]
    drawn = element("td", bar(row["influence"], largest), style=CELL.format("left"))
    path = element("td", _path(row), style=CELL.format("left"))
    return element("tr", *cells, drawn, path)


def _count(n: int | None) -> str:
    return "" if n is None else f"{n:,}"


def _path(row: InfluenceRow) -> Markup:
    text = row["path"] + "".join(f" [{flag}]" for flag in row["flags"])
    if not row["text"] and not row["values"]:
        return element("span", text)
    pairs = [f"{name} = {clipped(value, 40)}" for name, value in row["values"][:VALUES]]
    values = ", ".join(pairs + ["…"] * (len(row["values"]) > VALUES))
    line = clipped(row["text"], LONGEST)
    inner = [element("div", element("code", line))] if line else []
    return details(text or "row", *inner, *([element("div", values)] if values else []))
