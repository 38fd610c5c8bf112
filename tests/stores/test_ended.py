"""A record of a session that has ended says what the record of the live one said."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import text

from tests.decisions import ask
from tests.record_examples import fields
from tests.records.notebook import FIT, IMPORTS, SPLIT, people
from tests.stores.stored import closed, opened, reopened
from traceprop_nb.lineage.segment import Pool, pack, unpack
from traceprop_nb.reports import KINDS
from traceprop_nb.reports.evidence import (
    STATUS_WORDS,
    Coverage,
    Evidence,
    MetricFact,
    Origins,
    UnlearningFact,
)
from traceprop_nb.session.evidence import captured
from traceprop_nb.session.fact_codec import decoded, encoded
from traceprop_nb.session.fact_keeping import FACTS
from traceprop_nb.session.groups import declare
from traceprop_nb.session.privacy.erasure import erase_subject
from traceprop_nb.session.reported import report_stored
from traceprop_nb.session.stored_evidence import stored_evidence
from traceprop_nb.stores import open_store
from traceprop_nb.stores.scan import scan

GOLDEN = Path(__file__).parents[1] / "golden/stores"
WHO = "person-0003"
EVALUATE = """\
import random
random.seed(7)
np.random.seed(8)
said, chance = model.predict(X_test), model.predict_proba(X_test)
accuracy_score(y_test, said)
log_loss(y_test, chance)
roc_auc_score(y_test, chance[:, 1])
"""
OF_THE_LOG = {"log.integrity", "log.signature", "log.window", "access.log"}
"""The log went on: its own length, head, last signature and accesses are those of its end."""


def train(work, name: str, source: str = FIT) -> None:
    """As under ``%%train NAME``: the cell ends when the run is kept."""
    work.session.begin_train(name)
    work(source)
    work.session.end_train(True)
    work("pass")


def everything(where, folder: Path, names: str = "clear"):
    """A stored notebook in which one of everything happened that a record speaks of."""
    table = people()
    table.insert(0, "who", [f"person-{k:04d}" for k in range(len(table))])
    table.to_csv(folder / "people.csv", index=False)
    work = opened(where, names=names)
    session = work.session
    work(IMPORTS)
    work("table = pd.read_csv('people.csv')")
    work("import subprocess\nz = 1", traced=False)
    work(SPLIT)
    session.guard.tags.tag(work.names["table"], ("personal", "hipaa"), None, ahead=False)
    session.guard.policies.on("built-in")
    train(work, "screen")
    work(EVALUATE)
    X_test, y_test = work.names["X_test"], work.names["y_test"]
    declare(session, work.names["test"]["who"].str[-1:] < "5", "half", 10)
    work("import joblib\njoblib.dump(model, 'screen.joblib')")
    session.influence(X_test.iloc[:2], y_test.iloc[:2])
    session.unlearn(rows=[1, 2, 5], gold=True)
    ask(work, X_test.iloc[[0]], favourable="well")
    session.subject("who", WHO)
    erase_subject(session, "who", WHO)
    session.report(purpose="a second reading", by="M. Okafor")
    return work


@pytest.mark.parametrize("names", ["clear", "keyed"])
def test_law_each_field_of_an_ended_session_is_what_it_was(tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    work = everything("s.db", tmp_path, names)
    live = {kind: work.session.report(kind) for kind in KINDS}
    name = closed(work)
    later = reopened("s.db")
    for kind, record in live.items():
        was, now = fields(record), fields(report_stored(later, name, kind))
        if kind == "decision":  # what was decided about somebody stands in that record alone
            assert now["decision.outcome"]["missing"]["why"] == "capture_off"
            continue
        assert set(now) == set(was)
        other = {one for one in was if now[one] != was[one]}
        allowed = OF_THE_LOG | ({"data.sources", "erase.files"} if names == "keyed" else set())
        assert other <= allowed, {one: (was[one], now[one]) for one in other - allowed}
        assert all(now[one]["state"] == was[one]["state"] for one in other & OF_THE_LOG)
    states = fields(live["session"])
    seen = {one for one in states if states[one]["state"] in ("established", "partial")}
    assert len(seen) > 30, "the session had something of everything"
    assert later.check() == []


def test_the_end_of_a_session_keeps_what_a_record_would_have_computed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = opened("s.db")
    work(IMPORTS)
    work.source("table", people())
    work(SPLIT)
    train(work, "screen")
    work(EVALUATE)
    live = captured(work.session)  # looked at, and no record made
    name = closed(work)
    then = stored_evidence(reopened("s.db"), name)
    assert then.profiles
    assert (then.profiles, then.labels, then.seeds) == (live.profiles, live.labels, live.seeds)
    bare = [[replace(one, origins=None) for one in facts] for facts in (then.metrics, live.metrics)]
    assert repr(bare[0]) == repr(bare[1])
    assert all(one.recomputed is not None and one.interval for one in then.metrics)


def test_a_killed_kernel_leaves_the_facts_of_the_cells_that_ended(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = opened("s.db")
    work(IMPORTS)
    work.source("table", people())
    work(SPLIT)
    train(work, "screen")
    work(EVALUATE)
    name = work.session.storage.id
    work.session.storage.store.close()  # no end, no record
    found = stored_evidence(reopened("s.db"), name)
    assert [one.call for one in found.seeds] == ["random.seed", "numpy.random.seed"]
    assert [one.name for one in found.metrics] == ["accuracy_score", "log_loss", "roc_auc_score"]
    assert all(one.recomputed is None and one.origins is not None for one in found.metrics)
    assert [(one.run, one.name) for one in found.evaluations] == [("screen", "X_test")]
    assert found.environment.python
    assert (found.influences, found.unlearnings, found.decisions) == ((), (), ())
    assert (found.profiles, found.labels) == (None, None), "nobody counted"


def test_no_event_comes_with_a_cell_in_which_nothing_happened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = opened("s.db")
    work(IMPORTS)
    log = work.session.events

    def parts() -> int:
        return sum(event.kind == FACTS for event in log)

    assert parts() == 1
    for k in range(5):
        work(f"x{k} = np.arange(9.0)[::-1]")
    assert parts() == 1
    work("np.random.seed(1)")
    assert parts() == 2
    work("np.random.seed(1)", traced=False)
    assert parts() == 2
    closed(work)


@pytest.mark.parametrize("which", [0, 1])
def test_a_part_that_is_lost_leaves_nothing_measured_and_is_named(tmp_path, monkeypatch, which):
    monkeypatch.chdir(tmp_path)
    work = opened("s.db")
    work(IMPORTS)
    work("np.random.seed(1)")
    work("np.random.seed(2)")
    name = work.session.storage.id
    work.session.storage.store.close()
    later = reopened("s.db")
    rows = [row for _, row in later.store.events_of_kind(FACTS, session=name)]
    assert len(rows) == 3
    lost = json.loads(rows[which].body)
    digest = next(one["value"] for one in lost) if isinstance(lost, list) else lost["segment"]
    with later.store.database.begin() as connection:
        connection.execute(text("DELETE FROM segments WHERE digest = :d"), {"d": digest})
    found = stored_evidence(later, name)
    assert found.seeds is None or (which == 0 and [s.value for s in found.seeds] == [1, 2])
    assert found.environment is None
    assert "is missing" in found.coverage.known_gaps[-1]
    assert [damage.session for damage in later.check()] == [name]


def test_what_retention_removed_stays_removed_and_is_on_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = everything("s.db", tmp_path)
    name = closed(work)
    later = reopened("s.db")
    assert fields(report_stored(later, name, "erasure"))["erase.retained"]["state"] == (
        "not_established"
    )
    later.retain(days=0, by="ada")
    assert [one.session for one in later.gc(dry_run=False).sessions] == [name]
    found = fields(report_stored(later, name, "erasure"))["erase.retained"]
    assert found["state"] == "established"
    assert [(one["session"], one["left"]) for one in found["value"]] == [(name, 0)]
    then = stored_evidence(later, name)
    assert (then.cells, then.environment, then.metrics, then.runs) == (None,) * 4
    assert later.check() == []
    with later.store.database.begin() as connection:
        back = "UPDATE events SET body = '{}' WHERE session = :s AND number = 3"
        connection.execute(text(back), {"s": name})
    assert fields(report_stored(later, name, "erasure"))["erase.retained"]["state"] == (
        "contradicted"
    )


def test_no_value_of_a_row_is_among_the_facts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = everything("s.db", tmp_path)
    table = work.names["table"]
    values = [f"person-{k:04d}" for k in range(0, 200, 7)]
    values += [repr(float(v)) for v in table["a"].iloc[:50]]
    storage = work.session.storage
    storage.keep(last=True)
    looked, hit = scan(storage.store.database, storage.keys.database, values)
    assert "parts of the lineage" in looked
    assert hit == []
    closed(work)


def test_a_store_of_the_first_versions_has_no_facts_and_none_is_guessed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = everything("s.db", tmp_path)
    name = closed(work)
    with open_store("s.db", "test").database.begin() as connection:
        connection.execute(text("DELETE FROM segments WHERE kind = 'facts'"))
        connection.execute(text("UPDATE events SET kind = 'else' WHERE kind = 'facts'"))
    found = stored_evidence(reopened("s.db"), name)
    for part in ("environment", "seeds", "metrics", "evaluations", "influences", "unlearnings",
                 "decisions", "privacy", "profiles", "labels"):  # fmt: skip
        assert getattr(found, part) is None
    assert found.runs[0].name == "screen"


@pytest.mark.parametrize("dump", sorted(GOLDEN.glob("*.sql")), ids=lambda path: path.stem)
def test_a_session_of_every_released_schema_has_a_record_of_every_kind(dump, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("s.db") as connection:
        connection.executescript(dump.read_text("utf-8"))
    connection.close()
    later = reopened("s.db")
    for name in [one.id for one in later.sessions() if one.id != later.id]:
        assert stored_evidence(later, name).environment is None
        for kind in KINDS:
            assert report_stored(later, name, kind).verify().ok


def test_a_saved_record_of_an_ended_session_has_its_log_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = opened("s.db")
    work(IMPORTS)
    name = closed(work)
    later = reopened("s.db")
    saved = report_stored(later, name, "session").save(tmp_path / "r.zip")
    with zipfile.ZipFile(saved) as bundle:
        path = next(one for one in bundle.namelist() if one.endswith("log.jsonl"))
        assert len(bundle.read(path).splitlines()) == len(later.store.events(name))


# -- the codec -------------------------------------------------------------------------------------

words = st.text(max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
metrics = st.builds(
    MetricFact, words, st.floats(), st.none() | st.integers(0, 99),
    parameters=st.none() | st.dictionaries(words, plain, max_size=3),
)  # fmt: skip
origins = st.builds(
    Origins,
    st.dictionaries(
        st.integers(0, 99), st.lists(st.integers(0, 2**40), max_size=5).map(np.array), max_size=3
    ),
    st.sampled_from(STATUS_WORDS),
)
unlearnings = st.builds(
    UnlearningFact, st.integers(0, 9), words, words, words, words, st.integers(0, 99),
    st.none() | origins, distance_before=st.none() | st.floats(),
    baselines=st.lists(words, max_size=2).map(tuple),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(metrics, max_size=3).map(tuple), st.lists(unlearnings, max_size=3).map(tuple))
def test_law_facts_come_back_as_they_were(measured, forgotten):
    facts = Evidence(metrics=measured, unlearnings=forgotten, coverage=Coverage(recorded=3))
    pool = Pool()
    header, arrays = unpack(pack({"facts": encoded(facts, pool)}, pool.arrays))
    again = decoded(Evidence, header["facts"], arrays)
    assert repr(again.metrics) == repr(measured)
    assert again.coverage == facts.coverage
    for was, now in zip(forgotten, again.unlearnings, strict=True):
        assert repr(replace(now, forgotten=None)) == repr(replace(was, forgotten=None))
        if was.forgotten is None:
            assert now.forgotten is None
            continue
        assert now.forgotten.status == was.forgotten.status
        assert {k: v.tolist() for k, v in now.forgotten.rows.items()} == {
            k: v.tolist() for k, v in was.forgotten.rows.items()
        }
