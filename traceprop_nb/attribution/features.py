"""Each row's gradient, whole or projected, for methods that work with one vector a row.

Gradients are projected only where p exceeds what was asked for. Where the model's layers are known
the projection is a TensorSketch of their factors, so that no gradient is formed; elsewhere a sign
sketch of the gradient. More than ``KEPT`` bytes go to a file that is deleted with the array.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.layers import Layer, Layered
from traceprop_nb.gradients.objective import Floats, Objective, all_rows
from traceprop_nb.gradients.projection import sign_sketch
from traceprop_nb.gradients.projections.projector import FactoredProjector
from traceprop_nb.gradients.projections.tensor_sketch import TensorSketch

KEPT = 1 << 30
"""Bytes of features that are held in memory: 1 GiB; more are mapped from a file."""


@dataclass(frozen=True, eq=False)
class Featurizer:
    """Makes vectors of k numbers of the gradients of rows.

    Attributes:
        k: Their length.
        how: In words, for notes.
        make: From an objective and parameters to (n, k): float64 whole, float32 projected.
    """

    k: int
    how: str
    make: Callable[[Objective, Floats], NDArray[np.floating]]


def featurizer(objective: Objective, w: Floats, wanted: int, seed: int) -> Featurizer:
    """What fits a model.

    Args:
        objective: Over the training rows.
        w: Its parameters.
        wanted: Longest vector.
        seed: Of a projection.

    Raises:
        OptionError: ``wanted`` is less than 1.
    """
    layers = _layers(objective, w) if objective.p > wanted >= 1 else ()
    if layers:
        sketch = TensorSketch(tuple(layer.place.shape for layer in layers), wanted, seed)
        how = f"gradients projected from {objective.p} to {wanted} dimensions, from their factors"
        return Featurizer(wanted, how, lambda of, at: _factored(of, at, layers, sketch))
    plain = sign_sketch(objective.p, wanted, seed=seed)
    shrunk = f" from {objective.p} to {plain.k} dimensions"
    how = "gradients projected" + shrunk if plain.order is not None else "gradients not projected"

    def formed(of: Objective, at: Floats) -> NDArray[np.floating]:
        out = np.empty((of.n, plain.k))
        for rows in row_blocks(all_rows(of), 8 * 2 * of.p):
            out[rows] = plain(of.per_example_grad(at, rows))
        return out

    return Featurizer(plain.k, how, formed)


def _layers(objective: Objective, w: Floats) -> tuple[Layer, ...]:
    """The model's layers; none where they are not known."""
    if not isinstance(objective, Layered):
        return ()
    try:
        return objective.layers(w)
    except UnsupportedModelError:
        return ()


def _factored(
    of: Objective, w: Floats, layers: tuple[Layer, ...], project: FactoredProjector
) -> NDArray[np.floating]:
    assert isinstance(of, Layered)
    out = room(of.n, project.k)
    width = sum(layer.positions * sum(layer.place.shape) for layer in layers)
    for rows in row_blocks(all_rows(of), 8 * 4 * (width + project.k)):
        out[rows[0] : rows[-1] + 1] = project(of.grad_factors(w, rows))
    return out


def room(n: int, k: int) -> NDArray[np.float32]:
    """An array (n, k), on disk where it is large; its file goes when nobody holds it."""
    if 4 * n * k <= KEPT:
        return np.empty((n, k), np.float32)
    with tempfile.TemporaryDirectory() as folder:  # mapped files outlive their names
        return np.memmap(Path(folder) / "features", np.float32, "w+", shape=(n, k))
