"""What every attribution method owes, checked on a small problem, for those who write one.

The problem is a softmax regression of 40 rows with a unique minimum, so leaving each row out is
known exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.attribution.scores import Attributor, InfluenceScores
from traceprop_nb.errors import TracepropError
from traceprop_nb.gradients.families import Categorical
from traceprop_nb.gradients.finite import as_matrix
from traceprop_nb.gradients.linear import LinearRisk
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.run import TrainingRun

ROWS, FEATURES, CLASSES, QUERIES = 40, 4, 3, 6

NEAR = 1e-3
"""Difference, as a share of the largest score, that counts as none: solvers stop at 1e-4."""


@dataclass(frozen=True)
class Check:
    """One thing that a method owes.

    Attributes:
        what: In words.
        passed: Whether it held.
        found: What was seen.
    """

    what: str
    passed: bool
    found: str


@dataclass(frozen=True)
class Checks:
    """All that was checked.

    Attributes:
        all: Every check, in order.
    """

    all: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check held."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that did not."""
        return tuple(check for check in self.all if not check.passed)

    def __repr__(self) -> str:
        marks = {True: "ok    ", False: "FAILED"}
        return "\n".join(f"{marks[c.passed]} {c.what}: {c.found}" for c in self.all)


def check_attributor(attributor: Attributor, *, run: TrainingRun | None = None) -> Checks:
    """Check shape, sign, independence of the other rows asked about, of their order, and size.

    Args:
        attributor: ``(run, query) -> InfluenceScores``.
        run: A run to check it on; by default the small problem. Its rows are then asked about,
            and the size is not checked.

    Returns:
        The checks, each with what was seen. What the method raises is raised, but for a
        ``TracepropError``, which is a check that failed.
    """
    of, size = (example(), True) if run is None else (run, False)
    done: list[Check] = []
    try:
        done.extend(_each(attributor, of, size))
    except TracepropError as error:
        done.append(Check("it answers", False, f"{type(error).__name__}: {error}"))
    return Checks(tuple(done))


def _each(attributor: Attributor, run: TrainingRun, size: bool) -> Iterator[Check]:
    rows = np.arange(min(QUERIES, run.objective.n))
    query = run.objective.restrict(rows)
    before = run.w.copy()
    got = attributor(run, query)
    shape, n = np.shape(got.scores), run.objective.n
    yield Check("scores are (m, n)", shape == (len(rows), n), f"{shape} for {len(rows)}, {n}")
    finite = bool(np.isfinite(got.scores).all())
    yield Check("scores are finite", finite, "all" if finite else "some are not")
    if shape != (len(rows), n) or not finite:
        return
    yield Check("the run is left as it was", np.array_equal(before, run.w), "its parameters")

    def same(what: str, other: Floats, want: Floats) -> Check:
        off = float(np.abs(other - want).max(initial=0.0)) / _largest(got.scores)
        return Check(what, off <= NEAR, f"differs by {off:.1e} of the largest score")

    yield same("asking twice gives the same", attributor(run, query).scores, got.scores)
    yield _sign(got.scores, rows)
    alone = np.concatenate([attributor(run, query.restrict(rows[i : i + 1])).scores for i in rows])
    yield same("a query's scores do not depend on the other queries", alone, got.scores)
    order = np.random.default_rng(1).permutation(n)
    turned = replace(run, objective=run.objective.restrict(order), labels=run.labels[order])
    yield same("scores follow the training rows", attributor(turned, query).scores,
               got.scores[:, order])  # fmt: skip
    if size and got.estimand == "leave_one_out":
        yield _size(got)


def _largest(scores: Floats) -> float:
    return max(float(np.abs(scores).max(initial=0.0)), np.finfo(float).tiny)


def _sign(scores: Floats, rows: Ints) -> Check:
    """Leaving a row out does not lower its own loss, to first order."""
    own = scores[np.arange(len(rows)), rows]
    good = bool(own.mean() > 0.0 and (own > -NEAR * _largest(scores)).all())
    found = f"{int((own > 0).sum())} of {len(rows)} rows have a positive score for their own loss"
    return Check("a positive score is a rise of the loss without the row", good, found)


def _size(got: InfluenceScores) -> Check:
    true = left_out()
    slope = float((got.scores * true).sum() / (true**2).sum())
    found = f"scores are {slope:.2f} times the true rises, correlation " + (
        f"{np.corrcoef(got.scores.ravel(), true.ravel())[0, 1]:.3f}"
    )
    return Check("estimand 'leave_one_out' means its size, within a factor of 4",
                 0.25 < slope < 4.0, found)  # fmt: skip


class _Plain:
    """Rows as they are, with a column of ones; labels are class numbers."""

    classes: NDArray[Any] = np.arange(CLASSES)

    def features(self, X: object) -> Floats:
        rows = as_matrix(X, FEATURES, "the query")
        return np.column_stack([rows, np.ones(len(rows))])

    def targets(self, y: object, m: int) -> Ints:
        return np.broadcast_to(np.asarray(y, dtype=np.int64), (m,))


@cache
def example() -> TrainingRun:
    """The small problem as a run at its minimum."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, FEATURES))
    lean = X @ rng.normal(size=(FEATURES, CLASSES)) + rng.normal(size=(ROWS, CLASSES))
    y = lean.argmax(axis=1)
    penalty = np.ones((CLASSES, FEATURES + 1))
    risk = LinearRisk(Categorical(), _Plain().features(X), y, np.ones(ROWS), penalty.ravel(),
                      CLASSES, _Plain())  # fmt: skip
    w = newton(risk, np.zeros(risk.p)).w
    return TrainingRun("example", "numpy", None, risk, w, w[None, :], np.array([0.1]), y,
                       _Plain.classes)  # fmt: skip


@cache
def left_out() -> Floats:
    """Rise (m, n) of the loss of the first rows of the example as each row is left out."""
    run = example()
    risk = run.objective
    assert isinstance(risk, LinearRisk)
    asked = np.arange(QUERIES)
    every = np.arange(ROWS)
    ends = [newton(risk.restrict(every[every != i]), run.w).w for i in every]
    rises = [risk.loss(w, asked) - risk.loss(run.w, asked) for w in ends]
    return np.array(rises).T
