"""A fitted estimator's own answer for a row, its parameters now, and what its pipeline does."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from traceprop_nb.adapters.sklearn.boosting import BOOSTED, ensemble
from traceprop_nb.adapters.sklearn.objective import parameters
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun


def own_outputs(run: TrainingRun, X: object) -> NDArray[np.floating]:
    """Class probabilities (m, classes) by the live model's own method; predictions (m, 1)."""
    model: Any = run.model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it was trained on names, and X has none
        if run.classes is None:
            return np.asarray(model.predict(X)).reshape(-1, 1)
        return np.asarray(model.predict_proba(X))


def parameters_now(run: TrainingRun) -> Floats:
    """The live model's parameters as the run's w lists them, (p,)."""
    model: Any = run.model
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    return ensemble(last).w if isinstance(last, BOOSTED) else parameters(model)


def input_names(run: TrainingRun) -> tuple[str, ...]:
    """Names of the columns that the model was trained on; empty where it has none."""
    return tuple(map(str, getattr(run.model, "feature_names_in_", ())))


def prepared_names(run: TrainingRun) -> tuple[str, ...]:
    """Names of the columns that the pipeline hands to its last step; empty where unknown."""
    steps = getattr(run.prepare, "__self__", None)
    try:
        return tuple(map(str, steps.get_feature_names_out()))  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return ()


def scaling(run: TrainingRun) -> tuple[Floats, Floats] | None:
    """Scale and shift of each column, where preparing is X * scale + shift and nothing else."""
    steps = getattr(getattr(run.prepare, "__self__", None), "steps", None)
    scale, shift = np.float64(1.0), np.float64(0.0)
    for _, step in steps or [("", None)]:
        own = _scaling(step)
        if own is None:
            return None
        scale, shift = scale * own[0], shift * own[0] + own[1]
    return np.asarray(scale), np.asarray(shift)


def _scaling(step: Any) -> tuple[Any, Any] | None:
    """Scale and shift of one step."""
    if step == "passthrough":
        return 1.0, 0.0
    if type(step) is StandardScaler or type(step) is RobustScaler:
        centre = step.mean_ if type(step) is StandardScaler else step.center_
        centred = step.with_mean if type(step) is StandardScaler else step.with_centering
        scale = 1.0 if step.scale_ is None else 1.0 / step.scale_
        return scale, -centre * scale if centred else 0.0
    if type(step) is MaxAbsScaler:
        return 1.0 / step.scale_, 0.0
    if type(step) is MinMaxScaler and not step.clip:
        return step.scale_, step.min_
    return None
