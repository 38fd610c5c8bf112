"""The user's loss as the loss of one row, and what it was before.

A loss may be written for a row, ``loss(params, x, y) -> ()``, or for a batch, ``loss(params, X, y)
-> (m,)`` or their mean. Which one it is follows from the shapes alone; a batch loss becomes that of
a row by calling it on batches of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from traceprop_nb.adapters.jax.precision import double
from traceprop_nb.adapters.jax.tree import Tree
from traceprop_nb.errors import ShapeError, UnsupportedModelError
from traceprop_nb.gradients.objective import Floats

PROBE = 3
"""Rows of the batch that shapes are tried with."""

Loss = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, eq=False)
class RowLoss:
    """A loss of one row.

    Attributes:
        name: The user's name for it.
        own: The user's function.
        kind: ``"row"``, or ``"rows"`` and ``"mean"`` for losses of a batch.
        batched: Whether it gives a scalar for a batch.
    """

    name: str
    own: Loss
    kind: str
    batched: bool

    def __call__(self, params: Any, x: Any, y: Any) -> Any:
        """The loss of one row, a scalar."""
        if self.kind == "row":
            return self.own(params, x, y)
        return self.own(params, x[None], y[None]).reshape(())


def row_loss(name: str, own: object, tree: Tree, X: Any, y: Any) -> RowLoss:
    """How the loss is called, found from shapes; nothing is computed.

    Args:
        name: The user's name for it.
        own: The user's function.
        tree: The parameters.
        X: (n, ...), as the loss will see it.
        y: (n, ...).

    Raises:
        UnsupportedModelError: It is no function, or it cannot be called with these rows.
        ShapeError: It gives neither one loss a row nor one number.
    """
    if not callable(own):
        raise UnsupportedModelError(
            f"--loss {name} is a {type(own).__name__}; name a function of (params, x, y)"
        )
    one = shape_of(own, tree, _like(X, ()), _like(y, ()))
    many = shape_of(own, tree, _like(X, (PROBE,)), _like(y, (PROBE,)))
    if one == ():
        return RowLoss(name, own, "row", many == ())
    if many in ((), (PROBE,)):
        return RowLoss(name, own, "rows" if many else "mean", many == ())
    if isinstance(one, tuple) or isinstance(many, tuple):
        raise ShapeError(
            f"{name} gives {_said(many)} for {PROBE} rows and {_said(one)} for one; return one "
            f"number for a row, or ({PROBE},) or their mean for {PROBE} rows"
        )
    raise UnsupportedModelError(
        f"{name}(params, X, y) cannot be called with rows of shape {X.shape[1:]} and labels of "
        f"shape {y.shape[1:]} ({many}); pass the rows that it was trained on with --rows X,y"
    )


def shape_of(function: Callable[..., Any], tree: Tree, *arguments: Any) -> tuple[int, ...] | str:
    """The shape of what a function of the parameters returns, or in words why it cannot be called.

    Any error of the user's function is a reason: it was called in a way that may not be its own.
    """
    try:
        if tree.doubled:
            with double():
                out = jax.eval_shape(function, tree.abstract(), *arguments)
        else:
            out = jax.eval_shape(function, tree.abstract(), *arguments)
    except Exception as error:  # noqa: BLE001  # told to the user where no way of calling works
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    shape = getattr(out, "shape", None)
    return f"a {type(out).__name__}" if shape is None else tuple(shape)


def _like(rows: Any, lead: tuple[int, ...]) -> Any:
    return jax.ShapeDtypeStruct((*lead, *rows.shape[1:]), rows.dtype)


def _said(shape: tuple[int, ...] | str) -> str:
    return f"shape {shape}" if isinstance(shape, tuple) else f"no array ({shape})"


def rows_meet(loss: RowLoss, whole: Floats, each: Floats) -> str:
    """What to say of a batch loss that is not made of its rows' losses; empty if it is.

    Args:
        loss: The loss.
        whole: What it gives for some rows together, () or (m,).
        each: (m,), what it gives for each of them alone.

    Raises:
        UnsupportedModelError: It is a loss of a batch, so nothing is known of one row.
    """
    wanted = [each] if whole.ndim else [each.mean(), each.sum()]
    if any(np.allclose(whole, one, rtol=1e-5) for one in wanted):
        return ""
    said = (
        f"{loss.name} of {len(each)} rows together is {whole.mean():.6g}, and of each alone "
        f"{each.mean():.6g} on average"
    )
    if loss.kind != "row":
        raise UnsupportedModelError(
            f"{said}: rows meet in it, through batch statistics or shapes that broadcast; "
            "return the loss of each row"
        )
    return f"{said}; it is taken as the loss of one row"
