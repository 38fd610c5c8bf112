"""OpenLineage: every event and facet by its JSON Schema, formats included, and offline."""

import copy
import json

import jsonschema
import pytest
import referencing.exceptions
from hypothesis import given, settings

from tests.exports.openlineage_schemas import FACETS, check, facets
from tests.exports.pictures import hospital, pictures
from traceprop_nb.exports import openlineage


def events(picture):
    return [json.loads(line) for line in openlineage.write(picture).splitlines()]


@given(pictures())
@settings(max_examples=40, deadline=None)
def test_every_event_and_facet_is_what_its_schema_says(picture):
    for event in events(picture):
        check(event)


def test_every_facet_that_there_is_a_schema_for_is_written_and_so_checked():
    written = {name for event in events(hospital()) for name, _ in facets(event)}
    ours = {name for name in openlineage._SCHEMAS if name.startswith("traceprop_")}
    assert written == {*FACETS, *ours} == set(openlineage._SCHEMAS)


def first(event, name):
    """The first facet of a name in an event."""
    return next(facet for found, facet in facets(event) if found == name)


BROKEN = {
    "a run id that is no UUID": (
        lambda e: e["run"].update(runId="cell/1"), "is not a 'uuid'",
    ),
    "a time without a date": (lambda e: e.update(eventTime="17:00"), "is not a 'date-time'"),
    "an event type that there is not": (
        lambda e: e.update(eventType="DONE"), "'DONE' is not one of",
    ),
    "a producer that is no address": (lambda e: e.update(producer="us"), "is not a 'uri'"),
    "an official facet without its schema": (
        lambda e: first(e, "schema").pop("_schemaURL"), "'_schemaURL' is a required property",
    ),
    "a facet of ours without its schema": (
        lambda e: first(e, "traceprop_rowLineage").pop("_schemaURL"),
        "'_schemaURL' is a required property",
    ),
    "a column without a name": (
        lambda e: first(e, "schema")["fields"][0].pop("name"), "'name' is a required property",
    ),
    "a count in words": (
        lambda e: first(e, "outputStatistics").update(rowCount="many"), "'many' is not",
    ),
    "null for what is not known": (
        lambda e: first(e, "outputStatistics").update(rowCount=None), "None is not",
    ),
    "a member that nobody knows": (
        lambda e: first(e, "columnLineage").update(colour=1), "'colour' was unexpected",
    ),
    "a status that there is not": (
        lambda e: first(e, "traceprop_rowLineage")["inputs"][0].update(status="sure"),
        "'sure' is not one of",
    ),
    "a stretch of no rows": (
        lambda e: first(e, "traceprop_rowLineage")["inputs"][0].update(diagonal=[[0, 0, 0]]),
        "0 is less than the minimum",
    ),
    "a row before the first": (
        lambda e: first(e, "traceprop_rowLineage")["inputs"][0].update(diagonal=[[-1, 0, 1]]),
        "-1 is less than the minimum",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_refused(what):
    change, said = BROKEN[what]
    event = copy.deepcopy(events(hospital())[4])
    check(event)
    change(event)
    with pytest.raises(jsonschema.ValidationError, match=said):
        check(event)


def test_a_schema_that_nobody_has_is_refused_and_not_fetched():
    event = events(hospital())[4]
    first(event, "traceprop_steps")["_schemaURL"] = "https://example.org/steps.json"
    with pytest.raises(referencing.exceptions.Unresolvable, match=r"example\.org"):
        check(event)
