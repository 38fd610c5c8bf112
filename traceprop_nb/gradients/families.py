"""Losses of linear outputs, with their first two derivatives: Bernoulli and categorical.

Outputs z are (..., K), targets t integers (...). K is 1 for Bernoulli, where t is 0 or 1.
McCullagh and Nelder 1989, doi:10.1201/9780203753736.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints


class Family(Protocol):
    """How outputs become a loss and probabilities."""

    def outputs(self, classes: int) -> int:
        """K for that many classes."""
        ...

    def loss(self, z: Floats, t: Ints) -> Floats:
        """Negative log likelihood, (...)."""
        ...

    def residual(self, z: Floats, t: Ints) -> Floats:
        """Its gradient in z, (..., K)."""
        ...

    def curvature(self, z: Floats) -> Floats:
        """Its Hessian in z, (..., K, K); it does not depend on t."""
        ...

    def probabilities(self, z: Floats) -> Floats:
        """Probability of each class, (..., classes)."""
        ...


class Bernoulli:
    """Two classes and one output, the log odds of class 1."""

    def outputs(self, classes: int) -> int:  # noqa: ARG002  # the protocol passes it
        """One."""
        return 1

    def loss(self, z: Floats, t: Ints) -> Floats:
        """Negative log likelihood, (...)."""
        margin = z[..., 0]
        return np.logaddexp(0.0, np.where(t == 1, -margin, margin))

    def residual(self, z: Floats, t: Ints) -> Floats:
        """Its gradient in z, (..., K)."""
        return sigmoid(z) - t[..., None]

    def curvature(self, z: Floats) -> Floats:
        """Its Hessian in z, (..., K, K)."""
        q = sigmoid(z)
        return (q * (1.0 - q))[..., None]

    def probabilities(self, z: Floats) -> Floats:
        """Probability of each class, (..., classes)."""
        return np.concatenate([sigmoid(-z), sigmoid(z)], axis=-1)


class Categorical:
    """Any number of classes, one output each; only differences of outputs matter."""

    def outputs(self, classes: int) -> int:
        """One a class."""
        return classes

    def loss(self, z: Floats, t: Ints) -> Floats:
        """Negative log likelihood, (...)."""
        top = z.argmax(axis=-1)[..., None]
        shifted = z - np.take_along_axis(z, top, axis=-1)
        own = np.take_along_axis(shifted, np.broadcast_to(t, z.shape[:-1])[..., None], axis=-1)
        rest = np.exp(shifted)
        np.put_along_axis(rest, top, 0.0, axis=-1)  # its 1 goes into log1p: exact near loss 0
        return np.log1p(rest.sum(axis=-1)) - own[..., 0]

    def residual(self, z: Floats, t: Ints) -> Floats:
        """Its gradient in z, (..., K)."""
        q = self.probabilities(z)
        own = np.broadcast_to(t, z.shape[:-1])[..., None]
        np.put_along_axis(q, own, np.take_along_axis(q, own, axis=-1) - 1.0, axis=-1)
        return q

    def curvature(self, z: Floats) -> Floats:
        """Its Hessian in z, (..., K, K)."""
        q = self.probabilities(z)
        return q[..., :, None] * (np.eye(q.shape[-1]) - q[..., None, :])

    def probabilities(self, z: Floats) -> Floats:
        """Probability of each class, (..., classes)."""
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z)) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))
