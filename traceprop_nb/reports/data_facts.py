"""What a record draws on about the data: counts over tables and runs, columns that are labels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClassFact:
    """How many rows have a label; its name only where it is a number or a truth value."""

    label: str
    rows: int


@dataclass(frozen=True)
class ProfileFact:
    """Counts over the cells of a source, or of the rows that a run was trained on.

    Attributes:
        of: Name of the source or run.
        run: Whether it is a run's.
        rows: None, like every other count, where it was not counted.
        missing: Cells without a value.
        duplicates: Rows that repeat an earlier one in every cell.
        constant: Columns with one value in all rows.
        classes: Rows by label, the most frequent first; None for a source or a regression.
    """

    of: str
    run: bool
    rows: int | None = None
    columns: int | None = None
    missing: int | None = None
    duplicates: int | None = None
    constant: int | None = None
    classes: tuple[ClassFact, ...] | None = None


@dataclass(frozen=True)
class LabelFact:
    """Feature columns of a run that tell its label of every row.

    Attributes:
        rows: Training rows that were compared.
        columns: Feature columns that were compared.
        labels: Distinct labels.
        same: Columns that are the label, one to one or up to scale; None = not compared.
    """

    run: str
    rows: int
    columns: int
    labels: int
    same: tuple[str, ...] | None = None
