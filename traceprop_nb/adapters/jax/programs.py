"""The compiled functions of one training; every view of its rows shares them.

All take the flat parameters first and rows, labels and weights last, so that another block, a
part of the rows or a query runs the same code if it has the same shape. Gradients go through
``vmap`` of the loss of one row: no row can see another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from traceprop_nb.adapters.jax.losses import RowLoss
from traceprop_nb.adapters.jax.outputs import Meaning
from traceprop_nb.adapters.jax.tree import Tree

ROWS = (None, 0, 0)


@dataclass(frozen=True, eq=False)
class Outputs:
    """The user's function from parameters and rows to outputs.

    Attributes:
        apply: The function, ``(params, X)``.
        width: Number of outputs of a row.
    """

    apply: Callable[[Any, Any], Any]
    width: int


class Programs:
    """What can be computed of a loss and, where the user named them, of outputs.

    Args:
        tree: The parameters.
        row: The loss.
        model: The model's outputs, or None.
        meaning: What they mean, or None.
    """

    def __init__(
        self, tree: Tree, row: RowLoss, model: Outputs | None, meaning: Meaning | None
    ) -> None:
        self.tree, self.row, self.model, self.meaning = tree, row, model, meaning

    def _loss(self, w: Any, x: Any, y: Any) -> Any:
        return self.row(self.tree.params(w), x, y)

    def _total(self, w: Any, X: Any, y: Any, s: Any) -> Any:
        return s @ jax.vmap(self._loss, ROWS)(w, X, y)

    def _outputs(self, w: Any, x: Any) -> Any:
        assert self.model is not None
        return self.model.apply(self.tree.params(w), x[None]).reshape(-1)

    def _scores(self, w: Any, x: Any) -> Any:
        assert self.meaning is not None
        return self.meaning.scores(self._outputs(w, x))

    def _of_scores(self, z: Any, y: Any) -> Any:
        assert self.meaning is not None
        return self.meaning.scale * self.meaning.loss(z, y)

    def _rest(self, w: Any, x: Any, y: Any) -> Any:
        """The part of the loss that is the same for every row, from one of them."""
        return self._loss(w, x, y) - self._of_scores(self._scores(w, x), y)

    @cached_property
    def losses(self) -> Any:
        """(w, X, y) -> (m,)."""
        return jax.jit(jax.vmap(self._loss, ROWS))

    @cached_property
    def gradients(self) -> Any:
        """(w, X, y) -> (m, p)."""
        return jax.jit(jax.vmap(jax.grad(self._loss), ROWS))

    @cached_property
    def gradient(self) -> Any:
        """(w, X, y, s) -> (p,), weighted and summed."""
        return jax.jit(jax.grad(self._total))

    @cached_property
    def hessian_product(self) -> Any:
        """(w, v, X, y, s) -> (p,): forward over reverse."""

        def product(w: Any, v: Any, X: Any, y: Any, s: Any) -> Any:
            return jax.jvp(lambda u: jax.grad(self._total)(u, X, y, s), (w,), (v,))[1]

        return jax.jit(product)

    @cached_property
    def outputs(self) -> Any:
        """(w, X) -> (m, k), as the user's function gives them."""
        return jax.jit(jax.vmap(self._outputs, (None, 0)))

    @cached_property
    def log_chances(self) -> Any:
        """(w, X) -> (m, classes)."""
        return jax.jit(jax.vmap(self._log_chances, (None, 0)))

    def _log_chances(self, w: Any, x: Any) -> Any:
        assert self.meaning is not None
        return self.meaning.log_chances(self._scores(w, x))

    def _divergence(self, w: Any, teacher: Any, x: Any) -> Any:
        theirs = jax.lax.stop_gradient(self._log_chances(teacher, x))
        return (jnp.exp(theirs) * (theirs - self._log_chances(w, x))).sum()

    @cached_property
    def divergences(self) -> Any:
        """(w, teacher, X) -> (m,)."""
        return jax.jit(jax.vmap(self._divergence, (None, None, 0)))

    @cached_property
    def divergence_gradient(self) -> Any:
        """(w, teacher, X, s) -> (p,), summed over rows with s = 1."""

        def total(w: Any, teacher: Any, X: Any, s: Any) -> Any:
            return s @ jax.vmap(self._divergence, (None, None, 0))(w, teacher, X)

        return jax.jit(jax.grad(total))

    @cached_property
    def curvature_product(self) -> Any:
        """(w, v, X, y, s) -> (p,): the Gauss-Newton matrix of the rows times v."""

        def product(w: Any, v: Any, X: Any, y: Any, s: Any) -> Any:
            def scores(u: Any) -> Any:
                return jax.vmap(self._scores, (None, 0))(u, X)

            def slope(z: Any) -> Any:
                return jax.grad(lambda z: s @ jax.vmap(self._of_scores)(z, y))(z)

            z, moved = jax.jvp(scores, (w,), (v,))
            bent = jax.jvp(slope, (z,), (moved,))[1]
            return jax.vjp(scores, w)[1](bent)[0]

        return jax.jit(product)

    @cached_property
    def curvature(self) -> Any:
        """(w, X, y, s) -> (p, p): the Gauss-Newton matrix of the rows."""

        def matrix(w: Any, X: Any, y: Any, s: Any) -> Any:
            def one(x: Any, y: Any) -> Any:
                inner = jax.hessian(self._of_scores)(self._scores(w, x), y)
                return jax.jacrev(self._scores)(w, x), inner

            jacobian, inner = jax.vmap(one)(X, y)
            turned = jnp.einsum("n,nab,nbp->nap", s, inner, jacobian)
            p = jacobian.shape[-1]
            total = jacobian.reshape(-1, p).T @ turned.reshape(-1, p)
            return 0.5 * (total + total.T)

        return jax.jit(matrix)

    @cached_property
    def rest_product(self) -> Any:
        """(w, v, x, y) -> (p,): Hessian of the rest of one row's loss times v."""

        def product(w: Any, v: Any, x: Any, y: Any) -> Any:
            return jax.jvp(lambda u: jax.grad(self._rest)(u, x, y), (w,), (v,))[1]

        return jax.jit(product)

    @cached_property
    def rest_curvature(self) -> Any:
        """(w, x, y) -> (p, p): the same as a matrix."""
        return jax.jit(jax.hessian(self._rest))
