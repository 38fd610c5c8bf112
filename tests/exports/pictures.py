"""Pictures of sessions to export: one by hand, and any that Hypothesis can think of."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from hypothesis import strategies as st

from traceprop_nb.exports.model import (
    Agent,
    Cell,
    Column,
    ColumnLineage,
    Edge,
    Metric,
    Operations,
    Package,
    RowLineage,
    Run,
    SessionGraph,
    Source,
    Value,
)
from traceprop_nb.exports.stretches import stretches

WORDS = ("exact", "assumed", "inexact", "unknown")
DIGEST = "sha256:" + "1a" * 32
HOSTILE = (
    "<script>alert(1)</script>", "</iframe>", 'a "quoted" name', "line\nbreak", "tab\there",
    "--- !yaml", "back\\slash", "\u202eright to left", "{{x}}", "| pipe | `tick`", "$(id)",
    "é" * 300,
    "emoji 🙂", "\x00null", "#: colon", "'; DROP TABLE runs;--", "urn:x y", "%2e%2e/..", " lead",
)  # fmt: skip
"""Names that people, or people with intentions, give to files, columns and models."""


def hospital() -> SessionGraph:
    """Two files, cleaned and joined in one cell, a model and its forgetful child in others."""
    table = (Column("id", "str"), Column("age", "int64"))
    cells = (
        Cell("cell/1", 1, "read", DIGEST, True, "", True, *_minute(0)),
        Cell("cell/2", 2, "clean", DIGEST, True, "", True, *_minute(1)),
        Cell("cell/3", 3, "", DIGEST, False, "ValueError", True, *_minute(2)),
        Cell("cell/4", 4, "fit", DIGEST, True, "", True, *_minute(3)),
    )
    return SessionGraph(
        id="ses_0123456789abcdef",
        started="2026-11-20T17:00:00+00:00",
        sources=(
            Source("source/0", "a.csv", "file", 6, DIGEST, 120, "data/a.csv", "cell/1", table),
            Source("source/1", "b.csv", "file", 3, "sha256:" + "2b" * 32, 60, "b.csv", "cell/1"),
        ),
        values=(
            Value("value/4", "patients", "concat", "cell/2", 8, "exact", table),
            Value("value/5", "odd", "clean_up", "cell/2", 8, "inexact"),
            Value("value/6", "clf", "LogisticRegression.fit", "cell/4", 1, "exact"),
        ),
        cells=cells,
        operations=(
            Operations("cell/1", "read_csv", "exact", 2),
            Operations("cell/2", "concat", "exact", 1),
            Operations("cell/2", "clean_up", "inexact", 1),
        ),
        edges=(
            Edge("source/0", "value/4"),
            Edge("source/1", "value/4"),
            Edge("value/4", "value/5", "direct", "inexact"),
            Edge("value/4", "run/0", "context"),
            Edge("run/0", "value/6"),
        ),
        row_lineage=(
            RowLineage("value/4", "source/0", "exact", ((0, 0, 2), (2, 3, 3))),
            RowLineage("value/4", "source/1", "exact", ((5, 0, 3),)),
            RowLineage("value/5", "source/0", "inexact", (), ((0, 0, 6),)),
            RowLineage("value/5", "source/1", "inexact", complete=False),
        ),
        column_lineage=(
            ColumnLineage("value/4", "id", "source/0", "id"),
            ColumnLineage("value/4", "age", "source/0", "age", "transformation"),
        ),
        runs=(
            Run(
                "run/0", "clf", "LogisticRegression", "sklearn", "log loss", 8, 3,
                "sha256:" + "3c" * 32, "cell/4", options=(("C", "1.0"), ("penalty", '"l2"')),
                metrics=(Metric("accuracy", 0.9375, 16, "holdout"),),
            ),
            Run(
                "run/1", "clf without b.csv", "LogisticRegression", "sklearn", "log loss", 5, 3,
                "sha256:" + "4d" * 32, "", "run/0", "unlearned",
            ),
        ),
        agents=(
            Agent("agent/kernel", "software", "traceprop_nb", "0.1.0"),
            Agent("agent/person", "person", "A. Nurse"),
        ),
        packages=(Package("numpy", "2.3.0"), Package("pandas", "3.1.1")),
    )  # fmt: skip


def _minute(minute: int) -> tuple[str, str]:
    return f"2026-11-20T17:0{minute}:01.250+00:00", f"2026-11-20T17:0{minute}:02.500+00:00"


# What UTF-8 can carry: a session's names have lone surrogates escaped before they come here.
texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)
digests = st.binary(min_size=32, max_size=32).map(lambda raw: "sha256:" + raw.hex())
maybe_digest = st.one_of(st.just(""), digests)
counts = st.one_of(st.none(), st.integers(0, 2**40))
words = st.sampled_from(WORDS)
times = st.one_of(
    st.just(""),
    st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(
        lambda t: t.isoformat(timespec="milliseconds") + "+00:00"
    ),
)
packages = st.builds(Package, texts, texts)
columns = st.lists(st.builds(Column, texts, texts), max_size=3).map(tuple)


@st.composite
def row_lineages(draw, value: str, source: str) -> RowLineage:
    if draw(st.booleans()):
        return RowLineage(value, source, draw(words), complete=False)
    pairs = sorted(draw(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)))
    rows, records = (np.array([p[k] for p in pairs], np.int64) for k in (0, 1))
    return RowLineage(value, source, draw(words), *stretches(rows, records))


@st.composite
def runs(draw, k: int, cell: st.SearchStrategy[str]) -> Run:
    parent = f"run/{k - 1}" if k and draw(st.booleans()) else ""
    options = draw(st.dictionaries(texts, st.sampled_from(("1", '"l2"', "null")), max_size=2))
    metrics = st.builds(Metric, texts, st.floats(-1e6, 1e6), counts, texts)
    return Run(
        f"run/{k}", draw(texts), draw(texts), draw(texts), draw(texts), draw(counts), draw(counts),
        draw(maybe_digest), draw(cell), parent, draw(texts) if parent else "",
        tuple(sorted(options.items())), tuple(draw(st.lists(metrics, max_size=2))),
    )  # fmt: skip


@st.composite
def pictures(draw) -> SessionGraph:
    """Any picture whose parts refer to each other as a session's do."""
    few = st.integers(0, 3)
    cells = tuple(
        Cell(f"cell/{k}", k, draw(texts), draw(maybe_digest), *draw(st.sampled_from(ENDS)),
             draw(st.booleans()), draw(times), draw(times))
        for k in range(draw(few))
    )  # fmt: skip
    cell = st.sampled_from([c.id for c in cells] or [""])
    sources = tuple(
        Source(f"source/{k}", draw(texts), draw(st.sampled_from(("file", "table", "array"))),
               draw(counts), draw(maybe_digest), draw(counts), draw(texts), draw(cell),
               draw(columns))
        for k in range(draw(few))
    )  # fmt: skip
    values = tuple(
        Value(f"value/{k + 10}", draw(texts), draw(texts), draw(cell), draw(counts), draw(words),
              draw(columns))
        for k in range(draw(few))
    )  # fmt: skip
    trained = tuple(draw(runs(k, cell)) for k in range(draw(st.integers(0, 2))))
    things = [x.id for x in (*sources, *values, *trained)]
    ends = [(a, b) for k, b in enumerate(things) if k >= len(sources) for a in things[:k]]
    ways = st.sampled_from(("direct", "context"))
    made = draw(st.lists(st.sampled_from(ends), max_size=4)) if ends else []
    links = [(v, s) for v in values for s in sources]
    return SessionGraph(
        id=f"ses_{draw(st.integers(0, 2**64 - 1)):016x}",
        started=draw(times),
        detail=draw(st.sampled_from(("named", "all"))),
        sources=sources,
        values=values,
        cells=cells,
        operations=tuple(
            Operations(c.id, name, draw(words), draw(st.integers(1, 9)))
            for c in cells for name in draw(st.lists(texts, max_size=2))
        ),
        edges=tuple(Edge(a, b, draw(ways), draw(words)) for a, b in made),
        row_lineage=tuple(draw(row_lineages(v.id, s.id)) for v, s in links),
        column_lineage=tuple(
            ColumnLineage(v.id, mine.name, s.id, theirs.name, "identity")
            for v, s in links for mine in v.columns[:1] for theirs in s.columns[:1]
        ),
        runs=trained,
        agents=(Agent("agent/kernel", "software", "traceprop_nb", "0.1.0"),),
        packages=tuple(draw(st.lists(packages, max_size=2, unique_by=lambda p: p.name))),
    )  # fmt: skip


ENDS = ((True, ""), (False, "ValueError"), (None, ""))
"""How a cell may end: well, with an error, not yet."""


def unordered(picture: SessionGraph) -> dict[str, object]:
    """A picture's parts as sets, for formats that keep no order."""
    return {
        name: frozenset(part) if isinstance(part, tuple) else part
        for name, part in vars(picture).items()
    }
