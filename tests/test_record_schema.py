"""The schema refuses what an honest record cannot say, and its own checks see the rest."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.record_examples import clock, session
from traceprop_nb.errors import RecordError
from traceprop_nb.reports import Record, build
from traceprop_nb.reports.finding import STATES
from traceprop_nb.reports.schema import complaint, require_valid, schema

VALID = build(session(), clock=clock, stated={"purpose": "triage", "retention": "not applicable"})
MISSING = {"why": "needs_human", "how_to_establish": "ask", "owner": "legal"}
PASSED = {"method": "compared", "result": "pass"}
FAILED = {"method": "compared", "result": "fail", "detail": "it differs"}
SAID = {"who": "M. Okafor", "when": "2026-11-20T17:00:00Z", "identity": "not_authenticated"}
KEY = "ed25519:" + "0" * 32
SIGNED = {**SAID, "identity": "signed_by_account", "key": KEY, "evidence": "ev:statement/1"}
HEAD = {"id": "a.b", "label": "A field", "provisions": []}
PARTS: dict[str, Any] = {
    "value": 1,
    "evidence": ["ev:session"],
    "check": PASSED,
    "missing": MISSING,
    "stated_by": SAID,
}
NEEDS = {
    "established": {"value", "evidence", "check"},
    "stated": {"value", "stated_by"},
    "partial": {"value", "evidence", "missing"},
    "not_established": {"missing"},
    "not_applicable": {"stated_by"},
    "contradicted": {"value", "evidence", "check"},
}


def with_field(field: dict[str, Any]) -> dict[str, Any]:
    content = VALID.to_dict()
    content["sections"][0]["fields"][0] = field
    return content


def field(state: str, names: set[str]) -> dict[str, Any]:
    parts = {name: PARTS[name] for name in names}
    if state == "contradicted" and "check" in parts:
        parts["check"] = FAILED
    return {**HEAD, "state": state, **parts}


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_exactly_its_members(state):
    assert not complaint(with_field(field(state, NEEDS[state])))
    for name in PARTS:
        changed = NEEDS[state] ^ {name}
        assert complaint(with_field(field(state, changed))), f"{state} with {sorted(changed)}"


@pytest.mark.parametrize(
    "lie",
    [
        {**field("established", NEEDS["established"]), "evidence": []},
        {**field("established", NEEDS["established"]), "check": FAILED},
        {**field("contradicted", NEEDS["contradicted"]), "check": PASSED},
        {**field("contradicted", NEEDS["contradicted"]), "check": {**FAILED, "detail": ""}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SAID, "who": ""}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SAID, "when": "1763659200000"}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SAID, "identity": "verified"}},
        {
            **field("stated", NEEDS["stated"]),
            "stated_by": {**SAID, "identity": "signed_by_account"},
        },
        {**field("stated", NEEDS["stated"]), "stated_by": {**SAID, "key": KEY}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SIGNED, "key": "ed25519:00"}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SIGNED, "evidence": "because"}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SIGNED, "until": "for ever"}},
        {**field("stated", NEEDS["stated"]), "stated_by": {**SIGNED, "attached": {"name": "a"}}},
        {**field("not_established", {"missing"}), "missing": {**MISSING, "owner": ""}},
        {**field("established", NEEDS["established"]), "state": "compliant"},
        {**field("established", NEEDS["established"]), "compliant": True},
        {**field("established", NEEDS["established"]), "value": {"is_compliant": True}},
        {**field("established", NEEDS["established"]), "value": [{"a": {"certified": 1}}]},
        {**field("established", NEEDS["established"]), "value": {"<img>": 1}},
        {**field("established", NEEDS["established"]), "evidence": ["because"]},
    ],
)
def test_a_field_cannot_claim_more_than_it_shows(lie):
    with pytest.raises(RecordError, match=r"record\.sections\[0\]\.fields\[0\]"):
        require_valid(with_field(lie))


@pytest.mark.parametrize(
    "value",
    [
        {"verified": True, "training_rows_forgotten": 0, "distance_after": 0.1},
        {"verified": True, "training_rows_forgotten": 3, "distance_after": None},
        {"verified": True, "training_rows_forgotten": 3},
        {"verified": None, "training_rows_forgotten": 3, "distance_after": 0.1},
    ],
)
def test_forgetting_nothing_or_without_a_comparison_is_never_verified(value):
    claim = {**field("established", NEEDS["established"]), "id": "erase.model.1", "value": value}
    assert complaint(with_field(claim))
    true = {"verified": True, "training_rows_forgotten": 3, "distance_after": 0.1}
    assert not complaint(with_field({**claim, "value": true}))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("kind",), "certificate"),
        (("generated_at",), 81723981723),
        (("generated_at",), "2026-11-20"),
        (("digest",), "sha256:00"),
        (("summary", "established"), -1),
        (("verdict",), "fine"),
        (("integrity", "digest_of"), "something else"),
        (("tool", "capture_coverage", "operations"), -1),
    ],
)
def test_the_frame_of_a_record_is_fixed(place, value):
    content = VALID.to_dict()
    at = content
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = value
    assert complaint(content)


def test_a_signed_statement_names_its_key_and_its_place_in_the_log():
    assert not complaint(with_field({**field("stated", NEEDS["stated"]), "stated_by": SIGNED}))


def resealed(change) -> dict[str, Any]:
    content = copy.deepcopy(VALID.to_dict())
    del content["digest"]
    change(content)
    return content


def count_one_more(content):
    content["summary"]["established"] += 1


def cite_what_is_not_there(content):
    content["sections"][0]["fields"][0]["evidence"] = ["ev:nowhere/1"]


def change_a_fact(content):
    content["evidence"][0]["fact"]["id"] = "another session"


def name_an_unknown_provision(content):
    content["sections"][0]["fields"][0]["provisions"] = ["ai-act.999"]


def repeat_a_field(content):
    fields = content["sections"][0]["fields"]
    fields.append(fields[1])
    content["summary"]["not_established"] += 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (count_one_more, "summary says"),
        (cite_what_is_not_there, "evidence that is not here: ev:nowhere/1"),
        (change_a_fact, "ev:session is not what its digest says"),
        (name_an_unknown_provision, "provisions that are not here: ai-act.999"),
        (repeat_a_field, "repeated"),
    ],
)
def test_no_record_that_contradicts_itself_can_be_sealed(change, message):
    with pytest.raises(RecordError, match=message):
        Record.of(resealed(change), {})


def claim_without_evidence(content):
    content["sections"][0]["fields"][0]["evidence"] = []


def test_no_record_that_the_schema_refuses_can_be_sealed():
    with pytest.raises(RecordError, match=r"schema refuses it: record\.sections\[0\]"):
        Record.of(resealed(claim_without_evidence), {})


def test_the_control_an_unchanged_record_can_be_sealed_again():
    assert Record.of(resealed(lambda content: None), {}).digest == VALID.digest


def test_the_schema_is_a_schema():
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
    assert set(schema()["$defs"]["field"]["properties"]["state"]["enum"]) == set(STATES)
