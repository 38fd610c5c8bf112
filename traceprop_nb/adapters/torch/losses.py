"""The losses of torch.nn.functional that an objective can be built on, one row at a time.

A loss is recorded as its name and options. Losses of probabilities are turned into the same loss
of log odds, which has the same gradients and the curvature of the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from traceprop_nb.errors import UnsupportedModelError

CATEGORICAL = ("cross_entropy", "nll_loss")
BINARY = ("binary_cross_entropy_with_logits", "binary_cross_entropy")
NAMES = (*CATEGORICAL, *BINARY, "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
"""Losses that are recognised where they are called."""

PLAIN = {name: getattr(functional, name) for name in NAMES}
"""The functions themselves, taken before anything replaces them."""

NEUTRAL = {"weight": None, "ignore_index": -100, "label_smoothing": 0.0}
"""Options of the categorical losses that change nothing where targets are classes."""

TINY = 1e-12
"""How near to 0 and 1 a probability counts as such when its log odds are taken."""


@dataclass(frozen=True)
class Loss:
    """A loss as it was called.

    Attributes:
        name: One of ``NAMES``, or the name of the user's own function.
        reduction: ``"mean"`` or ``"sum"``.
        options: Other keyword arguments.
        own: The user's function of (outputs, targets) for a batch, if it is none of ``NAMES``.
        scale: What a row's loss is divided by: the mean class weight, else 1.
        shape: Shape of a row's outputs as the loss saw them; None is the module's own.
    """

    name: str
    reduction: str = "mean"
    options: Mapping[str, Any] = field(default_factory=dict)
    own: Callable[[Tensor, Tensor], Tensor] | None = None
    scale: float = 1.0
    shape: torch.Size | None = None

    def outputs(self, z: Tensor) -> Tensor:
        """The module's outputs as the loss sees them, probabilities as log odds."""
        z = z if self.shape is None else z.reshape(len(z), *self.shape)
        if self.name != "binary_cross_entropy":
            return z
        q = z.clamp(TINY, 1 - TINY)
        return torch.log(q) - torch.log1p(-q)

    def row(self, z: Tensor, target: Tensor) -> Tensor:
        """Loss of one row, a scalar, from its outputs and target with a leading axis of 1."""
        if self.own is not None:
            return self.own(z, target)
        options = {k: _like(v, z) for k, v in self.options.items()}
        each = _FUNCTION.get(self.name, PLAIN[self.name])(z, target, reduction="none", **options)
        total = each.mean() if self.reduction == "mean" else each.sum()
        return total / self.scale

    def probabilities(self, z: Tensor) -> Tensor:
        """Class probabilities (m, classes) of a classifier, else z."""
        if self.name in CATEGORICAL:
            return torch.softmax(z, dim=1)
        if self.name in BINARY and z[0].numel() == 1:
            q = torch.sigmoid(z.reshape(-1, 1))
            return torch.cat([1 - q, q], dim=1)
        return z

    def divergence(self, z: Tensor, teacher: Tensor) -> Tensor:
        """Kullback-Leibler divergence from the teacher's prediction to z's, (m,).

        Raises:
            UnsupportedModelError: A regression, which predicts no probabilities.
        """
        if self.classes(z) is None:
            raise UnsupportedModelError(
                f"{self.name} predicts no class probabilities, so there is nothing to distil; "
                "use another method of unlearning"
            )
        if self.name in CATEGORICAL:
            mine, theirs = torch.log_softmax(z, dim=1), torch.log_softmax(teacher, dim=1)
        else:
            mine, theirs = (_log_chances(x.reshape(-1, 1)) for x in (z, teacher))
        return (theirs.exp() * (theirs - mine)).sum(dim=1)

    def likely(self, target: Tensor) -> bool:
        """Whether it is -log of each row's own class's probability, and nothing more."""
        if target.is_floating_point() or not bool((target >= 0).all()):
            return False
        neutral = all(NEUTRAL.get(k, ...) in (v,) for k, v in self.options.items())
        return neutral and self.own is None and self.scale == 1.0 and self.name in CATEGORICAL

    def classes(self, z: Tensor) -> int | None:
        """Number of classes for outputs z (m, ...); None for a regression."""
        if self.name in CATEGORICAL and z.ndim == 2:
            return int(z.shape[1])
        return 2 if self.name in BINARY and z[0].numel() == 1 else None


def class_slopes(z: Tensor) -> Tensor:
    """Slope of -log of each class's probability in z (m, K), times the root of it: (K, m, K)."""
    q = torch.softmax(z, dim=1)
    own = torch.eye(z.shape[1], dtype=z.dtype)[:, None]
    return (q - own) * q.sqrt().T[:, :, None]


# Log probabilities are log odds up to a constant, and the constant has no gradient.
_FUNCTION = {
    "nll_loss": PLAIN["cross_entropy"],
    "binary_cross_entropy": PLAIN["binary_cross_entropy_with_logits"],
}


def _log_chances(z: Tensor) -> Tensor:
    """Log probabilities (m, 2) of the two classes from log odds (m, 1)."""
    return torch.cat([functional.logsigmoid(-z), functional.logsigmoid(z)], dim=1)


def _like(value: Any, z: Tensor) -> Any:
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return value.to(z.device, z.dtype) if floating else value
