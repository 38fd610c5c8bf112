"""Penalised maximum likelihood of a linear model, in closed form: NumPy only.

F(w) = sum_i weight_i * loss(W x_i, t_i) + 1/2 sum_j penalty_j w_j^2, w being W (K, d) read row
by row. Implements ``Linear`` of ``gradients.objective``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.families import Family
from traceprop_nb.gradients.layers import Factors, Layer
from traceprop_nb.gradients.objective import Floats, Ints


class Encoder(Protocol):
    """Turns what a user passes into the model's own terms."""

    @property
    def classes(self) -> NDArray[Any]:
        """All labels, in the order of class indices."""
        ...

    def features(self, X: object) -> Floats:
        """The design (m, d), intercept column included."""
        ...

    def targets(self, y: object, m: int) -> Ints:
        """Class indices (m,)."""
        ...


@dataclass(frozen=True, eq=False)
class LinearRisk:
    """The risk of a linear classifier over its rows.

    Attributes:
        family: Turns outputs into a loss.
        design: float64 (n, d).
        target: int64 (n,), class indices.
        weights: float64 (n,).
        penalty: float64 (p,), second derivative of the penalty; 0 where unpenalised.
        K: Number of outputs; p = K d.
        encoder: Reads query rows and labels.
        note: What a reader must know about this view of the model.
    """

    family: Family
    design: Floats
    target: Ints
    weights: Floats
    penalty: Floats
    K: int
    encoder: Encoder
    note: str = ""

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.design)

    @property
    def p(self) -> int:
        """Number of parameters."""
        return len(self.penalty)

    @property
    def features(self) -> Floats:
        """Features of each row, (n, d)."""
        return self.design

    @property
    def answers(self) -> Ints:
        """Number of each row's class, (n,)."""
        return self.target

    def outputs(self, w: Floats, rows: Ints | slice = slice(None)) -> Floats:
        """Outputs (m, K) of these rows."""
        return self.design[rows] @ w.reshape(self.K, -1).T

    def value(self, w: Floats) -> float:
        """F(w)."""
        loss = self.family.loss(self.outputs(w), self.target)
        return float(self.weights @ loss + 0.5 * (self.penalty * w) @ w)

    def loss(self, w: Floats, rows: Ints) -> Floats:
        """Loss of each of these rows, (m,)."""
        return self.family.loss(self.outputs(w, rows), self.target[rows])

    def per_example_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of each of these rows' loss, (m, p)."""
        residual = self.family.residual(self.outputs(w, rows), self.target[rows])
        return (residual[:, :, None] * self.design[rows][:, None, :]).reshape(len(rows), self.p)

    def grad(self, w: Floats) -> Floats:
        """Gradient of F, (p,)."""
        residual = self.family.residual(self.outputs(w), self.target) * self.weights[:, None]
        return (residual.T @ self.design).ravel() + self.penalty * w

    def loss_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of the weighted losses of these rows, summed, (p,)."""
        residual = self.family.residual(self.outputs(w, rows), self.target[rows])
        return ((residual * self.weights[rows, None]).T @ self.design[rows]).ravel()

    def hvp(self, w: Floats, v: Floats) -> Floats:
        """Hessian of F times v, (p,)."""
        c = self.family.curvature(self.outputs(w)) * self.weights[:, None, None]
        moved = np.einsum("nab,nb->na", c, self.outputs(v))
        return (moved.T @ self.design).ravel() + self.penalty * v

    def gauss_newton(self, w: Floats) -> Floats:
        """Hessian of F, (p, p)."""
        c = self.family.curvature(self.outputs(w)) * self.weights[:, None, None]
        d = self.design.shape[1]
        if self.K == 1 and not (self.weights < 0.0).any():
            root = self.design * np.sqrt(c[:, 0])  # a product with itself takes half the time
            h = root.T @ root
            h[np.diag_indices(d)] += self.penalty
            return h
        blocks = np.empty((self.K, d, self.K, d))
        for a in range(self.K):
            for b in range(a + 1):
                block = (self.design * c[:, a, b, None]).T @ self.design
                blocks[a, :, b, :] = blocks[b, :, a, :] = block
        h = blocks.reshape(self.p, self.p)
        h[np.diag_indices(self.p)] += self.penalty
        return h

    def gauss_newton_product(self, w: Floats, v: Floats) -> Floats:
        """Hessian of F times v, (p,)."""
        return self.hvp(w, v)

    def divergence(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        """Kullback-Leibler divergence from the teacher's prediction to w's, (m,)."""
        q, r = (self.family.probabilities(self.outputs(v, rows)) for v in (teacher, w))
        tiny = np.finfo(float).tiny
        return (q * (np.log(np.maximum(q, tiny)) - np.log(np.maximum(r, tiny)))).sum(axis=-1)

    def divergence_grad(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        """Gradient of the summed divergence in w, (p,)."""
        q, r = (self.family.probabilities(self.outputs(v, rows)) for v in (teacher, w))
        slope = (r - q)[:, -self.K :]  # the one output of two classes is that of the second
        return (slope.T @ self.design[rows]).ravel()

    def layers(self, w: Floats) -> tuple[Layer, ...]:  # noqa: ARG002  # the protocol passes it
        """The one layer that it is."""
        classes = self.family.probabilities(np.zeros((1, self.K))).shape[1]
        place = np.arange(self.p, dtype=np.int64).reshape(self.K, -1)
        return (Layer("linear", place, positions=1, draws=classes),)

    def grad_factors(self, w: Floats, rows: Ints) -> list[Factors]:
        """Features and residuals."""
        residual = self.family.residual(self.outputs(w, rows), self.target[rows])
        return [Factors(self.design[rows, None], residual[:, None, None])]

    def fisher_factors(self, w: Floats, rows: Ints) -> list[Factors]:
        """Features, and the residual under each class times the root of its probability."""
        z = self.outputs(w, rows)
        q = self.family.probabilities(z)
        classes = np.broadcast_to(np.arange(q.shape[1]), q.shape)
        every = np.broadcast_to(z[:, None], (*q.shape, self.K))
        slopes = self.family.residual(every, classes) * np.sqrt(q)[:, :, None]
        return [Factors(self.design[rows, None], slopes[:, :, None])]

    @cached_property
    def flat(self) -> Floats:
        """Directions (q, p) along which nothing changes."""
        # Adding one vector to every class leaves all probabilities as they are; where those
        # coordinates are not penalised, F stays too.
        if self.K == 1 and not (self.weights < 0.0).any():
            return np.empty((0, self.p))
        free = np.flatnonzero(~self.penalty.reshape(self.K, -1).any(axis=0))
        directions = np.zeros((len(free), self.K, self.design.shape[1]))
        directions[np.arange(len(free)), :, free] = 1.0 / np.sqrt(self.K)
        return directions.reshape(len(free), self.p)

    def residual(self, z: Floats) -> Floats:
        """Slope of each row's loss in z, of z's shape."""
        return self.family.residual(z, self._target_for(z))

    def curvature(self, z: Floats) -> Floats:
        """Second derivative of each row's loss in z, (n, K, K)."""
        return self.family.curvature(z)

    def loss_of(self, z: Floats) -> Floats:
        """Loss of each row at z."""
        return self.family.loss(z, self._target_for(z))

    def _target_for(self, z: Floats) -> Ints:
        return self.target if z.ndim == 2 else self.target[:, None]

    def restrict(self, keep: Ints) -> LinearRisk:
        """The problem over the kept rows."""
        return replace(
            self,
            design=self.design[keep],
            target=self.target[keep],
            weights=self.weights[keep],
        )

    def reweighted(self, weights: Floats) -> LinearRisk:
        """The problem with other weights."""
        return replace(self, weights=weights)

    def on(self, X: object, y: object) -> LinearRisk:
        """The model over other rows."""
        design = self.encoder.features(X)
        target = self.encoder.targets(y, len(design))
        return replace(self, design=design, target=target, weights=np.ones(len(design)))

    def over(self, other: LinearRisk) -> LinearRisk:
        """This model over the rows of another."""
        return replace(self, design=other.design, target=other.target, weights=other.weights)

    def correct(self, w: Floats) -> NDArray[np.bool_]:
        """Whether each row's own class is the most probable one, (n,)."""
        return self.family.probabilities(self.outputs(w)).argmax(axis=-1) == self.target

    def predicted(self, w: Floats, rows: Ints) -> Ints:
        """Index of the most probable class of each of these rows, (m,)."""
        return self.probabilities(w, rows).argmax(axis=-1)

    def probabilities(self, w: Floats, rows: Ints) -> Floats:
        """Class probabilities of these rows, (m, classes)."""
        return self.family.probabilities(self.outputs(w, rows))

    def predict(self, w: Floats, X: object) -> Floats:
        """Class probabilities, (m, classes)."""
        return self.family.probabilities(self.encoder.features(X) @ w.reshape(self.K, -1).T)
