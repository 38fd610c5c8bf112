"""The answer to what the training rows are worth: by row, by source and by cleaning step."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.payloads.influence_table import InfluenceEntry
from traceprop_nb.payloads.valuation import (
    SourceWorth,
    StepWorth,
    ValuationPayload,
    ValuedStep,
    valuation,
    valued_step,
)
from traceprop_nb.session.learnt import table

if TYPE_CHECKING:
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session.origins import Origins
    from traceprop_nb.session.steps import StepValue
    from traceprop_nb.valuation.valuation import Curve, Valuation

COLUMNS = ("rank", "source", "record", "line", "label", "value", "path")
"""Columns of a table of values on disk."""


@dataclass(frozen=True)
class SourceValue:
    """What the rows of one source are worth.

    Attributes:
        source: Its name.
        rows: Training rows made of its records, each by its share.
        total: Sum of their values; the sources' totals add up to all values.
        mean: Value of a row of it.
    """

    source: str
    rows: float
    total: float
    mean: float


@dataclass(frozen=True, repr=False, eq=False)
class ValuationAnswer:
    """What each training row of a run is worth on held-out rows.

    Attributes:
        run: The run whose rows were valued.
        result: Values, method, curve: see ``valuation.valuation.Valuation``.
        origins: The source records behind every training row.
        k: How many rows the text lists.
        by: What the text lists: rows, sources or steps.
        describe: Makes the entry of a rank, row and value.
        steps: Makes the values of the steps; asked once.
        cell: The cell in which it was asked.
    """

    run: TrainingRun
    result: Valuation
    origins: Origins
    k: int
    by: str
    describe: Any
    steps: Any
    cell: int = 0
    _steps: list[StepValue] = field(default_factory=list)

    @property
    def values(self) -> Floats:
        """float64 (n,), positive rows help."""
        return self.result.values

    @property
    def total(self) -> float:
        """Utility of all rows less that of none; NaN where the method has no such sum."""
        return self.result.total

    @property
    def method(self) -> str:
        """Name of the method."""
        return self.result.method

    @property
    def curve(self) -> Curve:
        """Utility of what is left while rows are taken out."""
        return self.result.curve

    def worst(self, k: int | None = None) -> list[InfluenceEntry]:
        """The k least valuable rows, the worst first, down to their file lines."""
        return self._ranked(np.argsort(self.values, kind="stable"), k)

    def top(self, k: int | None = None) -> list[InfluenceEntry]:
        """The k most valuable rows, the best first, down to their file lines."""
        return self._ranked(np.argsort(-self.values, kind="stable"), k)

    def by_source(self) -> dict[str, SourceValue]:
        """Value of each source, the least valuable first by the mean of its rows.

        A row made of records of several sources counts for each of them by equal shares.
        """
        both = self.origins.totals(np.stack([self.values, np.ones(len(self.values))]))
        found = [
            SourceValue(name, rows, total, total / rows if rows else 0.0)
            for name, total, rows in zip(self.origins.names, *both.tolist(), strict=True)
        ]
        return {one.source: one for one in sorted(found, key=lambda one: one.mean)}

    def by_op(self) -> list[StepValue]:
        """What each step from the sources to the training rows kept, dropped and changed."""
        if not self._steps:
            self._steps.extend(self.steps())
        return list(self._steps)

    def to_pandas(self) -> Any:
        """Every row's value as a DataFrame, the worst first.

        Raises:
            ImportError: pandas is not installed.
        """
        from importlib import import_module

        rows = [dict(zip(COLUMNS, _cells(e), strict=True)) for e in self.worst(len(self.values))]
        return import_module("pandas").DataFrame(rows, columns=list(COLUMNS))

    def save(self, path: str | Path) -> Path:
        """Write every row's value as CSV, the worst first, with the columns of ``COLUMNS``."""
        target = Path(path)
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(entry) for entry in self.worst(len(self.values)))
        return target

    def payload(self) -> ValuationPayload:
        """What the table of values draws."""
        steps = [_step(one) for one in self.by_op()] if self.by == "op" or self._steps else None
        return valuation(
            self.result,
            title=f"Value of {len(self.values):,} training rows of run {self.run.name!r}",
            sources=[
                SourceWorth(s.source, s.rows, s.total, s.mean) for s in self.by_source().values()
            ],
            worst=self.worst(), best=self.top(), steps=steps, view=self.by,
        )  # fmt: skip

    def steps_payload(self) -> list[ValuedStep]:
        """The steps as the table draws them."""
        return [valued_step(_step(one)) for one in self.by_op()]

    def _ranked(self, order: Any, k: int | None) -> list[InfluenceEntry]:
        most = self.k if k is None else k
        return [
            self.describe(rank, int(j), float(self.values[j]))
            for rank, j in enumerate(order[:most], 1)
        ]

    def __repr__(self) -> str:
        done = self.result
        head = [
            f"value of {len(self.values):,} training rows of run {self.run.name!r}: {done.method}",
            f"of {done.utility}" + ("" if np.isnan(done.total) else f", {done.total:.4g} in all"),
        ]
        if done.convergence is not None:
            settled = done.convergence
            word = "settled" if settled.reached else "NOT settled"
            head.append(
                f"{word} after {settled.samples:,} evaluations: {settled.statistic} "
                f"{settled.value:.3g}, goal {settled.goal:g}"
            )
        return "\n".join([*head, *self._lines()])

    def _lines(self) -> Sequence[str]:
        if self.by == "source":
            return [
                f"{one.mean:+.6f} a row, {one.total:+.6f} in all  {one.source} "
                f"({one.rows:,.6g} rows)"
                for one in self.by_source().values()
            ]
        if self.by == "op":
            return [str(step) for step in self.by_op()]
        return table(self.worst(), ("rank", "file", "line", "label", "value", "path"))


def _step(one: StepValue) -> StepWorth:
    return StepWorth(
        f"cell {one.cell} {one.operation}", one.rows_in, (one.rows_dropped, one.dropped),
        (one.rows_kept, one.kept), (one.rows_changed, one.changed), one.why,
    )  # fmt: skip


def _cells(entry: InfluenceEntry) -> list[Any]:
    return [
        entry.rank, entry.source, "" if entry.record is None else entry.record,
        "" if entry.line is None else entry.line, entry.label, f"{entry.influence:.12g}",
        entry.path,
    ]  # fmt: skip
