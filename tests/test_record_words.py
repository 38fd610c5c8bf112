"""Contracts on words: no verdicts in any output, no dates or clauses outside the law packs."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.record_examples import clock, session
from traceprop_nb.errors import UnknownNameError
from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.law import applicable, packs
from traceprop_nb.reports.session_record import SECTIONS

VERDICTS = re.compile(r"complian|conformant|certif|guarant", re.IGNORECASE)
DATES = re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b|\b20[0-9]{2}/[0-9]{3,4}\b")
CLAUSES = re.compile(r"\bArt(?:icle|\.) ?[0-9]|\bAnnex [IVX]+\b")
FOLDER = Path(str(files("traceprop_nb.reports")))
CODE = sorted(p for p in FOLDER.rglob("*.*") if p.suffix in (".py", ".css", ".typ"))


def outputs() -> list[str]:
    some = session()
    records = [
        build(evidence, clock=clock, stated={"purpose": "triage", "role": "not applicable"})
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
    for pack in packs():
        text = json.dumps(pack)
        assert DATES.search(text)
        assert CLAUSES.search(text)


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
    with pytest.raises(UnknownNameError, match=r"no provision named 'ai-act\.11'"):
        applicable(["ai-act.11"])


def test_every_provision_of_a_pack_is_asked_by_some_field():
    asked = {
        name
        for evidence in (Evidence(), session())
        for section in build(evidence, clock=clock).to_dict()["sections"]
        for field in section["fields"]
        for name in field["provisions"]
    }
    assert asked == {row["id"] for pack in packs() for row in pack["provisions"]}


def test_fields_that_ask_the_same_have_one_id_with_and_without_evidence():
    ids = [human.field.id for section in SECTIONS for human in section.asks]
    assert len(set(ids)) == len(ids)
