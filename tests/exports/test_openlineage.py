"""OpenLineage: the official client's classes take every event, and our reader gives it back."""

import json

import pytest
from hypothesis import given, settings
from openlineage.client import event_v2
from openlineage.client.generated import column_lineage_dataset, parent_run, schema_dataset
from openlineage.client.serde import Serde

from tests.exports.openlineage_schemas import FACETS
from tests.exports.pictures import hospital, pictures, unordered
from traceprop_nb.errors import FormatError
from traceprop_nb.exports import openlineage, openlineage_read
from traceprop_nb.exports.loss import without

NESTED = {
    "parent": lambda told: {
        "run": parent_run.Run(**told["run"]), "job": parent_run.Job(**told["job"]),
    },
    "schema": lambda told: {
        "fields": [schema_dataset.SchemaDatasetFacetFields(**f) for f in told["fields"]]
    },
    "columnLineage": lambda told: {
        "fields": {
            name: column_lineage_dataset.Fields(
                inputFields=[
                    column_lineage_dataset.InputField(
                        **{k: v for k, v in one.items() if k != "transformations"},
                        transformations=[
                            column_lineage_dataset.Transformation(**t)
                            for t in one["transformations"]
                        ],
                    )
                    for one in its["inputFields"]
                ]
            )
            for name, its in told["fields"].items()
        }
    },
}  # fmt: skip


def facets(told):
    """Facets as the client's classes, without ours."""
    made = {}
    for name, one in told.items():
        if name.startswith("traceprop_"):
            continue
        body = {k: v for k, v in one.items() if not k.startswith("_")}
        made[name] = FACETS[name](**NESTED.get(name, dict)(body), producer=one["_producer"])
        assert made[name]._schemaURL == one["_schemaURL"]
    return made


def official(event):
    """The event as the client's own classes, which check run ids, times and addresses."""
    return event_v2.RunEvent(
        eventType=event_v2.RunState[event["eventType"]],
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=event_v2.Run(event["run"]["runId"], facets(event["run"]["facets"])),
        job=event_v2.Job(event["job"]["namespace"], event["job"]["name"],
                         facets(event["job"]["facets"])),
        inputs=[
            event_v2.InputDataset(d["namespace"], d["name"], facets=facets(d["facets"]),
                                  inputFacets=facets(d["inputFacets"]))
            for d in event["inputs"]
        ],
        outputs=[
            event_v2.OutputDataset(d["namespace"], d["name"], facets=facets(d["facets"]),
                                   outputFacets=facets(d["outputFacets"]))
            for d in event["outputs"]
        ],
    )  # fmt: skip


def bare(told):
    """Without our facets, and without members that the client leaves out or fills in itself."""
    if isinstance(told, dict):
        kept = {k: bare(v) for k, v in told.items() if not k.startswith("traceprop_")}
        return {k: v for k, v in kept.items() if v not in (None, [], {}) and k != "schemaURL"}
    return [bare(one) for one in told] if isinstance(told, list) else told


@given(pictures())
@settings(max_examples=12, deadline=None)
def test_the_official_classes_take_every_event_and_write_the_same(picture):
    for line in openlineage.write(picture).decode().splitlines():
        event = json.loads(line)
        theirs = json.loads(Serde.to_json(official(event)))
        assert bare(theirs) == bare(event)


@given(pictures())
@settings(max_examples=60, deadline=None)
def test_a_session_comes_back_but_for_the_documented_losses(picture):
    back = openlineage_read.read(openlineage.write(picture))
    assert unordered(back) == unordered(without(picture, openlineage.LOSES))


def test_each_cell_starts_and_ends_as_it_did():
    told = [json.loads(line) for line in openlineage.write(hospital()).decode().splitlines()]
    assert [e["eventType"] for e in told] == [
        "OTHER", "START", "COMPLETE", "START", "COMPLETE", "START", "FAIL", "START", "COMPLETE",
    ]  # fmt: skip
    clean = told[4]
    assert [d["name"] for d in clean["inputs"]] == ["data/a.csv", "b.csv"]
    columns = clean["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert columns["age"]["inputFields"][0]["transformations"][0]["subtype"] == "TRANSFORMATION"
    assert len({e["run"]["runId"] for e in told}) == 5


FOREIGN = [
    {
        "eventType": kind, "eventTime": f"2026-01-01T00:0{minute}:00Z",
        "run": {"runId": "0190e0c0-0000-7000-8000-000000000000"}, "job": {"name": "daily"},
        "inputs": [{"namespace": "pg", "name": "raw"}],
        "outputs": [{
            "namespace": "pg", "name": "clean",
            "facets": {"columnLineage": {"fields": {"a": {"inputFields": [
                {"namespace": "pg", "name": "raw", "field": "b",
                 "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}]}]}}}},
        }],
    }
    for minute, kind in enumerate(("START", "COMPLETE"))
]  # fmt: skip


@pytest.mark.parametrize("lines", [True, False])
def test_events_of_others_are_read_as_supersets(lines):
    data = "\n".join(map(json.dumps, FOREIGN)) if lines else json.dumps(FOREIGN)
    found = openlineage_read.read(data.encode())
    assert [(s.id, s.kind) for s in found.sources] == [("pg:raw", "dataset")]
    assert [(e.parent, e.child, e.status) for e in found.edges] == [
        ("pg:raw", "pg:clean", "inexact")
    ]
    assert [(c.name, c.ok, c.ended) for c in found.cells] == [
        ("daily", True, "2026-01-01T00:01:00Z")
    ]
    assert [(c.column, c.source, c.source_column) for c in found.column_lineage] == [
        ("a", "pg:raw", "b")
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "is not JSON"),
        (b'{"job": {}}', "event 0: expected an object with a run"),
        (b'{"run": {}, "inputs": 3}', "inputs: expected a list of objects"),
        (b'{"run": {"facets": {"traceprop_cell": {"cell": {"id": 3}}}}}', "expected str, got 3"),
    ],
)
def test_what_is_no_event_is_refused_with_the_place(data, said):
    with pytest.raises(FormatError, match=said):
        openlineage_read.read(data)
