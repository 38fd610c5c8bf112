"""PROV-JSON read back: our own documents whole, others' as far as PROV itself goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from traceprop_nb.errors import FormatError
from traceprop_nb.exports.model import (
    Agent,
    Cell,
    ColumnLineage,
    Edge,
    Operations,
    Package,
    RowLineage,
    Run,
    SessionGraph,
    Source,
    Value,
)
from traceprop_nb.exports.plain_form import from_json, from_plain

_NESTED = {"columns", "options", "metrics", "diagonal", "fan"}
_PARTS = ("prefix", "entity", "activity", "agent", "wasGeneratedBy", "used", "wasDerivedFrom")


def read(data: bytes) -> SessionGraph:
    """The picture that a PROV-JSON document gives.

    In a document that is not ours, entities that nothing generated are sources and the others
    values; attributes in vocabularies that we do not know are passed over.

    Raises:
        FormatError: It is no PROV-JSON, or one of our attributes holds what it cannot.
    """
    whole = from_json(data)
    if not isinstance(whole, dict) or not set(whole) & {"entity", "activity", "agent"}:
        raise FormatError("no PROV-JSON: it has neither entities nor activities nor agents")
    parts = {name: whole.get(name, {}) for name in _PARTS}
    for name, part in parts.items():
        if not isinstance(part, dict):
            raise FormatError(f"{name}: expected an object of statements by identifier")
    return _Document(parts).graph()


class _Document:
    """Statements by kind, with ``s:`` cut off identifiers that are ours.

    Attributes:
        cells: Entity -> the activity that generated it.
        kinds: Entity, activity or agent -> the name of our class.
    """

    def __init__(self, parts: Mapping[str, Mapping[str, Any]]) -> None:
        self.parts = parts
        generated = self.relations("wasGeneratedBy", "entity", "activity")
        self.cells = {entity: activity for entity, activity, _ in generated}
        read = self.relations("used", "entity", "activity")
        self.read = {e: a for e, a, told in read if _types(told.get("prov:role")) & {"read"}}
        self.derived = list(self.relations("wasDerivedFrom", "generatedEntity", "usedEntity"))

    def relations(
        self, kind: str, first: str, second: str
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Both ends and the attributes of every statement of a kind that has both ends."""
        for one in _each(self.parts[kind].values()):
            ends = one.get(f"prov:{first}"), one.get(f"prov:{second}")
            if isinstance(ends[0], str) and isinstance(ends[1], str):
                yield _id(ends[0]), _id(ends[1]), one

    def graph(self) -> SessionGraph:
        whole = _own(self.parts["entity"].get("s:session", {}))
        packages = from_json(whole.get("packages", "[]"))
        parents = {c: p for c, p, told in self.derived if "parent" in _types(told.get("prov:type"))}
        sources, values, runs = [], [], []
        for name, told in self.things("entity"):
            kinds = _types(told.get("prov:type"))
            held = {"id": name, **_named(told), **_own(told)}
            if "Session" in kinds:
                continue
            if "Run" in kinds:
                at = {"cell": self.cells.get(name, ""), "parent": parents.get(name, "")}
                runs.append(from_plain(Run, {"name": "", **held, **at}, name))
            elif "Source" in kinds or ("Value" not in kinds and name not in self.cells):
                at = {"cell": self.read.get(name, "")}
                foreign = {} if "Source" in kinds else {"kind": "entity"}
                sources.append(from_plain(Source, {"name": "", **foreign, **held, **at}, name))
            else:
                values.append(from_plain(Value, {**held, "cell": self.cells.get(name, "")}, name))
        cells, operations = self.activities()
        apart = from_json(whole.get("operations", "[]"))
        operations += tuple(from_plain(Operations, one, "operations") for one in apart)
        return SessionGraph(
            id=str(whole.get("id", "")),
            started=str(whole.get("started", "")),
            detail=str(whole.get("detail", "named")),
            sources=tuple(sources),
            values=tuple(values),
            cells=cells,
            operations=operations,
            edges=tuple(self.edges()),
            row_lineage=tuple(self.rows()),
            column_lineage=tuple(self.columns()),
            runs=tuple(runs),
            agents=tuple(self.agents()),
            packages=tuple(from_plain(Package, one, "packages") for one in packages),
        )

    def things(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, told in self.parts[kind].items():
            for one in _each([told]):
                yield _id(name), one

    def activities(self) -> tuple[tuple[Cell, ...], tuple[Operations, ...]]:
        cells, operations = [], []
        for name, told in self.things("activity"):
            held = _own(told)
            counted = from_json(held.pop("operations", "[]"))
            operations += [from_plain(Operations, one, f"{name}.operations") for one in counted]
            times = {
                ours: told[theirs]
                for ours, theirs in (("began", "prov:startTime"), ("ended", "prov:endTime"))
                if theirs in told
            }
            cells.append(from_plain(Cell, {"id": name, **_named(told), **held, **times}, name))
        return tuple(cells), tuple(operations)

    def agents(self) -> Iterator[Agent]:
        for name, told in self.things("agent"):
            person = "Person" in _types(told.get("prov:type"))
            kind = {"kind": "person"} if person else {}
            yield from_plain(Agent, {"id": name, **_named(told), **_own(told), **kind}, name)

    def of(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Derivations of one of our kinds; one of nobody's kind is a step."""
        for child, parent, told in self.derived:
            kinds = _types(told.get("prov:type")) & {"step", "parent", "rows", "column"}
            if kind in (kinds or {"step"}):
                yield child, parent, _own(told)

    def edges(self) -> Iterator[Edge]:
        for child, parent, told in self.of("step"):
            yield from_plain(Edge, {"parent": parent, "child": child, **told}, f"{child} step")

    def rows(self) -> Iterator[RowLineage]:
        for value, source, told in self.of("rows"):
            yield from_plain(
                RowLineage, {"value": value, "source": source, **told}, f"{value} rows"
            )

    def columns(self) -> Iterator[ColumnLineage]:
        for value, source, told in self.of("column"):
            held = {"value": value, "source": source, **told}
            yield from_plain(ColumnLineage, held, f"{value} column")


def _each(statements: Any) -> Iterator[dict[str, Any]]:
    """PROV-JSON lets one identifier have a list of statements."""
    for told in statements:
        for one in told if isinstance(told, list) else [told]:
            if isinstance(one, dict):
                yield one


def _id(name: str) -> str:
    return name.removeprefix("s:")


def _types(told: Any) -> set[str]:
    """Local names of the types of a statement."""
    found = set()
    for one in told if isinstance(told, list) else [told]:
        name = one.get("$") if isinstance(one, dict) else one
        if isinstance(name, str):
            found.add(name.rpartition(":")[2])
    return found


def _named(told: Mapping[str, Any]) -> dict[str, Any]:
    label = told.get("prov:label")
    return {"name": label} if isinstance(label, str) else {}


def _own(told: Mapping[str, Any]) -> dict[str, Any]:
    """Our attributes of a statement, without their prefix, what has parts read from its text."""
    found = {
        name.removeprefix("tp:"): _bare(v) for name, v in told.items() if name.startswith("tp:")
    }
    return {k: from_json(v) if k in _NESTED and isinstance(v, str) else v for k, v in found.items()}


def _bare(value: Any) -> Any:
    """A value that a writer gave its XSD type."""
    if not isinstance(value, dict) or not isinstance(value.get("$"), str):
        return value
    kind, text = str(value.get("type", "")).rpartition(":")[2], value["$"]
    if kind in ("int", "long", "integer"):
        try:
            return int(text)
        except ValueError as error:
            raise FormatError(f"{text[:40]!r} is no xsd:{kind}") from error
    return text == "true" if kind == "boolean" else text
