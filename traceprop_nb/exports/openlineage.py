"""A session as OpenLineage events (spec 2-0-2): START and COMPLETE or FAIL of each cell.

Sources, values and models are datasets; schemas and column lineage stand in OpenLineage's own
facets. Rows, steps and cells stand in facets of ours, whose schema ships with the package
(``schema/openlineage-facets-1.json``). One event a line, as its file transport writes them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Cell, Entity, SessionGraph, Source, Value
from traceprop_nb.exports.plain_form import one_line, to_plain

NAME = "openlineage"
LOSES = (
    Loss("agents", "events have a producer, and no people"),
    Loss("packages", "a run has one processing engine, and no list of packages"),
)
PRODUCER = "urn:traceprop-nb"
NAMESPACE = "traceprop-nb"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
OURS = "urn:traceprop-nb:schema:openlineage-facets:1#/$defs/"
_FACETS = "https://openlineage.io/spec/facets/"
_SCHEMAS = {
    "schema": "1-2-0/SchemaDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "dataQualityMetrics": "1-0-3/DataQualityMetricsInputDatasetFacet",
    "parent": "1-2-0/ParentRunFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "traceprop_session": "SessionRunFacet",
    "traceprop_cell": "CellRunFacet",
    "traceprop_thing": "ThingDatasetFacet",
    "traceprop_steps": "StepsDatasetFacet",
    "traceprop_rowLineage": "RowLineageDatasetFacet",
}
"""Facet -> where its schema is; of the last five, in the file that ships here."""


def write(graph: SessionGraph) -> bytes:
    """The events, one a line, as UTF-8."""
    return "".join(one_line(event) + "\n" for event in events(graph)).encode()


def events(graph: SessionGraph) -> Iterator[dict[str, Any]]:
    """The events in order: the session, then each cell's start and end."""
    made = _Events(graph)
    cells = {cell.id for cell in graph.cells}
    outside = [t for t in made.things.values() if t.cell not in cells]
    yield made.event("OTHER", graph.started, None, outside, cells)
    for cell in graph.cells:
        yield made.event("START", cell.began or graph.started, cell, [], cells)
        here = [t for t in made.things.values() if t.cell == cell.id]
        kind = {True: "COMPLETE", False: "FAIL", None: "RUNNING"}[cell.ok]
        yield made.event(kind, cell.ended or cell.began or graph.started, cell, here, cells)


class _Events:
    """What the events of one session share.

    Attributes:
        things: Sources, values and runs by id.
    """

    def __init__(self, graph: SessionGraph) -> None:
        self.graph = graph
        self.things: dict[str, Entity] = {thing.id: thing for thing in graph.entities}
        self._names = _dataset_names(graph)
        self._parents: dict[str, list[Any]] = {}
        for edge in graph.edges:
            self._parents.setdefault(edge.child, []).append(edge)

    def event(
        self, kind: str, time: str, cell: Cell | None, here: list[Entity], cells: set[str]
    ) -> dict[str, Any]:
        """One event; a session's has no cell, and what is in no cell."""
        graph = self.graph
        session_run = run_id(graph.id, "session")
        if cell is None:
            whole = {"id": graph.id, "started": graph.started, "detail": graph.detail}
            counted = [to_plain(o) for o in graph.operations if o.cell not in cells]
            facets = {"traceprop_session": _facet("traceprop_session", **whole, operations=counted)}
            name, run = f"session {graph.id}", session_run
        else:
            facets = self._run_facets(cell, session_run)
            name, run = cell.name or f"cell {cell.digest[7:19] or cell.number}", ""
        read = [t for t in here if isinstance(t, Source)]
        made = [t for t in here if not isinstance(t, Source)]
        needed = {e.parent for t in made for e in self._parents.get(t.id, ())}
        before = [self.things[p] for p in sorted(needed - {t.id for t in here}) if p in self.things]
        return {
            "eventType": kind,
            "eventTime": time or "1970-01-01T00:00:00+00:00",
            "producer": PRODUCER,
            "schemaURL": SCHEMA,
            "run": {"runId": run or run_id(graph.id, cell.id if cell else ""), "facets": facets},
            "job": {
                "namespace": NAMESPACE,
                "name": name,
                "facets": {
                    "jobType": _facet(
                        "jobType", processingType="BATCH", integration="TRACEPROP_NB",
                        jobType="SESSION" if cell is None else "CELL",
                    )
                },
            },
            "inputs": [self._input(t) for t in (*read, *before)],
            "outputs": [self._output(t) for t in made],
        }  # fmt: skip

    def _run_facets(self, cell: Cell, session_run: str) -> dict[str, Any]:
        counted = [to_plain(o) for o in self.graph.operations if o.cell == cell.id]
        facets = {
            "parent": _facet(
                "parent", run={"runId": session_run},
                job={"namespace": NAMESPACE, "name": f"session {self.graph.id}"},
            ),
            "traceprop_cell": _facet("traceprop_cell", cell=to_plain(cell), operations=counted),
        }  # fmt: skip
        if cell.ok is False:
            facets["errorMessage"] = _facet(
                "errorMessage",
                message=cell.error or "the cell failed",
                programmingLanguage="python",
            )
        return facets

    def _dataset(self, thing: Entity) -> dict[str, Any]:
        namespace, name = self._names[thing.id]
        facets: dict[str, Any] = {}
        columns = getattr(thing, "columns", ())
        if columns:
            facets["schema"] = _facet("schema", fields=[to_plain(c) for c in columns])
        digest = getattr(thing, "digest", "")
        if digest:
            facets["version"] = _facet("version", datasetVersion=digest)
        told = {k: v for k, v in to_plain(thing).items() if k != "columns"}
        facets["traceprop_thing"] = _facet("traceprop_thing", kind=_kind(thing), thing=told)
        return {"namespace": namespace, "name": name, "facets": facets}

    def _input(self, thing: Entity) -> dict[str, Any]:
        rows = thing.records if isinstance(thing, Source) else thing.rows
        size = {"bytes": thing.size} if isinstance(thing, Source) and thing.size is not None else {}
        told = {**({} if rows is None else {"rowCount": rows}), **size, "columnMetrics": {}}
        metrics = {"dataQualityMetrics": _facet("dataQualityMetrics", **told)}
        return {**self._dataset(thing), "inputFacets": metrics}

    def _output(self, thing: Entity) -> dict[str, Any]:
        made = self._dataset(thing)
        facets = made["facets"]
        steps = [
            {"parent": e.parent, "way": e.way, "status": e.status}
            for e in self._parents.get(thing.id, ())
        ]
        if steps:
            facets["traceprop_steps"] = _facet("traceprop_steps", madeOf=steps)
        rows = [to_plain(r) for r in self.graph.row_lineage if r.value == thing.id]
        if rows:
            facets["traceprop_rowLineage"] = _facet("traceprop_rowLineage", inputs=rows)
        columns = self._columns(thing.id)
        if columns:
            facets["columnLineage"] = _facet("columnLineage", fields=columns)
        count = thing.rows if isinstance(thing, Value) else None
        told = {} if count is None else {"rowCount": count}
        return {**made, "outputFacets": {"outputStatistics": _facet("outputStatistics", **told)}}

    def _columns(self, value: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self.graph.column_lineage:
            if one.value == value:
                namespace, name = self._names[one.source]
                step = {"type": "DIRECT", "subtype": one.how.upper(), "masking": False}
                told = {"namespace": namespace, "name": name, "field": one.source_column}
                inputs = found.setdefault(one.column, {"inputFields": []})["inputFields"]
                inputs.append({**told, "transformations": [step]})
        return found


def run_id(session: str, thing: str) -> str:
    """The UUID of a session or cell; the same session gives the same ones."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:traceprop-nb:session:{session}:{thing}"))


def _facet(name: str, **told: Any) -> dict[str, Any]:
    ours = name.startswith("traceprop_")
    whole = _SCHEMAS[name]
    schema = f"{OURS}{whole}" if ours else f"{_FACETS}{whole}.json#/$defs/{whole.split('/')[1]}"
    return {"_producer": PRODUCER, "_schemaURL": schema, **told}


def _dataset_names(graph: SessionGraph) -> dict[str, tuple[str, str]]:
    """Each thing's dataset: a file by its path, all else by its id in the session."""
    here = f"{NAMESPACE}/{graph.id}"
    names = {thing.id: (here, thing.id) for thing in graph.entities}
    taken = {path for path, many in _times(s.path for s in graph.sources).items() if many > 1}
    for source in graph.sources:
        if source.path and source.path not in taken:
            names[source.id] = ("file", source.path)
        else:
            path = f"{source.path}#{source.id}" if source.path else source.id
            names[source.id] = ("file" if source.path else here, path)
    return names


def _times(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def _kind(thing: Entity) -> str:
    return type(thing).__name__.lower()
