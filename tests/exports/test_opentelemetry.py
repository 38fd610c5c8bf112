"""OpenTelemetry: the protocol's own parser reads the spans, and no name is in them."""

import base64
import json
from dataclasses import replace

import pytest
from google.protobuf.json_format import ParseDict, ParseError
from hypothesis import given, settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.exports.pictures import hospital, pictures
from traceprop_nb.exports import opentelemetry


def parsed(data: bytes) -> ExportTraceServiceRequest:
    """By the protocol's bindings; OTLP spells ids in hex where protobuf's JSON has base64."""
    told = json.loads(data)
    for span in told["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId"):
            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return ParseDict(told, ExportTraceServiceRequest())


@given(pictures())
@settings(max_examples=40, deadline=None)
def test_the_protocol_reads_one_span_for_each_cell_that_ended(picture):
    spans = parsed(opentelemetry.write(picture)).resource_spans[0].scope_spans[0].spans
    assert len(spans) == sum(bool(c.began and c.ended) for c in picture.cells)
    assert all(len(s.trace_id) == 16 and len(s.span_id) == 8 for s in spans)


def test_times_and_failures_come_through():
    spans = parsed(opentelemetry.write(hospital())).resource_spans[0].scope_spans[0].spans
    assert [s.end_time_unix_nano - s.start_time_unix_nano for s in spans] == [1_250_000_000] * 4
    assert [s.status.code for s in spans] == [1, 1, 2, 1]


@pytest.mark.parametrize(
    ("member", "value"),
    [("colour", "red"), ("startTimeUnixNano", "noon"), ("kind", "SPAN_KIND_NONE"), ("name", 3)],
)
def test_the_protocol_can_refuse(member, value):
    told = json.loads(opentelemetry.write(hospital()))
    told["resourceSpans"][0]["scopeSpans"][0]["spans"][0][member] = value
    with pytest.raises(ParseError, match=r"Failed to parse|no field named"):
        parsed(json.dumps(told).encode())


def test_no_name_of_the_users_is_in_a_span():
    marked = hospital()
    cells = tuple(replace(cell, name="CANARY") for cell in marked.cells)
    sources = tuple(replace(source, name="CANARY", path="CANARY") for source in marked.sources)
    assert b"CANARY" not in opentelemetry.write(replace(marked, cells=cells, sources=sources))
