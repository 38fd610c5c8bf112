"""Newton steps on the retained rows, from the trained parameters: for convex models.

Where training ended, the slope over the retained rows is that over all rows, nearly nothing, less
that of the forgotten ones, and so is the Hessian: a first step costs what the forgotten rows cost.
Guo et al. 2020, arXiv:1911.03030, take this step; the steps after it reach the optimum.
"""

from __future__ import annotations

from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.chord import descend
from traceprop_nb.unlearning.expansion import expansion, retained_hessian
from traceprop_nb.unlearning.unlearner import Task, Way


def newton(task: Task, progress: Progress) -> Way:
    """Unlearn a convex model.

    Raises:
        UnsupportedModelError: The run's model is not convex.
        ConvergenceError: The retained rows have no finite optimum.
    """
    at = expansion(task.run)
    slope = at.slope - at.objective.loss_grad(task.run.w, task.forget)
    factor = factorise(retained_hessian(task, at), at.objective.flat)
    return descend(task, slope, factor.solve, progress)
