"""Saving, reading back and re-checking a record, with real files on disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.record_examples import clock, fields, session
from traceprop_nb.errors import OptionError, RecordError
from traceprop_nb.reports import Evidence, Record, build, file_digest, looked_again, shown_path
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.reports.evidence import SourceFact


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,x\n1,2\n")
    return path


def evidence_of(path) -> Evidence:
    source = SourceFact(
        0, path.name, "file", 1, path.name, file_digest(path), 1, 1, location=str(path)
    )
    return Evidence(sources=(source,))


def test_a_digest_is_the_hash_of_the_file(csv):
    assert file_digest(csv) == "sha256:" + hashlib.sha256(csv.read_bytes()).hexdigest()
    assert file_digest(csv.parent / "none.csv") is None


def test_looking_again_sees_the_same_a_changed_and_a_missing_file(csv):
    evidence = evidence_of(csv)

    def seen(evidence: Evidence) -> tuple[str, str]:
        field = fields(build(evidence, clock=clock))["data.sources"]
        return field["state"], field["value"][0]["now"]

    assert seen(evidence) == ("partial", "not compared")
    assert seen(looked_again(evidence)) == ("established", "same")
    csv.write_bytes(b"id,x\n1,3\n")
    assert seen(looked_again(evidence)) == ("contradicted", "changed")
    csv.unlink()
    assert seen(looked_again(evidence)) == ("partial", "gone")
    assert looked_again(Evidence()) == Evidence()


def test_where_a_file_lies_never_leaves_the_session(csv):
    record = build(looked_again(evidence_of(csv)), clock=clock)
    for text in (record.to_json(), record.to_html(), repr(record)):
        assert str(csv.parent) not in text


def test_paths_are_shown_relative_or_by_name_alone(tmp_path):
    assert shown_path(tmp_path / "data" / "a.csv", tmp_path) == "data/a.csv"
    assert shown_path("/home/someone/private/b.csv", tmp_path) == "b.csv"


def test_verify_hashes_the_files_again(csv):
    record = build(looked_again(evidence_of(csv)), clock=clock)
    assert {check.name: check.result for check in record.verify().checks} == {
        "schema": "pass",
        "digest": "pass",
        "consistency": "pass",
        "signature of the log": "not run",
        "signatures of statements": "not run",
        "source file a.csv": "pass",
    }
    csv.write_bytes(b"changed")
    assert not record.verify().ok
    assert "fail     source file a.csv: changed since it was read" in repr(record.verify())
    csv.unlink()
    assert record.verify().checks[-1].result == "not run"
    assert record.verify().ok


def test_a_loaded_record_finds_its_files_below_a_folder_and_nowhere_else(csv):
    record = build(looked_again(evidence_of(csv)), clock=clock)
    loaded = Record.load(record.save(csv.parent / "r.json"))
    assert loaded.verify(csv.parent).checks[-1].result == "pass"
    assert loaded.verify(csv.parent / "elsewhere").checks[-1].result == "not run"
    pointing = replace(evidence_of(csv).sources[0], path="../a.csv", location=None)
    outside = build(Evidence(sources=(pointing,)), clock=clock)
    (csv.parent / "below").mkdir()
    assert outside.verify(csv.parent / "below").checks[-1].result == "not run"


def test_json_and_html_hold_the_same_record_and_digest(tmp_path):
    record = build(
        session(), clock=clock, stated={"purpose": "</pre><script>\u202e\U000e0001&amp;"}
    )
    from_json = Record.load(record.save(tmp_path / "r.json"))
    from_html = Record.load(record.save(tmp_path / "r.html"))
    assert from_json.body == from_html.body == record.body
    assert from_json.digest == from_html.digest == record.digest
    assert (tmp_path / "r.html").read_text("utf-8").count(record.digest) >= 2
    assert from_html.verify().ok


def test_the_digest_is_computed_as_the_record_says():
    content = json.loads(build(session(), clock=clock).to_json())
    claimed = content.pop("digest")
    assert claimed == "sha256:" + hashlib.sha256(canonical(content)).hexdigest()


def test_the_saved_json_is_the_canonical_bytes(tmp_path):
    record = build(session(), clock=clock)
    assert record.save(tmp_path / "r.json").read_bytes() == canonical(record.to_dict())


def test_the_same_evidence_and_time_give_the_same_bytes():
    records = [build(session(), clock=clock, stated={"purpose": "x"}) for _ in range(2)]
    assert records[0].to_json() == records[1].to_json()
    assert records[0].to_html() == records[1].to_html()
    later = build(session(), clock=lambda: clock() + timedelta(seconds=1), stated={"purpose": "x"})
    assert later.digest != records[0].digest


def test_times_are_written_in_utc():
    oslo = timezone(timedelta(hours=1))
    record = build(Evidence(), clock=lambda: datetime(2026, 11, 20, 18, 10, 3, tzinfo=oslo))
    assert record.digest == build(Evidence(), clock=clock).digest
    assert build(Evidence()).to_dict()["generated_at"] >= datetime.now(UTC).strftime("%Y-%m-%d")


@pytest.mark.parametrize("broken", ["sections", "digest", "evidence", "summary"])
def test_a_record_that_lost_a_part_is_reported_and_not_trusted(tmp_path, broken):
    content = build(session(), clock=clock).to_dict()
    del content[broken]
    (tmp_path / "r.json").write_text(json.dumps(content), "utf-8")
    found = Record.load(tmp_path / "r.json").verify()
    results = {check.name: check.result for check in found.checks}
    assert not found.ok
    assert results["schema"] == results["digest"] == "fail"
    assert results["consistency"] == "not run"


def test_a_changed_value_is_seen_by_the_digest(tmp_path):
    text = build(session(), clock=clock).to_json()
    (tmp_path / "r.json").write_text(text.replace("hospital_a.csv", "hospital_c.csv"), "utf-8")
    results = {c.name: c.result for c in Record.load(tmp_path / "r.json").verify().checks}
    assert results["schema"] == "pass"
    assert results["digest"] == results["consistency"] == "fail"


@pytest.mark.parametrize("text", ["", "<p>nothing", "[1]", '{"a": NaN}', '{"a": 1, "a": 2}'])
@pytest.mark.parametrize("suffix", [".json", ".html"])
def test_a_file_without_a_record_is_refused(tmp_path, text, suffix):
    (tmp_path / f"r{suffix}").write_text(text, "utf-8")
    with pytest.raises(RecordError, match=r"holds no record|has no nan|twice"):
        Record.load(tmp_path / f"r{suffix}")


def test_other_formats_are_refused_by_name(tmp_path):
    with pytest.raises(OptionError, match=r"'\.docx'; use \.json, \.html, \.pdf or \.zip"):
        build(Evidence(), clock=clock).save(tmp_path / "r.docx")
    assert not list(tmp_path.iterdir())


def test_a_record_cannot_be_changed_through_what_it_hands_out():
    record = build(session(), clock=clock)
    record.to_dict()["summary"]["established"] = 99
    assert record.to_dict()["summary"]["established"] != 99
    with pytest.raises(AttributeError, match="cannot assign"):
        record.body = b"{}"


def test_in_a_terminal_a_record_shows_its_counts_and_contradictions():
    a, b = session().sources
    changed = replace(a, digest_now="sha256:" + "0" * 64)
    text = repr(build(session(sources=(changed, b)), clock=clock))
    assert text.splitlines()[0] == "Session record of 2026-11-20T17:10:03Z"
    assert "1 contradicted" in text
    assert "[!] Files, tables and arrays that entered the session: changed" in text
