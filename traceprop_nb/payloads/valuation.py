"""What the training rows are worth, as the table draws it: rows, sources, steps, and the curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from traceprop_nb.errors import NotFiniteError
from traceprop_nb.payloads.influence_table import InfluenceEntry

if TYPE_CHECKING:  # valuation brings SciPy, which a payload does not need
    from traceprop_nb.valuation.valuation import Convergence, Curve, Valuation

SCHEMA = "valuation/1"


@dataclass(frozen=True)
class SourceWorth:
    """What the rows of one source are worth, as text and numbers.

    Attributes:
        source: Its name.
        rows: Training rows made of its records, each by its share.
        total: Sum of their values.
        mean: Value of a row of it.
    """

    source: str
    rows: float
    total: float
    mean: float


@dataclass(frozen=True)
class StepWorth:
    """What one step from the sources to the training rows is worth; None is not known.

    Attributes:
        step: The operation and its cell.
        rows_in: Rows of its inputs.
        dropped: How many of them it dropped, and what they would be worth.
        kept: Training rows that went through it, and their worth.
        changed: Training rows whose cells it changed, and their worth.
        why: What was not known, and why.
    """

    step: str
    rows_in: int
    dropped: tuple[int, float | None]
    kept: tuple[int, float | None]
    changed: tuple[int | None, float | None]
    why: str = ""


class ValuedRow(TypedDict):
    """One line of the table."""

    rank: int
    row: int
    source: str
    record: int | None
    line: int | None
    label: str
    value: float
    path: str
    flags: list[str]


class ValuedSource(TypedDict):
    """One bar above the table."""

    name: str
    rows: float
    total: float
    mean: float


class ValuedStep(TypedDict):
    """One cleaning step."""

    step: str
    rows_in: int
    dropped: int
    dropped_value: float | None
    kept: int
    kept_value: float | None
    changed: int | None
    changed_value: float | None
    why: str


class RemovalCurve(TypedDict):
    """Utility of what is left after rows were taken out, in three orders."""

    utility: str
    removed: list[int]
    worst_first: list[float | None]
    best_first: list[float | None]
    random: list[float | None]


class Settling(TypedDict):
    """How far a sampled valuation had settled."""

    statistic: str
    value: float | None
    goal: float
    samples: int
    reached: bool
    evaluations: list[float]
    history: list[float | None]


class ValuationPayload(TypedDict):
    """What crosses to the browser. Mirrored in js/src/payloads/valuation.ts.

    Attributes:
        total: What the values add up to by the method; None where it has no such sum.
        worst: The least valuable rows, the worst first.
        best: The most valuable rows, the best first.
        steps: None until somebody asked what the steps are worth.
        view: What is shown first: ``row``, ``source`` or ``op``.
    """

    schema: str
    title: str
    method: str
    utility: str
    total: float | None
    note: str
    n_train: int
    n_val: int
    seconds: float
    view: str
    by_source: list[ValuedSource]
    worst: list[ValuedRow]
    best: list[ValuedRow]
    steps: list[ValuedStep] | None
    curve: RemovalCurve
    settled: Settling | None


def valuation(  # noqa: PLR0913  # one for each part of the table
    done: Valuation,
    *,
    title: str,
    sources: Sequence[SourceWorth],
    worst: Sequence[InfluenceEntry],
    best: Sequence[InfluenceEntry],
    steps: Sequence[StepWorth] | None = None,
    view: str = "row",
) -> ValuationPayload:
    """The table's data.

    Args:
        done: Values, curve and convergence.
        title: What was valued.
        sources: The least valuable first.
        worst: The least valuable rows, and ``best`` the most; ``influence`` holds the value.
        best: See ``worst``.
        steps: None if nobody asked yet.
        view: What is shown first.

    Raises:
        NotFiniteError: A value is NaN or infinite.
    """
    return {
        "schema": SCHEMA,
        "title": title,
        "method": done.method,
        "utility": done.utility,
        "total": _measured(done.total),
        "note": done.note,
        "n_train": len(done.values), "n_val": int(done.n_val), "seconds": float(done.seconds),
        "view": view,
        "by_source": [_source(s) for s in sources],
        "worst": [_row(entry) for entry in worst],
        "best": [_row(entry) for entry in best],
        "steps": None if steps is None else [valued_step(step) for step in steps],
        "curve": _curve(done.curve),
        "settled": _settling(done.convergence) if done.convergence else None,
    }  # fmt: skip


def valued_step(step: StepWorth) -> ValuedStep:
    """One step as the table draws it."""
    return {
        "step": step.step,
        "rows_in": step.rows_in,
        "dropped": step.dropped[0],
        "dropped_value": step.dropped[1],
        "kept": step.kept[0],
        "kept_value": step.kept[1],
        "changed": step.changed[0],
        "changed_value": step.changed[1],
        "why": step.why,
    }


def _source(one: SourceWorth) -> ValuedSource:
    return {
        "name": one.source,
        "rows": float(one.rows),
        "total": float(one.total),
        "mean": float(one.mean),
    }


def _row(entry: InfluenceEntry) -> ValuedRow:
    if not math.isfinite(entry.influence):
        raise NotFiniteError(
            f"the value of training row {entry.row} is {entry.influence}; look for NaN in the rows"
        )
    return {
        "rank": int(entry.rank),
        "row": int(entry.row),
        "source": entry.source,
        "record": None if entry.record is None else int(entry.record),
        "line": None if entry.line is None else int(entry.line),
        "label": str(entry.label),
        "value": float(entry.influence),
        "path": entry.path,
        "flags": [str(flag) for flag in entry.flags],
    }


def _curve(curve: Curve) -> RemovalCurve:
    return {
        "utility": curve.utility,
        "removed": [int(k) for k in curve.removed],
        "worst_first": [_measured(v) for v in curve.worst_first],
        "best_first": [_measured(v) for v in curve.best_first],
        "random": [_measured(v) for v in curve.random],
    }


def _settling(settled: Convergence) -> Settling:
    return {
        "statistic": settled.statistic,
        "value": _measured(settled.value),
        "goal": float(settled.goal),
        "samples": int(settled.samples),
        "reached": bool(settled.reached),
        "evaluations": [float(v) for v in settled.history[:, 0]],
        "history": [_measured(v) for v in settled.history[:, 1]],
    }


def _measured(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
