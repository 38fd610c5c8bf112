"""The payloads that both languages are tested against, from small real values.

``python -m tests.golden.examples`` writes them anew; then js/test says what must change there.
"""

from __future__ import annotations

import json
import pathlib
import random
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Site, Status
from traceprop_nb.payloads.influence_table import (
    InfluenceEntry,
    InfluenceHeader,
    InfluencePayload,
    influence_table,
)
from traceprop_nb.payloads.layout.cards import drawing
from traceprop_nb.payloads.layout.layered import layered
from traceprop_nb.payloads.lineage_graph import LineagePayload, lineage_graph
from traceprop_nb.payloads.record import RecordPayload, record
from traceprop_nb.payloads.unlearning import Offer, UnlearningPayload, unlearning
from traceprop_nb.payloads.valuation import (
    SourceWorth,
    StepWorth,
    ValuationPayload,
    valuation,
)

GOLDEN = pathlib.Path(__file__).parent

DIRECT = Kind.DIRECT * 4
CONTEXT = Kind.CONTEXT * 4


def hospital_graph() -> LineageGraph:
    """Two files, cleaned, joined, scaled by a fitted mean, used by a model; one step opaque."""
    graph = LineageGraph()
    a = graph.append_source(
        name="hospital_a.csv", kind="file", n_rows=6000, path="hospital_a.csv",
        digest="sha256:" + "1a" * 32, cell=1, line=1,
    )  # fmt: skip
    b = graph.append_source(name="hospital_b.csv", kind="file", n_rows=2100, cell=2, line=1)

    def step(op: str, cell: int, rows: int, edges: list[tuple[int, int]], text: str) -> int:
        site = graph.add_site(Site(op, cell, 1 + len(graph) % 3, 0, text))
        flat: list[int] = []
        for parent, code in edges:
            m = Identity(rows) if graph.rows(parent) == rows else All(graph.rows(parent), rows)
            flat += [parent, graph.map(m), code]
        return graph.append(graph.op(op), site, cell, rows, Status.EXACT, flat)

    clean = step("dropna", 3, 5871, [(a, DIRECT)], "a.dropna()")
    filled = step("fillna", 3, 2100, [(b, DIRECT)], "b.fillna(0)")
    both = step("concat", 4, 7971, [(clean, DIRECT), (filled, DIRECT)], "pd.concat([a, b])")
    x = step("to_numpy", 4, 7971, [(both, DIRECT)], "df[cols].to_numpy()")
    mean = step("mean", 5, 1, [(x, CONTEXT)], "X.mean(0)")
    z = step("subtract", 5, 7971, [(x, DIRECT), (mean, CONTEXT)], "X - X.mean(0)")
    odd = step("clean_up", 6, 7971, [(z, DIRECT + Status.INEXACT)], "clean_up(Z)")
    step("LogisticRegression.fit", 7, 1, [(odd, CONTEXT)], "model.fit(Z, y)")
    return graph


NAMES = {0: "a", 1: "b", 4: "df", 5: "X", 7: "Z", 9: "model"}


def lineage_example() -> LineagePayload:
    """The graph above, with the variables that hold its values."""
    return lineage_graph(hospital_graph(), names=NAMES)


def influence_example() -> InfluencePayload:
    """Six rows of two files, one of unknown origin."""
    header = InfluenceHeader(
        title="X_test[412]", method="closed-form", estimand="leave_one_out", n_train=7971,
        predicted="malignant (0.83)", true="benign", lds="0.99 (expected)",
        note="parameters were polished to the optimum in a copy",
        by_source=[("hospital_a.csv", 0.213), ("hospital_b.csv", -0.084)],
    )  # fmt: skip
    path = "read_csv -> dropna -> concat -> to_numpy -> subtract -> fit"
    influences = [0.31, -0.24, 0.12, 0.064, -0.0088, 1.5e-7]
    entries = [
        InfluenceEntry(
            rank=k + 1, row=11 * k, source=f"hospital_{'ab'[k % 2]}.csv", record=1206 - k,
            line=1208 - k, label=("benign", "malignant")[k % 2], influence=value, path=path,
            text=f"p{k:04d},{40 + k},58000,benign", values={"age": f"{40 + k}", "income": "58000"},
            flags=("duplicate",) if k == 2 else (),
        )
        for k, value in enumerate(influences)
    ]  # fmt: skip
    unknown = InfluenceEntry(7, 99, "", None, None, "benign", -1e-8, flags=("inexact",))
    return influence_table(header, [*entries, unknown])


def unlearning_done(*, gold: bool = True) -> Any:
    """An unlearning with 33 points of a trajectory that has the shape of a real one."""
    from traceprop_nb.unlearning.forget import Unlearning

    s = np.linspace(0, 4 / 3, 33)
    s[np.argmin(np.abs(s - 1))] = 1.0
    names = ["strength", "forget_loss", "retain_loss", "distance_to_gold", "membership_auc",
             "test_loss", "test_accuracy", "test_accuracy[class=default]",
             "test_accuracy[class=ok]", "test_accuracy[region=N]"]  # fmt: skip
    points = np.zeros(33, dtype=[(n, float) for n in names] + [("over", bool)])
    points["strength"] = s
    points["forget_loss"] = np.round(0.2 + 0.35 * s**2, 6)
    points["retain_loss"] = np.round(0.3 - 0.01 * s + 0.01 * s**3, 6)
    points["distance_to_gold"] = np.round(np.abs(1 - s), 6) if gold else np.nan
    points["membership_auc"] = np.round(0.71 - 0.18 * np.minimum(s, 1.1), 6)
    points["test_loss"] = np.nan
    points["test_accuracy"] = np.round(0.842 - 0.002 * s - 0.01 * (s > 1.2), 6)
    for k, name in enumerate(names[-3:]):
        points[name] = np.round(points["test_accuracy"] + 0.02 * (k - 1), 6)
    points["over"] = s > 1
    nothing, others = np.repeat(points[:1], 33), points.copy()
    nothing["strength"] = s
    others["forget_loss"] = np.round(0.2 + 0.02 * s, 6)
    others["test_accuracy"] = np.round(0.842 - 0.001 * s, 6)
    at = points[int(np.argmin(np.abs(s - 1)))]
    said = "verified against retraining: 0.01 % of the distance to the retrained model is left."
    return Unlearning(
        w=np.zeros(2), forgotten=np.arange(612), retained=np.arange(612, 7971), trajectory=points,
        path=np.zeros((33, 2)), gold_w=np.zeros(2) if gold else None, gold=at if gold else None,
        left=1e-4 if gold else None, verified=True if gold else None,
        verdict="612 rows forgotten in 4 Newton steps; " + (said if gold else "not verified."),
        steps=4, seconds=0.041, seconds_gold=0.92 if gold else None, objective=None,  # type: ignore[arg-type]
        method="newton", why="the model is convex" if gold else "", note="damping 0.5",
        baselines={"random rows": others, "nothing": nothing}, golds=at[None] if gold else None,
        band={"forget_loss": (0.52, 0.58)} if gold else {},
        test="parameters, at most 0.1 % of the distance to the minimum left" if gold else "",
    )  # fmt: skip


def unlearning_example() -> UnlearningPayload:
    """Forgetting one hospital, checked against the retrained model."""
    offer: Offer = {"seeds": 5, "seconds": 4.6}
    return unlearning(unlearning_done(), title="source hospital_b.csv", offer=offer)


def valuation_done(*, sampled: bool = True) -> Any:
    """Values of eight rows; sampled ones that have not settled."""
    from traceprop_nb.valuation.valuation import Convergence, Curve, Valuation

    removed = np.arange(0, 100, 20)
    curve = Curve(
        removed, np.array([0.91, 0.8, 0.7, 0.6, 0.5]), np.array([0.91, 0.93, 0.94, 0.9, 0.7]),
        np.array([0.91, 0.9, 0.88, 0.84, 0.7]), "accuracy of 10 nearest neighbours",
    )  # fmt: skip
    history = np.array([[100.0, 0.5], [200.0, 0.21], [400.0, 0.12]])
    settled = Convergence("relative standard error", 0.12, 0.05, 400, history)
    return Valuation(
        np.linspace(-0.02, 0.05, 8), "data-shapley", "accuracy on the held-out rows", 0.12,
        "4 passes", settled if sampled else None, curve, 169, 1.5,
    )  # fmt: skip


def valuation_of(worst: list[InfluenceEntry], **parts: Any) -> ValuationPayload:
    """The values above with these rows at the lower end."""
    done = valuation_done(sampled=parts.pop("sampled", True))
    sources = [SourceWorth("b.csv", 3.0, -0.03, -0.01), SourceWorth("a.csv", 5.0, 0.15, 0.03)]
    title = "Value of 8 training rows of run 'credit'"
    return valuation(
        done, title=title, sources=sources, worst=worst, best=parts.get("best", ()),
        steps=parts.get("steps"),
    )  # fmt: skip


def valuation_example(*, sampled: bool = True, steps: bool = True) -> ValuationPayload:
    """Eight rows of two files, one file harmful; sampled, and not settled."""
    way = "read_csv -> dropna"
    rows = [
        InfluenceEntry(1, 0, "b.csv", 10, 12, "ok", -0.02, way),
        InfluenceEntry(2, 1, "b.csv", 11, 13, "default", -0.01, way, flags=("inexact",)),
        InfluenceEntry(3, 2, "", None, None, "ok", 0.0, way),
    ]
    best = [replace(rows[0], source="a.csv", influence=0.05), replace(rows[1], influence=0.03)]
    worth = [
        StepWorth("cell 2 dropna", 120, (20, None), (100, 0.12), (0, 0.0), "its input is gone"),
        StepWorth("cell 3 clip", 100, (0, 0.0), (100, 0.12), (9, -0.004)),
    ]
    return valuation_of(rows, best=best, steps=worth if steps else None, sampled=sampled)


def record_document() -> dict[str, Any]:
    """A record's document in which each of the six states occurs once."""
    missing = {"why": "needs_human", "how_to_establish": "tp.report(purpose=...)", "owner": "legal"}
    rows = {"files": 2, "rows": 8100}
    check = {"method": "file hashed again and compared", "result": "pass"}
    by = {"who": "model owner", "when": "2026-11-20T16:02:11Z", "identity": "not_authenticated"}
    wrong = {"method": "row ids compared", "result": "fail", "detail": "41 test rows in training"}
    data = [
        {"id": "data.origin", "label": "Origin of the training data", "provisions": ["10(2)(b)"],
         "state": "established", "value": rows, "evidence": ["ev:s1/12"], "check": check},
        {"id": "data.purpose", "label": "Purpose of collection", "provisions": [],
         "state": "not_established", "missing": missing},
        {"id": "data.leak", "label": "No test row was used in training", "provisions": [],
         "state": "contradicted", "value": {"rows": 41}, "evidence": ["ev:s1/88"], "check": wrong},
    ]  # fmt: skip
    model = [
        {"id": "model.role", "label": "Role", "provisions": [], "state": "stated",
         "value": "provider", "stated_by": by, "note": "Nobody's identity is checked."},
        {"id": "model.steps", "label": "Steps", "provisions": [], "state": "partial",
         "value": {"recorded": 37, "opaque": 1}, "evidence": ["ev:s1/14"], "missing": missing},
        {"id": "model.bio", "label": "Biometrics", "provisions": [], "state": "not_applicable",
         "stated_by": by},
    ]  # fmt: skip
    return {
        "kind": "session_record",
        "generated_at": "2026-11-20T17:10:03Z",
        "digest": "sha256:" + "9f" * 32,
        "sections": [
            {"id": "data", "title": "Data and where it came from", "fields": data},
            {"id": "model", "title": "The model", "fields": model},
        ],
    }


def record_example() -> RecordPayload:
    """The viewer's payload of that document."""
    return record(record_document())


def random_graph(n: int, seed: int) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """Sizes and edges of a graph like a session's: mostly chains, some joins and long edges."""
    draw = random.Random(seed)
    sizes = [(float(draw.randint(40, 220)), float(draw.choice([24, 44]))) for _ in range(n)]
    edges = sorted(
        {
            (draw.randrange(max(0, b - 25), b), b)
            for b in range(1, n)
            for _ in range(draw.choice([1, 1, 2]))
        }
        | {(draw.randrange(n // 2), draw.randrange(n // 2, n)) for _ in range(n // 20)}
    )
    return sizes, edges


def layout_example() -> dict[str, Any]:
    """Graphs of several sizes with their coordinates, and the drawing of the lineage above."""
    cases = []
    for n, seed in [(0, 0), (1, 0), (2, 1), (12, 2), (60, 3), (200, 4)]:
        sizes, edges = random_graph(n, seed)
        cases.append({"sizes": sizes, "edges": edges, "layout": asdict(layered(sizes, edges))})
    return {"graphs": cases, "drawing": asdict(drawing(lineage_example()))}


EXAMPLES = {
    "influence": influence_example,
    "layout": layout_example,
    "lineage": lineage_example,
    "record": record_example,
    "unlearning": unlearning_example,
    "valuation": valuation_example,
}


def as_json(value: Any) -> str:
    """The file's text."""
    return json.dumps(value, indent=None if "graphs" in value else 1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, example in EXAMPLES.items():
        (GOLDEN / f"{name}.json").write_text(as_json(example()), encoding="utf-8")
