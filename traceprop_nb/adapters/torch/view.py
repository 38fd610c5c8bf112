"""A private, frozen copy of a module as a function of one flat parameter vector."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from traceprop_nb.errors import ShapeError, UnsupportedModelError
from traceprop_nb.gradients.objective import Floats

Named = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class ModelView:
    """The module in evaluation mode, on the CPU, with its parameters outside.

    Attributes:
        module: The copy; nobody trains or switches it.
        names: Trainable parameters, in the module's order; w holds them one after another.
        shapes: Their shapes.
        fixed: Buffers and frozen parameters.
        dtype: Of the computation: float64 unless the module cannot.
    """

    module: nn.Module
    names: tuple[str, ...]
    shapes: tuple[torch.Size, ...]
    fixed: Named
    dtype: torch.dtype

    @property
    def p(self) -> int:
        return sum(shape.numel() for shape in self.shapes)

    def named(self, w: Tensor) -> Named:
        """The flat vector as named parameters."""
        parts = w.split([shape.numel() for shape in self.shapes])
        return {n: v.view(s) for n, v, s in zip(self.names, parts, self.shapes, strict=True)}

    def flat(self, w: Floats) -> Tensor:
        """A parameter vector as a tensor of this view's dtype."""
        return torch.from_numpy(np.ascontiguousarray(w, dtype=np.float64)).to(self.dtype)

    def outputs(self, w: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        """The module's outputs for a batch."""
        out = functional_call(self.module, (self.named(w), self.fixed), inputs)
        if not isinstance(out, Tensor):
            raise UnsupportedModelError(
                f"{type(self.module).__name__} returns {type(out).__name__}, not one tensor; "
                "wrap it in a module that returns the tensor the loss is computed on"
            )
        return out


def view_of(module: nn.Module, trained: Collection[str] | None = None) -> ModelView:
    """A view of the module as it is now.

    Args:
        module: The user's module; copied.
        trained: Names of the parameters that w holds; by default all that require a gradient.

    Raises:
        UnsupportedModelError: The module cannot be copied, or has nothing to train.
    """
    try:
        private = copy.deepcopy(module)
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise UnsupportedModelError(
            f"{type(module).__name__} cannot be copied ({error}); keep tensors that carry "
            "gradients out of its attributes"
        ) from error
    private = private.cpu().eval()
    every = dict(private.named_parameters())
    moving = {n: v for n, v in every.items() if v.requires_grad and (not trained or n in trained)}
    if not moving:
        raise UnsupportedModelError(f"{type(module).__name__} has no trainable parameter")
    fixed = {n: v.detach() for n, v in every.items() if n not in moving}
    fixed |= {n: v.detach() for n, v in private.named_buffers()}
    shapes = tuple(v.shape for v in moving.values())
    return ModelView(private, tuple(moving), shapes, fixed, next(iter(moving.values())).dtype)


def last_layer(view: ModelView, w: Floats) -> tuple[ModelView, NDArray[np.bool_]]:
    """The view that moves the last linear layer only, the rest fixed at w, and its places in w.

    Raises:
        UnsupportedModelError: The parameters that come last are not those of a linear layer.
    """
    owner = view.names[-1].rpartition(".")[0]
    if not isinstance(view.module.get_submodule(owner), nn.Linear):
        kind = type(view.module.get_submodule(owner)).__name__
        raise UnsupportedModelError(
            f"the last trained layer is {owner or 'the module'!r} ({kind}) and not linear, so "
            "there is no last-layer view; use method='influence' or 'cg'"
        )
    names = tuple(name for name in view.names if name.rpartition(".")[0] == owner)
    rest = {n: v for n, v in view.named(view.flat(w)).items() if n not in names}
    shapes = tuple(s for n, s in zip(view.names, view.shapes, strict=True) if n in names)
    own = replace(view, names=names, shapes=shapes, fixed=view.fixed | rest)
    kept = [np.full(s.numel(), n in names) for n, s in zip(view.names, view.shapes, strict=True)]
    return own, np.concatenate(kept)


def in_double(view: ModelView, inputs: tuple[Tensor, ...]) -> ModelView:
    """The view in float64, or as it is where the module insists on its own dtype."""
    double = replace(
        view, fixed={k: as_dtype(v, torch.float64) for k, v in view.fixed.items()},
        dtype=torch.float64,
    )  # fmt: skip
    w = torch.zeros(view.p, dtype=torch.float64)
    try:
        with torch.no_grad():
            double.outputs(w, tuple(as_dtype(x[:1], torch.float64) for x in inputs))
    except RuntimeError:
        return view
    return double


def as_dtype(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Floating tensors in another dtype; indices stay indices."""
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def parameters(module: nn.Module, trained: Collection[str] | None = None) -> Floats:
    """The parameters that ``view_of`` moves as one float64 vector (p,), copied."""
    named = module.named_parameters()
    moving = [v for n, v in named if v.requires_grad and (not trained or n in trained)]
    return torch.cat([v.detach().reshape(-1).double().cpu() for v in moving]).numpy().copy()


def with_parameters(module: nn.Module, w: Floats) -> nn.Module:
    """A copy of the module with other trainable parameters."""
    changed = copy.deepcopy(module)
    values = [v for v in changed.parameters() if v.requires_grad]
    if sum(v.numel() for v in values) != len(w):
        raise ShapeError(
            f"{len(w)} parameters for a module with {sum(v.numel() for v in values)} trainable "
            "ones; freeze (requires_grad=False) what the optimizer does not train"
        )
    parts = torch.from_numpy(np.array(w, dtype=np.float64)).split([v.numel() for v in values])
    with torch.no_grad():
        for value, part in zip(values, parts, strict=True):
            value.copy_(part.view(value.shape))
    return changed


def cautions(module: nn.Module) -> str:
    """What evaluation mode leaves out of the gradients; empty if nothing."""
    kinds = {type(m).__name__ for m in module.modules()}
    notes = []
    if any("Dropout" in kind for kind in kinds):
        notes.append("dropout is off in the gradients")
    if any("BatchNorm" in kind for kind in kinds):
        notes.append("batch statistics count as constants in the gradients")
    return "; ".join(notes)
