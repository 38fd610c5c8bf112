"""The lineage drawing as SVG, and with its table as HTML."""

from __future__ import annotations

import base64
import math
from itertools import pairwise

from traceprop_nb.lineage.nodes import Status
from traceprop_nb.payloads.layout.cards import Card, Drawing, Wire, clipped, counted, drawing
from traceprop_nb.payloads.lineage_graph import LineagePayload
from traceprop_nb.payloads.twins.markup import FONT, MUTED, Markup, details, element, table

LATEST = 150
"""Cells that the picture shows at most; it says how many it left out."""

INK, GREY, LINE, PAPER = "#1f2328", "#59636e", "#8c959f", "#ffffff"
SOURCE, CELL = "#12805c", "#59636e"
MARKS = {
    Status.EXACT: ("", "exact"),
    Status.ASSUMED: ("*", "exact under an assumption"),
    Status.INEXACT: ("≈", "not exact: a superset of the rows"),
    Status.UNKNOWN: ("?", "unknown"),
}


def lineage_svg(payload: LineagePayload) -> str:
    """The drawing on a white card, cells closed; the same picture for the same payload."""
    drawn = drawing(payload, latest=LATEST)
    pad, foot = 12.0, 26.0
    width, height = max(drawn.width, 320.0) + 2 * pad, drawn.height + 2 * pad + foot
    said = description(payload)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + element(
        "svg",
        element("title", said),
        element("rect", width=width, height=height, fill=PAPER),
        element(
            "g",
            *(_wire(drawn, wire) for wire in drawn.wires),
            *(_card(card) for card in drawn.cards),
            transform=f"translate({pad:g},{pad:g})",
        ),
        element("text", _legend(drawn), x=pad, y=height - 10, fill=GREY, font_size=11),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.1f} {height:.1f}",
        width=width,
        height=height,
        role="img",
        font_family=FONT,
        font_size=12,
    )


def lineage_html(payload: LineagePayload) -> str:
    """The drawing as an image, with the sources and cells as tables beneath."""
    svg = base64.b64encode(lineage_svg(payload).encode()).decode()
    said = description(payload)
    image = element(
        "img", src=f"data:image/svg+xml;base64,{svg}", alt=said, style="max-width:100%;height:auto"
    )
    return element(
        "div",
        Markup(image.replace("</img>", "")),
        details(said, _sources(payload), _cells(payload)),
        style=f"font-family:{FONT};font-size:13px",
    )


def description(payload: LineagePayload) -> str:
    """One sentence: how much there is, and how much of it is not exact."""
    nodes = payload["nodes"]
    operations = sum(c >= 0 for c in nodes["cell"])
    parts = [
        counted(len(payload["sources"]), "source"),
        counted(len(payload["cells"]), "cell"),
        counted(operations, "operation"),
    ]
    for status in (Status.INEXACT, Status.UNKNOWN):
        n = sum(s == status for s in nodes["status"])
        if n:
            parts.append(f"{n:,} {status.name.lower()}")
    if payload["omitted"]:
        parts.append(f"{payload['omitted']:,} earlier operations not shown")
    return "Lineage: " + ", ".join(parts)


def _legend(drawn: Drawing) -> str:
    used = sorted({card.status for card in drawn.cards})
    parts = [f"{sign} {text}" for sign, text in (MARKS[Status(s)] for s in used) if sign]
    if any(wire.context for wire in drawn.wires):
        parts.append("dashed: only a statistic or a fit crosses, no row")
    return " · ".join(parts) or "every step is exact"


def _card(card: Card) -> Markup:
    x, y = card.x - card.w / 2, card.y - card.h / 2
    colour = SOURCE if card.cell < 0 else CELL
    sign = MARKS[Status(card.status)][0]
    mark = element("text", sign, x=x + card.w - 16, y=y + 18, fill=INK, font_weight=700)
    return element(
        "g",
        element("rect", x=x, y=y, width=card.w, height=card.h, rx=3, fill=PAPER, stroke=LINE),
        element("rect", x=x, y=y, width=4, height=card.h, fill=colour),
        element("text", card.title, x=x + 12, y=y + 18, fill=INK, font_weight=600),
        element("text", card.detail, x=x + 12, y=y + 35, fill=GREY, font_size=11),
        mark if sign else Markup(""),
    )


def _wire(drawn: Drawing, wire: Wire) -> Markup:
    a, b = drawn.cards[wire.start], drawn.cards[wire.end]
    points = [(a.x + a.w / 2, a.y), *wire.bends, (b.x - b.w / 2, b.y)]
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        bow = (x1 - x0) / 2
        path.append(f"C{x0 + bow:.1f},{y0:.1f},{x1 - bow:.1f},{y1:.1f},{x1:.1f},{y1:.1f}")
    return element(
        "path",
        d="".join(path),
        fill="none",
        stroke=LINE,
        stroke_width=round(min(5.0, 1 + math.log2(wire.count)), 1),
        stroke_dasharray="4 4" if wire.context else None,
    )


def _sources(payload: LineagePayload) -> Markup:
    if not payload["sources"]:
        return element("p", "No source was recorded.", style=MUTED)
    rows = [
        [s["name"], s["kind"], f"{s['rows']:,}", clipped(s["digest"] or "not computed", 23)]
        for s in payload["sources"]
    ]
    return table(["source", "kind", "rows", "digest"], rows, numeric=frozenset({2}))


def _cells(payload: LineagePayload) -> Markup:
    nodes = payload["nodes"]
    count = [0] * len(payload["cells"])
    worst = [0] * len(payload["cells"])
    for cell, status in zip(nodes["cell"], nodes["status"], strict=True):
        if cell >= 0:
            count[cell] += 1
            worst[cell] = max(worst[cell], status)
    rows = [
        [f"In [{c['number']}]", clipped(c["names"], 60), f"{n:,}", MARKS[Status(status)][1]]
        for c, n, status in zip(payload["cells"], count, worst, strict=True)
    ]
    head = ["cell", "holds now", "operations", "rows are known"]
    return table(head, rows[-LATEST:], numeric=frozenset({2}))
