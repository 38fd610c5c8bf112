"""All methods by name, and the choice between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from traceprop_nb.attribution.arnoldi import arnoldi
from traceprop_nb.attribution.axil import axil
from traceprop_nb.attribution.boosted import require_for_trees
from traceprop_nb.attribution.boostin import boostin
from traceprop_nb.attribution.cg import cg
from traceprop_nb.attribution.closed_form import closed_form
from traceprop_nb.attribution.datainf import datainf
from traceprop_nb.attribution.ekfac import ekfac
from traceprop_nb.attribution.grad_cos import grad_cos
from traceprop_nb.attribution.grad_dot import grad_dot
from traceprop_nb.attribution.half_subset import half_subset
from traceprop_nb.attribution.influence import LIMIT, influence, obstacle
from traceprop_nb.attribution.kfac import kfac
from traceprop_nb.attribution.last_layer import last_layer
from traceprop_nb.attribution.leaf_influence import leaf_influence
from traceprop_nb.attribution.lissa import lissa
from traceprop_nb.attribution.nystrom import nystrom
from traceprop_nb.attribution.owen import owen
from traceprop_nb.attribution.representer import representer
from traceprop_nb.attribution.scores import Attributor, InfluenceScores, joined
from traceprop_nb.attribution.shards import by_shards
from traceprop_nb.attribution.tracin import tracin
from traceprop_nb.attribution.trak import trak
from traceprop_nb.errors import NotFiniteError, OptionError, ShapeError, unknown_name
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import GaussNewton, Linear, Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import ShardedRisk


def auto(run: TrainingRun, query: Objective) -> InfluenceScores:
    """The method that fits the model's kind and size; the note says why."""
    name, why = choose(run)
    got = METHODS[name](run, query)
    return replace(got, note=joined(f"chosen because {why}", got.note))


def choose(run: TrainingRun) -> tuple[str, str]:
    """Name of the method that ``auto`` takes, and the reason."""
    if isinstance(run.objective, BoostedRisk):
        return "leaf-influence", "the model is boosted trees"
    if isinstance(run.objective, Linear):
        return "closed-form", "the model is linear"
    curved = isinstance(run.objective, GaussNewton)
    if not obstacle(run):
        n, p = run.objective.n, run.objective.p
        few = f"{p} parameters allow an explicit curvature"
        return "influence", few if p <= LIMIT else f"{n} rows allow inner products of gradients"
    if run.classes is not None:
        return "trak", f"{run.objective.p} parameters are too many for an explicit curvature"
    if curved:
        return "cg", "a regression this large has no explicit curvature"
    return "grad-dot", "no curvature is known for this loss"


METHODS: dict[str, Attributor] = {
    "auto": auto,
    "closed-form": closed_form,
    "influence": influence,
    "arnoldi": arnoldi,
    "axil": axil,
    "boostin": boostin,
    "cg": cg,
    "datainf": datainf,
    "ekfac": ekfac,
    "grad-cos": grad_cos,
    "grad-dot": grad_dot,
    "kfac": kfac,
    "last-layer": last_layer,
    "leaf-influence": leaf_influence,
    "lissa": lissa,
    "nystrom": nystrom,
    "representer": representer,
    "tracin": tracin,
    "trak": trak,
}
"""Every method by its name."""

OURS = frozenset(METHODS)
"""Names that nobody can take."""

ESTIMANDS: dict[str, Attributor] = {"half_subset": half_subset, "shapley": owen}
"""What else than leaving one row out can be estimated, and by what."""


def attribute(
    run: TrainingRun, query: Objective, *, method: str = "auto", estimand: str = "leave_one_out"
) -> InfluenceScores:
    """Scores of every training row for every query.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query(X, y)``.
        method: A key of ``METHODS``.
        estimand: ``"leave_one_out"``, or a key of ``ESTIMANDS`` where the model is linear.

    Raises:
        UnknownNameError: No method or estimand of that name.
        OptionError: A method that does not estimate that.
        ShapeError: The query belongs to another model.
        NotFiniteError: The run's training diverged.
        UnsupportedModelError, ConvergenceError: See the method.
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    how = _estimator(run, method, estimand)
    if query.p != run.objective.p:
        raise ShapeError(
            f"the query is for a model of {query.p} parameters, and {run.name!r} has "
            f"{run.objective.p}; make it with run.query(X, y)"
        )
    if not np.isfinite(run.w).all():
        raise NotFiniteError(
            f"{np.count_nonzero(~np.isfinite(run.w))} parameters of {run.name!r} are not finite: "
            "its training diverged; train it with a smaller learning rate"
        )
    if isinstance(query, ShardedRisk):
        return by_shards(run, query, how)
    return how(run, query)


def _estimator(run: TrainingRun, method: str, estimand: str) -> Attributor:
    if method in OURS:
        require_for_trees(run, method)
    if estimand == "leave_one_out":
        return METHODS[method]
    if estimand not in ESTIMANDS:
        raise unknown_name("estimand", estimand, ["leave_one_out", *ESTIMANDS])
    if method not in ("auto", choose(run)[0]):
        raise OptionError(
            f"method {method!r} estimates 'leave_one_out', and not {estimand!r}; leave method= out"
        )
    return ESTIMANDS[estimand]
