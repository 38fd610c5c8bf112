"""What training rows are worth as plain HTML: sources, the removal curve, rows and steps."""

from __future__ import annotations

from traceprop_nb.payloads.twins.charts import GREY, Plot, chart
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
from traceprop_nb.payloads.valuation import ValuationPayload, ValuedRow, ValuedStep

MOST = 60
"""Rows of each end that the twin shows."""

CELL = "padding:2px 8px;text-align:{}"


def valuation_html(payload: ValuationPayload) -> str:
    """Totals by source, the curve, the rows at both ends, and the steps where they are known."""
    muted = f"margin:4px 0;{MUTED}"
    return element(
        "div",
        element("p", element("b", payload["title"]), style="margin:4px 0"),
        element("p", summary(payload), style=muted),
        *([element("p", payload["note"], style=muted)] if payload["note"] else []),
        _by_source(payload),
        _curve(payload),
        element("p", element("b", "least valuable rows"), style="margin:4px 0"),
        _rows(payload["worst"]),
        details("Most valuable rows", _rows(payload["best"])),
        *([] if payload["steps"] is None else [details("By step", _steps(payload["steps"]))]),
        element(
            "p",
            "Value: a row's share of the utility on the held-out rows; a row that harms is "
            "negative.",
            style=muted,
        ),
        style=f"font-family:{FONT};font-size:13px",
    )


def summary(payload: ValuationPayload) -> str:
    """How the values were got, what they add up to, and whether they had settled."""
    parts = [payload["method"], f"of {payload['utility']}"]
    if payload["total"] is not None:
        parts.append(f"{payload['total']:.4g} in all")
    parts.append(f"took {payload['seconds']:.3g} s")
    settled = payload["settled"]
    if settled is not None:
        word = "settled" if settled["reached"] else "NOT settled"
        value = "not measured" if settled["value"] is None else f"{settled['value']:.3g}"
        parts.append(
            f"{word} after {settled['samples']:,} evaluations: {settled['statistic']} {value}, "
            f"goal {settled['goal']:g}"
        )
    return " · ".join(parts)


def _by_source(payload: ValuationPayload) -> Markup:
    sources = payload["by_source"]
    if not sources:
        return Markup("")
    largest = max(abs(s["mean"]) for s in sources)
    head = (("source", "left"), ("rows", "right"), ("value of a row", "right"), ("", "left"),
            ("in all", "right"))  # fmt: skip
    rows = []
    for s in sources:
        texts = (s["name"] or "unknown", f"{s['rows']:,.6g}", signed(s["mean"]), None,
                 signed(s["total"]))  # fmt: skip
        cells = [
            element("td", bar(s["mean"], largest) if text is None else text, style=CELL.format(a))
            for text, (_, a) in zip(texts, head, strict=True)
        ]
        rows.append(element("tr", *cells))
    heads = [element("th", text, scope="col", style=CELL.format(a)) for text, a in head]
    return _table(heads, rows)


def _curve(payload: ValuationPayload) -> Markup:
    curve = payload["curve"]
    if len(curve["removed"]) < 2:
        return Markup("")
    others = [("best first", curve["best_first"]), ("random", curve["random"])]
    picture = chart(Plot(curve["utility"], curve["removed"], curve["worst_first"], others=others))
    said = "by rows taken out. line: worst first; dotted: best first, then in random order"
    return element("div", picture, element("p", said, style=f"margin:4px 0;color:{GREY}"))


def _rows(rows: list[ValuedRow]) -> Markup:
    shown = rows[:MOST]
    largest = max((abs(r["value"]) for r in shown), default=0.0)
    head = (("#", "right"), ("source", "left"), ("record", "right"), ("line", "right"),
            ("label", "left"), ("value", "right"), ("harms | helps", "left"),
            ("path", "left"))  # fmt: skip
    heads = [element("th", text, scope="col", style=CELL.format(a)) for text, a in head]
    body = []
    for row in shown:
        flags = "".join(f" [{flag}]" for flag in row["flags"])
        texts = (
            f"{row['rank']}", row["source"] or "unknown", _count(row["record"]),
            _count(row["line"]), row["label"], signed(row["value"]), None, row["path"] + flags,
        )  # fmt: skip
        cells = [
            element(
                "td", bar(row["value"], largest) if text is None else text, style=CELL.format(a)
            )
            for text, (_, a) in zip(texts, head, strict=True)
        ]
        body.append(element("tr", *cells))
    return _table(heads, body)


def _steps(steps: list[ValuedStep]) -> Markup:
    head = ["step", "rows in", "dropped", "worth", "kept", "worth", "changed", "worth", "not known"]
    rows = [
        [s["step"], f"{s['rows_in']:,}", f"{s['dropped']:,}", _worth(s["dropped_value"]),
         f"{s['kept']:,}", _worth(s["kept_value"]), _count(s["changed"]),
         _worth(s["changed_value"]), s["why"]]
        for s in steps
    ]  # fmt: skip
    return table(head, rows, numeric=frozenset(range(1, 8)))


def _table(heads: list[Markup], rows: list[Markup]) -> Markup:
    return element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *rows),
        style="border-collapse:collapse;font-variant-numeric:tabular-nums",
    )


def _count(n: int | None) -> str:
    return "" if n is None else f"{n:,}"


def _worth(value: float | None) -> str:
    return "" if value is None else signed(value)
