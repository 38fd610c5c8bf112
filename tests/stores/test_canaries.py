"""Marked data of people goes through everything that writes, and is nowhere in what was written.

A name that the user chose (of a file, a column, a run, a variable) stays by design; with
``names="keyed"`` it goes too. What a person states is in the log and in
records, where they said it, and nowhere else.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.test_session_learning import train
from traceprop_nb.errors import PolicyError, PolicyWarning
from traceprop_nb.exports.formats import FORMATS
from traceprop_nb.lineage.segment import unpack
from traceprop_nb.payloads.record import record as record_payload
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.session.core import Session
from traceprop_nb.session.decisions.ask import decision
from traceprop_nb.session.exporting import export
from traceprop_nb.session.privacy.declassify import declassify
from traceprop_nb.session.privacy.erasure import erase_subject

VALUES = {
    "a cell of a file": "Canary-Cell-4711",
    "a cell that is a subject": "Canary-Subject-4712",
    "a label": "Canary-Label-4713",
    "an exception": "Canary-Exception-4714",
    "a repr": "Canary-Repr-4715",
    "a comment": "Canary-Comment-4716",
    "an f-string": "Canary-Fstring-4717",
    "what was printed": "Canary-Printed-4718",
    "a condition": "Canary-Condition-4719",
    "a query": "Canary-Query-4720",
    "a setting": "Canary-Setting-4721",
    "a background failure": "Canary-Failure-4722",
    "a number": "987654321123",
    "a folder outside": "Canary-Folder-4723",
}
NAMES = {
    "a file": "canaryfile4801.csv",
    "a column": "canarycolumn4802",
    "a run": "canaryrun4803",
    "a cell": "canarycell4804",
    "a variable": "canaryvariable4805",
    "a folder below": "canaryfolder4806",
}
STATED = "Canary-Stated-4901"

CELL = f"""
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
# {VALUES["a comment"]}
class Odd:
    def __init__(self): self.columns = None
    def __repr__(self): return {VALUES["a repr"]!r}
a = pd.read_csv('../' + {VALUES["a folder outside"]!r} + '/' + {NAMES["a file"]!r})
c = pd.read_csv({NAMES["a folder below"]!r} + '/wards.csv')
print({VALUES["what was printed"]!r}, Odd())
text = f"{{a.iloc[0, 0]}} {VALUES["an f-string"]}"
a['flag'] = a['who'].map(lambda w: w == {VALUES["a condition"]!r}).astype(int)
some = a[a.who != {VALUES["a condition"]!r}]
{NAMES["a variable"]} = some[[{NAMES["a column"]!r}, 'v']].to_numpy()
X, y = {NAMES["a variable"]}, a[a.who != {VALUES["a condition"]!r}]['y'].to_numpy()
weights = {{{VALUES["a label"]!r}: 1.0, 'other': 2.0}}
clf = LogisticRegression(class_weight=weights).fit(X, y)
shown = clf.predict(X[:5])
"""


@pytest.fixture
def clinic(notebook, tmp_path, monkeypatch):
    """A folder with a file of people, as a notebook's."""
    folder = tmp_path / VALUES["a folder outside"]
    below = tmp_path / "work" / NAMES["a folder below"]
    folder.mkdir()
    below.mkdir(parents=True)
    (below / "wards.csv").write_text("ward,beds\nw,1\n")
    monkeypatch.chdir(tmp_path / "work")
    rng = np.random.default_rng(3)
    who = [VALUES["a cell of a file"], VALUES["a cell that is a subject"]] + ["x"] * 38
    lines = [
        f"{name},{u:.3f},{v:.3f},{label},{VALUES['a number']}"
        for name, (u, v), label in zip(
            who, rng.normal(size=(40, 2)), [VALUES["a label"], "other"] * 20, strict=True
        )
    ]
    head = f"who,{NAMES['a column']},v,y,account"
    (folder / NAMES["a file"]).write_text("\n".join([head, *lines]) + "\n")
    yield notebook
    if notebook.session.storage is not None:
        notebook.session.storage.close()


def failing(_done, _seeds, _progress):
    raise ValueError(VALUES["a background failure"])


def everything(nb, where, **how):
    """Each call that writes an event, in a stored session; what it wrote to, as bytes by name."""
    session: Session = nb.session
    stored = session.open(where, **how)
    train(nb, CELL, NAMES["a run"])
    nb("b = a.dropna()", name=NAMES["a cell"])
    with pytest.raises(ValueError, match="Canary"):
        nb(f"raise ValueError({VALUES['an exception']!r} + text)")
    query = f"X[a.who == {VALUES['a query']!r}][:2]"
    asked = session.influence(nb.names["X"][:2], title=query)
    session.subject("who", VALUES["a cell that is a subject"])
    session.unlearn(subject=("who", VALUES["a cell that is a subject"]))
    both = f"{VALUES['a cell of a file']!r} or account == 1 and who != {VALUES['a condition']!r}"
    session.unlearn(where=f"who == {both}")
    session.unlearn(where=f"account >= {VALUES['a number']} and v < -1")
    session.unlearn(influence=asked)
    answer = session.unlearn(rows=[1, 2], gold=True)
    session.unlearn(reached=(NAMES["a file"], 5))
    held = (nb.names["X"][:6], nb.names["y"][:6], {"by label": nb.names["y"][:6]})
    session.unlearn(rows=[7], evaluate={"held out": held})
    train(nb, "fine = LogisticRegression(solver=np.str_('lbfgs')).fit(X, y)", "other run")
    answer.compare = failing
    answer.gold(1, background=True)
    answer.job.wait()
    session.data_valuation(val=(nb.names["X"][:5], nb.names["y"][:5]))
    decision(session, nb.names["X"][0], favourable=VALUES["a label"]).influence()
    guarded(nb)
    return stored


def guarded(nb):
    """Tags, rules, a tag taken off and a person erased."""
    guard = nb.session.guard
    guard.tags.tag(NAMES["a column"], ("special", "hipaa"), None, False)
    guard.tags.tag(nb.names["clf"], ("internal",), None, False)
    guard.policies.on("built-in").reason("special-into-model", "bias is measured")
    try:
        with pytest.warns(PolicyWarning):
            guard.before_cell(f"print({VALUES['a query']!r}, a)", train=False, cell=8)
        with pytest.raises(PolicyError, match="special-out"):
            nb(f"a.to_csv({VALUES['an exception']!r})")
    finally:
        guard.close()
    declassify(nb.session, nb.names["shown"], "keyed-hash", 10, "it is a class", "none")
    erase_subject(nb.session, "who", VALUES["a cell that is a subject"])


def written(nb, stored, folder: Path) -> dict[str, bytes]:
    """What the session wrote, by file or table; a record in all its forms, stated and not."""
    session: Session = nb.session
    record = session.report(purpose=STATED)
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    found["record.json"] = record.to_json().encode()
    found["record.html"] = record.to_html().encode()
    found["record widget"] = canonical(record_payload(record.to_dict()))
    stored.keep(last=True)
    for name in stored.sessions():
        for _, body in stored.others.parts(name.id):
            header, _ = unpack(stored.store.segment(name.id, body["segment"]))
            told = json.dumps(header, ensure_ascii=False).encode()
            found["parts"] = found.get("parts", b"") + told
        events = [(e.kind, e.body) for e in stored.events(name.id)]
        found["events"] = found.get("events", b"") + json.dumps(events, ensure_ascii=False).encode()
    return found


def sightings(found: dict[str, bytes], canaries: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (what, name)
        for what, canary in canaries.items()
        for name, data in found.items()
        if canary.encode() in data or canary.encode("utf-16-le") in data
    ]


@pytest.mark.parametrize("how", [{}, {"names": "keyed"}, {"cells": "digest"}], ids=str)
def test_no_value_of_anybody_is_in_anything_that_a_session_writes(clinic, tmp_path, how):
    stored = everything(clinic, tmp_path / "s.db", **how)
    stored.backup(tmp_path / "copy.db")
    found = written(clinic, stored, tmp_path)
    assert {"s.db", "s.db-wal", "s.db.keys", "copy.db", "events", "parts"} <= set(found)
    assert sightings(found, VALUES) == []
    kinds = {e.kind for e in stored.events()}
    assert {"trained", "subject", "forgot", "compared_with_gold", "influence", "valued"} <= kinds
    assert "decided" in kinds
    assert {"tagged", "policy_on", "policy_reason", "policy", "declassified"} <= kinds
    seen = sightings(found, NAMES)
    assert (seen == []) == (how == {"names": "keyed"}), seen
    assert stored.check() == []


def test_what_a_person_states_is_in_the_log_and_the_record_and_nowhere_else(clinic, tmp_path):
    stored = everything(clinic, tmp_path / "s.db")
    found = written(clinic, stored, tmp_path)
    places = {name for _, name in sightings(found, {"stated": STATED})}
    assert {"record.json", "record.html", "record widget", "events"} <= places
    assert places <= {"record.json", "record.html", "record widget", "events", "s.db", "s.db-wal"}


def test_a_server_has_no_value_either(clinic, where, tmp_path):
    stored = everything(clinic, where)
    assert sightings(written(clinic, stored, tmp_path), VALUES) == []


def test_the_suite_sees_a_canary_that_got_out(clinic, tmp_path):
    stored = everything(clinic, tmp_path / "s.db")
    clinic.session.record_event("careless", text=VALUES["a cell of a file"])
    found = written(clinic, stored, tmp_path)
    places = {name for _, name in sightings(found, VALUES)}
    assert {"s.db-wal", "events"} <= places


def test_the_text_of_cells_is_kept_only_on_request_and_without_secrets(clinic, tmp_path):
    stored = clinic.session.open(tmp_path / "s.db", cells="text")
    clinic("token = 'ghp_0123456789abcdefghijABCDEFGHIJ'  # ada@example.org")
    clinic("n = 1")
    texts = [e.body["text"] for e in stored.events() if e.kind == "cell"]
    assert texts == ["token = <assigned secret>  # <e-mail address>", "n = 1"]
    clinic.session.reset()
    assert clinic.session.guard.chosen == {"names": "clear", "cells": "text"}


def test_hidden_names_are_still_names_by_which_a_later_kernel_asks(clinic, tmp_path):
    from tests.traced import Notebook

    stored = clinic.session.open(tmp_path / "s.db", names="keyed")
    train(clinic, CELL, NAMES["a run"])
    before = clinic.session.rows(clinic.names["X"], 3)
    stored.close()
    later = Notebook()
    again = later.session.open(tmp_path / "s.db")
    past = again.lineage()
    assert all(name.startswith("~") for name in (*past.values, *past.runs))
    then = later.session.rows(NAMES["a variable"], 3)
    assert [r.tolist() for r in then.sources.values()] == [
        r.tolist() for r in before.sources.values()
    ]
    assert later.session.impact(NAMES["a file"], 3).status == clinic.session.impact(
        NAMES["a file"], 3
    ).status  # fmt: skip
    again.close()
    later.session.close()
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert sightings(found, NAMES) == []


def test_what_is_exported_hides_the_names_that_the_log_hides(clinic, tmp_path):
    clinic.session.open(tmp_path / "s.db", names="keyed")
    train(clinic, CELL, NAMES["a run"])
    found = {}
    for name in FORMATS:
        path = tmp_path / f"out.{name}"
        found[name] = export(clinic.session, path, format=name, detail="all").read_bytes()
    assert sightings(found, NAMES | VALUES) == []
