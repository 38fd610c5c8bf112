"""Losses that trees are boosted on, with the slopes that a leaf's value is made of.

Raw outputs z are (..., K): K is 1 but for more than two classes. A leaf's value is
``-sum(w g) / (sum(w h) + l2)``, so what follows from a change of z goes through g and h only.
Friedman 2001, doi:10.1214/aos/1013203451.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from traceprop_nb.gradients.families import Bernoulli, Categorical
from traceprop_nb.gradients.objective import Floats


class BoostedLoss(Protocol):
    """A loss of raw outputs z (..., K) and answers t (...)."""

    name: str

    def loss(self, z: Floats, t: Floats) -> Floats:
        """Loss of each row, (...)."""
        ...

    def slope(self, z: Floats, t: Floats) -> Floats:
        """g: its gradient in z, (..., K)."""
        ...

    def curvature(self, z: Floats) -> Floats:
        """h: the diagonal of its Hessian in z, (..., K); it does not depend on t."""
        ...

    def pulled(self, z: Floats, at: Floats, of_g: Floats, of_h: Floats) -> Floats:
        """Gradient in z (n, K) of ``sum(at * (of_g * g + of_h * h))``.

        ``at`` is (n, K, m), ``of_g`` and ``of_h`` are (n, K); the result is (n, K, m).
        """
        ...

    def turned(self, z: Floats, v: Floats) -> Floats:
        """Whole Hessian in z (n, K) times v (n, K)."""
        ...

    def predicted(self, z: Floats) -> Floats:
        """Class probabilities (..., classes); the outputs themselves for a regression."""
        ...


class Squared:
    """Half the squared error, in the target's unit squared."""

    name = "half the squared error"

    def loss(self, z: Floats, t: Floats) -> Floats:
        """Loss of each row."""
        return np.asarray(0.5 * (z[..., 0] - t) ** 2)

    def slope(self, z: Floats, t: Floats) -> Floats:
        """Residuals, prediction less target."""
        return z - t[..., None]

    def curvature(self, z: Floats) -> Floats:
        """One."""
        return np.ones_like(z)

    def pulled(self, z: Floats, at: Floats, of_g: Floats, of_h: Floats) -> Floats:  # noqa: ARG002  # as the protocol
        """The curvature does not change."""
        return at * of_g[..., None]

    def turned(self, z: Floats, v: Floats) -> Floats:  # noqa: ARG002  # as the protocol
        """The vector itself."""
        return v

    def predicted(self, z: Floats) -> Floats:
        """The outputs."""
        return z


class _LogLoss:
    name = "log loss"
    family: Bernoulli | Categorical

    def loss(self, z: Floats, t: Floats) -> Floats:
        """Negative log likelihood of each row, in nats."""
        return self.family.loss(z, t.astype(np.int64))

    def slope(self, z: Floats, t: Floats) -> Floats:
        """Probability less one for the row's own class."""
        return self.family.residual(z, t.astype(np.int64))

    def turned(self, z: Floats, v: Floats) -> Floats:
        """Hessian in z times v."""
        return np.asarray(np.einsum("nab,nb->na", self.family.curvature(z), v))

    def predicted(self, z: Floats) -> Floats:
        """Class probabilities."""
        return self.family.probabilities(z)


class Binary(_LogLoss):
    """Two classes, one output: the log odds of the second."""

    family = Bernoulli()

    def curvature(self, z: Floats) -> Floats:
        """Variance of the label, p (1 - p)."""
        return self.family.curvature(z)[..., 0]

    def pulled(self, z: Floats, at: Floats, of_g: Floats, of_h: Floats) -> Floats:
        """The slope of g is h, that of h is h (1 - 2 p)."""
        p = self.family.probabilities(z)[..., 1:]
        return at * ((of_g + of_h * (1.0 - 2.0 * p)) * (p * (1.0 - p)))[..., None]


class Multinomial(_LogLoss):
    """Three classes or more, an output each."""

    family = Categorical()

    def curvature(self, z: Floats) -> Floats:
        """Variance of each class, p (1 - p)."""
        p = self.family.probabilities(z)
        return p * (1.0 - p)

    def pulled(self, z: Floats, at: Floats, of_g: Floats, of_h: Floats) -> Floats:
        """Every output moves all probabilities."""
        p = self.family.probabilities(z)
        felt = at * ((of_g + of_h * (1.0 - 2.0 * p)) * p)[..., None]
        return felt - p[..., None] * felt.sum(axis=1, keepdims=True)
