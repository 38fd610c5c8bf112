"""A user's JAX loss over a tree of parameters as an objective: vmap and grad, compiled once.

Everything is computed in float64 in a context of our own, so that neither the user's settings nor
their compiled functions change. w lists the leaves in the order of ``ravel_pytree``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.adapters.jax.precision import double
from traceprop_nb.adapters.jax.programs import Programs
from traceprop_nb.adapters.jax.rows import Block, RowShape, padded
from traceprop_nb.adapters.jax.tree import parameters, with_parameters
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Floats, Ints, all_rows

__all__ = ["JaxCurvedRisk", "JaxRisk", "parameters", "with_parameters"]  # the adapter's door

_BLIND = (
    "this run knows the loss and not the outputs of the model, so it predicts nothing; "
    "record it again with --predict NAME, a function of (params, X)"
)


@dataclass(frozen=True, eq=False)
class JaxRisk:
    """The risk of a loss over numbered rows.

    Attributes:
        programs: The compiled functions.
        X: (n, ...), float64 or whole numbers.
        y: (n, ...).
        weights: float64 (n,).
        penalty: float64 (p,), zeros: a penalty inside the loss is part of each row's loss.
        shape: Reads query rows.
        note: What a reader must know about this view of the model.
    """

    programs: Programs
    X: NDArray[Any]
    y: NDArray[Any]
    weights: Floats
    penalty: Floats
    shape: RowShape
    note: str = ""

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def p(self) -> int:
        return self.programs.tree.p

    def value(self, w: Floats) -> float:
        return float(self.weights @ self.loss(w, all_rows(self)) + 0.5 * (self.penalty * w) @ w)

    def loss(self, w: Floats, rows: Ints) -> Floats:
        def some(block: Block) -> Any:
            return self.programs.losses(w, *self._of(block))

        return self._each(some, rows, 1, ())

    def per_example_grad(self, w: Floats, rows: Ints) -> Floats:
        def some(block: Block) -> Any:
            return self.programs.gradients(w, *self._of(block))

        return self._each(some, rows, 2 * self.p, (self.p,))

    def grad(self, w: Floats) -> Floats:
        return self.loss_grad(w, all_rows(self)) + self.penalty * w

    def loss_grad(self, w: Floats, rows: Ints) -> Floats:
        def some(block: Block) -> Any:
            return self.programs.gradient(w, *self._of(block), self._weight(block))

        return self._summed(some, rows)

    def hvp(self, w: Floats, v: Floats) -> Floats:
        def some(block: Block) -> Any:
            return self.programs.hessian_product(w, v, *self._of(block), self._weight(block))

        return self._summed(some, all_rows(self)) + self.penalty * v

    def divergence(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        self._require_classes()

        def some(block: Block) -> Any:
            return self.programs.divergences(w, teacher, self.X[block.rows])

        return self._each(some, rows, 1, ())

    def divergence_grad(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        self._require_classes()

        def some(block: Block) -> Any:
            ones = _filled(np.ones(block.real), len(block.rows))
            return self.programs.divergence_gradient(w, teacher, self.X[block.rows], ones)

        return self._summed(some, rows)

    def restrict(self, keep: Ints) -> Self:
        return replace(self, X=self.X[keep], y=self.y[keep], weights=self.weights[keep])

    def on(self, X: object, y: object) -> Self:
        rows = self.shape.features(X)
        labels = self.shape.labels(y, len(rows))
        return replace(self, X=rows, y=labels, weights=np.ones(len(rows)))

    @property
    def features(self) -> Floats:
        return _flat(self.X).astype(np.float64)

    @property
    def answers(self) -> Ints | Floats:
        spread = self.y[:1].size > 1
        if self.shape.classes is None:
            return np.asarray(_flat(self.y).astype(np.float64).mean(axis=1))
        index = _flat(self.y).argmax(axis=1) if spread else self.y.reshape(-1)
        return np.asarray(index, dtype=np.int64)

    def over(self, other: Self) -> Self:
        return replace(self, X=other.X, y=other.y, weights=other.weights)

    def probabilities(self, w: Floats, rows: Ints) -> Floats:
        return self._predicted(w, self.X[rows])

    def predict(self, w: Floats, X: object) -> Floats:
        return self._predicted(w, self.shape.features(X))

    def correct(self, w: Floats) -> NDArray[np.bool_] | None:
        chances = self._predicted(w, self.X)
        if self.shape.classes is None:
            return None
        return np.asarray(chances.argmax(axis=1) == self.answers, dtype=np.bool_)

    def outputs(self, w: Floats, X: NDArray[Any]) -> Floats:
        """What the user's function gives for rows (m, ...), as (m, k)."""
        whole = replace(self, X=X)
        return whole._each(
            lambda block: self.programs.outputs(w, X[block.rows]),
            np.arange(len(X)), 1, (self._width,),
        )  # fmt: skip

    def _predicted(self, w: Floats, X: NDArray[Any]) -> Floats:
        if self.programs.meaning is None:
            raise UnsupportedModelError(_BLIND)
        classes = self.shape.classes
        if classes is None:
            return self.outputs(w, X)
        found = self._each(
            lambda block: self.programs.log_chances(w, X[block.rows]),
            np.arange(len(X)), 1, (classes,),
        )  # fmt: skip
        return np.exp(found)

    def _require_classes(self) -> None:
        if self.programs.meaning is None:
            raise UnsupportedModelError(f"nothing to distil: {_BLIND}")
        if self.shape.classes is None:
            raise UnsupportedModelError(
                "a regression predicts no class probabilities, so there is nothing to distil; "
                "use another method of unlearning"
            )

    @property
    def _width(self) -> int:
        """Number of outputs of a row."""
        return 0 if self.programs.model is None else self.programs.model.width

    def _of(self, block: Block) -> tuple[Any, Any]:
        return self.X[block.rows], self.y[block.rows]

    def _weight(self, block: Block) -> Floats:
        return _filled(self.weights[block.rows[: block.real]], len(block.rows))

    def precision(self) -> AbstractContextManager[object]:
        """The block in which the compiled functions are called."""
        return double() if self.programs.tree.doubled else nullcontext()

    def _blocks(self, rows: Ints, floats_per_row: int) -> Iterator[Block]:
        yield from padded(np.asarray(rows, dtype=np.int64), 8 * max(1, floats_per_row))

    def _each(
        self, some: Callable[[Block], Any], rows: Ints, floats_per_row: int, tail: tuple[int, ...]
    ) -> Floats:
        """What ``some`` gives for each row, (m, *tail)."""
        out, place = np.empty((len(rows), *tail)), 0
        with self.precision():
            for block in self._blocks(rows, floats_per_row):
                out[place : place + block.real] = np.asarray(some(block))[: block.real]
                place += block.real
        return out

    def _summed(self, some: Callable[[Block], Any], rows: Ints) -> Floats:
        """The sum over blocks of what ``some`` gives, (p,)."""
        total = np.zeros(self.p)
        with self.precision():
            for block in self._blocks(rows, self.X[:1].size):
                total += np.asarray(some(block), dtype=np.float64)
        return total


class JaxCurvedRisk(JaxRisk):
    """A risk whose loss is a known convex function of known outputs."""

    def gauss_newton_product(self, w: Floats, v: Floats) -> Floats:
        def some(block: Block) -> Any:
            return self.programs.curvature_product(w, v, *self._of(block), self._weight(block))

        total = self._summed(some, all_rows(self)) + self.penalty * v
        if self._has_rest:
            with self.precision():
                rest = self.programs.rest_product(w, v, self.X[0], self.y[0])
            total = total + self.weights.sum() * np.asarray(rest, dtype=np.float64)
        return total

    def gauss_newton(self, w: Floats) -> Floats:
        total = np.diag(self.penalty)
        with self.precision():
            for block in self._blocks(all_rows(self), 3 * self._width * self.p):
                part = self.programs.curvature(w, *self._of(block), self._weight(block))
                total += np.asarray(part, dtype=np.float64)
            if self._has_rest:
                rest = self.programs.rest_curvature(w, self.X[0], self.y[0])
                total += self.weights.sum() * np.asarray(rest, dtype=np.float64)
        return total

    @property
    def _has_rest(self) -> bool:
        return self.n > 0 and self.programs.meaning is not None and self.programs.meaning.rest


def _flat(rows: NDArray[Any]) -> NDArray[Any]:
    """As a matrix, also where there is no row."""
    return rows.reshape(len(rows), int(np.prod(rows.shape[1:], dtype=np.int64)))


def _filled(weights: Floats, size: int) -> Floats:
    """Weights of the real rows, then zeros."""
    return np.concatenate([weights, np.zeros(size - len(weights))])
