"""A session as a CycloneDX 1.6 bill of materials: models with their cards, data, packages.

Models are components of type machine-learning-model, sources of type data, and the packages that
were imported are libraries. A metric is written only if it was computed again. Import gives back
sources, runs and packages.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from traceprop_nb.errors import FormatError
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Package, Run, SessionGraph, Source
from traceprop_nb.exports.plain_form import as_json, compact, from_json, from_plain, to_plain

NAME = "cyclonedx"
LOSES = (
    Loss("values", "a bill lists what goes in and what comes out, not what is between"),
    Loss("cells", "it has no executions"),
    Loss("operations", "it has no executions"),
    Loss("edges", "only which sources a model depends on is written"),
    Loss("row_lineage", "it has no rows"),
    Loss("column_lineage", "it has no columns"),
    Loss("agents", "the tool is named, people are not"),
    Loss("sources.columns", "it has no columns"),
    Loss("sources.cell", "it has no executions"),
    Loss("runs.cell", "it has no executions"),
    Loss("runs.options", "only names and values of metrics have a place"),
    Loss("runs.metrics", "they come as text, and are not read back"),
)
_OURS = "traceprop:"


def write(graph: SessionGraph) -> bytes:
    """The bill, as UTF-8."""
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:traceprop-nb:{graph.id}")
    told: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": _metadata(graph),
        "components": [
            *(_data(source) for source in graph.sources),
            *(_model(graph, run) for run in graph.runs),
            *(_library(package) for package in _once(graph.packages)),
        ],
        "dependencies": [
            {"ref": run.id, "dependsOn": sorted({*sources_behind(graph, run), *_parent(run)})}
            for run in graph.runs
        ],
    }
    return as_json(told).encode()


def _metadata(graph: SessionGraph) -> dict[str, Any]:
    tools = [
        {"type": "application", "name": a.name, "version": a.version}
        for a in graph.agents if a.kind == "software"
    ]  # fmt: skip
    told: dict[str, Any] = {"tools": {"components": tools}}
    if graph.started:
        told["timestamp"] = graph.started
    told["component"] = {"type": "application", "bom-ref": "session", "name": graph.id or "session"}
    told["properties"] = _properties(id=graph.id, started=graph.started, detail=graph.detail)
    return told


def _data(source: Source) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "data",
        "bom-ref": source.id,
        "name": source.name,
        "data": [{"type": "dataset", "name": source.name}],
        "properties": _properties(**_rest(source, "id", "name", "digest", "columns", "cell"))
        + ([] if "kind" in to_plain(source) else _properties(kind=source.kind)),
    }
    return told | _hashes(source.digest)


def _model(graph: SessionGraph, run: Run) -> dict[str, Any]:
    datasets = [{"ref": source} for source in sources_behind(graph, run)]
    parameters: dict[str, Any] = {}
    if run.model:
        parameters["modelArchitecture"] = run.model
    if datasets:
        parameters["datasets"] = datasets
    card: dict[str, Any] = {"modelParameters": parameters} if parameters else {}
    if run.metrics:
        card["quantitativeAnalysis"] = {
            "performanceMetrics": [
                {"type": m.name, "value": repr(m.value), **({"slice": m.data} if m.data else {})}
                for m in run.metrics
            ]
        }
    told: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": run.id,
        "name": run.name,
        "modelCard": card,
        # the digest is that of the parameters, not of a file: no "hashes"
        "properties": _properties(**_rest(run, "id", "name", "options", "metrics", "cell")),
    }
    return told if card else {k: v for k, v in told.items() if k != "modelCard"}


def _library(package: Package) -> dict[str, Any]:
    version = f"@{quote(package.version, safe='')}" if package.version else ""
    purl = f"pkg:pypi/{quote(package.name.lower().replace('_', '-'), safe='')}{version}"
    told = {"type": "library", "bom-ref": f"package/{package.name}", "name": package.name}
    return told | ({"version": package.version} if package.version else {}) | {"purl": purl}


def _once(packages: tuple[Package, ...]) -> Iterator[Package]:
    """Packages without a second one of the same name: references are unique."""
    yield from {package.name: package for package in reversed(packages)}.values()


def sources_behind(graph: SessionGraph, run: Run) -> list[str]:
    """Sources that a run goes back to, over edges of both ways."""
    known = {source.id for source in graph.sources}
    behind: dict[str, set[str]] = {}
    for edge in graph.edges:
        behind.setdefault(edge.child, set()).add(edge.parent)
    seen, todo = {run.id}, [run.id, *_parent(run)]
    while todo:
        fresh = behind.get(todo.pop(), set()) - seen
        seen |= fresh
        todo += fresh
    return sorted(seen & known)


def _parent(run: Run) -> list[str]:
    return [run.parent] if run.parent else []


def _hashes(digest: str) -> dict[str, Any]:
    algorithm, _, content = digest.partition(":")
    return {"hashes": [{"alg": "SHA-256", "content": content}]} if algorithm == "sha256" else {}


def _rest(thing: Any, *without: str) -> dict[str, Any]:
    return {k: v for k, v in to_plain(thing).items() if k not in without}


def _properties(**told: Any) -> list[dict[str, str]]:
    return [
        {"name": f"{_OURS}{name}", "value": v if isinstance(v, str) else compact(v)}
        for name, v in told.items()
    ]


def read(data: bytes) -> SessionGraph:
    """Sources, models and packages of a bill, whoever wrote it.

    Raises:
        FormatError: It is no CycloneDX in JSON.
    """
    whole = from_json(data)
    if not isinstance(whole, dict) or whole.get("bomFormat") != "CycloneDX":
        raise FormatError("no CycloneDX: the member 'bomFormat' is not 'CycloneDX'")
    session = _told(whole.get("metadata", {}))
    found: dict[str, list[Any]] = {"data": [], "machine-learning-model": [], "library": []}
    for component in whole.get("components", []):
        kind = component.get("type") if isinstance(component, dict) else None
        if kind in found:
            found[kind].append(component)
    return SessionGraph(
        id=session.get("id", ""),
        started=session.get("started", ""),
        detail=session.get("detail", "named"),
        sources=tuple(_source(one) for one in found["data"]),
        runs=tuple(_run(one) for one in found["machine-learning-model"]),
        packages=tuple(
            Package(str(one.get("name", "")), str(one.get("version", "")))
            for one in reversed(found["library"])
        ),
    )


def _source(component: Mapping[str, Any]) -> Source:
    digests = {
        h.get("alg"): h.get("content") for h in component.get("hashes", []) if isinstance(h, dict)
    }
    digest = f"sha256:{digests['SHA-256']}" if "SHA-256" in digests else ""
    told = {"id": str(component.get("bom-ref", "")), "name": str(component.get("name", ""))}
    held = _typed(_told(component), ("records", "size"))
    return from_plain(Source, {**told, "kind": "data", "digest": digest, **held}, told["id"])


def _run(component: Mapping[str, Any]) -> Run:
    told = {"id": str(component.get("bom-ref", "")), "name": str(component.get("name", ""))}
    held = _typed(_told(component), ("rows", "parameters"))
    return from_plain(Run, {**told, **held}, told["id"])


def _told(thing: Any) -> dict[str, str]:
    """Our properties of a component, by name."""
    listed = thing.get("properties", []) if isinstance(thing, dict) else []
    return {
        one["name"].removeprefix(_OURS): str(one.get("value", ""))
        for one in listed
        if isinstance(one, dict) and str(one.get("name", "")).startswith(_OURS)
    }


def _typed(told: Mapping[str, str], numbers: tuple[str, ...]) -> dict[str, Any]:
    return {name: from_json(v) if name in numbers else v for name, v in told.items()}
