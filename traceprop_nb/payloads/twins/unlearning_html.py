"""The unlearning panel as plain HTML: two charts, the verdict, and the measurements."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from traceprop_nb.payloads.twins.markup import FONT, MUTED, Markup, details, element, joined, table
from traceprop_nb.payloads.unlearning import Series, UnlearningPayload

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 320.0, 150.0, 46.0, 22.0, 20.0
INK, GREY, LINE, GOLD, OVER = "#1f2328", "#59636e", "#2f81b7", "#8a6d00", "#c2570c"


def unlearning_html(payload: UnlearningPayload) -> str:
    """The panel with its trajectory; the line of each chart is all of it."""
    charts = joined(*(chart(payload, s) for s in charted(payload)))
    return element(
        "div",
        element("p", element("b", f"Forget {payload['title']}"), style="margin:4px 0"),
        element("p", summary(payload), style=f"margin:4px 0;{MUTED}"),
        charts,
        element("p", element("b", payload["verdict"]), style="margin:4px 0"),
        details("All measurements", _measurements(payload)),
        style=f"font-family:{FONT};font-size:13px",
    )


def summary(payload: UnlearningPayload) -> str:
    """How much was taken out, by what, and how long it took."""
    share = 100 * payload["forgotten"] / payload["n_train"] if payload["n_train"] else 0.0
    parts = [f"{payload['forgotten']:,} of {payload['n_train']:,} rows ({share:.1f} %)"]
    parts.append(payload["method"])
    parts.append(f"took {payload['seconds']:.3g} s")
    if payload["seconds_gold"] is not None:
        parts.append(f"retraining took {payload['seconds_gold']:.3g} s")
    return " · ".join(parts)


def charted(payload: UnlearningPayload) -> list[Series]:
    """The two charts of the first view: forget loss, and the first accuracy if there is one."""
    first, rest = payload["series"][:1], payload["series"][1:]
    accurate = [s for s in rest if s["name"].endswith("accuracy")]
    return first + (accurate or rest)[:1]


def chart(payload: UnlearningPayload, series: Series) -> Markup:
    """One measurement along the trajectory as an image; the gold line only with a gold value."""
    svg = _svg(payload, series)
    data = base64.b64encode(svg.encode()).decode()
    text = f"{series['label']} along the trajectory"
    image = element("img", src=f"data:image/svg+xml;base64,{data}", alt=text)
    return Markup(image.replace("</img>", "") + " ")


@dataclass(frozen=True)
class _Axes:
    """What the picture's corners stand for."""

    first: float
    last: float
    low: float
    high: float

    def x(self, strength: float) -> float:
        return LEFT + (WIDTH - LEFT - 8) * (strength - self.first) / (self.last - self.first or 1.0)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def _svg(payload: UnlearningPayload, series: Series) -> str:
    strength = payload["strength"]
    known = [(s, v) for s, v in zip(strength, series["values"], strict=True) if v is not None]
    gold = [] if series["gold"] is None else [series["gold"]]
    values = [v for _, v in known] + gold
    axes = _Axes(strength[0], strength[-1], *_padded(min(values), max(values)))
    line = "M" + "L".join(f"{axes.x(s):.1f},{axes.y(v):.1f}" for s, v in known)
    ends = [(v, LEFT - 4, axes.y(v) + 4, "end") for v in sorted({min(values), max(values)})]
    ends += [(axes.first, LEFT, HEIGHT - 5, "start"), (axes.last, WIDTH - 8, HEIGHT - 5, "end")]
    return element(
        "svg",
        element("rect", width=WIDTH, height=HEIGHT, fill="#fff"),
        element("text", series["label"], x=8, y=14, fill=INK, font_weight=600),
        *(element("text", f"{v:.4g}", x=x, y=y, fill=GREY, text_anchor=a) for v, x, y, a in ends),
        *(_gold_line(axes.y(g)) for g in gold),
        _over_line(axes, payload),
        element("path", d=line, fill="none", stroke=LINE, stroke_width=2),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        width=WIDTH,
        height=HEIGHT,
        font_family=FONT,
        font_size=11,
    )


def _gold_line(y: float) -> Markup:
    said = y - 4 if y > TOP + 14 else y + 12
    return joined(
        element("path", d=f"M{LEFT:g},{y:.1f}H{WIDTH - 8:g}", stroke=GOLD, stroke_dasharray="5 3"),
        element("text", "retrained", x=LEFT + 6, y=said, fill=GOLD),
    )


def _over_line(axes: _Axes, payload: UnlearningPayload) -> Markup:
    if payload["over_from"] is None:
        return Markup("")
    x = axes.x(payload["strength"][payload["over_from"]])
    line = element(
        "path", d=f"M{x:.1f},{TOP:g}V{HEIGHT - BOTTOM:g}", stroke=OVER, stroke_dasharray="2 3"
    )
    foot = HEIGHT - BOTTOM - 4
    label = element("text", "over-forgets →", x=x - 3, y=foot, fill=OVER, text_anchor="end")
    return joined(line, label)


def _padded(low: float, high: float) -> tuple[float, float]:
    pad = (high - low) * 0.08 or max(abs(high) * 0.05, 1e-9)
    return low - pad, high + pad


def _measurements(payload: UnlearningPayload) -> Markup:
    head = ["strength", *(s["label"] for s in payload["series"])]
    rows = [
        [f"{strength:.3g}", *(_shown(s["values"][k]) for s in payload["series"])]
        for k, strength in enumerate(payload["strength"])
    ]
    rows.append(["retrained", *(_shown(s["gold"]) for s in payload["series"])])
    return table(head, rows, numeric=frozenset(range(1, len(head))))


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.5g}"
