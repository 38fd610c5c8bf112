"""What people attest: it is in the log, signed; it lapses, is withdrawn, and cannot be altered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.record_examples import clock, fields
from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.reports import KINDS, Evidence, build
from traceprop_nb.reports.canonical import digest
from traceprop_nb.reports.stated_facts import AttachedFact, StatementFact, signed
from traceprop_nb.reports.trust import keys
from traceprop_nb.session.core import Session
from traceprop_nb.session.reported import report_stored
from traceprop_nb.session.statements import attest as say, statements, withdraw

TODAY = datetime.now(UTC).date()


def attest(session, field, value=None, by=None, until=None, attach=None):
    return say(session, field, value, by, until, attach)


def purpose(session, kind="session"):
    return fields(session.report(kind))["sys.purpose"]


def test_an_attested_field_is_in_every_record_that_asks_for_it():
    session = Session()
    fact = attest(session, "purpose", "triage", by="M. Okafor")
    for kind in ("session", "model", "deployer"):
        field = purpose(session, kind)
        assert (field["state"], field["value"]) == ("stated", "triage")
        assert field["stated_by"] == {
            "who": "M. Okafor",
            "when": fact.when,
            "identity": "signed_by_account",
            "key": keys.own_key().id,
            "evidence": "ev:statement/1",
        }


def test_a_record_states_what_it_was_told_and_the_log_keeps_who_said_it():
    session = Session()
    session.report(purpose="triage", by="M. Okafor")
    assert purpose(session)["stated_by"]["who"] == "M. Okafor"
    told = [event.body for event in session.events if event.kind == "stated"]
    assert [(b["field"], b["who"], json.loads(b["value"])) for b in told] == [
        ("sys.purpose", "M. Okafor", "triage")
    ]
    session.report(purpose="triage", by="M. Okafor")
    assert sum(event.kind == "stated" for event in session.events) == 1  # it stands already
    session.report(purpose="triage", by="somebody else")
    assert sum(event.kind == "stated" for event in session.events) == 2


def test_what_is_wrong_with_one_statement_leaves_all_of_them_out():
    session = Session()
    with pytest.raises(UnknownNameError, match="no stated field named 'porpoise'"):
        session.report(purpose="triage", porpoise="x")
    with pytest.raises(OptionError, match="nothing is stated for 'gaps'"):
        session.report(purpose="triage", gaps="")
    with pytest.raises(UnknownNameError, match="no kind of record named 'modle'"):
        session.report("modle", purpose="triage")
    assert not len(session.events)


def test_the_last_statement_counts():
    session = Session()
    attest(session, "purpose", "one")
    attest(session, "sys.purpose", "two")
    assert purpose(session)["value"] == "two"
    assert len(statements(session.events)) == 1


def test_a_statement_that_was_withdrawn_says_so():
    session = Session()
    attest(session, "purpose", "triage", by="M. Okafor")
    gone = withdraw(session, "purpose", None)
    assert gone.withdrawn
    field = purpose(session)
    assert field["state"] == "not_established"
    how = field["missing"]["how_to_establish"]
    assert f"what M. Okafor stated on {TODAY} was withdrawn on {TODAY}" in how
    with pytest.raises(OptionError, match="nothing that was stated for 'purpose' stands"):
        withdraw(session, "purpose", None)
    attest(session, "purpose", "triage again")
    assert purpose(session)["value"] == "triage again"


def test_a_statement_ends_with_its_day():
    session = Session()
    attest(session, "purpose", "triage", until=str(TODAY))
    known = Evidence(statements=statements(session.events))
    assert fields(build(known))["sys.purpose"]["stated_by"]["until"] == str(TODAY)
    later = build(known, clock=lambda: datetime.now(UTC) + timedelta(days=1))
    field = fields(later)["sys.purpose"]
    assert field["state"] == "not_established"
    assert f"held until {TODAY}" in field["missing"]["how_to_establish"]
    with pytest.raises(OptionError, match="would be over"):
        attest(session, "purpose", "x", until=str(TODAY - timedelta(days=1)))
    with pytest.raises(OptionError, match="'soon' is no day"):
        attest(session, "purpose", "x", until="soon")


def test_a_field_is_ruled_out_in_the_words_of_a_person():
    session = Session()
    attest(session, "workers_informed", "not applicable: no workers")
    field = fields(session.report("deployer"))["deploy.workers_informed"]
    assert field["state"] == "not_applicable"
    assert field["stated_by"]["words"] == "not applicable: no workers"


@pytest.mark.parametrize("value", [{"auc": 0.9, "n": [1, 2]}, ["a", "b"], 24, True, 0.25, "ü <b>"])
def test_any_plain_value_comes_back_as_it_was_said(value):
    session = Session()
    attest(session, "metrics", value)
    found = fields(session.report())["eval.stated_metrics"]["value"]
    direct = fields(build(Evidence(), clock=clock, stated={"metrics": value}))
    assert found == direct["eval.stated_metrics"]["value"]


def test_an_attached_file_that_changed_contradicts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paper = tmp_path / "instructions.pdf"
    paper.write_bytes(b"version 1")
    session = Session()
    attest(session, "instructions", attach=paper)
    field = fields(session.report("deployer"))["deploy.instructions"]
    assert (field["state"], field["value"]) == ("stated", "see instructions.pdf")
    assert field["stated_by"]["attached"]["now"] == "same"
    paper.write_bytes(b"version 2")
    record = session.report("deployer")
    field = fields(record)["deploy.instructions"]
    assert field["state"] == "contradicted"
    assert "changed since it was attached: instructions.pdf" in field["check"]["detail"]
    assert "[!] Use according to the instructions" in repr(record)
    paper.unlink()
    field = fields(session.report("deployer"))["deploy.instructions"]
    assert field["stated_by"]["attached"]["now"] == "not compared"
    with pytest.raises(OptionError, match=r"'nowhere\.pdf' cannot be attached"):
        attest(session, "instructions", attach=tmp_path / "nowhere.pdf")


def test_a_changed_file_of_a_field_that_was_ruled_out_contradicts_in_those_words(tmp_path):
    memo = tmp_path / "memo.txt"
    memo.write_text("no workers")
    session = Session()
    attest(session, "workers_informed", "not applicable: see the memo", attach=memo)
    field = fields(session.report("deployer"))["deploy.workers_informed"]
    assert field["state"] == "not_applicable"
    memo.write_text("twelve workers")
    field = fields(session.report("deployer"))["deploy.workers_informed"]
    assert (field["state"], field["value"]) == ("contradicted", "not applicable: see the memo")
    assert "changed since it was attached: memo.txt" in field["check"]["detail"]


def test_an_attached_file_outside_is_compared_and_its_folder_not_told(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "secret-folder").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "secret-folder" / "dpia.pdf").write_bytes(b"1")
    session = Session()
    attest(session, "impact_assessment", "done", attach=tmp_path / "secret-folder" / "dpia.pdf")
    (tmp_path / "secret-folder" / "dpia.pdf").write_bytes(b"2")
    record = session.report("deployer")
    assert fields(record)["deploy.impact_assessment"]["state"] == "contradicted"
    assert "secret-folder" not in record.to_json() + str([e.body for e in session.events])


def test_a_statement_that_was_altered_in_a_record_is_seen():
    session = Session()
    attest(session, "purpose", "triage", by="M. Okafor")
    record = session.report()
    checks = {check.name: check for check in record.verify().checks}
    assert checks["signatures of statements"].result == "pass"
    assert keys.own_key().id in checks["signatures of statements"].detail
    for place, value in (("who", "A. Nother"), ("value_digest", digest("war")), ("until", None)):
        content = record.to_dict()
        entry = next(e for e in content["evidence"] if e["id"] == "ev:statement/1")
        entry["fact"][place] = value if value != entry["fact"][place] else "2099-01-01"
        assert not altered(record, content).ok
    content = record.to_dict()
    field = next(
        f for s in content["sections"] for f in s["fields"] if f["id"] == "sys.purpose"
    )  # fmt: skip
    field["value"] = "war"
    assert "sys.purpose is not what was stated" in repr(altered(record, content))


def altered(record, content):
    """The verdict on a record that somebody changed and sealed anew."""
    for entry in content["evidence"]:
        entry["digest"] = digest(entry["fact"])
    content.pop("digest")
    from traceprop_nb.reports.canonical import canonical

    body = canonical({**content, "digest": digest(content)})
    return replace(record, body=body).verify()


def test_a_statement_whose_signature_does_not_hold_does_not_count():
    session = Session()
    fact = attest(session, "purpose", "triage")
    assert signed(fact)
    forged = replace(fact, who="A. Nother")
    assert signed(forged) is False
    field = fields(build(Evidence(statements=(forged,)), clock=clock))["sys.purpose"]
    assert field["state"] == "not_established"
    assert "has a signature that is not of it" in field["missing"]["how_to_establish"]


def test_a_key_without_a_signature_is_no_signature():
    fact = replace(attest(Session(), "purpose", "triage"), signature=None)
    field = fields(build(Evidence(statements=(fact,)), clock=clock))["sys.purpose"]
    assert field["state"] == "stated"
    assert field["stated_by"]["identity"] == "not_authenticated"
    assert "key" not in field["stated_by"]


def test_a_value_that_is_not_the_one_stated_does_not_count():
    fact = replace(attest(Session(), "purpose", "triage"), value="war")
    field = fields(build(Evidence(statements=(fact,)), clock=clock))["sys.purpose"]
    assert field["state"] == "not_established"
    assert "is not in the log as it was stated" in field["missing"]["how_to_establish"]


def test_a_statement_is_shown_in_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.pdf").write_bytes(b"1")
    fact = attest(Session(), "purpose", "x" * 999, "M. Okafor", str(TODAY), tmp_path / "plan.pdf")
    lines = repr(fact).splitlines()
    assert lines[0].startswith('sys.purpose: "xxx')
    assert len(lines[0]) < 250
    assert lines[1] == f"stated by M. Okafor at {fact.when}, until {TODAY}"
    assert lines[2].startswith("attached plan.pdf, sha256:")
    assert lines[3] == f"signed with {fact.key}"
    assert "withdrawn at x" in repr(replace(fact, withdrawn="x"))
    assert repr(replace(fact, signature=None)).endswith("not signed")


def test_without_a_key_a_statement_is_unsigned_and_says_so(monkeypatch):
    monkeypatch.setenv("TRACEPROP_NB_KEYS", "off")
    session = Session()
    fact = attest(session, "purpose", "triage")
    assert signed(fact) is None
    assert purpose(session)["stated_by"]["identity"] == "not_authenticated"


def test_statements_outlive_the_kernel(notebook, tmp_path, monkeypatch):
    where = tmp_path / "s.db"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("u,v\n1,2\n3,4\n")
    stored = notebook.session.open(where)
    notebook("import pandas as pd\na = pd.read_csv('a.csv')")
    attest(notebook.session, "purpose", "triage", by="M. Okafor")
    attest(notebook.session, "setting", "one clinic")
    withdraw(notebook.session, "setting", "M. Okafor")
    name = stored.id
    stored.close()
    later = Session().open(where)
    for kind in KINDS:
        record = report_stored(later, name, kind)
        if "sys.purpose" in fields(record):
            assert fields(record)["sys.purpose"]["stated_by"]["who"] == "M. Okafor"
        assert record.verify().ok
    assert "withdrawn" in json.dumps(fields(report_stored(later, name, "model"))["sys.setting"])
    later.close()


def test_a_hidden_name_is_hidden_in_a_statement_before_it_is_signed(
    notebook, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hospital.csv").write_text("u,v\n1,2\n3,4\n")
    notebook.session.open(tmp_path / "s.db", names="keyed")
    notebook("import pandas as pd\na = pd.read_csv('hospital.csv')")
    attest(notebook.session, "collection", "hospital.csv came from /data/vault/hospital.csv")
    record = notebook.session.report()
    field = fields(record)["data.collection"]
    assert "hospital" not in record.to_json()
    assert "vault" not in record.to_json()
    assert field["stated_by"]["identity"] == "signed_by_account"
    assert record.verify().ok
    notebook.session.storage.close()


@pytest.mark.parametrize("name", ["plan", "attached"])
def test_every_part_of_a_statement_is_under_its_signature(name):
    one = AttachedFact("plan.pdf", "sha256:" + "0" * 64)
    key = keys.own_key()
    fact = StatementFact("a.b", digest(1), "x", "2026-01-01T00:00:00Z", None, "", None, key.id,
                         key.public.hex(), None, one, 1)  # fmt: skip
    from traceprop_nb.reports.stated_facts import STATED, told

    fact = replace(fact, signature=key.sign(STATED, told(fact)))
    assert signed(fact)
    changes = {"about": "a.c", "value_digest": digest(2), "who": "y", "until": "2027-01-01",
               "when": "2026-01-01T00:00:01Z", "words": "not applicable",
               "attached": replace(one, digest="sha256:" + "1" * 64), "key": "ed25519:" + "0" * 32,
               "public_key": "00" * 32}  # fmt: skip
    for member, value in changes.items():
        assert not signed(replace(fact, **{member: value})), member
    assert not signed(replace(fact, attached=replace(one, name=name + "2.pdf")))
