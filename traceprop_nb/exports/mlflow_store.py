"""MLflow both ways: a session's record beside its tracked runs, and tracked runs as a picture.

MLflow's digest of a dataset is no identity: half a table can be zeroed without changing it. So it
is never taken for one, and what we write carries SHA-256 of our own as tags.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from traceprop_nb.errors import FormatError, MissingFrameworkError
from traceprop_nb.exports import prov_json, prov_read
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Cell, Edge, Metric, Run, SessionGraph, Source, Value

NAME = "mlflow"
EXPERIMENT = "traceprop_nb"
LINEAGE = "lineage.prov.json"
LOSES = (
    Loss(
        "sources.digest", "MLflow's own digest is no identity, and is not read as one",
        when="of what other tools logged",
    ),
)  # fmt: skip
"""A session comes back whole: its PROV-JSON is an artifact of its run."""
_RUN = re.compile(r"(?P<address>.+)#(?P<run>[0-9a-f]{32})")
_ENDED = {"FINISHED": True, "FAILED": False, "KILLED": False}


def write(address: str, graph: SessionGraph, record: bytes, digest: str) -> str:
    """Log a session as a run: its record and PROV-JSON as artifacts, its digests as tags.

    Args:
        address: Of the tracking server or database.
        graph: The session.
        record: Its record, as JSON.
        digest: Of the record, ``"sha256:..."``.

    Returns:
        The id of the new run.

    Raises:
        MissingFrameworkError: mlflow is not installed.
        FormatError: MLflow refuses the address.
    """
    with _client(address) as client:
        found = client.get_experiment_by_name(EXPERIMENT)
        home = found.experiment_id if found else client.create_experiment(EXPERIMENT)
        tags = {
            "mlflow.runName": f"session {graph.id}",
            "traceprop.session": graph.id,
            "traceprop.record.digest": digest,
        }
        for source in graph.sources:
            if source.digest:
                tags[f"traceprop.{source.id}"] = f"{source.name[:300]} {source.digest}"
        for run in graph.runs:
            tags[f"traceprop.{run.id}"] = f"{run.name[:300]} {run.digest}"
        run_id = str(client.create_run(home, tags=tags).info.run_id)
        with tempfile.TemporaryDirectory() as folder:
            files = {"record.json": record, LINEAGE: prov_json.write(graph)}
            for name, data in files.items():
                (Path(folder) / name).write_bytes(data)
            client.log_artifacts(run_id, folder, "traceprop")
        client.set_terminated(run_id)
        return run_id


def read(address: str) -> SessionGraph:
    """Runs, their datasets and logged models, of every experiment.

    A run is both an execution (``Cell``) and what came of it (``Run``); parameters are its options.

    Args:
        address: Of the tracking server or database; with ``#`` and the id that ``write`` returned
            at its end, the session that was written then is read, and nothing else.

    Raises:
        MissingFrameworkError: mlflow is not installed.
        FormatError: MLflow refuses the address, or the run is none that ``write`` made.
    """
    if found := _RUN.fullmatch(address):
        return _session(found["address"], found["run"])
    return _runs(address)


def _runs(address: str) -> SessionGraph:
    with _client(address) as client:
        homes = [home.experiment_id for home in client.search_experiments()]
        listed = list(_pages(client, homes)) if homes else []
        models = client.search_logged_models(homes) if homes else []
    sources: dict[str, Source] = {}
    edges: list[Edge] = []
    for one in sorted(listed, key=lambda run: (run.info.start_time or 0, run.info.run_id)):
        for used in one.inputs.dataset_inputs if one.inputs else ():
            source = _source(used.dataset)
            sources[source.id] = source
            edges.append(Edge(source.id, _run_id(one), "context", "inexact"))
    for model in models:
        if model.source_run_id:
            parent = f"mlflow/run/{model.source_run_id}"
            edges.append(Edge(parent, f"mlflow/model/{model.model_id}"))
    return SessionGraph(
        id=f"mlflow:{homes[0]}" if homes else "mlflow",
        sources=tuple(sources.values()),
        values=tuple(
            Value(f"mlflow/model/{m.model_id}", m.name or "", "logged model", rows=None)
            for m in models
        ),
        cells=tuple(_cell(one, k) for k, one in enumerate(listed)),
        edges=tuple(edges),
        runs=tuple(_run(one) for one in listed),
    )


def _session(address: str, run: str) -> SessionGraph:
    with _client(address) as client, tempfile.TemporaryDirectory() as folder:
        if "traceprop.session" not in client.get_run(run).data.tags:
            raise FormatError(
                f"run {run} at {address} is no session's; without its id at the end of the "
                "address all runs are read, as far as MLflow's own words go"
            )
        path = client.download_artifacts(run, f"traceprop/{LINEAGE}", folder)
        return prov_read.read(Path(path).read_bytes())


def _pages(client: Any, homes: list[str]) -> Iterator[Any]:
    token = None
    while True:
        page = client.search_runs(homes, page_token=token, order_by=["attributes.start_time ASC"])
        yield from page
        token = page.token
        if not token:
            return


def _run_id(one: Any) -> str:
    return f"mlflow/run/{one.info.run_id}"


def _source(dataset: Any) -> Source:
    try:
        told = json.loads(dataset.profile or "{}")
    except ValueError:
        told = {}
    records = told.get("num_rows") if isinstance(told, dict) else None
    name = f"mlflow/dataset/{dataset.name}/{dataset.digest}"
    return Source(name, dataset.name, "dataset", records if isinstance(records, int) else None)


def _cell(one: Any, number: int) -> Cell:
    info = one.info
    return Cell(
        id=f"mlflow/execution/{info.run_id}",
        number=number,
        name=info.run_name or "",
        ok=_ENDED.get(info.status),
        began=_time(info.start_time),
        ended=_time(info.end_time),
    )


def _run(one: Any) -> Run:
    parent = one.data.tags.get("mlflow.parentRunId", "")
    return Run(
        id=_run_id(one),
        name=one.info.run_name or "",
        cell=f"mlflow/execution/{one.info.run_id}",
        parent=f"mlflow/run/{parent}" if parent else "",
        relation="nested" if parent else "",
        options=tuple(sorted((k, json.dumps(v)) for k, v in one.data.params.items())),
        metrics=tuple(Metric(k, float(v)) for k, v in sorted(one.data.metrics.items())),
    )


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise MissingFrameworkError(
            "MLflow is read and written by mlflow-skinny; pip install 'traceprop_nb[interop]'"
        ) from error
    try:
        yield MlflowClient(tracking_uri=address, registry_uri=address)
    except ModuleNotFoundError as error:  # mlflow-skinny leaves databases to alembic
        raise MissingFrameworkError(
            f"MLflow at {address} needs the package {error.name}"
        ) from error
    except MlflowException as error:
        raise FormatError(f"MLflow at {address} says: {error}") from error
