"""All methods of unlearning by name, and the choice between them."""

from __future__ import annotations

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Convex, GaussNewton, Ints, Linear
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.unlearning.certified import certified
from traceprop_nb.unlearning.fine_tune import fine_tune
from traceprop_nb.unlearning.gradient_ascent import gradient_ascent
from traceprop_nb.unlearning.influence_steps import influence_steps
from traceprop_nb.unlearning.low_rank import low_rank
from traceprop_nb.unlearning.neg_grad import neg_grad
from traceprop_nb.unlearning.newton import newton
from traceprop_nb.unlearning.scrub import scrub
from traceprop_nb.unlearning.sisa import sisa
from traceprop_nb.unlearning.unlearner import Unlearner

FEW = 4
"""Low-rank updates are chosen below this share of the parameters: 1 / 4, where the r^3 of the
small system is still nothing beside the p^3 / 3 of a factorisation."""

METHODS: dict[str, Unlearner] = {
    "newton": newton,
    "low-rank": low_rank,
    "certified": certified,
    "influence-steps": influence_steps,
    "gradient-ascent": gradient_ascent,
    "neg-grad": neg_grad,
    "fine-tune": fine_tune,
    "scrub": scrub,
    "sisa": sisa,
}
"""Every method by its name; ``auto`` chooses one of them."""


def require_forgettable(run: TrainingRun) -> None:
    """Raise for a model that cannot be changed on the way to forgetting.

    Raises:
        UnsupportedModelError: Boosted trees: without a row others may split elsewhere.
    """
    if isinstance(run.objective, BoostedRisk):
        raise UnsupportedModelError(
            f"{run.name!r} is boosted trees, which forget by being grown again only: "
            "run.recipe.train(rows_to_keep, 0, silent).model is the model without the others "
            "(silent of traceprop_nb.gradients.progress)"
        )


def choose(run: TrainingRun, forget: Ints) -> tuple[str, str]:
    """Name of the method that ``auto`` takes, and the reason."""
    objective = run.objective
    if run.shards:
        return "sisa", "the run was trained in shards, so the models of the others can stay"
    if isinstance(objective, Linear) and FEW * len(forget) * objective.K <= objective.p:
        return "low-rank", (
            f"{len(forget)} of {objective.n} rows change few of the {objective.p} directions of "
            "a linear model"
        )
    if isinstance(objective, Convex):
        return "newton", "the model is convex, so Newton steps end where retraining would"
    if isinstance(objective, GaussNewton):
        return "influence-steps", (
            "the model is not convex, and these came nearest to retraining in the benchmark of "
            "random and of mislabelled rows"
        )
    return "gradient-ascent", "the model is not convex, and no curvature is known for it"
