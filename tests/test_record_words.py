"""Contracts on words: no verdicts in any output, no dates or clauses outside the law packs."""

from __future__ import annotations

import fnmatch
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.record_examples import clock, session
from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.kinds import KINDS
from traceprop_nb.reports.law import EARLIER, applicable, packs

VERDICTS = re.compile(r"complian|conformant|certif|guarant", re.IGNORECASE)
DATES = re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b|\b20[0-9]{2}/[0-9]{3,4}\b")
GDPR = "32016R0679"
CLAUSES = re.compile(r"\bArt(?:icle|\.) ?[0-9]|\bAnnex [IVX]+\b|\b(?:CFR|USC) [0-9]+")
FOLDER = Path(str(files("traceprop_nb.reports")))
CODE = sorted(p for p in FOLDER.rglob("*.*") if p.suffix in (".py", ".css", ".typ"))


def stated_in(kind: str) -> dict[str, str]:
    """One value and one field ruled out, of those that the kind asks."""
    first, second = (human.name for human in KINDS[kind].humans[:2])
    return {first: "triage", second: "not applicable"}


def outputs() -> list[str]:
    some = session()
    records = [
        build(evidence, kind=kind, clock=clock, stated=stated_in(kind))
        for kind in KINDS
        for evidence in (
            Evidence(),
            some,
            session(sources=(), operations=(), runs=(), metrics=(), evaluations=()),
            session(coverage=None, runs=some.runs[:1], repository=None, seeds=()),
        )
    ]
    return [text for r in records for text in (r.to_json(), r.to_html(), repr(r), repr(r.verify()))]


def test_no_output_passes_a_verdict():
    assert not [match[0] for text in outputs() for match in VERDICTS.finditer(text)]


def test_no_source_text_of_a_report_holds_a_verdict():
    texts = [p.read_text("utf-8") for p in [*CODE, *FOLDER.glob("law_packs/*.json")]]
    assert not [match[0] for text in texts for match in VERDICTS.finditer(text)]


def test_the_control_a_verdict_would_be_seen():
    assert VERDICTS.search("This system is Compliant.")
    assert VERDICTS.search("certified, guaranteed")


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(FOLDER)))
def test_dates_and_clauses_live_in_the_law_packs_alone(path):
    text = path.read_text("utf-8")
    assert not DATES.findall(text)
    assert not CLAUSES.findall(text)


def test_the_control_the_law_packs_hold_dates_and_clauses():
    texts = [json.dumps(pack) for pack in packs()]
    assert all(map(DATES.search, texts))
    assert any(map(CLAUSES.search, texts))


def test_every_provision_hangs_on_dates_of_its_pack_or_says_why_not():
    for pack in packs():
        known = {row["id"] for row in pack["dates"]}
        for row in pack["provisions"]:
            assert set(row["dates"]) <= known
            assert row["dates"] or "not read" in row["note"]


def test_ids_of_provisions_are_distinct_over_all_packs():
    ids = [row["id"] for pack in packs() for row in pack["provisions"]]
    assert len(set(ids)) == len(ids)


def test_a_provision_that_no_pack_has_is_an_error():
    with pytest.raises(UnknownNameError, match=r"no provision named 'ai-act\.999'"):
        applicable(["ai-act.999"])


def test_every_provision_of_a_pack_is_asked_by_some_field():
    asked = {
        name
        for kind in KINDS
        for evidence in (Evidence(), session())
        for section in build(evidence, kind=kind, clock=clock).to_dict()["sections"]
        for field in section["fields"]
        for name in field["provisions"]
    }
    assert asked == {row["id"] for pack in packs() for row in pack["provisions"]}


def test_fields_that_ask_the_same_have_one_id_with_and_without_evidence():
    for kind in KINDS.values():
        ids = [human.field.id for human in kind.humans]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_asks_every_provision_that_it_answers(kind):
    """Paragraph by paragraph and point by point, whatever was captured."""
    rows = [row["id"] for pack in packs() for row in pack["provisions"]]
    owed = {name for name in rows for start in KINDS[kind].answers if name.startswith(start)}
    assert owed or not KINDS[kind].answers
    for evidence in (Evidence(), session()):
        record = build(evidence, kind=kind, clock=clock).to_dict()
        fields = [field for section in record["sections"] for field in section["fields"]]
        assert owed <= {name for field in fields for name in field["provisions"]}


def test_paragraphs_of_the_deployer_come_in_their_order():
    duties = next(section for section in KINDS["deployer"].sections if section.id == "duties")
    named = [name for human in duties.asks for name in human.field.provisions]
    numbers = [int(name.split(".")[2]) for name in named if name.startswith("ai-act.26.")]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 13))


def test_a_pattern_of_a_pack_names_a_field():
    """A pack that names a field nobody has would answer nothing in silence."""
    ids = {
        field["id"]
        for kind in KINDS
        for evidence in (Evidence(), session())
        for section in build(evidence, kind=kind, clock=clock).to_dict()["sections"]
        for field in section["fields"]
    }
    patterns = [p for pack in packs() for row in pack["provisions"] for p in row.get("fields", ())]
    assert patterns
    assert [p for p in patterns if not fnmatch.filter(ids, p)] == []


def test_a_record_prints_the_law_as_it_read_on_a_day():
    def law(as_of):
        found = build(Evidence(), kind="model", clock=clock, as_of=as_of).to_dict()
        act = next(pack for pack in found["law"] if pack["pack"] == "eu-ai-act")
        dates = {row["id"]: row["applies_from"] for row in act["dates"]}
        refs = {row["id"]: row["ref"] for row in act["provisions"]}
        assert next(pack for pack in found["law"] if pack["pack"] == "gdpr")["celex"] == GDPR
        return found.get("law_as_of"), act["celex"], dates["annex-iii"], refs["ai-act.4a"]

    assert law(None) == (None, "02024R1689-20260727", "2027-12-02", "AI Act Art. 4a")
    assert law("2026-07-27")[1:] == law(None)[1:]
    before = ("2026-07-26", "32024R1689", "2026-08-02", "AI Act Art. 10(5)")
    assert law("2026-07-26") == before
    with pytest.raises(OptionError, match="'soon' is no day; write it as year-month-day"):
        law("soon")


def test_an_earlier_text_changes_rows_that_the_newest_one_has():
    for name in EARLIER:
        old = json.loads((FOLDER / "law_packs" / f"{name}.json").read_text("utf-8"))
        new = next(pack for pack in packs() if pack["pack"] == old["pack"])
        assert {row["id"] for row in old["provisions"]} <= {row["id"] for row in new["provisions"]}
        assert {row["id"] for row in old["dates"]} == {row["id"] for row in new["dates"]}
