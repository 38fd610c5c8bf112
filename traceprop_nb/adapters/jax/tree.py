"""A pytree of parameters as one flat vector, in the order of ``jax.flatten_util.ravel_pytree``.

Flax and Equinox modules, dicts, lists and named tuples are all trees to JAX. A parameter is a
leaf of floating numbers; a counter, a key or a function in the tree is nothing to differentiate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from traceprop_nb.adapters.jax.precision import double
from traceprop_nb.errors import NotFiniteError, ShapeError, UnsupportedModelError
from traceprop_nb.gradients.objective import Floats


@dataclass(frozen=True, eq=False)
class Tree:
    """The shape of the user's parameters.

    Attributes:
        structure: JAX's tree definition.
        shapes: Of each leaf.
        dtypes: Of each leaf.
        doubled: Whether the computation is in float64; else each leaf keeps its own dtype.
    """

    structure: Any
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[np.dtype[Any], ...]
    doubled: bool = True

    @property
    def p(self) -> int:
        return sum(prod(shape) for shape in self.shapes)

    def params(self, w: Any) -> Any:
        """The flat vector (p,), a NumPy or a traced array, as the user's tree."""
        place, leaves = 0, []
        for shape, dtype in zip(self.shapes, self.dtypes, strict=True):
            leaf = jnp.reshape(w[place : place + prod(shape)], shape)
            leaves.append(leaf if self.doubled else leaf.astype(dtype))
            place += prod(shape)
        return jax.tree_util.tree_unflatten(self.structure, leaves)

    def abstract(self) -> Any:
        """Shapes and dtypes of the tree as the loss will see it, for ``jax.eval_shape``."""
        kinds = [np.dtype(np.float64) if self.doubled else d for d in self.dtypes]
        leaves = [jax.ShapeDtypeStruct(s, k) for s, k in zip(self.shapes, kinds, strict=True)]
        return jax.tree_util.tree_unflatten(self.structure, leaves)


def is_tree(thing: object) -> bool:
    """Whether it is a pytree with JAX arrays in it; a torch module or an estimator is none."""
    return any(isinstance(leaf, jax.Array) for leaf in jax.tree_util.tree_leaves(thing))


def tree_of(params: object) -> Tree:
    """The shape of these parameters.

    Raises:
        UnsupportedModelError: A leaf that is no array of floating numbers.
    """
    leaves, structure = jax.tree_util.tree_flatten(params)
    for path, leaf in jax.tree_util.tree_flatten_with_path(params)[0]:
        dtype = getattr(leaf, "dtype", None)
        if dtype is None or not jnp.issubdtype(dtype, jnp.floating):
            raise UnsupportedModelError(
                f"the parameters hold {_kind(leaf, dtype)} at {_name(path)}, which has no "
                "gradient; name a tree of floating-point arrays only with --model, and let the "
                "loss close over the rest"
            )
    if not leaves:
        raise UnsupportedModelError("the tree of parameters is empty; name the trained one")
    shapes = tuple(tuple(leaf.shape) for leaf in leaves)
    return Tree(structure, shapes, tuple(np.dtype(leaf.dtype) for leaf in leaves))


def parameters(params: object) -> Floats:
    """The parameters as one float64 vector (p,), copied."""
    leaves = jax.tree_util.tree_leaves(params)
    return np.concatenate([np.asarray(leaf).astype(np.float64).ravel() for leaf in leaves])


def with_parameters(params: object, w: Floats) -> Any:
    """A new tree with other values, each leaf an array of the kind and dtype that it was.

    Raises:
        ShapeError: Another number of values than the tree holds.
    """
    tree = tree_of(params)
    if len(w) != tree.p:
        raise ShapeError(f"{len(w)} parameters for a tree that holds {tree.p}; pass one a value")
    values, place = [], 0
    with double():  # else JAX would make single what the user has in double
        for leaf, shape in zip(jax.tree_util.tree_leaves(params), tree.shapes, strict=True):
            value = np.asarray(w[place : place + prod(shape)]).reshape(shape).astype(leaf.dtype)
            values.append(jnp.asarray(value) if isinstance(leaf, jax.Array) else value)
            place += prod(shape)
    return jax.tree_util.tree_unflatten(tree.structure, values)


def require_finite_leaves(params: object) -> None:
    """Do nothing if every parameter is a finite number.

    Raises:
        NotFiniteError: With the leaf, and how many there are.
    """
    for path, leaf in jax.tree_util.tree_flatten_with_path(params)[0]:
        bad = ~np.isfinite(np.asarray(leaf).astype(np.float64))
        if bad.any():
            raise NotFiniteError(
                f"{np.count_nonzero(bad)} of {bad.size} parameters at {_name(path)} are not "
                "finite: the training diverged; train with a smaller learning rate"
            )


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path) or "the top of the tree"


def _kind(leaf: object, dtype: object) -> str:
    return f"a {type(leaf).__name__}" if dtype is None else f"{dtype} numbers"
