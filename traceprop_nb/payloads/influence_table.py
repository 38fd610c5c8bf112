"""One prediction's most influential training rows, with the way back to their file lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from traceprop_nb.errors import NotFiniteError

SCHEMA = "influence/1"


@dataclass(frozen=True)
class InfluenceEntry:
    """A training row and what it did to the prediction.

    Attributes:
        rank: From 1, the strongest first.
        row: The row's number in the training run.
        source: Name of the file, table or array it came from; empty if not known.
        record: Its record in that source, counted from 0.
        line: The physical line of the file, counted from 1; None where there is no file.
        label: The row's own label.
        influence: Rise of the prediction's loss if the row were left out (proponents positive).
        path: The steps from the source to the model, such as ``read_csv -> merge -> fit``.
        text: The line as it stands in the file, or empty.
        values: Named values of the row, already as text.
        flags: Remarks such as ``duplicate`` or ``inexact``.
    """

    rank: int
    row: int
    source: str
    record: int | None
    line: int | None
    label: str
    influence: float
    path: str = ""
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()


@dataclass(frozen=True)
class InfluenceHeader:
    """What was asked, and how it was answered.

    Attributes:
        title: The query, such as ``X_test[412]``.
        predicted: The model's answer, as text; empty if there is none.
        true: The right answer where one is known, else empty.
        method: The estimator's name.
        estimand: What the estimator estimates, such as ``leave_one_out``.
        note: What the reader must know about the numbers, or empty.
        lds: Linear datamodeling score of the estimator as text, or why there is none.
        by_source: Sum of the influences of all training rows of a source, by source.
        n_train: Training rows that were scored.
    """

    title: str
    method: str
    estimand: str
    n_train: int
    predicted: str = ""
    true: str = ""
    note: str = ""
    lds: str = "not measured"
    by_source: Sequence[tuple[str, float]] = ()


class InfluenceRow(TypedDict):
    """One line of the table."""

    rank: int
    row: int
    source: str
    record: int | None
    line: int | None
    label: str
    influence: float
    path: str
    text: str
    values: list[list[str]]
    flags: list[str]


class SourceTotal(TypedDict):
    """One bar above the table."""

    name: str
    total: float


class InfluencePayload(TypedDict):
    """What crosses to the browser. Mirrored in js/src/payloads/influence.ts."""

    schema: str
    title: str
    predicted: str
    true: str
    method: str
    estimand: str
    note: str
    lds: str
    n_train: int
    by_source: list[SourceTotal]
    rows: list[InfluenceRow]


def influence_table(header: InfluenceHeader, entries: Sequence[InfluenceEntry]) -> InfluencePayload:
    """The table that the widget of the same name draws.

    Raises:
        NotFiniteError: If an influence or a total is NaN or infinite: a bar cannot show it.
    """
    return {
        "schema": SCHEMA,
        "title": header.title,
        "predicted": header.predicted,
        "true": header.true,
        "method": header.method,
        "estimand": header.estimand,
        "note": header.note,
        "lds": header.lds,
        "n_train": int(header.n_train),
        "by_source": [
            {"name": str(name), "total": _finite(total, f"the total of source {name!r}")}
            for name, total in header.by_source
        ],
        "rows": [_row(entry) for entry in entries],
    }


def _row(entry: InfluenceEntry) -> InfluenceRow:
    return {
        "rank": int(entry.rank),
        "row": int(entry.row),
        "source": entry.source,
        "record": None if entry.record is None else int(entry.record),
        "line": None if entry.line is None else int(entry.line),
        "label": str(entry.label),
        "influence": _finite(entry.influence, f"the influence of training row {entry.row}"),
        "path": entry.path,
        "text": entry.text,
        "values": [[str(name), str(value)] for name, value in entry.values.items()],
        "flags": [str(flag) for flag in entry.flags],
    }


def _finite(x: float, what: str) -> float:
    if not math.isfinite(x):
        raise NotFiniteError(f"{what} is {x}; look for NaN in the query or in the training rows")
    return float(x)
