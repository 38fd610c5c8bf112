"""What a record draws on of groups that somebody declared: a metric in each of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GroupResult:
    """A metric in one group.

    Attributes:
        group: Its name.
        n: Rows in it.
        value: The metric over them; None where it is not shown, or does not exist.
        low: Lower end of an interval around the value.
        high: Its upper end.
    """

    group: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class GroupFact:
    """One metric in the groups of one declaration.

    Attributes:
        grouping: What the groups are of, such as "sex".
        metric: The metric's name.
        metric_number: Its place among the record's metrics, from 1.
        overall: The metric over all rows, computed again from the same copies.
        recorded: As it was recorded.
        minimum: Rows below which a group is counted only.
        same_rows: Whether the lineage shows that label i belongs to row i; None = it does not tell.
        results: The groups, in the order of their names.
        interval: How the intervals were found, with their level.
    """

    grouping: str
    metric: str
    metric_number: int
    overall: float | None
    recorded: float
    minimum: int
    same_rows: bool | None
    results: tuple[GroupResult, ...]
    interval: str | None = None
