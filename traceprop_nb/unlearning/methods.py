"""All methods of unlearning by name, and the choice between them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Convex, Ints, Linear
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.unlearning.certified import certified
from traceprop_nb.unlearning.low_rank import low_rank
from traceprop_nb.unlearning.newton import newton
from traceprop_nb.unlearning.unlearner import Unlearner

FEW = 4
"""Low-rank updates are chosen below this share of the parameters: 1 / 4, where the r^3 of the
small system is still nothing beside the p^3 / 3 of a factorisation."""

METHODS: dict[str, Unlearner] = {
    "newton": newton,
    "low-rank": low_rank,
    "certified": certified,
}
"""Every method by its name; ``auto`` chooses one of them."""

for _name in (
    "influence-steps", "gradient-ascent", "neg-grad", "fine-tune", "scrub", "sisa",
):  # fmt: skip
    _file = _name.replace("-", "_")
    if find_spec(f"traceprop_nb.unlearning.{_file}") is not None:
        METHODS[_name] = getattr(import_module(f"traceprop_nb.unlearning.{_file}"), _file)


def choose(run: TrainingRun, forget: Ints) -> tuple[str, str]:
    """Name of the method that ``auto`` takes, and the reason.

    Raises:
        UnsupportedModelError: There is none for this model.
    """
    if run.shards and "sisa" in METHODS:
        return "sisa", f"the run was trained in {len(run.shards)} shards"
    objective = run.objective
    if isinstance(objective, Linear) and FEW * len(forget) * objective.K <= objective.p:
        return "low-rank", (
            f"{len(forget)} of {objective.n} rows change few of the {objective.p} directions of "
            "a linear model"
        )
    if isinstance(objective, Convex):
        return "newton", "the model is convex, so Newton steps end where retraining would"
    if "influence-steps" in METHODS:
        return "influence-steps", "the model is not convex"
    raise UnsupportedModelError(
        f"{run.name!r} is not convex, so Newton steps do not end where retraining would; "
        "unlearning needs a linear model"
    )
