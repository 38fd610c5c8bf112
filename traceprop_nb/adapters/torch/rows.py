"""Rows for a module: what shape they have in the dataset, and what shape the module sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from traceprop_nb.errors import ShapeError, unknown_name
from traceprop_nb.gradients.finite import require_finite


@dataclass(frozen=True)
class RowShape:
    """Reads rows the way the training loop did.

    Attributes:
        stored: Shape of a row of each input in the user's dataset.
        seen: Shape of a row of each input as the module was called.
        whole: Whether each input holds integers (indices) rather than numbers.
        target: Shape of a row's target.
        whole_target: Whether targets are integers.
        classes: Number of classes, or None for a regression.
    """

    stored: tuple[torch.Size, ...]
    seen: tuple[torch.Size, ...]
    whole: tuple[bool, ...]
    target: torch.Size
    whole_target: bool
    classes: int | None

    def inputs(self, X: object, dtype: torch.dtype) -> tuple[Tensor, ...]:
        """X as the module's inputs; several inputs come as a tuple, one row may lack its axis.

        Raises:
            ShapeError: Another number of inputs or another shape of rows.
            NotFiniteError: NaN or infinity.
        """
        parts = list(X) if len(self.seen) > 1 and isinstance(X, Sequence) else [X]
        if len(parts) != len(self.seen):
            raise ShapeError(
                f"the query has {len(parts)} inputs, and the model was called with "
                f"{len(self.seen)}; pass them as a tuple"
            )
        return tuple(self._input(i, part, dtype) for i, part in enumerate(parts))

    def targets(self, y: object, m: int, dtype: torch.dtype) -> Tensor:
        """Targets of m rows.

        Raises:
            ShapeError: Another number of rows.
            UnknownNameError: A class that the model has no output for.
            NotFiniteError: NaN or infinity.
        """
        values = _tensor(y)
        if values.numel() != m * self.target.numel():
            raise ShapeError(
                f"labels of shape {tuple(values.shape)} for {m} rows whose label has shape "
                f"{tuple(self.target)}; pass one label a row"
            )
        values = values.reshape(m, *self.target)
        if values.is_floating_point():
            require_finite(values.numpy(), "the query's label")
        if self.classes is not None and self.target.numel() <= 1:
            self._require_class(values)
        return values.long() if self.whole_target else values.to(dtype)

    def _input(self, place: int, part: object, dtype: torch.dtype) -> Tensor:
        values, stored, seen = _tensor(part), self.stored[place], self.seen[place]
        for shape in (stored, seen):
            if values.shape == shape and values.ndim:
                values = values.unsqueeze(0)
            if values.shape[1:] == shape and values.ndim == len(shape) + 1:
                break
        else:
            raise ShapeError(
                f"the query has shape {tuple(values.shape)}, and the model was trained on rows "
                f"of shape {tuple(stored)}; pass (m, {', '.join(map(str, stored))})"
            )
        if values.is_floating_point():
            require_finite(values.numpy(), "the query")
        values = values.reshape(len(values), *seen)
        return values.long() if self.whole[place] else values.to(dtype)

    def _require_class(self, values: Tensor) -> None:
        known = range(self.classes or 0)
        for value in values.reshape(-1).tolist():
            if value not in known:
                raise unknown_name("class", f"{value:g}", map(str, known))


def _tensor(values: object) -> Tensor:
    """A detached copy on the CPU of anything array-like."""
    if isinstance(values, Tensor):
        return values.detach().cpu().clone()
    array = np.array(values)
    if array.dtype.kind not in "biuf":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ShapeError(f"the query is not numbers ({error}); encode it first") from error
    if array.dtype.kind == "f" and array.dtype != np.float64:
        array = array.astype(np.float64)
    return torch.from_numpy(np.ascontiguousarray(array))
