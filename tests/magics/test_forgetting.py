"""A person's rows, values of rows and requests to forget, typed the way a user types them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from traceprop_nb import errors
from traceprop_nb.magics import display
from traceprop_nb.session import SubjectAnswer, UnlearnAnswer, ValuationAnswer

SETUP = """%%train clf
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
a, b = pd.read_csv('nord.csv'), pd.read_csv('süd.csv')
df = pd.concat([a, b], ignore_index=True).dropna()
X = df[['größe', 'v']].to_numpy()
y = df['y'].to_numpy()
model = LogisticRegression().fit(X, y)
"""
CLEANED = """%%trace
keep = np.abs(X[:, 0]) < 1.2
X2, y2 = X[keep], y[keep]
X3 = np.clip(X2, -1.0, 1.0)
"""
TRAINED = "%%train cleaned\nsmall = LogisticRegression().fit(X3, y2)\n"
NETWORK = """%%train net
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
T = torch.from_numpy(X.copy()).float()
loader = DataLoader(TensorDataset(T, torch.from_numpy(y.copy())), batch_size=8, shuffle=True)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for _ in range(6):
    for xb, yb in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(xb), yb).backward()
        opt.step()
"""
WHO = "P007"


def rows(seed: int, n: int = 30) -> str:
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(2, n))
    y = (u + v + rng.normal(size=n) > 0).astype(int)
    people = [f"P{(i * 7 + seed) % 40:03d}" for i in range(n)]
    cells = [f"{p:.4f},{q:.4f},{c}" for p, q, c in zip(u, v, y, strict=True)]
    if seed == 1:
        cells[3] = f",{v[3]:.4f},{y[3]}"  # a missing cell
    lines = [f"{who},{rest}" for who, rest in zip(people, cells, strict=True)]
    return "\n".join(["patient,größe,v,y", *lines]) + "\n"


@pytest.fixture
def work(shell, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nord.csv").write_text(rows(1), encoding="utf-8")
    (tmp_path / "süd.csv").write_text(rows(2), encoding="utf-8")
    result = shell(SETUP)
    assert result.success, shell.printed + shell.errors
    return shell


def refused(work, line: str, error: type[BaseException], text: str) -> None:
    result = work(line)
    shown = (work.printed + work.errors).strip()
    assert isinstance(result.error_in_exec, error), shown
    assert text in shown
    assert len(shown.splitlines()) == 1


def test_a_person_in_two_files_is_forgotten_where_they_are_and_nobody_else(work):
    answer = work.value("%unlearn --subject patient=P036")
    people = {name: [line.split(",")[0] for line in rows(seed).splitlines()[1:]]
              for seed, name in ((1, "nord.csv"), (2, "süd.csv"))}  # fmt: skip
    at = [people["nord.csv"].index("P036"), people["süd.csv"].index("P036")]
    assert at[0] != at[1], "the same record in both files would show nothing"
    dropped = 1  # nord.csv's row with the missing cell
    assert answer.result.forgotten.tolist() == [at[0] - (at[0] > 3), 30 - dropped + at[1]]


# -- a person --------------------------------------------------------------------------------------


def test_every_row_of_a_person_is_found_in_files_values_runs_and_models(work, session):
    found = work.value(f"%subject patient={WHO}")
    assert isinstance(found, SubjectAnswer)
    frame = work.ip.user_ns["df"]
    at = np.flatnonzero((frame["patient"] == WHO).to_numpy())
    assert len(at)
    for name, file in (("nord.csv", "a"), ("süd.csv", "b")):
        own = np.flatnonzero((work.ip.user_ns[file]["patient"] == WHO).to_numpy())
        np.testing.assert_array_equal(found.sources.get(name, []), own)
    np.testing.assert_array_equal(found.runs["clf"], at)
    by_name = {value.name: value.rows for value in found.values}
    for name in ("df", "X", "y"):
        np.testing.assert_array_equal(by_name[name], at)
    assert "model" in [one.name for one in found.models]


def test_the_key_is_in_no_text_no_event_and_no_record(work, session):
    found = work.value(f"%subject patient={WHO}")
    answer = work.value(f"%unlearn --subject patient={WHO} --gold")
    record = session.report()
    told = [
        repr(found),
        repr(answer),
        answer.run.name,
        *(json.dumps(e.body) for e in session.events),
    ]
    for text in (*told, json.dumps(record.to_dict())):
        assert WHO not in text
    assert found.title in answer.what


def test_what_cannot_be_searched_is_listed_with_the_reason(work, session, tmp_path):
    work("%%trace\nother = pd.DataFrame({'z': [1, 2, 3]})\ndf.to_csv('out.csv')")
    work("hidden = df.copy()")
    (tmp_path / "süd.csv").write_text(rows(5), encoding="utf-8")
    work("del b")
    why = work.value(f"%subject patient={WHO}").unreached
    assert ("süd.csv", "it is no longer the file that was read") in why
    assert any(reason == "has no column 'patient'" for _, reason in why)
    assert any(reason.startswith("it calls to_csv") for _, reason in why)
    assert any(reason.startswith("not traced") for _, reason in why)


def test_an_unknown_column_or_person_is_refused(work):
    refused(work, "%subject patent=P007", errors.UnknownNameError, "did you mean 'patient'")
    refused(work, "%subject patient=P999", errors.EmptyForgetSetError, "no record of the subject")
    refused(work, "%subject patient", Exception, "such as patient=P0017")


# -- ways to say what to forget --------------------------------------------------------------------


def test_what_a_record_reached_is_forgotten(work):
    answer = work.value("%unlearn --reached süd.csv:4 --gold")
    assert isinstance(answer, UnlearnAnswer)
    frame, b = work.ip.user_ns["df"], work.ip.user_ns["b"]
    [row] = answer.result.forgotten
    assert frame.iloc[row].to_dict() == b.iloc[4].to_dict()
    assert answer.verified is True


def test_the_rows_of_an_influence_table_are_forgotten(work, session):
    answer = work.value("t = %influence X[3] -k 4 --run clf\n%unlearn --influence t --run clf")
    table = work.ip.user_ns["t"]
    assert sorted(entry.row for entry in table.top(0)) == answer.result.forgotten.tolist()
    other = work(NETWORK)
    assert other.success, work.printed + work.errors
    refused(work, "%unlearn --influence t --run net", errors.OptionError, "is of run 'clf'")


def test_bad_requests_name_what_there_is(work):
    refused(work, "%unlearn --reached sud.csv:4", errors.UnknownNameError, "did you mean 'süd.csv'")
    refused(work, "%unlearn --reached süd.csv", Exception, "such as hospital_a.csv:17")
    refused(work, "%unlearn --reached süd.csv:99", errors.RowRangeError, "99")
    refused(work, "%unlearn --rows 3 --method neuton", errors.UnknownNameError, "'newton'")
    refused(work, "%unlearn --rows 3 --evaluate X", Exception, "such as X_test,y_test")


def test_a_network_is_unlearned_and_checked_against_its_own_recipe(work, session):
    assert work(NETWORK).success, work.printed + work.errors
    answer = work.value("%unlearn --source süd.csv --run net --gold 3 --evaluate T,y")
    assert answer.result.method == "influence-steps"
    assert "the recipe repeats the recorded run" in answer.result.note
    assert len(answer.result.golds) == 3
    assert answer.verified in (True, False)
    assert answer.run.parent == "net"
    assert answer.run.relation == "retrain_without"
    assert type(answer.model).__name__ == "Sequential"
    kinds = [event.kind for event in session.events]
    assert kinds.count("forgot") == 1
    assert session.events[kinds.index("forgot")].body["verified"] is answer.verified
    assert session.events[kinds.index("forgot")].body["relation"] == "retrain_without"
    trained = {k: v.clone() for k, v in work.ip.user_ns["net"].state_dict().items()}
    assert any((answer.model.state_dict()[k] != v).any() for k, v in trained.items())


def test_a_network_is_forgotten_less_well_than_it_was_asked_is_never_called_verified(work):
    assert work(NETWORK).success
    answer = work.value("%unlearn --source süd.csv --run net")
    assert answer.verified is None
    assert "not checked" in repr(answer)


# -- values ----------------------------------------------------------------------------------------


def test_values_lead_to_file_lines_and_sum_to_the_utility(work, tmp_path):
    answer = work.value("v = %valuation --val X[:20],y[:20] --run clf --save values.csv\nv")
    assert isinstance(answer, ValuationAnswer)
    assert answer.values.shape == (len(work.ip.user_ns["X"]),)
    assert answer.values.sum() == pytest.approx(answer.total, abs=1e-9)
    worst = answer.worst(3)
    assert [entry.influence for entry in worst] == sorted(answer.values)[:3]
    line = (tmp_path / worst[0].source).read_text(encoding="utf-8").splitlines()[worst[0].line - 1]
    assert worst[0].text == line
    saved = (tmp_path / "values.csv").read_text(encoding="utf-8").splitlines()
    assert saved[0] == "rank,source,record,line,label,value,path"
    assert len(saved) == 1 + len(answer.values)
    by = answer.by_source()
    assert sum(one.total for one in by.values()) == pytest.approx(answer.values.sum())
    assert sum(one.rows for one in by.values()) == pytest.approx(len(answer.values))
    assert "in all" in repr(work.value("%valuation --val X[:20],y[:20] --run clf --by source"))


def test_a_cleaning_step_is_worth_what_it_kept_dropped_and_changed(work):
    for cell in (CLEANED, TRAINED):
        assert work(cell).success, work.printed + work.errors
    answer = work.value("%valuation --val X[:20],y[:20] --run cleaned -k 3 --by op")
    steps = {step.operation: step for step in answer.by_op()}
    n, kept = len(work.ip.user_ns["X"]), len(work.ip.user_ns["X2"])
    masked = next(s for s in answer.by_op() if s.rows_in == n and s.rows_dropped == n - kept)
    assert masked.rows_kept == kept
    assert masked.kept == pytest.approx(answer.values.sum())
    assert masked.dropped is not None
    clipped = next(s for s in answer.by_op() if "clip" in s.operation)
    X2, X3 = work.ip.user_ns["X2"], work.ip.user_ns["X3"]
    moved = (X2 != X3).any(axis=1)
    assert 0 < moved.sum() < kept
    assert clipped.rows_changed == moved.sum()
    assert clipped.changed == pytest.approx(answer.values[moved].sum())
    assert steps["dropna"].rows_dropped == 1
    assert steps["dropna"].dropped is None
    assert "dropped:" in steps["dropna"].why


def test_dropped_rows_are_worth_what_they_add_when_put_back(work):
    from traceprop_nb.valuation.knn_shapley import classification

    for cell in (CLEANED.replace("X3 = np.clip(X2, -1.0, 1.0)", "X3 = X2"), TRAINED):
        assert work(cell).success, work.printed + work.errors
    answer = work.value("%valuation --val X[:20],y[:20] --run cleaned -k 3 --by op")
    masked = next(s for s in answer.by_op() if s.rows_dropped > 1)
    X, y, keep = (work.ip.user_ns[name] for name in ("X", "y", "keep"))
    order = np.concatenate([np.flatnonzero(keep), np.flatnonzero(~keep)])
    every = classification(X[order], y[order], X[:20], y[:20], k=3)
    assert masked.dropped == pytest.approx(every[keep.sum() :].sum())


def test_values_are_refused_with_the_remedy(work):
    refused(work, "%valuation --val X", Exception, "such as X_test,y_test")
    refused(
        work,
        "%valuation --val X[:3],y[:3] --method shaply",
        errors.UnknownNameError,
        "data-shapley",
    )
    refused(work, "%valuation --val X[:0],y[:0]", errors.OptionError, "no validation rows")
    refused(work, "%valuation --val X[:3],y[:3] -k 999", errors.OptionError, "k=999 neighbours")
    refused(work, "%valuation --val X[:3],y[:3]+5", errors.UnknownNameError, "no class named")


def test_the_panel_retrains_in_the_background_and_draws_what_came(work):
    answer = work.value("%unlearn --source nord.csv")
    [panel] = display._unlearn(answer)
    assert panel.payload["offer"]["seeds"] == 1
    assert panel.payload["verified"] is None
    reply, _ = panel.ask({"question": "retrain", "args": {}}, [])
    assert reply == {"ok": True}
    answer.job.wait(60)
    assert answer.verified is True
    assert panel.payload["verified"] is True
    assert panel.payload["offer"] is None
    assert panel.progress is None


def test_the_panel_of_a_run_that_cannot_be_repeated_offers_no_retraining(work, session):
    assert work(NETWORK).success
    run = session.training.runs["net"]
    session.training.runs["net"] = replace(run, recipe=None)
    [panel] = display._unlearn(work.value("%unlearn --rows 1,2 --run net"))
    assert panel.commands == []
    assert panel.payload["offer"] is None


def test_the_table_of_values_asks_for_steps_when_they_are_wanted(work):
    answer = work.value("%valuation --val X,y")
    [table] = display._valuation(answer)
    assert table.payload["steps"] is None
    assert [row["value"] for row in table.payload["worst"]] == sorted(answer.values)[:10]
    reply, _ = table.ask({"question": "steps", "args": {}}, [])
    assert [step["step"] for step in reply["ok"]] == [
        f"cell {one.cell} {one.operation}" for one in answer.by_op()
    ]
    said, [file] = table.ask({"question": "export", "args": {"format": "csv"}}, [])
    assert said["ok"]["name"] == "valuation.csv"
    assert len(file.decode().splitlines()) == 1 + len(answer.values)


SHARDED = """%%train sites --shards --model sites
sites = {name: LogisticRegression().fit(part[['größe', 'v']].to_numpy(), part['y'].to_numpy())
         for name, part in (("nord", a.dropna()), ("süd", b.dropna()))}
"""


def test_a_cell_of_shards_is_one_run_and_forgets_by_shard(work, session):
    assert work(SHARDED).success
    assert list(session.runs)[-1] == "sites"
    answer = work.value("%unlearn --source nord.csv --run sites --gold")
    assert list(answer.model) == ["süd"]
    assert answer.verified is True
    assert "sisa" in repr(answer)
