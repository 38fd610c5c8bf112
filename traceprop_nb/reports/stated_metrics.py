"""Metrics that a person declared, next to those that were recorded under the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from traceprop_nb.reports.evidence import MetricFact

_ALSO = {"auc": "roc_auc", "mse": "mean_squared_error", "mae": "mean_absolute_error", "r_2": "r2"}


def disagreeing(
    metrics: Sequence[MetricFact], declared: object
) -> list[tuple[str, float, tuple[int, ...]]]:
    """Declared numbers that no recorded metric of their name has.

    Args:
        metrics: The recorded ones.
        declared: As `plain` writes a mapping: a list of names and values; else nothing is compared.

    Returns:
        Name, declared number, and the places of the recorded metrics of that name.
    """
    found = []
    for name, number in _numbers(declared):
        same = tuple(k for k, metric in enumerate(metrics) if _key(metric.name) == _key(name))
        if same and not any(_rounds_to(metrics[k].value, number) for k in same):
            found.append((name, number, same))
    return found


def _numbers(declared: object) -> Iterator[tuple[str, float]]:
    for one in declared if isinstance(declared, list) else ():
        if isinstance(one, dict) and set(one) == {"name", "value"}:
            value = one["value"]
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield str(one["name"]), value


def _key(name: str) -> str:
    """A metric by a name that people and functions share: ``accuracy`` for ``accuracy_score``."""
    inner = re.search(r"\((.+)\)", name)
    words = re.sub(r"\W+", "_", (inner[1] if inner else name).strip().lower())
    short = words.removesuffix("_score")
    return _ALSO.get(short, short)


def _rounds_to(recorded: float, declared: float) -> bool:
    """Whether the recorded number, rounded to the declared one's digits, is that one."""
    exponent = Decimal(repr(declared)).as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return abs(recorded - declared) <= float(half) * (1 + 1e-9)
