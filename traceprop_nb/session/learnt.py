"""The answers to questions about training: influence tables."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError, RowRangeError
from traceprop_nb.payloads.influence_table import InfluenceEntry, InfluenceHeader, influence_table
from traceprop_nb.session.answers import RowAnswer

if TYPE_CHECKING:
    from traceprop_nb.attribution.scores import InfluenceScores
    from traceprop_nb.gradients.objective import Floats
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session.origins import Origins


@dataclass(frozen=True, repr=False)
class InfluenceAnswer:
    """What each training row did to the loss of each query.

    Attributes:
        run: The training run that was asked.
        result: Scores and how they were estimated.
        origins: The source records behind every training row.
        title: The query in words.
        k: How many rows ``top`` and the table list.
        by: Whether the table lists rows or sources.
        predicted: The model's answer for each query.
        true: The label that was explained for each query; empty where it is the prediction.
        describe: Makes the entry of a rank, row and score.
        cell: The cell in which it was asked.
        grouped: float64 (m, sources), what leaving out each source as a whole does; None where
            its rows' scores are summed.
    """

    run: TrainingRun
    result: InfluenceScores
    origins: Origins
    title: str
    k: int | None
    by: str
    predicted: Sequence[str]
    true: Sequence[str]
    describe: Any = field(compare=False)
    cell: int = 0
    grouped: Floats | None = field(default=None, compare=False)

    @property
    def scores(self) -> Floats:
        """float64 (m, n): rise of the query's loss if the row were left out."""
        return self.result.scores

    @property
    def method(self) -> str:
        """Name of the estimator."""
        return self.result.method

    def top(self, q: int = 0, k: int | None = None) -> list[InfluenceEntry]:
        """The k rows with the largest influence on query q by size, strongest first.

        Raises:
            RowRangeError: There is no query q.
        """
        line = self._line(q)
        most = k if k is not None else self.k
        order = np.argsort(-np.abs(line), kind="stable")[: len(line) if most is None else most]
        return [self.describe(rank, int(j), float(line[j])) for rank, j in enumerate(order, 1)]

    def by_source(self, q: int | None = 0) -> dict[str, float]:
        """Influence of each source on query q, largest first.

        That is the sum over its training rows; asked with ``by="source"``, a linear model is
        trained without the source instead. For None, the mean over all queries. A row made of
        records of several sources counts for each of them by equal shares.
        """
        self._line(q or 0)
        each = self.origins.totals(self.scores) if self.grouped is None else self.grouped
        totals = each.mean(axis=0) if q is None else each[q]
        order = np.argsort(-np.abs(totals), kind="stable")
        return {self.origins.names[k]: float(totals[k]) for k in order}

    def rows(self, j: int) -> RowAnswer:
        """Where training row j came from."""
        return self.origins.rows(j)

    def to_pandas(self, q: int = 0, k: int | None = None) -> Any:
        """The top rows of query q as a DataFrame.

        Raises:
            ImportError: pandas is not installed.
        """
        from importlib import import_module

        rows = [dict(zip(COLUMNS, _cells(e), strict=True)) for e in self.top(q, k)]
        return import_module("pandas").DataFrame(rows, columns=list(COLUMNS))

    def save(self, path: str | Path, q: int = 0) -> Path:
        """Write the top rows of query q as CSV, with the columns of ``COLUMNS``."""
        target = Path(path)
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(entry) for entry in self.top(q))
        return target

    def payload(self, q: int = 0) -> Any:
        """What the influence table draws."""
        header = InfluenceHeader(
            title=self.title if len(self.scores) == 1 else f"{self.title}, query {q}",
            method=self.result.method,
            estimand=self.result.estimand,
            n_train=self.scores.shape[1],
            predicted=self.predicted[q] if self.predicted else "",
            true=self.true[q] if self.true else "",
            note=self.result.note,
            lds="not measured" if self.result.lds is None else f"{self.result.lds:.2f}",
            by_source=list(self.by_source(q).items()),
        )
        return influence_table(header, self.top(q))

    def _line(self, q: int) -> Floats:
        if not -len(self.scores) <= q < len(self.scores):
            raise RowRangeError(f"there is no query {q}; {len(self.scores)} were asked")
        return self.scores[q]

    def __repr__(self) -> str:
        head = (
            f"{self.title}: {self.result.method}, {self.result.estimand}, over "
            f"{self.scores.shape[1]:,} training rows of run {self.run.name!r}"
        )
        if self.by == "source":
            lines = [f"{total:+.6f}  {name}" for name, total in self.by_source().items()]
        else:
            lines = table(self.top(), ("rank", "file", "line", "label", "influence", "path"))
        return "\n".join([head, *lines])


COLUMNS = ("rank", "source", "record", "line", "label", "influence", "path")
"""Columns of an influence table on disk."""


def _cells(entry: InfluenceEntry) -> list[Any]:
    return [
        entry.rank, entry.source, "" if entry.record is None else entry.record,
        "" if entry.line is None else entry.line, entry.label, f"{entry.influence:.12g}",
        entry.path,
    ]  # fmt: skip


def table(entries: Sequence[InfluenceEntry], head: Sequence[str]) -> list[str]:
    """Entries as aligned lines of text under a head."""
    rows = [
        (
            str(e.rank),
            e.source,
            "-" if e.line is None else str(e.line),
            e.label,
            f"{e.influence:+.6f}",
            e.path,
        )
        for e in entries
    ]
    widths = [max(len(r[c]) for r in [tuple(head), *rows]) for c in range(len(head))]
    aligned = []
    for row in [tuple(head), *rows]:
        cells = [
            cell.rjust(w) if c in (0, 2, 4) else cell.ljust(w)
            for c, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        aligned.append("  ".join(cells).rstrip())
    return aligned


def check_by(by: str) -> None:
    """Raise for a grouping that there is not."""
    if by not in ("row", "source"):
        raise OptionError(f"by={by!r} is no grouping; use 'row' or 'source'")
