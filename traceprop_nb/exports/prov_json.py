"""A session as PROV-JSON (W3C member submission, 2013), and back.

Sources, values and runs are entities, cell executions are activities, the kernel and, where
somebody said so, a person are agents. Only relations that were observed are written. What PROV has
no word for stands in attributes of our own (``tp:``); what has parts, in JSON text there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import SessionGraph, Source
from traceprop_nb.exports.plain_form import as_json, compact, to_plain

NAME = "prov-json"
LOSES: tuple[Loss, ...] = ()
TERMS = "urn:traceprop-nb:terms:"
RESOURCES = "urn:traceprop-nb:session:"


def write(graph: SessionGraph) -> bytes:
    """The document, as UTF-8."""
    return as_json(document(graph)).encode()


def document(graph: SessionGraph) -> dict[str, Any]:
    """The document as plain values; identifiers are ``s:`` and the id in the picture."""
    made: dict[str, Any] = {
        "prefix": {"tp": TERMS, "s": f"{RESOURCES}{graph.id}:"},
        "entity": dict(_entities(graph)),
        "activity": dict(_activities(graph)),
        "agent": dict(_agents(graph)),
    }
    for kind, relations in _relations(graph):
        if relations:
            made[kind] = {f"_:{kind}{k}": one for k, one in enumerate(relations)}
    return {name: part for name, part in made.items() if part}


def _entities(graph: SessionGraph) -> Iterator[tuple[str, dict[str, Any]]]:
    whole = {"id": graph.id, "started": graph.started, "detail": graph.detail}
    whole["packages"] = compact(to_plain(graph.packages))
    cells = {cell.id for cell in graph.cells}
    whole["operations"] = compact([to_plain(o) for o in graph.operations if o.cell not in cells])
    yield "s:session", {"prov:type": _type("Session"), **{f"tp:{k}": v for k, v in whole.items()}}
    for thing in graph.entities:
        yield f"s:{thing.id}", _attributes(thing, {"id", "cell", "name", "parent"}, thing.name)


def _activities(graph: SessionGraph) -> Iterator[tuple[str, dict[str, Any]]]:
    for cell in graph.cells:
        told = _attributes(cell, {"id", "name", "began", "ended"}, cell.name)
        if cell.began:
            told["prov:startTime"] = cell.began
        if cell.ended:
            told["prov:endTime"] = cell.ended
        counted = [to_plain(one) for one in graph.operations if one.cell == cell.id]
        if counted:
            told["tp:operations"] = compact(counted)
        yield f"s:{cell.id}", told


def _agents(graph: SessionGraph) -> Iterator[tuple[str, dict[str, Any]]]:
    for agent in graph.agents:
        told = _attributes(agent, {"id", "name", "kind"}, agent.name)
        kind = "prov:Person" if agent.kind == "person" else "prov:SoftwareAgent"
        told["prov:type"] = [told["prov:type"], {"$": kind, "type": "prov:QUALIFIED_NAME"}]
        yield f"s:{agent.id}", told


def _relations(graph: SessionGraph) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    made = [(x.id, x.cell) for x in graph.entities if x.cell and not isinstance(x, Source)]
    yield "wasGeneratedBy", [{"prov:entity": f"s:{e}", "prov:activity": f"s:{a}"} for e, a in made]
    yield "used", list(_used(graph, dict(made)))
    yield "wasDerivedFrom", list(_derivations(graph))
    software = [f"s:{agent.id}" for agent in graph.agents if agent.kind == "software"]
    people = [f"s:{agent.id}" for agent in graph.agents if agent.kind == "person"]
    yield (
        "wasAssociatedWith",
        [{"prov:activity": f"s:{c.id}", "prov:agent": a} for c in graph.cells for a in software],
    )
    yield (
        "actedOnBehalfOf",
        [{"prov:delegate": a, "prov:responsible": p} for a in software for p in people],
    )


def _used(graph: SessionGraph, made: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each cell used what it read, and what it made something of that was there before."""
    read = {(one.cell, one.id) for one in graph.sources if one.cell}
    for cell, source in sorted(read):
        yield {
            "prov:activity": f"s:{cell}",
            "prov:entity": f"s:{source}",
            "prov:role": _type("read"),
        }
    needed = {(made[edge.child], edge.parent) for edge in graph.edges if edge.child in made}
    for cell, parent in sorted(needed - read):
        if made.get(parent) != cell:
            yield {"prov:activity": f"s:{cell}", "prov:entity": f"s:{parent}"}


def _derivations(graph: SessionGraph) -> Iterator[dict[str, Any]]:
    for edge in graph.edges:
        yield _derived(edge.child, edge.parent, "step", {"way": edge.way, "status": edge.status})
    for run in graph.runs:
        if run.parent:
            yield _derived(run.id, run.parent, "parent", {})
    for rows in graph.row_lineage:
        held = to_plain(rows)
        told: dict[str, Any] = {"status": rows.status, "complete": rows.complete}
        told |= {k: compact(held[k]) for k in ("diagonal", "fan") if k in held}
        yield _derived(rows.value, rows.source, "rows", told)
    for one in graph.column_lineage:
        names = {"column": one.column, "source_column": one.source_column, "how": one.how}
        yield _derived(one.value, one.source, "column", names)


def _derived(child: str, parent: str, kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "prov:generatedEntity": f"s:{child}",
        "prov:usedEntity": f"s:{parent}",
        "prov:type": _type(kind),
        **{f"tp:{name}": value for name, value in told.items()},
    }


def _attributes(thing: Any, skipped: set[str], label: str) -> dict[str, Any]:
    told: dict[str, Any] = {"prov:type": _type(type(thing).__name__)}
    if label:
        told["prov:label"] = label
    for name, value in to_plain(thing).items():
        if name not in skipped:
            told[f"tp:{name}"] = compact(value) if isinstance(value, list) else value
    return told


def _type(name: str) -> dict[str, str]:
    return {"$": f"tp:{name}", "type": "prov:QUALIFIED_NAME"}
