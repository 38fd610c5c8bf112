"""Polars' rules: examples, and programs in which row numbers travel as a column."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.traced import Notebook, rows
from traceprop_nb.lineage.nodes import Status

pl = pytest.importorskip("polars")
N = 6
SAME = rows(*range(N))


def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {"k": list("abbcaa"), "o": [3, 0, 4, 1, 5, 2], "v": [2.0, None, 4.0, 1.0, 3.0, 9.0],
         "w": [0.5, 0.1, 0.4, 0.2, 0.3, 0.6], "id": list(range(N))}
    )  # fmt: skip


@pytest.fixture
def frames():
    notebook = Notebook()
    notebook("import numpy as np, pandas as pd, polars as pl")
    notebook.source("d", frame())
    notebook.source("e", pl.DataFrame({"k": ["b", "c", "b"], "z": [1.0, 2.0, 3.0]}))
    yield notebook
    notebook.session.close()


W = "pl.col('w')"
EXACT = {
    f"d.filter({W} > .25)": rows(0, 2, 4, 5),
    f"d.filter({W} > {W}.mean())": rows(0, 2, 5),
    "d.filter(d['w'] > .25)": rows(0, 2, 4, 5),
    "d.filter(k='a').sort('o')": rows(5, 0, 4),
    "d.sort('o')": rows(1, 3, 5, 0, 2, 4),
    "d.sort('k', 'o', descending=True)": rows(3, 2, 1, 4, 0, 5),
    "d.head(2)": rows(0, 1),
    "d.tail(2)": rows(4, 5),
    "d.slice(1, 3)": rows(1, 2, 3),
    "d[1:3]": rows(1, 2),
    "d[[4, 0]]": rows(4, 0),
    "d['w']": SAME,
    "d[['w', 'k']]": SAME,
    "d.reverse()": rows(5, 4, 3, 2, 1, 0),
    "d.drop_nulls()": rows(0, 2, 3, 4, 5),
    "d.gather_every(2)": rows(0, 2, 4),
    "d.unique('k', keep='first', maintain_order=True)": rows(0, 1, 3),
    f"d.with_columns(x={W} * 2)": SAME,
    f"d.select('k', {W} + 1)": SAME,
    f"d.with_columns((({W} - {W}.mean().over('k'))).alias('x'))": SAME,
    "d.drop('k').rename({'w': 'x'}).to_numpy()": SAME,
    "d.to_pandas()[['w']]": SAME,
    "d['w'] * 2 + d['v']": SAME,
    "pl.concat([d.head(1), d.tail(2)])": rows(0, 4, 5),
    "pl.concat([d.select('w'), d.select('v')], how='horizontal')": SAME,
    "pl.DataFrame({'a': d['w'], 'b': d['v'].to_numpy()})": SAME,
    "pl.from_pandas(d.to_pandas())": SAME,
    "d.select('w', 'v').unpivot()": rows(*range(N), *range(N)),
    "d.group_by('k', maintain_order=True).agg(pl.col('w').sum())": rows([0, 4, 5], [1, 2], 3),
    "d['w'].mean() * d['w']": SAME,
    f"d.lazy().filter({W} > .25).sort('o').select('k', 'w').collect()": rows(5, 0, 2, 4),
    f"d.lazy().with_columns(x={W} - {W}.mean()).head(2).collect()": rows(0, 1),
}
LOOSE = [
    f"d.with_columns({W}.shift(1))",
    f"d.with_columns({W}.map_elements(lambda x: x, return_dtype=pl.Float64))",
    "d.sample(3)",
    "d.unique('k')",
    f"d.select({W}.sort())",
    "d.lazy().group_by('k').agg(pl.col('w').sum()).collect()",
    "d.lazy().unique('k').collect()",
    "d.transpose()",
]


@pytest.mark.parametrize("expression", EXACT)
def test_rows_are_known_exactly(frames, expression):
    frames(f"out = {expression}")
    assert frames.behind("out", "d") == EXACT[expression]
    assert frames.status("out") == Status.EXACT
    assert not frames.swallowed(), frames.session.recorder.last_fault


@pytest.mark.filterwarnings("ignore::polars.exceptions.PolarsInefficientMapWarning")
@pytest.mark.parametrize("expression", LOOSE)
def test_what_is_not_taken_again_is_a_superset(frames, expression):
    frames(f"out = {expression}")
    assert frames.status("out") in (Status.INEXACT, Status.UNKNOWN)
    assert all(row == list(range(N)) for row in frames.behind("out", "d"))
    assert not frames.swallowed(), frames.session.recorder.last_fault


JOINS = {
    "d.join(e, on='k', how='left').sort('id', 'z')":
        (rows(0, 1, 1, 2, 2, 3, 4, 5), rows([], 0, 2, 0, 2, 1, [], [])),
    "d.join(e, on='k').sort('id', 'z')": (rows(1, 1, 2, 2, 3), rows(0, 2, 0, 2, 1)),
    "d.join(e, on='k', maintain_order='left')": (rows(1, 1, 2, 2, 3), rows(0, 2, 0, 2, 1)),
    "d.join(e.select(kk='k', z='z'), left_on='k', right_on='kk', how='left',"
    " maintain_order='left')":
        (rows(0, 1, 1, 2, 2, 3, 4, 5), rows([], 0, 2, 0, 2, 1, [], [])),
    "d.join(e, on='k', how='anti')": (rows(0, 4, 5), rows([], [], [])),
}  # fmt: skip


@pytest.mark.parametrize("expression", JOINS)
def test_both_sides_of_a_join_are_known(frames, expression):
    frames(f"out = {expression}")
    assert (frames.behind("out", "d"), frames.behind("out", "e")) == JOINS[expression]
    assert frames.status("out") == Status.EXACT


def test_a_join_in_no_order_of_rows_that_repeat_is_a_superset(frames):
    frames("out = d.select('k').join(e.select('k'), on='k')")
    assert frames.status("out") == Status.INEXACT


def test_statistics_are_context(frames):
    frames(f"out = d.with_columns(x={W} - {W}.mean())\nm = d['w'].mean()\nt = d.mean()")
    assert frames.behind("out", "d", context=True) == [list(range(N))] * N
    assert frames.behind("t", "d") == [list(range(N))]


def test_a_file_is_a_source_with_its_digest(frames, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame().write_csv("a.csv")
    frame().write_parquet("a.parquet")
    frames("a = pl.read_csv('a.csv').tail(2)\nb = pl.read_parquet('a.parquet')")
    assert frames.behind("a", "a.csv") == rows(4, 5)
    assert frames.behind("b", "a.parquet") == SAME
    assert frames.answer("a", 1).lines["a.csv"].tolist() == [7]


STATEMENTS = [
    "d = d.filter(pl.col('w') > $f)", "d = d.filter((pl.col('w') > $f) | (pl.col('o') < 3))",
    "d = d.sort('o')", "d = d.sort('k', 'w', descending=True)", "d = d.head($i)",
    "d = d.tail($i)", "d = d[::2]", "d = d.slice($i)", "d = d.reverse()", "d = d.drop_nulls()",
    "d = d.sample(fraction=.7, seed=$i)", "d = d.sample(fraction=.7, seed=$i, shuffle=True)",
    "d = d.unique('k', keep='last', maintain_order=True)", "d = d.unique('k')",
    "d = d.with_columns(w=pl.col('w') * 2 - pl.col('w').mean())",
    "d = d.with_columns(w=pl.when(pl.col('w') > 0).then(pl.col('o')).otherwise(0.0))",
    "d = d.select(pl.all())", "d = d.select(pl.col('*'))", "d = pl.concat([d, d.head(2)])",
    "d = pl.concat([d[:2], d[2:]])", "d = d.top_k(4, by='w')", "d = d.bottom_k(4, by=['k', 'w'])",
    "d = d.lazy().filter(pl.col('o') > $i).sort('w').collect()",
    "d = d.lazy().with_columns(w=pl.col('w') + 1).head(5).collect()",
    "d = d.lazy().unique('k').collect()", "d = d.lazy().select(pl.all().reverse()).collect()",
    "d = d.select(pl.all().shift(1)).drop_nulls()", "d = d.select(pl.all().sort_by('w'))",
    "d = d.join(d.select('k').unique(), on='k', how='semi')",
    "d = d.join(pl.DataFrame({'k': ['a', 'b', 'a'], 'u': [1, 2, 3]}), on='k').drop('u')",
    "d = d[list(range(d.height))[::-1]]", "d = d.gather_every(2)",
    "d = d.with_row_index().drop('index')",
    "d = d.filter(pl.col('w').rank() > 2)", "d = d.filter(pl.col('o').is_first_distinct())",
    "d = pl.from_pandas(d.to_pandas())", "d = d.clone()",
    "d = pl.DataFrame({c: d[c] for c in d.columns})",
    "d = d.partition_by('k')[0] if d.height else d", "d = d.fill_null(0)", "d = d.shift(0)",
]  # fmt: skip


def test_programs_of_frames_are_never_exact_and_wrong():
    drawn = random.Random(0)
    exact = checked = 0
    for seed in range(250):
        made = np.random.default_rng(seed)
        n = int(made.integers(1, 12))
        start = pl.DataFrame(
            {"k": made.choice(list("abc"), n), "o": made.integers(0, 6, n),
             "w": made.normal(size=n), "id": np.arange(n)}
        ).with_columns(o=pl.when(pl.col("o") > 4).then(None).otherwise(pl.col("o")))  # fmt: skip
        body = [drawn.choice(STATEMENTS) for _ in range(drawn.randint(1, 5))]
        text = "\n".join(body).replace("$f", str(drawn.uniform(-1, 1))).replace("$i", str(seed % 4))
        right = one_program(start, text)
        exact += right.count(True)
        checked += len(right)
    assert checked > 500
    assert exact / checked > 0.45


def one_program(start: pl.DataFrame, text: str) -> list[bool]:
    """Whether each row of ``d`` was exact, after a check of all of them."""
    notebook = Notebook()
    try:
        notebook("import polars as pl")
        notebook.source("d", start)
        notebook(text)
        got, status = notebook.behind("d", "d"), notebook.status("d")
        want = [[i] for i in notebook.names["d"]["id"].to_list()]
        assert not notebook.swallowed(), f"{text}\n{notebook.session.recorder.last_fault}"
        if status == Status.EXACT:
            assert got == want, text
        elif status == Status.INEXACT:
            assert all(set(w) <= set(g) for w, g in zip(want, got, strict=True)), text
        return [status == Status.EXACT] * len(want)
    finally:
        notebook.session.close()


def test_a_step_that_is_one_off_is_noticed(monkeypatch):
    from traceprop_nb.adapters.polars import frames as steps

    monkeypatch.setattr(steps, "numbered", lambda frame, _: np.arange(frame.height)[1:])
    with pytest.raises(AssertionError, match=r"d = d\.slice"):
        one_program(frame(), "d = d.slice(0, 5)")
