"""The session's sources as a Croissant 1.0 dataset description (JSON-LD), and back.

Files with their SHA-256, and a record set for each whose columns are known. What only people know
(licence, citation, biases, how it was collected) is left out rather than made up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from traceprop_nb.errors import FormatError
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Column, SessionGraph, Source
from traceprop_nb.exports.plain_form import as_json, from_json

NAME = "croissant"
LOSES = (
    Loss("detail", "it describes data, not sessions"),
    *(
        Loss(part, "it describes data, not what was done with it")
        for part in (
            "values", "cells", "operations", "edges", "row_lineage", "column_lineage", "runs",
            "agents", "packages",
        )
    ),
    Loss("sources.cell", "it describes data, not what was done with it"),
    Loss("sources", "a file object needs a digest", when="without a digest"),
    Loss("sources.columns", "a field is found by its name", when="without a name"),
)  # fmt: skip
TERMS = "urn:traceprop-nb:terms:"
"""Our own members, spelled out: checkers want the context to be the published one."""
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = (("int", "sc:Integer"), ("uint", "sc:Integer"), ("float", "sc:Float"),
          ("bool", "sc:Boolean"), ("datetime", "sc:DateTime"))  # fmt: skip
_FORMATS = {
    ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".json": "application/json",
    ".jsonl": "application/jsonlines", ".parquet": "application/x-parquet",
}  # fmt: skip


def write(graph: SessionGraph) -> bytes:
    """The description, as UTF-8."""
    files = [source for source in graph.sources if source.digest.startswith("sha256:")]
    told = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": f"sources of {graph.id or 'a session'}",
        "description": "What a notebook session read, as recorded by traceprop_nb.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "url": f"urn:traceprop-nb:session:{graph.id}",
        **({"dateCreated": graph.started} if graph.started else {}),
        f"{TERMS}session": graph.id,
        "distribution": [_file(source) for source in files],
        "recordSet": [_records(s) for s in files if any(column.name for column in s.columns)],
    }
    return as_json(told).encode()


def _file(source: Source) -> dict[str, Any]:
    told: dict[str, Any] = {
        "@type": "cr:FileObject",
        "@id": source.id,
        "name": source.name,
        "contentUrl": source.path or source.id,
        "encodingFormat": _FORMATS.get(_suffix(source), "application/octet-stream"),
        f"{TERMS}kind": source.kind,
    }
    if source.size is not None:
        told["contentSize"] = f"{source.size} B"
    told["sha256"] = source.digest.partition(":")[2]
    if source.records is not None:
        told[f"{TERMS}records"] = source.records
    return told


def _records(source: Source) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": f"records/{source.id}",
        "name": f"records of {source.name}",
        "field": [
            _field(source, k, column) for k, column in enumerate(source.columns) if column.name
        ],
    }


def _field(source: Source, number: int, column: Column) -> dict[str, Any]:
    told = {
        "@type": "cr:Field",
        "@id": f"records/{source.id}/{number}",
        "name": column.name,
        "dataType": next((t for start, t in _TYPES if column.type.startswith(start)), "sc:Text"),
        "source": {"fileObject": {"@id": source.id}, "extract": {"column": column.name}},
    }
    return told | ({f"{TERMS}type": column.type} if column.type else {})


def _suffix(source: Source) -> str:
    found = re.search(r"\.[a-z]+$", (source.path or source.name).lower())
    return found[0] if found else ""


def read(data: bytes) -> SessionGraph:
    """The files of a description as sources, whoever wrote it.

    Raises:
        FormatError: It is no Croissant.
    """
    whole = from_json(data)
    stated = whole.get("conformsTo", "") if isinstance(whole, dict) else ""
    if "mlcommons.org/croissant" not in str(stated):
        raise FormatError("no Croissant: 'conformsTo' does not name mlcommons.org/croissant")
    fields: dict[str, list[Column]] = {}
    for records in _objects(whole.get("recordSet")):
        for one in _objects(records.get("field")):
            origin = one.get("source")
            origin = origin if isinstance(origin, dict) else {}
            file, extract = origin.get("fileObject"), origin.get("extract")
            if isinstance(file, dict) and isinstance(extract, dict) and "column" in extract:
                theirs = "" if f"{TERMS}session" in whole else one.get("dataType", "")
                kind = one.get(f"{TERMS}type", theirs)
                column = Column(str(extract["column"]), str(kind))
                fields.setdefault(str(file.get("@id")), []).append(column)
    return SessionGraph(
        id=str(whole.get(f"{TERMS}session", "")),
        started=str(whole.get("dateCreated", "")),
        sources=tuple(_source(one, fields) for one in _objects(whole.get("distribution"))),
    )


def _source(told: Mapping[str, Any], fields: Mapping[str, list[Column]]) -> Source:
    name = str(told.get("@id", told.get("name", "")))
    size = re.fullmatch(r"(\d+) ?B?", str(told.get("contentSize", "")))
    records = told.get(f"{TERMS}records")
    path = str(told.get("contentUrl", ""))
    return Source(
        id=name,
        name=str(told.get("name", name)),
        kind=str(told.get(f"{TERMS}kind", "file")),
        records=records if isinstance(records, int) else None,
        digest=f"sha256:{told['sha256']}" if told.get("sha256") else "",
        size=int(size[1]) if size else None,
        path="" if path == name else path,
        columns=tuple(fields.get(name, ())),
    )


def _objects(listed: Any) -> list[dict[str, Any]]:
    """A member that may be absent, one object or several."""
    found = listed if isinstance(listed, list) else [listed]
    return [one for one in found if isinstance(one, dict)]
