"""How good an influence method is on a run, by training its model again and keeping the models."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.attribution import evaluate as metrics, truth as truths
from traceprop_nb.attribution.evaluate import Evaluation
from traceprop_nb.attribution.methods import METHODS, attribute, choose
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.attribution.truth import GroundTruth
from traceprop_nb.errors import OptionError, unknown_name
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Floats, Ints, Linear, Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

METRICS = ("lds", "leave_one_out", "removal", "mislabelled")

LEFT_OUT = 50
"""Rows that are left out one by one unless somebody names others."""


@dataclass(frozen=True)
class Asked:
    """What is to be measured; see ``traceprop_nb.evaluate``."""

    metric: str
    subsets: int
    seeds: int
    rows: Any
    k: int | None
    seed: int


def evaluate(  # noqa: PLR0913  # the public question
    session: Session, method: str, queries: tuple[Any, Any], asked: Asked,
    *, run: str | TrainingRun | None, estimand: str | None, truth: GroundTruth | None,
) -> Evaluation:  # fmt: skip
    """See ``traceprop_nb.evaluate``."""
    metric = asked.metric
    if metric not in METRICS:
        raise unknown_name("metric", metric, METRICS)
    of = run if isinstance(run, TrainingRun) else session.training.find(run)
    estimand = estimand or _fitting(of, metric, method)
    if metric == "mislabelled":
        found = _mislabelled(of, method, estimand, asked)
    else:
        if queries[0] is None:
            raise OptionError(f"metric {metric!r} needs queries: pass X and y")
        query = of.query(*queries)
        scores = attribute(of, query, method=method, estimand=estimand)
        known = truth or _truth(session, of, query, scores, asked)
        truths.train(of, query, known)
        found = _judged(metric, scores, known, asked.seed)
    if metric == "lds":
        session.training.lds.setdefault(of, {})[METHODS[found.method], found.estimand] = found.value
    session.record_event(
        "evaluated", run=of.name, metric=metric, method=found.method, estimand=found.estimand,
        value=found.value, low=found.low, high=found.high, models=found.models,
    )  # fmt: skip
    return found


def _fitting(run: TrainingRun, metric: str, method: str) -> str:
    """The estimand that a metric measures, where the method can estimate it."""
    halves = isinstance(run.objective, Linear | BoostedRisk)
    fits = halves and method in ("auto", choose(run)[0])
    return "half_subset" if metric == "lds" and fits else "leave_one_out"


def _truth(
    session: Session, run: TrainingRun, query: Objective, scores: InfluenceScores, asked: Asked
) -> GroundTruth:
    """The models to train; those of an earlier question that was the same."""
    if asked.metric == "lds":
        made = truths.half_subsets(run, query, asked.subsets, asked.seeds, asked.seed)
    elif asked.metric == "leave_one_out":
        made = truths.each_left_out(run, query, _rows(run, asked), asked.seeds)
    else:
        most = max(1, run.objective.n // 20) if asked.k is None else asked.k
        made = truths.proponents_left_out(run, query, scores.scores, most, asked.seeds)
    key = f"{made.of} {made.seeds} {sha256(np.packbits(made.kept).tobytes()).hexdigest()}"
    return session.training.truths.setdefault(key, made)


def _rows(run: TrainingRun, asked: Asked) -> Ints:
    n, rows = run.objective.n, asked.rows
    if rows is None:
        drawn = np.random.default_rng(asked.seed).choice(n, min(LEFT_OUT, n), replace=False)
        return np.sort(drawn).astype(np.int64)
    given = np.unique(np.atleast_1d(np.asarray(rows)))
    if given.dtype.kind not in "iu" or not len(given) or given[0] < 0 or given[-1] >= n:
        raise OptionError(f"rows={rows!r} are no rows of {run.name!r}; use numbers 0 to {n - 1}")
    return given.astype(np.int64)


def _judged(metric: str, scores: InfluenceScores, truth: GroundTruth, seed: int) -> Evaluation:
    if metric == "lds":
        return metrics.lds(scores, truth, seed=seed)
    if metric == "removal":
        return metrics.removal(scores, truth, seed=seed)
    gone = np.argmin(truth.kept[1:], axis=1)
    return metrics.leave_one_out(scores, truth, gone, seed=seed)


def _mislabelled(run: TrainingRun, method: str, estimand: str, asked: Asked) -> Evaluation:
    if asked.rows is None:
        raise OptionError("metric 'mislabelled' needs rows=, the rows whose labels are known wrong")
    wrong = _rows(run, asked)
    own, name = _self_influence(run, method, estimand)
    return metrics.mislabelled(own, wrong, name, estimand, asked.seed)


def _self_influence(run: TrainingRun, method: str, estimand: str) -> tuple[Floats, str]:
    """Influence of each row on its own loss, (n,), and the method's name; a block at a time."""
    own, name = np.empty(run.objective.n), method
    for block in np.array_split(all_rows(run.objective), max(1, run.objective.n // 256)):
        got = attribute(run, run.objective.restrict(block), method=method, estimand=estimand)
        own[block], name = got.scores[np.arange(len(block)), block], got.method
    return own, name
