"""A session as OpenTelemetry spans in OTLP's JSON form: one span a cell, ids only.

A bridge to dashboards, and no evidence: collectors sample and drop spans.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Cell, SessionGraph
from traceprop_nb.exports.plain_form import as_json

NAME = "opentelemetry"
LOSES = (
    Loss("sources", "spans carry ids only"),
    Loss("values", "spans carry ids only"),
    Loss("operations", "only their number is told"),
    Loss("edges", "spans have one parent"),
    Loss("row_lineage", "spans carry ids only"),
    Loss("column_lineage", "spans carry ids only"),
    Loss("runs", "spans carry ids only"),
    Loss("packages", "not a matter of spans"),
    Loss("started", "spans carry ids and times of cells only"),
    Loss("detail", "not a matter of spans"),
    Loss("cells", "a span has an end", when="without an end"),
    Loss("cells.name", "spans carry ids only"),
    Loss("cells.error", "whether a cell failed is told"),
    Loss("cells.traced", "not a matter of spans"),
    Loss("agents.name", "people are not named"),
)
"""It is not read back; these parts are not in it."""
_STATUS = {True: 1, False: 2}
_INTERNAL = 1


def write(graph: SessionGraph) -> bytes:
    """An ExportTraceServiceRequest, as UTF-8."""
    whole = hashlib.sha256(f"urn:traceprop-nb:{graph.id}".encode()).hexdigest()
    done = [cell for cell in graph.cells if cell.began and cell.ended]
    made: dict[str, int] = {}
    for one in graph.operations:
        made[one.cell] = made.get(one.cell, 0) + one.count
    spans = [_span(whole[:32], cell, made.get(cell.id, 0)) for cell in done]
    version = next((a.version for a in graph.agents if a.kind == "software"), "")
    resource = {
        "attributes": [_text("service.name", "traceprop_nb"), _text("session.id", graph.id)]
    }
    scope = {"name": "traceprop_nb", "version": version}
    scoped = [{"scope": scope, "spans": spans}]
    return as_json({"resourceSpans": [{"resource": resource, "scopeSpans": scoped}]}).encode()


def _span(trace: str, cell: Cell, operations: int) -> dict[str, Any]:
    span = hashlib.sha256(f"{trace}:{cell.id}".encode()).hexdigest()[:16]
    attributes = [_text("traceprop.cell.id", cell.id), _text("traceprop.cell.digest", cell.digest)]
    attributes.append({"key": "traceprop.operations", "value": {"intValue": str(operations)}})
    return {
        "traceId": trace,
        "spanId": span,
        "name": f"cell {cell.number}",
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(cell.began),
        "endTimeUnixNano": _nanoseconds(cell.ended),
        "attributes": attributes,
        "status": {} if cell.ok is None else {"code": _STATUS[cell.ok]},
    }


def _text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _nanoseconds(time: str) -> str:
    """Since 1970, as OTLP spells 64-bit integers; the clock counts milliseconds."""
    return str(max(round(datetime.fromisoformat(time).timestamp() * 1000), 0) * 1_000_000)
