"""A line chart as an image in plain HTML: one line, and what it is compared with."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from traceprop_nb.payloads.twins.markup import FONT, Markup, element, joined

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 320.0, 150.0, 46.0, 22.0, 20.0
INK, GREY, LINE, GOLD, OVER = "#1f2328", "#59636e", "#2f81b7", "#8a6d00", "#c2570c"
DOTS = ("1 4", "6 4", "2 2")
"""How the lines of other requests are broken, in their order."""

Values = Sequence[float | None]


@dataclass(frozen=True)
class _Axes:
    """What the picture's corners stand for."""

    first: float
    last: float
    low: float
    high: float

    def x(self, at: float) -> float:
        return LEFT + (WIDTH - LEFT - 8) * (at - self.first) / (self.last - self.first or 1.0)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)

    def line(self, places: Sequence[float], values: Values) -> str:
        known = [(s, v) for s, v in zip(places, values, strict=True) if v is not None]
        return "M" + "L".join(f"{self.x(s):.1f},{self.y(v):.1f}" for s, v in known)


@dataclass(frozen=True)
class Plot:
    """One measure over its places, and what it is compared with.

    Attributes:
        label: What is measured.
        places: Where, rising.
        values: A value a place, None where it was not measured; at least one is known.
        gold: The retrained model's; no line without it.
        band: Lowest and highest that one more retrained model is expected at.
        others: Name and values of other lines.
        past: Place from which on the retrained model is passed.
    """

    label: str
    places: Sequence[float]
    values: Values
    gold: float | None = None
    band: Sequence[float] | None = None
    others: Sequence[tuple[str, Values]] = ()
    past: float | None = None


def chart(plot: Plot) -> Markup:
    """The plot as an image."""
    label, places = plot.label, plot.places
    lines = [plot.values, *(line for _, line in plot.others)]
    known = {v for line in lines for v in line if v is not None} | set(plot.band or ())
    ends = sorted(known if plot.gold is None else known | {plot.gold})
    axes = _Axes(places[0], places[-1], *_padded(ends[0], ends[-1]))
    drawing = element(
        "svg",
        element("rect", width=WIDTH, height=HEIGHT, fill="#fff"),
        _band(axes, plot.band),
        element("text", label, x=8, y=14, fill=INK, font_weight=600),
        *_marks(axes, ends),
        *([] if plot.gold is None else [_gold_line(axes.y(plot.gold))]),
        *([] if plot.past is None else [_past_line(axes.x(plot.past))]),
        *(_dotted(axes, places, line, k) for k, (_, line) in enumerate(plot.others)),
        element("path", d=axes.line(places, plot.values), fill="none", stroke=LINE, stroke_width=2),
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        width=WIDTH, height=HEIGHT, font_family=FONT, font_size=11,
    )  # fmt: skip
    data = base64.b64encode(drawing.encode()).decode()
    image = element("img", src=f"data:image/svg+xml;base64,{data}", alt=f"{label}, a line chart")
    return Markup(image.replace("</img>", "") + " ")


def _marks(axes: _Axes, ends: Sequence[float]) -> list[Markup]:
    """The numbers at the ends of both axes."""
    found = [(v, LEFT - 4, axes.y(v) + 4, "end") for v in sorted({ends[0], ends[-1]})]
    found += [(axes.first, LEFT, HEIGHT - 5, "start"), (axes.last, WIDTH - 8, HEIGHT - 5, "end")]
    return [element("text", f"{v:.4g}", x=x, y=y, fill=GREY, text_anchor=a) for v, x, y, a in found]


def _dotted(axes: _Axes, places: Sequence[float], values: Values, k: int) -> Markup:
    return element(
        "path", d=axes.line(places, values), fill="none", stroke=GREY,
        stroke_dasharray=DOTS[k % len(DOTS)],
    )  # fmt: skip


def _band(axes: _Axes, band: Sequence[float] | None) -> Markup:
    if not band:
        return Markup("")
    top, bottom = axes.y(band[1]), axes.y(band[0])
    return element(
        "rect", x=LEFT, y=top, width=WIDTH - LEFT - 8, height=bottom - top, fill=GOLD,
        fill_opacity=0.12,
    )  # fmt: skip


def _gold_line(y: float) -> Markup:
    said = y - 4 if y > TOP + 14 else y + 12
    return joined(
        element("path", d=f"M{LEFT:g},{y:.1f}H{WIDTH - 8:g}", stroke=GOLD, stroke_dasharray="5 3"),
        element("text", "retrained", x=LEFT + 6, y=said, fill=GOLD),
    )


def _past_line(x: float) -> Markup:
    line = element(
        "path", d=f"M{x:.1f},{TOP:g}V{HEIGHT - BOTTOM:g}", stroke=OVER, stroke_dasharray="2 3"
    )
    foot = HEIGHT - BOTTOM - 4
    label = element("text", "over-forgets →", x=x - 3, y=foot, fill=OVER, text_anchor="end")
    return joined(line, label)


def _padded(low: float, high: float) -> tuple[float, float]:
    pad = (high - low) * 0.08 or max(abs(high) * 0.05, 1e-9)
    return low - pad, high + pad
