"""What every projection owes: a linear map that keeps inner products on average.

Each is drawn from its seed. Over seeds the inner product of two projected gradients has the inner
product of the gradients as its mean, and a variance of at most 2 |g|^2 |h|^2 / k.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.gradients.layers import Factors
from traceprop_nb.gradients.objective import Floats

STRIPE = 4096
"""Coordinates whose part of a projection is drawn at once, each stripe from a stream of its own."""


class Projector(Protocol):
    """A projection of gradients that are there as vectors."""

    @property
    def k(self) -> int:
        """Dimension after the projection."""
        ...

    def __call__(self, g: Floats) -> Floats:
        """Project each row of g (m, p): (m, k)."""
        ...


class FactoredProjector(Protocol):
    """A projection of gradients that are there in the factors of their layers."""

    @property
    def k(self) -> int:
        """Dimension after the projection."""
        ...

    def __call__(self, parts: Sequence[Factors]) -> NDArray[np.floating]:
        """Project the first gradient of each of m rows: (m, k), in the dtype of the factors."""
        ...


def require_dimension(k: int) -> None:
    """Refuse a projection to nothing.

    Raises:
        OptionError: k is less than 1.
    """
    if k < 1:
        raise OptionError(f"cannot project to {k} dimensions; pass at least 1")


def require_width(g: Floats, p: int) -> None:
    """Refuse gradients of another length.

    Raises:
        ShapeError: g is not (m, p).
    """
    if g.ndim != 2 or g.shape[1] != p:
        raise ShapeError(f"gradients of shape {g.shape} for a projection of {p}; pass (m, {p})")


def stream(seed: int, stripe: int) -> np.random.Generator:
    """The random stream of one stripe; it does not depend on what else is drawn."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, stripe])))


def signs(rng: np.random.Generator, *shape: int) -> Floats:
    """Fair signs, +1 or -1."""
    return np.where(rng.integers(0, 2, shape) == 1, np.float64(1), np.float64(-1))
