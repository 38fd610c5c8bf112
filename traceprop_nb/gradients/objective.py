"""The empirical risk of one model over numbered rows, as protocols.

Everything above this layer (influence, unlearning) talks to a model through these protocols
only, so none of it knows which framework trained the model.

Shapes: n rows, p parameters, K outputs. Parameters are one flat float64 vector. The risk is a
sum, not a mean, so that leaving a row out removes exactly one term::

    F(w) = sum_i weight_i * loss_i(w) + penalty(w)
"""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Objective(Protocol):
    """F(w) over n rows, and its derivatives."""

    @property
    def n(self) -> int:
        """Number of rows."""
        ...

    @property
    def p(self) -> int:
        """Number of parameters."""
        ...

    @property
    def weights(self) -> Floats:
        """Weight of each row's loss in F, (n,)."""
        ...

    @property
    def note(self) -> str:
        """What a reader must know about this view of the model; empty if nothing."""
        ...

    @property
    def penalty(self) -> Floats:
        """Second derivative of the penalty, (p,); the penalty is 1/2 sum_j penalty_j w_j^2."""
        ...

    def value(self, w: Floats) -> float:
        """F(w), penalty included."""
        ...

    def loss(self, w: Floats, rows: Ints) -> Floats:
        """Loss of each of these rows, (m,), without weight and penalty."""
        ...

    def per_example_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of each of these rows' loss, (m, p), without weight and penalty."""
        ...

    def grad(self, w: Floats) -> Floats:
        """Gradient of F at w, (p,)."""
        ...

    def loss_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of the weighted losses of these rows, summed, without penalty, (p,)."""
        ...

    def hvp(self, w: Floats, v: Floats) -> Floats:
        """Hessian of F at w times v, (p,)."""
        ...

    def restrict(self, keep: Ints) -> Self:
        """The same problem over the kept rows only: same weights, same penalty."""
        ...

    def on(self, X: object, y: object) -> Self:
        """The same model over other rows, such as queries; their weights are 1.

        Raises:
            ShapeError: X does not have the model's number of features, or y not X's of rows.
            NotFiniteError: NaN or infinity in X, with its row and column.
            UnknownNameError: A label that the model has no class for.
        """
        ...

    def correct(self, w: Floats) -> NDArray[np.bool_] | None:
        """Whether each row's own label is the most probable one, (n,); None for a regression."""
        ...

    def predict(self, w: Floats, X: object) -> Floats:
        """Class probabilities (m, classes); raw outputs (m, K) for a regression."""
        ...


@runtime_checkable
class GaussNewton(Protocol):
    """An objective with a positive semi-definite curvature.

    The generalised Gauss-Newton matrix drops the part of the Hessian that comes from the
    model's own curvature, so for a linear model it is the Hessian. Schraudolph 2002,
    doi:10.1162/08997660260028683.
    """

    def gauss_newton(self, w: Floats) -> Floats:
        """The matrix, penalty included, (p, p)."""
        ...

    def gauss_newton_product(self, w: Floats, v: Floats) -> Floats:
        """The matrix times v, (p,)."""
        ...


@runtime_checkable
class Convex(GaussNewton, Protocol):
    """An objective whose Gauss-Newton matrix is its Hessian, everywhere."""

    @property
    def flat(self) -> Floats:
        """Orthonormal directions (q, p) along which no prediction and no penalty changes."""
        ...


@runtime_checkable
class Linear(Convex, Protocol):
    """A model whose K outputs are linear in a row's features: z_i = W x_i.

    Row i's gradient is the outer product of residual_i (K,) and x_i (d,), its Hessian that of
    curvature_i (K, K) and x_i x_i^T; w is W (K, d) read row by row, so p = K d.
    """

    @property
    def design(self) -> Floats:
        """Features of each row, (n, d), with a column of ones where there is an intercept."""
        ...

    @property
    def K(self) -> int:
        """Number of outputs: 1 for a binary model, the classes for a multinomial one."""
        ...

    def residual(self, z: Floats) -> Floats:
        """Slope of each row's loss at outputs z, (n, K) or (n, r, K): of the same shape."""
        ...

    def curvature(self, z: Floats) -> Floats:
        """Second derivative of each row's loss in its outputs, (n, K, K)."""
        ...

    def loss_of(self, z: Floats) -> Floats:
        """Loss of each row at outputs z (n, K) or (n, r, K): (n,) or (n, r)."""
        ...

    def reweighted(self, weights: Floats) -> Self:
        """The same problem with these weights of its rows, (n,): same penalty."""
        ...


@runtime_checkable
class Featured(Protocol):
    """An objective whose rows are vectors with an answer each, as nearest neighbours need."""

    @property
    def features(self) -> Floats:
        """What the model is given of each row, flattened, (n, d)."""
        ...

    @property
    def answers(self) -> Ints | Floats:
        """Number of each row's class, int64 (n,); for a regression its target, float64 (n,)."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """A classifier that says which class it takes each of its own rows for."""

    def predicted(self, w: Floats, rows: Ints) -> Ints:
        """Index of the most probable class of each of these rows, (m,)."""
        ...


@runtime_checkable
class Movable(Protocol):
    """An objective whose model can be put over the rows of another one of its kind."""

    def over(self, other: Self) -> Self:
        """This model over the rows of another objective of the same kind, with their weights."""
        ...


@runtime_checkable
class Shardable(Featured, Movable, Protocol):
    """A classifier that can vote, with others of its kind, on rows that it was not trained on."""

    def probabilities(self, w: Floats, rows: Ints) -> Floats:
        """Probability of each class for each of these rows, (m, classes)."""
        ...


@runtime_checkable
class Headed(Protocol):
    """A network whose last layer can be looked at alone."""

    def last_layer(self, w: Floats) -> tuple[Objective, Floats]:
        """The same risk with all but the last linear layer fixed at w, and that layer's part of w.

        Raises:
            UnsupportedModelError: Its outputs are not those of a linear layer that is trained.
        """
        ...


@runtime_checkable
class Distillable(Protocol):
    """A classifier that can be pulled towards, or away from, another one's predictions."""

    def divergence(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        """Kullback-Leibler divergence from the teacher's prediction to w's, each row's, (m,).

        ``teacher`` is a parameter vector (p,); both models see the same rows.
        """
        ...

    def divergence_grad(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        """Gradient of the summed divergence in w, without weights, (p,)."""
        ...


def flat_directions(objective: object) -> Floats | None:
    """The flat directions of a convex objective; None where none is known to be convex."""
    return objective.flat if isinstance(objective, Convex) else None


def all_rows(objective: Objective) -> Ints:
    """0, 1, ... n - 1."""
    return np.arange(objective.n, dtype=np.int64)
