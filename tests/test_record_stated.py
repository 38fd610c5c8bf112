"""What people state: it is quoted, attributed, and never mixed with what was captured."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from tests.record_examples import clock, fields, session
from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.kinds import KINDS

NAMES = [(kind, human.name) for kind in KINDS for human in KINDS[kind].humans]


def answer(name: str, field: str, value: object, **more: object):
    return fields(build(Evidence(), clock=clock, stated={name: value, **more}))[field]


def test_a_statement_is_quoted_with_its_speaker_and_time():
    field = answer("purpose", "sys.purpose", "second reading", by="M. Okafor")
    assert field["state"] == "stated"
    assert field["value"] == "second reading"
    assert field["stated_by"] == {
        "who": "M. Okafor",
        "when": "2026-11-20T17:10:03Z",
        "identity": "not_authenticated",
    }
    assert answer("purpose", "sys.purpose", "x")["stated_by"]["who"] == "user of this session"


def test_a_field_goes_by_its_name_or_its_id():
    assert answer("sys.purpose", "sys.purpose", "x")["value"] == "x"
    with pytest.raises(OptionError, match="stated twice"):
        build(Evidence(), clock=clock, stated={"purpose": "x", "sys.purpose": "y"})


def test_only_a_person_rules_a_field_out():
    field = answer("workers_informed", "deploy.workers_informed", "Not applicable: no workers")
    assert field["state"] == "not_applicable"
    assert field["stated_by"]["words"] == "Not applicable: no workers"
    assert "value" not in field
    assert answer("purpose", "sys.purpose", "not applicable to children")["state"] == "stated"


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_every_human_field_can_be_stated(kind, name):
    record = build(session(), kind=kind, clock=clock, stated={name: "said"})
    assert record.to_dict()["summary"]["stated"] == 1


def test_names_of_human_fields_are_distinct_words_that_python_takes():
    assert len(set(NAMES)) == len(NAMES)
    taken = ("by", "kind", "as_of", "of", "until", "attach")
    assert all(name.isidentifier() and name not in taken for _, name in NAMES)


def test_a_name_asks_for_one_field_in_every_kind_of_record():
    """So that what is attested once is found by every record that asks for it."""
    named: dict[str, set[str]] = {}
    fields: dict[str, set[str]] = {}
    for kind in KINDS.values():
        for human in kind.humans:
            named.setdefault(human.name, set()).add(human.field.id)
            fields.setdefault(human.field.id, set()).add(human.name)
    assert all(len(ids) == 1 for ids in named.values())
    assert all(len(names) == 1 for names in fields.values())


def test_an_unknown_field_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no stated field named 'purpos'; .*'purpose'"):
        build(Evidence(), clock=clock, stated={"purpos": "x"})
    with pytest.raises(UnknownNameError, match=r"did you mean 'sys.purpose'"):
        build(Evidence(), clock=clock, stated={"sys.purpos": "x"})


def test_what_the_tool_establishes_cannot_be_stated():
    for captured in ("data.sources", "train.rows", "log.integrity", "erase.model"):
        with pytest.raises(UnknownNameError, match="no stated field"):
            build(session(), clock=clock, stated={captured: "all fine"})


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no kind of record named 'sesion'.*'session'"):
        build(Evidence(), kind="sesion", clock=clock)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "nothing is stated"),
        ("  ", "nothing is stated"),
        (None, "as NoneType"),
        (object(), "as object"),
        (math.nan, "as float"),
        ([], "as list"),
        ({"a": object()}, "as dict"),
    ],
)
def test_an_empty_or_odd_statement_is_refused(value, message):
    with pytest.raises(OptionError, match=message):
        answer("purpose", "sys.purpose", value)


def test_plain_values_are_kept_and_names_in_them_stay_values():
    assert answer("retention", "deploy.retention", 24)["value"] == 24
    assert answer("retention", "deploy.retention", dt.date(2030, 1, 2))["value"] == "2030-01-02"
    nested = answer("metrics", "eval.stated_metrics", {"<b>auc": 0.9, "n": [1, 2]})
    assert nested["value"] == [{"name": "<b>auc", "value": 0.9}, {"name": "n", "value": [1, 2]}]
