"""What a record may know: a frozen extract of a session, and nothing else.

Everywhere here None means *not measured*, and an empty tuple means *watched, and none seen*;
the record keeps the two apart. Times are ISO 8601 with a zone, digests are ``"sha256:..."``,
cells are execution counts, and rows are counted from 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.reports.artifact_facts import ArtifactFact
from traceprop_nb.reports.data_facts import LabelFact, ProfileFact
from traceprop_nb.reports.decision_facts import DecisionFact
from traceprop_nb.reports.environment_facts import Environment, SeedFact
from traceprop_nb.reports.group_facts import GroupFact
from traceprop_nb.reports.log_facts import LogFacts
from traceprop_nb.reports.plain import PRIVATE
from traceprop_nb.reports.privacy_facts import PrivacyFact
from traceprop_nb.reports.stated_facts import StatementFact

Ints = NDArray[np.int64]
StatusWord = Literal["exact", "assumed", "inexact", "unknown"]
STATUS_WORDS: tuple[StatusWord, ...] = ("exact", "assumed", "inexact", "unknown")
"""From best to worst; the worst one wins where values are combined."""


@dataclass(frozen=True)
class SessionFact:
    """The session: its id, when it began, and the notebook's file name where it is known."""

    id: str
    started: str
    notebook: str | None = None


@dataclass(frozen=True)
class CellFact:
    """One execution of a cell; ``digest`` of its source, ``traced`` False where unrecorded."""

    number: int
    digest: str | None
    ok: bool
    traced: bool
    name: str = ""


@dataclass(frozen=True)
class SourceFact:
    """Something that entered the session.

    Attributes:
        key: Lineage node of the source; `Origins` refers to it.
        path: As it may be shown: relative to the notebook, or only the file's name.
        digest: Of the file's bytes when it was read.
        digest_now: Of the file's bytes at the time of the record; None = not looked.
        found: Whether the file is still there; None = not looked.
        location: Where the file really is. Stays in the session.
    """

    key: int
    name: str
    kind: str
    n_rows: int | None = None
    path: str | None = None
    digest: str | None = None
    cell: int | None = None
    line: int | None = None
    digest_now: str | None = None
    found: bool | None = None
    location: str | None = field(default=None, metadata=PRIVATE, repr=False)


@dataclass(frozen=True)
class OperationCount:
    """How often an operation was recorded with a status; ``unknown`` = opaque."""

    name: str
    status: StatusWord
    count: int


@dataclass(frozen=True)
class Coverage:
    """What was not captured.

    Attributes:
        recorded: Operations in the log.
        internal_errors: Errors of the recorder that were kept from the user's code.
        unrecorded_cells: Cells that ran without being recorded, by number.
        known_gaps: Sentences about anything else that was seen and not recorded.
        events_unwritten: Events of the log that will not be in the store.
        events_waiting: Events that wait for the store.
        opaque_calls: Recorded operations of which nobody saw where their rows came from.
        subprocesses: Processes that were started.
        threads: Threads that were started.
        seconds_not_recorded: Wall time of cells that ran unrecorded.
    """

    recorded: int | None = None
    internal_errors: int | None = None
    unrecorded_cells: tuple[int, ...] | None = None
    known_gaps: tuple[str, ...] | None = None
    events_unwritten: int | None = None
    events_waiting: int | None = None
    opaque_calls: int | None = None
    subprocesses: int | None = None
    threads: int | None = None
    seconds_not_recorded: float | None = None


@dataclass(frozen=True, eq=False)
class Origins:
    """The source rows behind a set of rows.

    Attributes:
        rows: source key -> int64 record indices. Stays in the session; counts leave it.
        status: Of the worst step between the sources and the rows.
    """

    rows: Mapping[int, Ints] = field(metadata=PRIVATE, repr=False)
    status: StatusWord


@dataclass(frozen=True, eq=False)
class RunFact:
    """One recorded training run, or the run that an unlearning returned.

    Attributes:
        order: Position among the session's runs and unlearnings; later is larger.
        model: Class of the model.
        rows_traced: Of the run's rows, how many lead to at least one source row.
        origins: The source rows behind the training rows.
        parameters_digest: SHA-256 of the float64 little-endian parameter vector.
        parent: The run that this one was made from, by unlearning; empty = none.
        relation: How it was made from it, such as ``"retrain_without"``; empty = no parent.
        cpu_seconds: Of all threads of the process, while it was trained.
    """

    name: str
    order: int
    framework: str | None = None
    model: str | None = None
    n_rows: int | None = None
    n_parameters: int | None = None
    loss: str | None = None
    hyperparameters: Mapping[str, Any] | None = None
    seconds: float | None = None
    rows_traced: int | None = None
    origins: Origins | None = None
    parameters_digest: str | None = None
    parent: str = ""
    cell: int | None = None
    note: str = ""
    relation: str = ""
    cpu_seconds: float | None = None


@dataclass(frozen=True)
class TopRow:
    """A training row in an influence table; positive = the query's loss would rise without it."""

    source: str
    record: int
    influence: float


@dataclass(frozen=True)
class Validation:
    """How scores were compared with a ground truth, such as LDS; ``passed`` by its own rule."""

    method: str
    score: float
    passed: bool


@dataclass(frozen=True)
class InfluenceFact:
    """One influence question; ``query`` is the expression asked about, never its values."""

    run: str
    method: str
    estimand: str
    query: str
    n_queries: int
    top: tuple[TopRow, ...] = ()
    note: str = ""
    validation: Validation | None = None
    cell: int | None = None


@dataclass(frozen=True, eq=False)
class UnlearningFact:
    """One request to forget rows.

    Attributes:
        order: Position among the session's runs and unlearnings.
        what: The request in words, such as ``source='hospital_b.csv'``.
        run: The run that was asked to forget.
        result: The run that came back; empty = none was kept.
        n_forgotten: Training rows taken out.
        forgotten: The source rows behind them.
        verified: Whether it cannot be told from retrained models; None = not checked.
        distance_before: From the old parameters to the retrained ones.
        distance_after: From the new parameters to the retrained ones.
        why: Why this method was chosen; empty = it was asked for.
        relation: Of the result to the run.
        test: Name and level of the test behind ``verified``.
        gold_seeds: How many models were retrained; 0 = none.
        baselines: What else was measured beside it, by name.
        note: What the method and the retraining say of themselves.
    """

    order: int
    what: str
    run: str
    result: str
    method: str
    n_forgotten: int
    forgotten: Origins | None = None
    verified: bool | None = None
    verdict: str = ""
    distance_before: float | None = None
    distance_after: float | None = None
    seconds: float | None = None
    cell: int | None = None
    why: str = ""
    relation: str = ""
    test: str = ""
    gold_seeds: int = 0
    baselines: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class ValueFact:
    """The value that a record was asked for; ``steps`` counts the operations that led to it."""

    name: str
    n_rows: int | None
    origins: Origins
    steps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class EvaluationFact:
    """Rows that a run was tested on, and the source rows behind them."""

    name: str
    run: str
    n_rows: int | None = None
    origins: Origins | None = None
    cell: int | None = None


@dataclass(frozen=True, eq=False)
class MetricFact:
    """A metric that a cell computed; what was not done is None.

    Attributes:
        run: The run whose model made the predictions.
        evaluation: The rows that were predicted, by name.
        recomputed: From copies of the answers and predictions.
        from_model: From the run's recorded parameters and the rows that were predicted.
        low: Lower end of an interval around the value.
        high: Its upper end.
        interval: How the interval was found, with its level.
        origins: The source rows behind the answers.
    """

    name: str
    value: float
    n: int | None = None
    run: str | None = None
    evaluation: str | None = None
    recomputed: float | None = None
    cell: int | None = None
    parameters: Mapping[str, Any] | None = None
    from_model: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str | None = None
    origins: Origins | None = None


@dataclass(frozen=True)
class Repository:
    """The git work tree around the notebook; ``found`` False = there is none."""

    found: bool
    commit: str | None = None
    dirty: bool | None = None


@dataclass(frozen=True)
class HeadFact:
    """How far a session's log had come: its events, and the digest of the last one."""

    session: str
    events: int
    head: str


@dataclass(frozen=True)
class CheckpointFact:
    """The last checkpoint of a log; without a key, ``unsigned`` says why.

    Attributes:
        event: Its number in the log: so many events are before it.
        head: Digest of the last of these.
        tree: Root of the Merkle tree over the digests of the events before it, in hex.
        sessions: How many sessions' heads are under ``root``.
    """

    event: int
    head: str
    tree: str
    sessions: int
    root: str
    key: str | None = None
    public_key: str | None = None
    signature: str | None = None
    unsigned: str | None = None


@dataclass(frozen=True)
class LogFact:
    """The event log: its length, its chain's head, and whether it was computed again.

    Attributes:
        anchors: Where heads were kept outside the store, in words.
        heads: Of the store's sessions, this one's included.
    """

    events: int
    head: str
    verified: bool | None = None
    anchors: tuple[str, ...] = ()
    session: str | None = None
    checkpoint: CheckpointFact | None = None
    heads: tuple[HeadFact, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """Everything that a record draws on. What was not measured is None."""

    session: SessionFact | None = None
    cells: tuple[CellFact, ...] | None = None
    sources: tuple[SourceFact, ...] | None = None
    operations: tuple[OperationCount, ...] | None = None
    coverage: Coverage | None = None
    runs: tuple[RunFact, ...] | None = None
    influences: tuple[InfluenceFact, ...] | None = None
    unlearnings: tuple[UnlearningFact, ...] | None = None
    evaluations: tuple[EvaluationFact, ...] | None = None
    metrics: tuple[MetricFact, ...] | None = None
    groups: tuple[GroupFact, ...] | None = None
    artifacts: tuple[ArtifactFact, ...] | None = None
    environment: Environment | None = None
    repository: Repository | None = None
    seeds: tuple[SeedFact, ...] | None = None
    log: LogFact | None = None
    privacy: PrivacyFact | None = None
    profiles: tuple[ProfileFact, ...] | None = None
    labels: tuple[LabelFact, ...] | None = None
    events: LogFacts | None = None
    statements: tuple[StatementFact, ...] | None = None
    value: ValueFact | None = None
    decisions: tuple[DecisionFact, ...] | None = None
