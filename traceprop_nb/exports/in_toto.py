"""Where the session's models came from, as an in-toto Statement v1 with SLSA provenance v1.

The statement is not signed here: who exports it signs it, if asked to, and puts it into an
envelope. A kernel is no isolated builder and its key is the user's own, so the statement says SLSA
Build L0, with a signature or without.
"""

from __future__ import annotations

from typing import Any

from traceprop_nb.errors import OptionError
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Run, SessionGraph, Source
from traceprop_nb.exports.plain_form import as_json

NAME = "in-toto"
SIGNED = "in-toto-signed"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUILD_TYPE = "urn:traceprop-nb:notebook-session:1"
LOSES = (
    Loss("values", "a statement names what went in and what came out"),
    Loss("cells", "only their count is told"),
    Loss("operations", "a statement names what went in and what came out"),
    Loss("edges", "all sources are dependencies of all models"),
    Loss("row_lineage", "it has no rows"),
    Loss("column_lineage", "it has no columns"),
    Loss("agents", "the builder is the kernel; people sign instead", when="who are people"),
    Loss("detail", "a statement names what went in and what came out"),
    Loss("sources.name", "the path is told instead", when="of those with a path"),
    *(
        Loss(f"sources.{part}", "a dependency has a name, a digest and a count")
        for part in ("kind", "size", "cell", "columns")
    ),
    Loss("runs", "a subject needs a digest", when="without a digest"),
    *(
        Loss(f"runs.{part}", "a subject has a name and a digest")
        for part in (
            "model", "framework", "loss", "rows", "parameters", "cell", "parent", "relation",
            "options", "metrics",
        )
    ),
)  # fmt: skip
"""It is not read back; these parts are not in it."""


def write(graph: SessionGraph) -> bytes:
    """The statement, as UTF-8.

    Raises:
        OptionError: The session has no model with a digest, and so no subject.
    """
    subjects = [run for run in graph.runs if run.digest]
    if not subjects:
        raise OptionError(
            "an in-toto statement is about a model, and none was recorded in this session; "
            "train one under %%train first"
        )
    return as_json(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [_subject(run) for run in subjects],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": _provenance(graph),
        }
    ).encode()


def _subject(run: Run) -> dict[str, Any]:
    return {"name": run.name or run.id, "digest": _digest(run.digest)}


def _provenance(graph: SessionGraph) -> dict[str, Any]:
    versions = {a.name: a.version for a in graph.agents if a.kind == "software" and a.version}
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": {"session": graph.id, "cells": len(graph.cells)},
        "internalParameters": {
            "digestOfSubject": "SHA-256 of the float64 little-endian parameter vector",
            "slsaBuildLevel": "L0; a notebook kernel is no isolated builder",
        },
        "resolvedDependencies": [
            *(_source(source) for source in graph.sources),
            *({"name": p.name, "uri": f"pkg:pypi/{p.name}@{p.version}"} for p in graph.packages),
        ],
    }
    metadata = {"invocationId": graph.id, **({"startedOn": graph.started} if graph.started else {})}
    builder = {"id": "urn:traceprop-nb:kernel", "version": versions}
    return {
        "buildDefinition": definition,
        "runDetails": {"builder": builder, "metadata": metadata},
    }


def _source(source: Source) -> dict[str, Any]:
    told: dict[str, Any] = {"name": source.path or source.name}
    if source.digest:
        told["digest"] = _digest(source.digest)
    return told | {"annotations": {"id": source.id, "records": source.records}}


def _digest(digest: str) -> dict[str, str]:
    algorithm, _, content = digest.partition(":")
    return {algorithm: content}
