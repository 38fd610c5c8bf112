"""What the outputs of the user's ``predict`` mean, found by comparing them with the loss.

The user hands over two functions, the loss and the outputs, and nothing says how they belong
together. Three losses of outputs are tried: if the user's loss is such a loss at every row, times
a constant, plus something that is the same for every row (a penalty), then its Gauss-Newton
matrix and its probabilities are known. Otherwise the outputs are read by their shape alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from traceprop_nb.gradients.objective import Floats

TINY = 1e-12
"""How near to 0 and 1 a probability counts as such when its logarithm is taken."""

ENOUGH = 4
"""Rows from which on two constants cannot fit by chance."""


@dataclass(frozen=True, eq=False)
class Meaning:
    """How a row's outputs become a loss and a prediction.

    Attributes:
        name: In words.
        classes: Number of classes, or None for a regression.
        scores: From outputs (k,) to log odds, or to log probabilities up to a constant.
        loss: From scores and the row's label to a loss.
        scale: The user's loss is this many times ``loss``, plus a rest; None where it is no
            multiple of it.
        rest: Whether there is a rest.
    """

    name: str
    classes: int | None
    scores: Callable[[Any], Any]
    loss: Callable[[Any, Any], Any]
    scale: float | None = None
    rest: bool = False

    def log_chances(self, scores: Any) -> Any:
        """Log probabilities (classes,) of a classifier, from a row's scores."""
        if len(scores) == 1:
            return jax.nn.log_sigmoid(jnp.concatenate([-scores, scores]))
        return jax.nn.log_softmax(scores)


def categorical(scores: Any, label: Any) -> Any:
    """Cross-entropy with a class, or with a probability for each class."""
    chances = jax.nn.log_softmax(scores)
    if label.ndim == 0:
        return -chances[label]
    return -(label * chances).sum()


def bernoulli(scores: Any, label: Any) -> Any:
    """Cross-entropy of the log odds of class 1."""
    return jax.nn.softplus(scores[0]) - label.reshape(()).astype(scores.dtype) * scores[0]


def squares(scores: Any, label: Any) -> Any:
    """Sum of squared errors."""
    return ((scores - label.reshape(-1)) ** 2).sum()


def _as_they_are(outputs: Any) -> Any:
    return outputs


def _log(outputs: Any) -> Any:
    return jnp.log(jnp.maximum(outputs, TINY))


def _log_odds(outputs: Any) -> Any:
    q = jnp.clip(outputs, TINY, 1 - TINY)
    return jnp.log(q) - jnp.log1p(-q)


def candidates(outputs: Floats, y: Any) -> Iterator[Meaning]:
    """What outputs (m, k) of rows with labels y (m, ...) may mean, the likeliest first."""
    k, whole = outputs.shape[1], y.dtype.kind in "biu"
    spread = y.ndim == 2 and y.shape[1] == k
    if k > 1 and ((whole and y.ndim == 1) or (spread and _chances(y))):
        chances = _chances(outputs)
        name = "class probabilities" if chances else "class scores"
        yield Meaning(name, k, _log if chances else _as_they_are, categorical)
    if k == 1 and y[0].size == 1 and np.isin(y, (0, 1)).all():
        yield Meaning("log odds", 2, _as_they_are, bernoulli)
        if ((outputs >= 0) & (outputs <= 1)).all():
            yield Meaning("probability of class 1", 2, _log_odds, bernoulli)
    if y[0].size == k:
        yield Meaning("values", None, _as_they_are, squares)


def _chances(values: Any) -> bool:
    """Whether each row is a probability for each class."""
    return bool((values >= 0).all() and np.allclose(values.sum(axis=1), 1.0, atol=1e-4))


def meaning(outputs: list[Floats], losses: list[Floats], y: Any, tolerance: float) -> Meaning:
    """What the outputs mean.

    Args:
        outputs: (m, k) at each of several parameter vectors, the trained one first.
        losses: (m,) at each of them, of the user's loss.
        y: (m, ...).
        tolerance: Largest misfit, as a share of the losses' size.
    """
    possible = list(candidates(outputs[0], y))
    for one in possible:
        theirs = [np.asarray(jax.vmap(one.loss)(jax.vmap(one.scores)(z), y)) for z in outputs]
        fits = [_fit(a, b, tolerance) for a, b in zip(theirs, losses, strict=True)]
        scales = [scale for scale, _ in fits if scale is not None]
        if len(scales) == len(fits) and np.ptp(scales) <= 1e3 * tolerance * scales[0]:
            rest = any(rest > 1e2 * tolerance for _, rest in fits)
            return replace(one, scale=float(np.mean(scales)), rest=rest)
    whole = y.dtype.kind in "biu"
    read = [one for one in possible if one.classes is not None and whole]
    return read[-1] if read else Meaning("values", None, _as_they_are, squares)


def _fit(theirs: Floats, losses: Floats, tolerance: float) -> tuple[float | None, float]:
    """Scale and rest of losses = scale * theirs + rest; a scale of None where they do not fit."""
    size = np.abs(losses).max(initial=TINY)
    if len(losses) < ENOUGH or np.ptp(theirs) <= TINY:
        return None, 0.0
    scale = np.ptp(losses) / np.ptp(theirs)
    rest = losses - scale * theirs
    if not np.isfinite(rest).all() or np.ptp(rest) > tolerance * size or scale <= TINY:
        return None, 0.0
    return float(scale), float(np.abs(rest).max() / size)
