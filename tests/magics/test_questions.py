"""The questions' magics: what they return, show, save and refuse."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.record_examples import fields
from traceprop_nb import errors
from traceprop_nb.session import InfluenceAnswer, LineageAnswer, RowAnswer, UnlearnAnswer

SETUP = """%%train clf
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
a = pd.read_csv('a.csv')
b = pd.read_csv('b.csv')
df = pd.concat([a, b])
X = df[['u', 'v']].to_numpy()
y = df['y'].to_numpy()
model = LogisticRegression().fit(X, y)
"""


def rows(seed: int, n: int = 30) -> str:
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(2, n))
    y = (u + v + rng.normal(size=n) > 0).astype(int)
    return "u,v,y\n" + "".join(f"{a:.4f},{b:.4f},{c}\n" for a, b, c in zip(u, v, y, strict=True))


@pytest.fixture
def work(shell, session, tmp_path, monkeypatch):
    """A shell in which a model was trained on the rows of two files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(rows(1), encoding="utf-8")
    (tmp_path / "b.csv").write_text(rows(2), encoding="utf-8")
    result = shell(SETUP)
    assert result.success, shell.printed + shell.errors
    return shell


def refused(work, line: str) -> tuple[BaseException, str]:
    """The error of a line, and the one line that is shown of it."""
    result = work(line)
    shown = (work.printed + work.errors).strip()
    assert not result.success
    assert len(shown.splitlines()) == 1, shown
    return result.error_in_exec, shown


def test_a_training_cell_says_what_it_recorded(work, session):
    work(SETUP)
    assert "run 'clf': 60 training rows" in work.printed
    assert list(session.runs) == ["clf"]


def test_influence_is_asked_of_an_expression_and_saved(work, session, tmp_path):
    answer = work.value("t = %influence X[[3, 5]] --y y[[3, 5]] -k 4 --save t.csv --run clf\nt")
    assert isinstance(answer, InfluenceAnswer)
    assert answer.scores.shape == (2, 60)
    assert answer.title == "X[[3, 5]]"
    assert len(answer.top()) == 4
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == "rank,source,record,line,label,influence,path"
    assert len(lines) == 5
    assert work.value("t = %influence X[3] --by source --method closed-form\nt").by == "source"
    assert work.ip.user_ns["t"].method == "closed-form"


def test_the_number_of_rows_follows_the_setting(work):
    work("%config TracepropMagics.k = 3")
    assert len(work.value("t = %influence X[3]\nt").top()) == 3


def test_local_names_are_seen(work):
    work("def ask(query):\n    return get_ipython().run_line_magic('influence', 'query[0] -k 2')\n")
    assert work.value("ask(X[5:7])").scores.shape == (1, 60)


def test_a_semicolon_silences_every_question(work):
    for line in ("%influence X[3];", "%lineage X ;", "%lineage X --row 3;", "%trace status;"):
        assert work.value(line) is None
        assert work.printed == ""


def test_lineage_is_a_graph_a_row_or_a_file(work, session, tmp_path):
    whole = work.value("%lineage")
    assert whole.answer.focus is None
    around = work.value("%lineage X --focus up --depth 1 --save g.json")
    payload = around.payload()
    assert payload["direction"] == "up"
    assert set(payload["edges"]["end"]) == {payload["focus"]}
    below = work.value("%lineage X --focus down --depth 1").payload()
    assert set(below["edges"]["start"]) == {below["focus"]}
    assert len(payload["nodes"]["id"]) < len(session.graph)
    assert json.loads((tmp_path / "g.json").read_text()) == payload
    row = work.value("%lineage X --row 31")
    assert isinstance(row, RowAnswer)
    assert {k: v.tolist() for k, v in row.sources.items()} == {"b.csv": [1]}
    work("%lineage X --save g.svg")
    assert "<svg" in (tmp_path / "g.svg").read_text()
    assert isinstance(work.value("import traceprop_nb as tp\ntp.lineage(X)"), LineageAnswer)


def test_a_restricted_payload_keeps_its_places_together(work, session):
    whole = work.value("%lineage X").payload()
    for depth, focus in ((1, ""), (2, "--focus up"), (1, "--focus down"), (50, "")):
        some = work.value(f"%lineage X --depth {depth} {focus}").payload()
        ids = some["nodes"]["id"]
        assert some["nodes"]["id"][some["focus"]] == whole["nodes"]["id"][whole["focus"]]
        labels = {i: whole["labels"][k] for i, k in zip(*_two(whole, "id", "label"), strict=True)}
        assert [some["labels"][k] for k in some["nodes"]["label"]] == [labels[i] for i in ids]
        cells = dict(zip(*_two(whole, "id", "cell"), strict=True))
        for i, c in zip(ids, some["nodes"]["cell"], strict=True):
            there = None if cells[i] < 0 else whole["cells"][cells[i]]
            assert (None if c < 0 else some["cells"][c]) == there
        pairs = {(ids[a], ids[b]) for a, b in zip(*_ends(some), strict=True)}
        every = whole["nodes"]["id"]
        assert pairs == {
            (every[a], every[b])
            for a, b in zip(*_ends(whole), strict=True)
            if {every[a], every[b]} <= set(ids)
        }
        assert len(some["edges"]["context"]) == len(some["edges"]["start"])
        assert {(ids[n["node"]], n["name"]) for n in some["names"]} == {
            (every[n["node"]], n["name"]) for n in whole["names"] if every[n["node"]] in ids
        }
        assert {ids[s["node"]] for s in some["sources"]} == {
            every[s["node"]] for s in whole["sources"]
        } & set(ids)
    assert set(ids) >= {every[s["node"]] for s in whole["sources"]}


def _two(payload, *columns):
    return [payload["nodes"][c] for c in columns]


def _ends(payload):
    return payload["edges"]["start"], payload["edges"]["end"]


def test_unlearning_takes_a_source_rows_or_a_condition(work, session):
    by_source = work.value("%unlearn --source a.csv --gold")
    assert isinstance(by_source, UnlearnAnswer)
    assert by_source.verified is True
    assert len(by_source.result.forgotten) == 30
    by_rows = work.value("%unlearn --rows 1,5,9-12")
    assert by_rows.result.forgotten.tolist() == [1, 5, 9, 10, 11, 12]
    assert by_rows.verified is None
    chosen = work.value("%unlearn --rows np.flatnonzero(X[:, 0] > 1) --run clf")
    assert (
        chosen.result.forgotten.tolist() == np.flatnonzero(work.ip.user_ns["X"][:, 0] > 1).tolist()
    )
    assert work.value("%unlearn --rows 1 --run 'clf without source a.csv'").asked is by_source.run
    where = work.value('%unlearn --where "u > 1"')
    assert where.result.forgotten.tolist() == chosen.result.forgotten.tolist()


def test_the_record_is_stated_and_saved(work, tmp_path):
    record = work.value('r = %report --set purpose="a (first) try" --save r.json\nr')
    saved = (tmp_path / "r.json").read_text()
    assert "a (first) try" in saved
    assert json.loads(saved) == record.to_dict()
    assert record.verify().ok


def test_a_decision_is_reported_by_its_answer_or_number(work):
    work("import traceprop_nb as tp\nfirst = tp.decision(X[3], favourable=1)")
    work("second = tp.decision(X[4], favourable=1)")

    def inputs(line):
        return fields(work.value(f"r = {line}\nr"))["decision.inputs"]["value"]["inputs_digest"]

    digests = [work.value(f"{name}.inputs") for name in ("first", "second")]
    assert inputs("%report decision") == digests[1]
    assert inputs("%report decision --of first") == inputs("%report decision --of 1") == digests[0]


def test_the_operations_inside_a_module_are_listed_on_request(work):
    work("import torch\nnet = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))")
    answer = work.value("%lineage net --deep torch.as_tensor(X, dtype=torch.float32)")
    assert [one.module for one in answer.mixing] == ["1"]
    assert work.value("%lineage net[0] --deep torch.ones(3, 2)").mixing == ()


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("%report decision --of 3", errors.UnknownNameError, "has 0, numbered from 1"),
        ("%influence X[3] --run clg", errors.UnknownNameError, "did you mean 'clf'"),
        ("%influence X[3] --method influenze", errors.UnknownNameError, "did you mean 'influence'"),
        ("%influence X[3] * np.nan", errors.NotFiniteError, "nan at row 0"),
        ("%influence X_tst[3]", errors.UnknownNameError, "no variable named 'X_tst'"),
        ("%unlearn --source c.csv", errors.UnknownNameError, "'a.csv'"),
        ("%unlearn --rows 0-59", errors.EmptyForgetSetError, ""),
        ("%unlearn --rows 9-3", errors.OptionError, "3-9"),
        ("%unlearn --rows 60", errors.RowRangeError, "60"),
        ("%lineage X --row 60", errors.RowRangeError, "0 to 59"),
        ("%lineage np.arange(3)", errors.UntracedError, "UNKNOWN"),
        ("%lineage X --save x.png", errors.OptionError, ".svg"),
        ("%lineage X --deep X", errors.UnsupportedModelError, "no torch.nn.Module"),
        ("%report --set purpos=x", errors.TracepropError, "purpose"),
        ("%report session_recrd", errors.TracepropError, "session"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line_of_its_own_kind(work, line, kind, said):
    error, shown = refused(work, line)
    assert isinstance(error, kind)
    assert shown.startswith(type(error).__name__ + ": ")
    assert said in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%influence X[3", "never closed"),
        ("%influence X[3]] 5 5", "is not an expression"),
        ("%influence X[3] --ru clf", "did you mean --run"),
        ("%lineage --row 3", "--row needs a value"),
        ("%lineage --deep X", "--deep needs a value"),
        ("%unlearn", "is required"),
    ],
)
def test_a_line_that_cannot_be_read_is_a_usage_error(work, line, said):
    error, shown = refused(work, line)
    assert type(error).__name__ == "UsageError"
    assert said in shown


def test_the_users_own_errors_keep_their_traceback(work):
    result = work("def f(v):\n    return v / 0\n%influence f(3)")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert "return v / 0" in work.printed
    result = work("def g():\n    return missing\n%influence g()")
    assert type(result.error_in_exec) is NameError
    assert "return missing" in work.printed


def test_the_same_error_from_python_keeps_its_traceback(work):
    result = work("import traceprop_nb as tp\n\ntp.rows(X, 99)")
    assert isinstance(result.error_in_exec, errors.RowRangeError)
    assert "----> 3 tp.rows(X, 99)" in work.printed


def test_every_question_has_help(work):
    for name in ("influence", "lineage", "unlearn", "report", "trace"):
        shown = repr(work.value(f"%{name} --help"))
        assert shown.startswith(f"%{name}")
        work(f"%{name}?")
        assert shown.splitlines()[0] in work.printed


def test_a_terminal_shows_text_and_no_widget(work):
    for line in ("%lineage X", "%influence X[3]", "%report", "%unlearn --rows 3"):
        work(line)
        assert "Widget" not in work.printed
        assert len(work.printed.strip()) > 20
