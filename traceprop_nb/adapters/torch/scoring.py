"""A module's own answer for a row, from a copy of it as it is now, and its parameters now."""

from __future__ import annotations

import copy
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from traceprop_nb.adapters.torch.objective import TorchRisk
from traceprop_nb.adapters.torch.view import parameters
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun


def own_outputs(run: TrainingRun, X: object) -> NDArray[np.floating]:
    """Class probabilities, or outputs, (m, K), by the module's own ``forward``.

    The copy is put into evaluation mode: the user's module, its mode and its buffers stay.
    """
    module: Any = copy.deepcopy(run.model).cpu().eval()  # type: ignore[attr-defined]  # a module
    risk = cast(TorchRisk, run.objective)
    dtype = next(v.dtype for v in module.parameters() if v.is_floating_point())
    with torch.no_grad():
        z = risk.criterion.outputs(module(*risk.shape.inputs(X, dtype)))
        q = risk.criterion.probabilities(z)
    return np.asarray((q if q.dtype == torch.float64 else q.float()).numpy())


def parameters_now(run: TrainingRun) -> Floats:
    """The live module's trained parameters as the run's w lists them, (p,)."""
    risk = cast(TorchRisk, run.objective)
    return parameters(cast(torch.nn.Module, run.model), risk.view.names)
