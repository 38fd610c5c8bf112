"""One measured number with its spread and its goal, and the table of many."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One line of the table.

    Attributes:
        what: What was measured.
        value: Its median, in ``unit``.
        unit: ``"x"`` is a ratio traced / plain.
        low: Lower quartile of the repetitions.
        high: Upper quartile of the repetitions.
        repeats: How many repetitions.
        goal: The number to reach, as text; empty where there is none.
    """

    what: str
    value: float
    unit: str
    low: float
    high: float
    repeats: int
    goal: str = ""


def measured(what: str, values: Sequence[float], unit: str, goal: str = "") -> Measurement:
    """The median and quartiles of repeated measurements."""
    low, middle, high = (
        statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    )
    return Measurement(what, middle, unit, low, high, len(values), goal)


def text(number: float) -> str:
    """Four significant digits, without an exponent where one can do without."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def table(rows: Iterable[Measurement]) -> str:
    """Measurements as an aligned text table."""
    head = ("what", "median", "unit", "quartiles", "n", "goal")
    lines = [head] + [
        (r.what, text(r.value), r.unit, f"{text(r.low)} .. {text(r.high)}", str(r.repeats), r.goal)
        for r in rows
    ]
    width = [max(len(line[i]) for line in lines) for i in range(len(head))]
    shown = ["  ".join(w.ljust(n) for w, n in zip(line, width, strict=True)) for line in lines]
    shown.insert(1, "-" * len(shown[0]))
    return "\n".join(line.rstrip() for line in shown)
