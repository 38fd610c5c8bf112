"""OpenLineage events read back: our own whole, others' as datasets that runs made of datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from traceprop_nb.errors import FormatError
from traceprop_nb.exports.model import (
    Cell,
    Column,
    ColumnLineage,
    Edge,
    Operations,
    RowLineage,
    Run,
    SessionGraph,
    Source,
    Value,
)
from traceprop_nb.exports.plain_form import from_json, from_plain

_KINDS: dict[str, type[Source] | type[Value] | type[Run]] = {
    "source": Source, "value": Value, "run": Run,
}  # fmt: skip
_IDENTITY: Literal["identity"] = "identity"
_TRANSFORMATION: Literal["transformation"] = "transformation"
_OVER = {"COMPLETE": True, "FAIL": False, "ABORT": False}


def read(data: bytes) -> SessionGraph:
    """The picture that events give: one a line, or a list of them.

    Of events that are not ours, an output was made of every input of its run, as a superset.

    Raises:
        FormatError: Something is no event, or a facet of ours holds what it cannot.
    """
    found = _Reader()
    for place, event in enumerate(_events(data)):
        if not isinstance(event, dict) or not isinstance(event.get("run"), dict):
            raise FormatError(f"event {place}: expected an object with a run, as RunEvent has")
        found.take(event)
    return found.graph()


def _events(data: bytes) -> list[Any]:
    if data.lstrip().startswith(b"["):
        listed = from_json(data)
        return listed if isinstance(listed, list) else []
    return [from_json(line) for line in data.split(b"\n") if line.strip()]


class _Reader:
    """Collects events; what a later event says of a thing is added to it."""

    def __init__(self) -> None:
        self.session: dict[str, Any] = {}
        self.cells: dict[str, Cell] = {}
        self.operations: dict[Operations, None] = {}
        self.things: dict[str, Source | Value | Run] = {}
        self.edges: dict[Edge, None] = {}
        self.rows: dict[tuple[str, str], RowLineage] = {}
        self.columns: dict[ColumnLineage, None] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._late: list[tuple[str, Mapping[str, Any]]] = []

    def take(self, event: Mapping[str, Any]) -> None:
        """Add what an event says."""
        facets = _object(event["run"].get("facets", {}), "run.facets")
        if "traceprop_session" in facets:
            told = _told(facets["traceprop_session"])
            counted = told.pop("operations", [])
            self.session = told
        else:
            counted = _told(facets.get("traceprop_cell", {})).get("operations", [])
        for one in counted:
            self.operations[from_plain(Operations, one, "operations")] = None
        cell = "" if "traceprop_session" in facets else self._cell(event, facets)
        inputs = [self._thing(one, cell, "inputs") for one in _list(event, "inputs")]
        for one in _list(event, "outputs"):
            made = self._thing(one, cell, "outputs")
            facets = _object(one.get("facets", {}), "outputs.facets")
            self._steps(made, inputs, facets)
            for rows in _told(facets.get("traceprop_rowLineage", {})).get("inputs", []):
                held = from_plain(RowLineage, rows, "traceprop_rowLineage")
                self.rows[held.value, held.source] = held
            self._late.append((made, facets))

    def _cell(self, event: Mapping[str, Any], facets: Mapping[str, Any]) -> str:
        ours = _told(facets.get("traceprop_cell", {})).get("cell")
        if ours is not None:
            cell = from_plain(Cell, ours, "traceprop_cell.cell")
        else:
            name = str(_object(event.get("job", {}), "job").get("name", ""))
            cell = self._foreign(str(event["run"].get("runId", "")), name, event)
        self.cells[cell.id] = cell
        return cell.id

    def _foreign(self, run: str, name: str, event: Mapping[str, Any]) -> Cell:
        before = self.cells.get(run, Cell(run))
        kind, time = event.get("eventType"), str(event.get("eventTime", ""))
        over = _OVER.get(str(kind))
        began = time if kind == "START" else before.began
        ended = time if over is not None else before.ended
        ok = before.ok if over is None else over
        return Cell(run, len(self.cells), name, "", ok, "", False, began, ended)

    def _thing(self, dataset: Any, cell: str, place: str) -> str:
        dataset = _object(dataset, place)
        key = str(dataset.get("namespace", "")), str(dataset.get("name", ""))
        facets = _object(dataset.get("facets", {}), f"{place}.facets")
        columns = tuple(
            from_plain(Column, {k: v for k, v in one.items() if k in ("name", "type")}, "schema")
            for one in _told(facets.get("schema", {})).get("fields", [])
        )
        ours = _told(facets.get("traceprop_thing", {}))
        if ours:
            kind = _KINDS.get(str(ours.get("kind")))
            if kind is None:
                raise FormatError(f"traceprop_thing: {ours.get('kind')!r} is no kind of thing")
            thing = from_plain(kind, ours.get("thing"), "traceprop_thing.thing")
            name = thing.id
            self.things[name] = thing if isinstance(thing, Run) else replace(thing, columns=columns)
        else:
            name = ":".join(key)
            self.things[name] = self._foreign_thing(name, key, columns, cell, place)
        self._ids[key] = name
        return name

    def _foreign_thing(
        self, name: str, key: tuple[str, str], columns: tuple[Column, ...], cell: str, place: str
    ) -> Source | Value | Run:
        known = self.things.get(name)
        columns = columns or getattr(known, "columns", ())
        if place == "outputs":
            return Value(name, key[1], "", cell, None, "unknown", columns)
        return known or Source(name, key[1], "dataset", cell=cell, columns=columns)

    def _steps(self, made: str, inputs: list[str], facets: Mapping[str, Any]) -> None:
        ours = "traceprop_thing" in facets
        for one in _told(facets.get("traceprop_steps", {})).get("madeOf", []):
            step = from_plain(Edge, {**one, "child": made}, "traceprop_steps.madeOf")
            self.edges[step] = None
        for parent in () if ours else inputs:
            self.edges[Edge(parent, made, "direct", "inexact")] = None

    def graph(self) -> SessionGraph:
        """All of it."""
        for value, facets in self._late:
            for one in self._lineage(value, facets):
                self.columns[one] = None
        whole = self.session
        things = self.things.values()
        return SessionGraph(
            id=str(whole.get("id", "")),
            started=str(whole.get("started", "")),
            detail=str(whole.get("detail", "named")),
            sources=tuple(t for t in things if isinstance(t, Source)),
            values=tuple(t for t in things if isinstance(t, Value)),
            cells=tuple(self.cells.values()),
            operations=tuple(self.operations),
            edges=tuple(self.edges),
            row_lineage=tuple(self.rows.values()),
            column_lineage=tuple(self.columns),
            runs=tuple(t for t in things if isinstance(t, Run)),
        )

    def _lineage(self, value: str, facets: Mapping[str, Any]) -> Iterator[ColumnLineage]:
        fields = _told(facets.get("columnLineage", {})).get("fields", {})
        for column, told in _object(fields, "columnLineage.fields").items():
            for one in _list(_object(told, "columnLineage"), "inputFields"):
                key = str(one.get("namespace", "")), str(one.get("name", ""))
                subtypes = {str(t.get("subtype")) for t in one.get("transformations") or ()}
                how = _IDENTITY if subtypes == {"IDENTITY"} else _TRANSFORMATION
                source = self._ids.get(key, ":".join(key))
                yield ColumnLineage(value, column, source, str(one.get("field", "")), how)


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"{place}: expected an object, got {value!r:.60}")
    return value


def _list(thing: Mapping[str, Any], name: str) -> list[Any]:
    found = thing.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FormatError(f"{name}: expected a list of objects, got {found!r:.60}")
    return found


def _told(facet: Any) -> dict[str, Any]:
    """A facet without what every facet has."""
    return {k: v for k, v in _object(facet, "facet").items() if not k.startswith("_")}
