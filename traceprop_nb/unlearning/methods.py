"""All methods of unlearning by name, and the choice between them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Convex, Ints
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.unlearning.newton import newton
from traceprop_nb.unlearning.unlearner import Unlearner

METHODS: dict[str, Unlearner] = {
    "newton": newton,
}
"""Every method by its name; ``auto`` chooses one of them."""

for _name in (
    "influence-steps", "gradient-ascent", "neg-grad", "fine-tune", "scrub", "sisa",
):  # fmt: skip
    _file = _name.replace("-", "_")
    if find_spec(f"traceprop_nb.unlearning.{_file}") is not None:
        METHODS[_name] = getattr(import_module(f"traceprop_nb.unlearning.{_file}"), _file)


def choose(run: TrainingRun, forget: Ints) -> tuple[str, str]:  # noqa: ARG001  # by size, soon
    """Name of the method that ``auto`` takes, and the reason.

    Raises:
        UnsupportedModelError: There is none for this model.
    """
    if run.shards and "sisa" in METHODS:
        return "sisa", f"the run was trained in {len(run.shards)} shards"
    if isinstance(run.objective, Convex):
        return "newton", "the model is convex, so Newton steps end where retraining would"
    if "influence-steps" in METHODS:
        return "influence-steps", "the model is not convex"
    raise UnsupportedModelError(
        f"{run.name!r} is not convex, so Newton steps do not end where retraining would; "
        "unlearning needs a linear model"
    )
