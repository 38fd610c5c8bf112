"""Records of a model, a deployer and an erasure, made of sessions in which something happened."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import traceprop_nb as tp
from tests.record_examples import A, fields, session as example
from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.errors import OptionError, UntracedError
from traceprop_nb.reports import KINDS, Record, build
from traceprop_nb.reports.evidence import STATUS_WORDS, MetricFact, Origins, ValueFact
from traceprop_nb.reports.log_facts import ErasureFact, LogFacts, SearchFact
from traceprop_nb.session.events import EventLog
from traceprop_nb.session.log_facts import log_facts
from traceprop_nb.session.privacy.erasure import erase_subject
from traceprop_nb.session.reported import report_stored

WHO = "Käthe-4711"
WHEN = "2026-11-20T17:00:00.000+00:00"


@pytest.fixture
def clinic(notebook, tmp_path, monkeypatch):
    """A stored session with a model of two files, the first with people in it."""
    monkeypatch.chdir(tmp_path)
    rows = table(1, N_A).splitlines()
    people = ["who,u,v,y"] + [f"{WHO if k == 3 else f'p{k}'},{r}" for k, r in enumerate(rows[1:])]
    (tmp_path / "a.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(table(2, N_B))
    notebook.session.open(tmp_path / "s.db")
    train(notebook, FIT, "clf")
    yield notebook
    notebook.session.storage.close()


@pytest.fixture
def current(clinic, monkeypatch):
    """The clinic as the session of this process."""
    monkeypatch.setattr(sys.modules["traceprop_nb.session"], "_CURRENT", [clinic.session])
    return clinic


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_whole_and_the_same_in_every_form(clinic, tmp_path, kind):
    record = clinic.session.report(kind)
    assert record.verify().ok
    for suffix in ("json", "html", "pdf", "zip"):
        saved = record.save(tmp_path / f"r.{suffix}")
        assert Record.load(saved).body == record.body
    assert record.to_dict()["kind"] == kind
    assert f"{kind.capitalize()} record of" in repr(record)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_arranges_the_fields_by_provision(kind):
    record = build(example(), kind=kind)
    page = record.to_html()
    for pack in record.to_dict()["law"]:
        for row in pack["provisions"]:
            start = page.index(f'id="law-{row["id"]}"')
            asked = [
                f["id"]
                for s in record.to_dict()["sections"]
                for f in s["fields"]
                if row["id"] in f["provisions"]
            ]
            assert asked
            rest = page[start : page.index("</ul></li>", start)]
            assert all(f'href="#{name}"' in rest for name in asked)


def test_the_model_record_names_versions_and_what_each_was_made_from(clinic):
    clinic.session.unlearn(rows=[1, 2])
    found = fields(clinic.session.report("model"))
    versions = found["sys.prev_versions"]
    assert versions["state"] == "established"
    first, second = versions["value"]
    assert (first["made_from"], first["relation"]) == (None, "first version here")
    assert second["made_from"] == first["run"]
    assert first["parameters_digest"] != second["parameters_digest"]
    assert found["model.artifact"]["state"] == "partial"
    times = {one["run"]: one["seconds"] for one in found["train.compute"]["value"]}
    forgotten = clinic.session.forgotten[0]
    assert times[forgotten.run.name] == forgotten.result.seconds != times["clf"]


def test_a_version_that_came_before_its_parent_is_a_contradiction():
    some = example()
    first, second = some.runs
    wrong = (replace(first, parent=second.name), replace(second, parent=""))
    found = fields(build(replace(some, runs=wrong), kind="model"))["sys.prev_versions"]
    assert found["state"] == "contradicted"


def test_the_deployer_record_says_which_events_are_held_and_not_how_long(clinic):
    found = fields(clinic.session.report("deployer"))
    window = found["log.window"]
    events = list(clinic.session.events)
    assert window["state"] == "partial"
    assert window["value"]["oldest"] == events[0].time
    assert window["value"]["events"] <= len(events)
    assert "cannot show how long" in window["missing"]["how_to_establish"]
    assert found["deploy.other_duties"]["missing"]["how_to_establish"].startswith(
        "no evidence is asked here"
    )
    for name in ("workers_informed", "registration", "persons_informed"):
        assert found[f"deploy.{name}"]["missing"]["how_to_establish"].startswith("not stated")


def test_a_value_is_on_record_with_the_rows_behind_it_and_no_others(clinic):
    clinic("half = X[:4]")
    record = clinic.session.report("deployer", of=clinic.names["half"])
    value = fields(record)["data.value"]
    assert value["state"] == "established"
    told = value["value"]
    assert (told["name"], told["rows"]) == ("half", 4)
    rows = {one["source"]: one["rows"] for one in told["by_source"]}
    answer = clinic.session.rows(clinic.names["half"], [0, 1, 2, 3])
    assert rows == {name: len(np.unique(records)) for name, records in answer.sources.items()}
    steps = {one["name"]: one["value"] for one in told["steps"]}
    assert steps["[]"] == 2  # out of the frame, and the first rows
    assert fields(clinic.session.report("deployer"))["data.value"]["state"] == "not_established"
    with pytest.raises(UntracedError):
        clinic.session.report("deployer", of=object())


@pytest.mark.parametrize("status", STATUS_WORDS)
def test_only_rows_that_are_known_exactly_establish_a_value(status):
    for rows, known in ((np.arange(4), True), (np.arange(0), False)):
        asked = ValueFact("half", 4, Origins({A: rows}, status), {"[]": 1})
        found = fields(build(example(value=asked), kind="deployer"))["data.value"]
        assert (found["state"] == "established") == (known and status == "exact")


def test_traceprops_call_gives_the_deployer_record(current, tmp_path):
    current("half = X[:4]")
    record = tp.compliance_report(
        tensor=current.names["half"],
        system_name="CreditScorer",
        system_version="1.0.0",
        deployer_name="A. Nother",
        high_risk_category="credit_scoring",
        output_path=tmp_path / "report.json",
    )
    found = fields(record)
    assert record.to_dict()["kind"] == "deployer"
    assert found["sys.name_version"]["value"] == "CreditScorer 1.0.0"
    assert found["deploy.deployer"]["value"] == "A. Nother"
    assert found["sys.risk_class"]["value"] == "credit_scoring"
    assert found["data.value"]["value"]["name"] == "half"
    assert json.loads((tmp_path / "report.json").read_text()) == record.to_dict()
    with pytest.raises(OptionError, match="nothing is stated for 'deployer'"):
        tp.compliance_report(current.names["half"], "C", "1", "", "credit")
    with pytest.raises(UntracedError):
        tp.compliance_report([1, 2], "C", "1", "A", "credit")


def test_attesting_and_withdrawing_through_the_door(current):
    fact = tp.attest("purpose", "triage", by="M. Okafor")
    assert (fact.about, fact.who) == ("sys.purpose", "M. Okafor")
    assert fields(tp.report("model"))["sys.purpose"]["value"] == "triage"
    with pytest.raises(OptionError, match="withdraw=True takes a field back"):
        tp.attest("purpose", "x", withdraw=True)
    assert tp.attest("purpose", withdraw=True).withdrawn
    assert fields(tp.report("model"))["sys.purpose"]["state"] == "not_established"


def test_the_erasure_record_says_where_the_data_were_and_what_is_left(clinic):
    session = clinic.session
    before = fields(session.report("erasure"))
    assert before["erase.subject"]["state"] == "not_established"
    assert before["erase.done"]["missing"]["why"] == "not_observed"
    session.subject("who", WHO)
    session.unlearn(subject=("who", WHO))
    erase_subject(session, "who", WHO)
    record = session.report("erasure")
    found = fields(record)
    places = found["erase.subject.1"]
    assert places["value"]["records_by_source"] == [{"name": "a.csv", "value": 1}]
    assert places["value"]["runs"] == ["clf"]
    files = found["erase.files"]
    assert files["value"] == [{"source": "a.csv", "now": "same"}]
    assert "still hold what was read" in files["missing"]["how_to_establish"]
    done = found["erase.done.1"]
    assert done["state"] == "established"
    assert done["value"]["keys_destroyed"] == 1
    assert {"s.db", "s.db.keys"} <= set(done["value"]["scanned"])
    assert found["erase.model.1"]["state"] == "partial"
    assert WHO not in record.to_json() + record.to_html()
    assert record.verify().ok


def test_a_person_who_is_still_in_the_store_contradicts_the_erasure(clinic):
    clinic.session.subject("who", WHO)
    clinic.session.report(collection=f"by asking {WHO}")  # somebody names the person
    erase_subject(clinic.session, "who", WHO)
    found = fields(clinic.session.report("erasure"))["erase.done.1"]
    assert found["state"] == "contradicted"
    assert "still in s.db" in found["check"]["detail"]


def test_an_ended_sessions_erasure_is_on_record(clinic):
    clinic.session.subject("who", WHO)
    erase_subject(clinic.session, "who", WHO)
    record = report_stored(clinic.session.storage, clinic.session.storage.id, "erasure")
    found = fields(record)
    assert found["erase.done.1"]["state"] == "established"
    assert found["erase.subject.1"]["value"]["records_by_source"]


def test_who_opened_and_reported_is_on_record(clinic):
    clinic.session.report()
    found = fields(clinic.session.report())["access.log"]
    acts = {one["act"]: one["times"] for one in found["value"]}
    assert acts["reported"] == 2
    assert found["state"] == "partial"


def test_a_switched_off_access_log_is_not_an_empty_one(clinic, monkeypatch):
    monkeypatch.setenv("TRACEPROP_NB_ACCESS_LOG", "off")
    assert fields(clinic.session.report())["access.log"]["missing"]["why"] == "capture_off"


# -- facts by hand --------------------------------------------------------------------------------


def erasure_of(**facts):
    """The fields of an erasure record of a session whose log says these things."""
    return fields(build(example(events=LogFacts(**facts)), kind="erasure"))


SEARCH = SearchFact("the subject 1", WHEN, {"hospital_a.csv": 1}, 1, 0, ("screen",), 1)
ERASURE = ErasureFact("the subject 1", WHEN, 1, ("s.db",), (), ("backups: nobody looked",))


def test_a_search_that_reached_everything_is_established_and_one_that_did_not_is_partial():
    found = erasure_of(searches=(SEARCH, replace(SEARCH, unreached=("cell 3: not traced",))))
    assert found["erase.subject.1"]["state"] == "established"
    assert found["erase.subject.2"]["state"] == "partial"
    assert "cell 3: not traced" in found["erase.subject.2"]["missing"]["how_to_establish"]


def test_a_source_without_records_of_the_person_is_no_place():
    some = replace(SEARCH, sources={"hospital_a.csv": 1, "hospital_b.csv": 0})
    found = erasure_of(searches=(some,))["erase.files"]["value"]
    assert found == [{"source": "hospital_a.csv", "now": "same"}]


def test_an_erasure_after_which_nothing_was_scanned_is_partial():
    for scanned in (None, ()):
        found = erasure_of(erasures=(replace(ERASURE, scanned=scanned),))["erase.done.1"]
        assert found["state"] == "partial"
    assert erasure_of(erasures=(ERASURE,))["erase.done.1"]["state"] == "established"


def test_a_scan_belongs_to_the_erasure_before_it():
    log = EventLog()
    gone = {"who": "the subject 1", "keys": 1, "unreached": ["backups"]}
    log.append("searched_subject", {"who": "the subject 1", "scanned": ["old"], "found": ["old"]})
    log.append("erased_subject", gone)
    log.append("searched_subject", {"who": "the subject 2", "scanned": ["other"], "found": []})
    log.append("searched_subject", {"who": "the subject 1", "scanned": ["s.db"], "found": []})
    log.append("searched_subject", {"who": "the subject 1", "scanned": ["late"], "found": []})
    (one,) = log_facts(log, access_log=False).erasures
    assert (one.scanned, one.found, one.unreached) == (("s.db",), (), ("backups",))


def test_versions_in_which_nothing_was_made_from_another_are_partial():
    some = example()
    alone = fields(build(replace(some, runs=some.runs[:1]), kind="model"))["sys.prev_versions"]
    assert alone["state"] == "partial"
    itself = replace(some.runs[0], parent=some.runs[0].name)
    found = fields(build(replace(some, runs=(itself,)), kind="model"))["sys.prev_versions"]
    assert found["state"] == "contradicted"


def test_a_record_of_a_session_reads_the_law_as_of_a_day(clinic):
    found = clinic.session.report("model", as_of="2026-01-01").to_dict()
    assert found["law_as_of"] == "2026-01-01"


def test_versions_are_compared_by_the_same_metric_on_the_same_rows_alone():
    some = example()
    rows = Origins({A: np.array([8, 9])}, "exact")
    before = MetricFact("accuracy", 0.9, 2, "screen", "X_test", 0.9, 7, origins=rows)
    after = replace(before, value=0.7, run="screen without hospital_b.csv")

    def compared(*metrics):
        return fields(build(replace(some, metrics=metrics), kind="model"))["model.regress"]

    found = compared(before, after)
    assert found["state"] == "partial"
    (one,) = found["value"]
    assert (one["before"], one["after"], one["from"]) == (0.9, 0.7, "screen")
    assert one["change"] == pytest.approx(-0.2)
    assert found["evidence"] == ["ev:metric/1", "ev:metric/2"]
    others = (
        replace(after, name="auc"), replace(after, n=3), replace(after, parameters={"k": 3}),
        replace(after, origins=Origins({A: np.array([8, 7])}, "exact")),
        replace(after, origins=None), replace(after, run="screen"),
    )  # fmt: skip
    for other in others:
        assert compared(before, other)["state"] == "not_established"


def test_test_rows_are_established_where_their_sources_are_known_exactly():
    some = example()
    (one,) = some.evaluations
    for origins, state in (
        (one.origins, "established"),
        (Origins(one.origins.rows, "assumed"), "partial"),
        (None, "partial"),
    ):
        known = replace(some, evaluations=(replace(one, origins=origins),))
        assert fields(build(known))["eval.sets.1"]["state"] == state
    found = fields(build(some))["eval.sets.1"]["value"]
    assert [row["rows"] for row in found["by_source"]] == [2]
