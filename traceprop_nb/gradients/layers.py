"""Gradients of a model's layers in factors, so that they need not be formed.

A layer maps its inputs a (d_in,) to W a at one or more positions of a row; its bias is a column of
W whose input is 1. The gradient of a row in W is the sum over positions of delta a^T, delta being
the slope (d_out,) in the layer's outputs there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.objective import Floats, Ints, Objective, all_rows

CHUNK = 128
"""Rows whose products are taken at once: what they take is near the caches'."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a model.

    Attributes:
        name: As the user's framework calls it.
        place: int64 (d_out, d_in), where each entry of W is in w; a bias is the last column.
        positions: How often a row passes through it.
        draws: Slopes a row that ``fisher_factors`` gives.
    """

    name: str
    place: Ints
    positions: int
    draws: int

    @property
    def width(self) -> int:
        """Numbers that one row's factors take, and its gradients where these are formed."""
        d_out, d_in = self.place.shape
        formed = self.draws * d_out * d_in if self.positions > 1 else 0
        return self.positions * (d_in + self.draws * d_out) + formed


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors of the gradients of m rows in one layer.

    Attributes:
        inputs: float64 (m, T, d_in), what the layer was given at each of T positions.
        deltas: float64 (m, C, T, d_out), the slopes in its outputs, of C functions of each row.
    """

    inputs: Floats
    deltas: Floats

    def gradients(self) -> Floats:
        """The gradients themselves, (m, C, d_out, d_in)."""
        return np.asarray(self.deltas.swapaxes(2, 3) @ self.inputs[:, None])

    def turned(self, left: Floats, right: Floats) -> Factors:
        """Of the gradients left^T G right."""
        return Factors(self.inputs @ right, self.deltas @ left)

    def products(self, S: Floats) -> Floats:
        """Inner products of each row's first gradient with each of S (q, d_out, d_in): (q, m)."""
        if self.inputs.shape[1] != 1:  # once formed it serves all of S, whatever the positions
            flat = self.gradients()[:, 0].reshape(len(self.inputs), -1)
            return np.asarray(S.reshape(len(S), -1) @ flat.T)
        flat = S.reshape(-1, S.shape[2]).T
        out = np.empty((len(S), len(self.inputs)))
        for start in range(0, len(self.inputs), CHUNK):
            rows = slice(start, start + CHUNK)
            reach = (self.inputs[rows, 0] @ flat).reshape(-1, *S.shape[:2])
            out[:, rows] = (reach @ self.deltas[rows, 0, 0, :, None])[..., 0].T
        return out


@runtime_checkable
class Layered(Objective, Protocol):
    """An objective all of whose parameters are in layers."""

    def layers(self, w: Floats) -> tuple[Layer, ...]:
        """Every layer with parameters in w; each entry of w is in exactly one.

        Raises:
            UnsupportedModelError: A parameter is in no layer; with its name.
        """
        ...

    def grad_factors(self, w: Floats, rows: Ints) -> list[Factors]:
        """Of each of these rows' loss, without weight: by layer, C = 1."""
        ...

    def fisher_factors(self, w: Floats, rows: Ints) -> list[Factors]:
        """By layer, C gradients a row whose squares sum to its Gauss-Newton matrix.

        For a likelihood that is the Fisher matrix, in expectation over the model's own
        probabilities: the gradient under each class, times the root of its probability.
        """
        ...


FactorBlocks = Callable[[], Iterable[tuple[Ints, list[Factors]]]]
"""Rows and their factors, block by block; may be asked for again."""


def fisher_blocks(objective: Layered, w: Floats, layers: Sequence[Layer]) -> FactorBlocks:
    """The Fisher factors of all rows, in blocks under the budget."""
    each = 8 * 3 * sum(layer.width for layer in layers)
    blocks = list(row_blocks(all_rows(objective), each))

    def fresh() -> Iterable[tuple[Ints, list[Factors]]]:
        return ((rows, objective.fisher_factors(w, rows)) for rows in blocks)

    if len(blocks) > 1:
        return fresh
    kept = list(fresh())
    return lambda: kept
