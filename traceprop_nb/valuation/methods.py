"""All methods of valuation by name, and the one door to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from traceprop_nb.errors import OptionError, ShapeError, UnsupportedModelError, unknown_name
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Featured, Floats, Ints, Objective
from traceprop_nb.gradients.progress import Progress, part, silent
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.valuation.banzhaf import banzhaf
from traceprop_nb.valuation.beta_shapley import beta_shapley
from traceprop_nb.valuation.curve import removal_curve
from traceprop_nb.valuation.data_oob import data_oob
from traceprop_nb.valuation.knn_shapley import classification, regression
from traceprop_nb.valuation.utility import Neighbours, Utility, retrained
from traceprop_nb.valuation.valuation import Convergence, Valuation
from traceprop_nb.valuation.weights import WEIGHTS

Scores = Callable[[TrainingRun, Objective], Floats]
"""Leave-one-out scores (m, n): the rise of each validation row's loss without each training row."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a method.

    Attributes:
        run: The run whose rows are valued.
        val: The validation rows.
        k: Neighbours.
        weight: A key of ``WEIGHTS``, or None.
        budget: Most evaluations of a sampled utility; None = the method's own.
        seed: Of what is drawn.
        scores: Leave-one-out scores of the run.
    """

    run: TrainingRun
    val: Objective
    k: int
    weight: str | None
    budget: int | None
    seed: int
    scores: Scores | None


@dataclass(frozen=True, eq=False)
class Shares:
    """What a method found: values, the utility they share, a note, and how far they settled."""

    values: Floats
    utility: Utility
    note: str = ""
    convergence: Convergence | None = None
    sums: bool = False
    what: str = ""

    @property
    def said(self) -> str:
        """What is shared out, in words."""
        return self.what or self.utility.name


def _knn(ask: Question, progress: Progress) -> Shares:
    near = neighbours(ask.run, ask.val, ask.k, ask.weight)
    train, labels, queries, answers = near.train, near.labels, near.queries, near.answers
    if near.regression:
        values = regression(
            train, labels.astype(np.float64), queries, answers.astype(np.float64), k=ask.k,
            progress=progress,
        )  # fmt: skip
    else:
        values = classification(
            train, labels.astype(np.int64), queries, answers.astype(np.int64), k=ask.k,
            weight=near.weight, progress=progress,
        )  # fmt: skip
    space = f"distances between what the model is given, {train.shape[1]} numbers a row"
    weighed = "" if ask.weight is None else f"; neighbours weighted by {ask.weight}"
    return Shares(values, near, space + weighed, sums=True)


def _sampled(ask: Question, progress: Progress, alpha: float, beta: float, sums: bool) -> Shares:
    utility = retrained(ask.run, ask.val)
    budget = ask.budget or 40 * utility.n
    values, settled = beta_shapley(
        utility, alpha=alpha, beta=beta, budget=budget, seed=ask.seed, progress=progress
    )
    return Shares(values, utility, f"Beta({alpha:g}, {beta:g})", settled, sums=sums)


def _beta(ask: Question, progress: Progress) -> Shares:
    return _sampled(ask, progress, 16.0, 1.0, sums=False)


def _shapley(ask: Question, progress: Progress) -> Shares:
    return _sampled(ask, progress, 1.0, 1.0, sums=True)


def _banzhaf(ask: Question, progress: Progress) -> Shares:
    utility = retrained(ask.run, ask.val)
    values, settled = banzhaf(utility, budget=ask.budget or 4096, seed=ask.seed, progress=progress)
    return Shares(values, utility, "each other row in a set with probability 1/2", settled)


def _oob(ask: Question, progress: Progress) -> Shares:
    utility = retrained(ask.run, ask.val)
    values, settled = data_oob(utility, budget=ask.budget or 256, seed=ask.seed, progress=progress)
    what = "share of the models without the row that get it right"
    return Shares(values, utility, "validation rows are not used", settled, what=what)


def _leave_one_out(ask: Question, progress: Progress) -> Shares:
    if ask.scores is None:
        raise UnsupportedModelError("leave-one-out needs the scores of an attribution method")
    values = ask.scores(ask.run, ask.val).mean(axis=0)
    progress(1.0)
    what = "rise of the mean validation loss without the row"
    return Shares(values, neighbours(ask.run, ask.val, ask.k), what=what)


METHODS: dict[str, Callable[[Question, Progress], Shares]] = {
    "knn-shapley": _knn,
    "leave-one-out": _leave_one_out,
    "data-shapley": _shapley,
    "beta-shapley": _beta,
    "banzhaf": _banzhaf,
    "data-oob": _oob,
}
"""Every method by its name."""


def value(  # noqa: PLR0913  # one for each part of the question
    run: TrainingRun,
    val: Objective,
    *,
    method: str = "knn-shapley",
    k: int = 10,
    weight: str | None = None,
    budget: int | None = None,
    seed: int = 0,
    scores: Scores | None = None,
    progress: Progress = silent,
) -> Valuation:
    """What each training row is worth on validation rows.

    Args:
        run: A finished training run.
        val: The validation rows, from ``run.query(X, y)``.
        method: A key of ``METHODS``, or "auto", which is "knn-shapley".
        k: Neighbours of the nearest-neighbour utility, 1 to n.
        weight: Of a neighbour by its distance, a key of ``WEIGHTS``; None counts each as one.
        budget: Most evaluations of a sampled utility (models trained).
        seed: Of what is drawn.
        scores: Leave-one-out scores (m, n) of a run and validation rows, for "leave-one-out".
        progress: Told how far the work is; may stop it.

    Raises:
        UnknownNameError: No such method or weight.
        OptionError, ShapeError: k or budget out of range, no validation rows, other features.
        UnsupportedModelError, NotFiniteError: Not for this model; NaN in the rows.
        ConvergenceError, CancelledError: From training, from ``progress``.
    """
    name = _checked(run, val, Options(method, k, weight, budget))
    began, ask = time.perf_counter(), Question(run, val, k, weight, budget, seed, scores)
    found = METHODS[name](ask, part(progress, 0.0, 0.7))
    seconds = time.perf_counter() - began
    curve = removal_curve(found.values, found.utility, seed=seed, progress=part(progress, 0.7, 1.0))
    total, note = _total(found)
    return Valuation(
        found.values, name, found.said, total, note, found.convergence, curve, val.n, seconds
    )


@dataclass(frozen=True)
class Options:
    """What may be out of range."""

    method: str
    k: int
    weight: str | None
    budget: int | None


def _checked(run: TrainingRun, val: Objective, asked: Options) -> str:
    """The method's own name, once all options make sense."""
    name = "knn-shapley" if asked.method == "auto" else asked.method
    if name not in METHODS:
        raise unknown_name("method", name, ["auto", *METHODS])
    if asked.weight is not None and asked.weight not in WEIGHTS:
        raise unknown_name("weight", asked.weight, WEIGHTS)
    if asked.budget is not None and asked.budget < 2:
        raise OptionError(f"budget={asked.budget} is too small to sample; pass 2 or more")
    if not val.n:
        raise OptionError("there are no validation rows; pass val=(X, y) with at least one")
    n = run.objective.n
    if not 1 <= asked.k <= n:
        raise OptionError(f"k={asked.k} neighbours of {n} rows; pass 1 to all of them")
    return name


def _total(found: Shares) -> tuple[float, str]:
    """Utility of all rows less that of none, and by how much the values miss it."""
    if found.what:
        return float("nan"), found.note or "values sum to no utility"
    utility = found.utility
    every = np.arange(utility.n, dtype=np.int64)
    total = utility(every) - utility(every[:0])
    if found.sums:
        return total, found.note
    missed = float(found.values.sum()) - total
    return total, f"{found.note}; values need not sum to the utility, and miss it by {missed:+.3g}"


def neighbours(run: TrainingRun, val: Objective, k: int, weight: str | None = None) -> Neighbours:
    """The nearest-neighbour utility in the space of what the model is given.

    Raises:
        UnsupportedModelError: The run's rows are no vectors.
        OptionError, ShapeError, NotFiniteError: See ``value``.
    """
    rows = run.objective
    if not isinstance(rows, Featured) or not isinstance(val, Featured):
        raise UnsupportedModelError(f"the rows of {run.name!r} are no vectors to measure between")
    train, queries = rows.features, val.features
    if train.shape[1] != queries.shape[1]:
        raise ShapeError(
            f"validation rows have {queries.shape[1]} features, and the run's {train.shape[1]}"
        )
    require_finite(train, "the run")
    require_finite(queries, "the validation rows")
    labels: Ints | Floats = rows.answers
    if weight is not None and labels.dtype.kind == "f":
        raise OptionError(f"weight={weight!r} counts right labels, and {run.name!r} has numbers")
    weighed = None if weight is None else WEIGHTS[weight]
    return Neighbours(train, labels, queries, val.answers, k, weighed)
