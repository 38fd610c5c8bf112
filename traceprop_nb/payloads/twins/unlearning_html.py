"""The unlearning panel as plain HTML: two charts, the verdict, and the measurements."""

from __future__ import annotations

from traceprop_nb.payloads.twins.charts import GREY, Plot, chart
from traceprop_nb.payloads.twins.markup import FONT, MUTED, Markup, details, element, joined, table
from traceprop_nb.payloads.unlearning import Series, UnlearningPayload


def unlearning_html(payload: UnlearningPayload) -> str:
    """The panel with its trajectory; the line of each chart is all of it."""
    past = payload["over_from"]
    charts = joined(
        *(
            chart(
                Plot(
                    s["label"], payload["strength"], s["values"], s["gold"], s["band"],
                    [(b["name"], b["values"]) for b in s["baselines"]],
                    None if past is None else payload["strength"][past],
                )
            )
            for s in charted(payload)
        )
    )  # fmt: skip
    muted = f"margin:4px 0;{MUTED}"
    chosen = " · ".join(filter(None, (payload["why"], payload["note"])))
    return element(
        "div",
        element("p", element("b", f"Forget {payload['title']}"), style="margin:4px 0"),
        element("p", summary(payload), style=muted),
        *([element("p", chosen, style=muted)] if chosen else []),
        charts,
        element("p", _legend(payload), style=f"margin:4px 0;color:{GREY}"),
        element("p", element("b", payload["verdict"]), style="margin:4px 0"),
        *([element("p", f"test: {payload['test']}", style=muted)] if payload["test"] else []),
        details("All measurements", _measurements(payload)),
        *_slices(payload),
        style=f"font-family:{FONT};font-size:13px",
    )


def summary(payload: UnlearningPayload) -> str:
    """How much was taken out, by what, and how long it took."""
    share = 100 * payload["forgotten"] / payload["n_train"] if payload["n_train"] else 0.0
    parts = [f"{payload['forgotten']:,} of {payload['n_train']:,} rows ({share:.1f} %)"]
    parts.append(payload["method"])
    parts.append(f"took {payload['seconds']:.3g} s")
    if payload["seconds_gold"] is not None:
        models = payload["gold_seeds"]
        many = f" {models} models" if models > 1 else ""
        parts.append(f"retraining{many} took {payload['seconds_gold']:.3g} s")
    return " · ".join(parts)


def charted(payload: UnlearningPayload) -> list[Series]:
    """The two charts of the first view: forget loss, and the first accuracy if there is one."""
    first, rest = payload["series"][:1], payload["series"][1:]
    accurate = [s for s in rest if s["name"].endswith("accuracy")]
    return first + (accurate or rest)[:1]


def _legend(payload: UnlearningPayload) -> str:
    shown = charted(payload)
    names = dict.fromkeys(b["name"] for s in shown for b in s["baselines"])
    parts = ["line: along the way"]
    if any(s["gold"] is not None for s in shown):
        parts.append("dashed: retrained without the rows")
    if any(s["band"] for s in shown):
        parts.append("shaded: where one more retrained model is expected")
    return "; ".join([*parts, *(f"dotted: {name}" for name in names)])


def _measurements(payload: UnlearningPayload) -> Markup:
    own = [s for s in payload["series"] if not s["group"]]
    head = ["strength", *(s["label"] for s in own)]
    rows = [
        [f"{strength:.3g}", *(_shown(s["values"][k]) for s in own)]
        for k, strength in enumerate(payload["strength"])
    ]
    rows.append(["retrained", *(_shown(s["gold"]) for s in own)])
    return table(head, rows, numeric=frozenset(range(1, len(head))))


def _slices(payload: UnlearningPayload) -> list[Markup]:
    """By class and by slice: the trained model, the unlearned one, the retrained one."""
    parts = [s for s in payload["series"] if s["group"]]
    if not parts:
        return []
    head = ["measure", "of", "trained", "unlearned", "retrained"]
    rows = [
        [s["group"], s["label"], _shown(s["values"][0]), _shown(s["values"][payload["at"]]),
         _shown(s["gold"])]
        for s in parts
    ]  # fmt: skip
    return [details("By class and slice", table(head, rows, numeric=frozenset({2, 3, 4})))]


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.5g}"
