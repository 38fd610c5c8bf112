"""A bundle's metadata: an RO-Crate 1.1 with the terms of Process Run Crate 0.5.

One CreateAction an execution of a cell: its instrument is the notebook, its objects are the sources
that entered in it, its results the models that were trained in it. Everything comes from the
record, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from traceprop_nb.reports.trust.dsse import digest_of_bytes

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
KINDS = {
    ".json": "application/json", ".jsonl": "application/jsonl", ".html": "text/html",
    ".py": "text/x-python", ".md": "text/markdown",
}  # fmt: skip
NOTEBOOK = "#notebook"
LICENCE = "#no-licence-stated"


def crate(record: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The JSON-LD of a bundle with these files."""
    known = {entry["id"]: entry["fact"] for entry in record["evidence"]}
    actions = list(_actions(known))
    return {
        "@context": [CONTEXT, {"sha256": "https://schema.org/sha256"}],
        "@graph": [
            _descriptor(),
            _root(record, sorted(files), [action["@id"] for action in actions]),
            {
                "@id": PROFILE,
                "@type": "CreativeWork",
                "name": "Process Run Crate",
                "version": "0.5",
            },
            {"@id": LICENCE, "@type": "CreativeWork", "name": "No licence is stated"},
            *(_file(name, files[name]) for name in sorted(files)),
            {"@id": NOTEBOOK, "@type": "SoftwareApplication", "name": _notebook(record)},
            *(_source(name, fact) for name, fact in known.items() if name.startswith("ev:source/")),
            *(_run(name, fact) for name, fact in known.items() if name.startswith("ev:run/")),
            *actions,
        ],
    }


def _descriptor() -> dict[str, Any]:
    return {
        "@id": METADATA, "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }  # fmt: skip


def _root(record: Mapping[str, Any], files: list[str], actions: list[str]) -> dict[str, Any]:
    kind = str(record["kind"])
    return {
        "@id": "./", "@type": "Dataset",
        "name": f"{kind.capitalize()} record of a notebook session",
        "description": record["statement"],
        "datePublished": record["generated_at"],
        "identifier": record["digest"],
        "license": {"@id": LICENCE},
        "conformsTo": {"@id": PROFILE},
        "hasPart": [{"@id": name} for name in files],
        "mentions": [{"@id": name} for name in actions],
    }  # fmt: skip


def _notebook(record: Mapping[str, Any]) -> str:
    return str(record["scope"]["notebook"] or "a notebook whose name was not recorded")


def _file(name: str, data: bytes) -> dict[str, Any]:
    kind = KINDS.get(name[name.rfind(".") :], "application/octet-stream")
    return {
        "@id": name, "@type": "File", "name": name, "encodingFormat": kind,
        "contentSize": str(len(data)), "sha256": digest_of_bytes(data).partition(":")[2],
    }  # fmt: skip


def _id(name: str) -> str:
    return "#" + name.removeprefix("ev:").replace("/", "-")


def _source(name: str, fact: Mapping[str, Any]) -> dict[str, Any]:
    """A source by its name and digest; its rows are not in the bundle."""
    found = {"@id": _id(name), "@type": "CreativeWork", "name": str(fact["name"])}
    if fact.get("digest"):
        found |= {"identifier": fact["digest"], "sha256": fact["digest"].partition(":")[2]}
    return found


def _run(name: str, fact: Mapping[str, Any]) -> dict[str, Any]:
    found = {"@id": _id(name), "@type": "CreativeWork", "name": f"model of run {fact['name']}"}
    if fact.get("parameters_digest"):
        found["identifier"] = fact["parameters_digest"]
    return found


def _actions(known: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    cells = (known.get("ev:cells") or {}).get("cells") or []
    for place, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            continue  # "and 7 more": a record lists so many cells and counts the rest
        status = "Completed" if cell["ok"] else "Failed"
        found = {
            "@id": f"#execution-{place}", "@type": "CreateAction",
            "name": f"Execution of cell {cell['number']}",
            "instrument": {"@id": NOTEBOOK},
            "actionStatus": f"http://schema.org/{status}ActionStatus",
            "object": _of_cell(known, "ev:source/", cell["number"]),
            "result": _of_cell(known, "ev:run/", cell["number"]),
        }  # fmt: skip
        if cell.get("digest"):
            found["identifier"] = cell["digest"]
        yield {name: value for name, value in found.items() if value != []}


def _of_cell(
    known: Mapping[str, Mapping[str, Any]], part: str, number: int
) -> list[dict[str, str]]:
    found = [
        name for name, fact in known.items() if name.startswith(part) and fact["cell"] == number
    ]
    return [{"@id": _id(name)} for name in found]
