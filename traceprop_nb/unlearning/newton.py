"""Newton steps on the retained rows, from the trained parameters: for convex models.

Two or three steps end where retraining would. Guo et al. 2020, arXiv:1911.03030.
"""

from __future__ import annotations

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Convex
from traceprop_nb.gradients.optimum import newton as minimise
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.trajectory import even
from traceprop_nb.unlearning.unlearner import Task, Way


def newton(task: Task, progress: Progress) -> Way:
    """Unlearn a convex model.

    Raises:
        UnsupportedModelError: The run's model is not convex.
        ConvergenceError: The retained rows have no finite optimum.
    """
    objective = task.run.objective
    if not isinstance(objective, Convex):
        raise UnsupportedModelError(
            f"{task.run.name!r} is not convex, so Newton steps do not end where retraining would; "
            "unlearning by method='newton' needs a linear model"
        )
    progress(0.0)
    best = minimise(objective.restrict(task.retain), task.run.w, rtol=1e-2)
    progress(1.0)
    return Way(even(best.path, task.points), task.points, len(best.path) - 1)
