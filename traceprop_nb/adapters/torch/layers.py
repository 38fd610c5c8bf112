"""Inputs and output slopes of a module's linear and convolutional layers.

Hooks watch a copy of the module's structure that shares its tensors, so neither the module nor
its gradients, its mode or the random streams change. A layer's output is handed on as a copy: what
follows may overwrite it in place. Unfolded, a convolution is a linear layer at every position of
its output (Grosse and Martens 2016, arXiv:1602.01057).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from traceprop_nb.adapters.torch.view import ModelView
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.layers import Factors, Layer
from traceprop_nb.gradients.objective import Floats, Ints

Known = nn.Linear | nn.Conv2d
Call = tuple[Tensor, Tensor]
"""What a layer was given, and its output."""
Slopes = Callable[[Tensor], Tensor]
"""From outputs (m, ...) to the slopes in them, (C, m, ...), whose factors are wanted."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A layer of the module, and where its parameters are in w.

    Attributes:
        name: Of the module.
        place: int64 (d_out, d_in), the bias last.
        weight: Whether its weight is in w.
        bias: Whether its bias is.
    """

    name: str
    place: Ints
    weight: bool
    bias: bool


def placed(view: ModelView) -> list[Placed]:
    """The module's layers that are trained.

    Raises:
        UnsupportedModelError: A trained parameter is in no layer that has factors, or in two.
    """
    starts = np.cumsum([0, *(shape.numel() for shape in view.shapes)]).tolist()
    at = dict(zip(view.names, zip(starts, view.shapes, strict=False), strict=True))
    found: list[Placed] = []
    for name, module in view.module.named_modules():
        if not isinstance(module, Known) or getattr(module, "groups", 1) != 1:
            continue
        parts = [at.pop(f"{name}.{part}".lstrip("."), None) for part in ("weight", "bias")]
        columns = [
            np.arange(start, start + shape.numel(), dtype=np.int64).reshape(shape[0], -1)
            for start, shape in (part for part in parts if part is not None)
        ]
        if columns:
            place = np.concatenate(columns, axis=1)
            found.append(Placed(name, place, parts[0] is not None, parts[1] is not None))
    for name in at:
        owner = view.module.get_submodule(name.rpartition(".")[0])
        raise _outside(f"parameter {name!r} ({type(owner).__name__})")
    return found


def factors(
    view: ModelView,
    layers: Sequence[Placed],
    w: Tensor,
    inputs: tuple[Tensor, ...],
    outputs: Callable[[Tensor], Tensor],
    slopes: Slopes,
) -> list[Factors]:
    """The factors of each layer for these rows.

    Args:
        view: The module.
        layers: From ``placed``.
        w: The parameters.
        inputs: What the module is called with.
        outputs: From what the module returns to what the loss sees.
        slopes: The slopes in that.

    Raises:
        UnsupportedModelError: A layer is called with another number of rows.
    """
    module = _same_tensors(view.module)
    calls = _watched(module, layers)
    with torch.enable_grad():
        z = outputs(replace(view, module=module).outputs(w.detach().requires_grad_(), inputs))
    outs = [out for layer in layers for _, out in calls[layer.name]]
    drawn = [
        torch.autograd.grad(z, outs, slope, retain_graph=True, allow_unused=True)
        for slope in slopes(z)
    ]
    each = iter(zip(*drawn, strict=True))
    return [_of(module, layer, calls[layer.name], each, len(z)) for layer in layers]


def require_complete(layers: Sequence[Layer], parts: Sequence[Factors], want: Floats) -> None:
    """Refuse a module whose layers' parameters act outside of the layers' own calls too.

    Args:
        layers: All layers.
        parts: Their factors for some rows.
        want: The gradients of these rows, (m, p).

    Raises:
        UnsupportedModelError: The factors do not give them.
    """
    for layer, part in zip(layers, parts, strict=True):
        got, true = part.gradients()[:, 0], want[:, layer.place]
        scale = np.abs(want).max(initial=0.0)
        if not np.allclose(got, true, rtol=1e-3, atol=1e-5 * scale):
            raise _outside(f"layer {layer.name!r}, whose parameters act outside of its own call,")


def _outside(what: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"Kronecker factors are those of Linear and Conv2d layers (groups=1), and {what} has none; "
        "freeze it before training, or use method='influence' or 'cg'"
    )


def _same_tensors(module: nn.Module) -> nn.Module:
    """A copy of its structure that shares its tensors."""
    tensors = [*module.parameters(), *module.buffers()]
    return copy.deepcopy(module, {id(tensor): tensor for tensor in tensors})


def _watched(module: nn.Module, layers: Sequence[Placed]) -> dict[str, list[Call]]:
    """The calls of these layers, by name, filled when the module is called."""
    calls: dict[str, list[Call]] = {layer.name: [] for layer in layers}

    def watch(name: str) -> Callable[..., Tensor]:
        def seen(_: nn.Module, given: Any, named: dict[str, Tensor], out: Tensor) -> Tensor:
            calls[name].append((given[0] if given else named["input"], out))
            return out.clone()

        return seen

    for layer in layers:
        hooked = module.get_submodule(layer.name)
        hooked.register_forward_hook(watch(layer.name), with_kwargs=True)
    return calls


def _of(
    module: nn.Module,
    layer: Placed,
    calls: list[Call],
    each: Iterator[tuple[Tensor | None, ...]],
    m: int,
) -> Factors:
    known = module.get_submodule(layer.name)
    inputs, deltas = [], []
    for given, out in calls:
        if len(out) != m or out.ndim < 2:
            raise _outside(f"layer {layer.name!r}, whose output for {m} rows is {len(out)} long,")
        inputs.append(_columns(known, layer, given))
        slopes = [torch.zeros_like(out) if slope is None else slope for slope in next(each)]
        deltas.append(torch.stack([_positions(known, slope) for slope in slopes], dim=1))
    if not calls:
        raise _outside(f"layer {layer.name!r}, which the model does not call,")
    return Factors(_numpy(torch.cat(inputs, dim=1)), _numpy(torch.cat(deltas, dim=2)))


def _columns(known: nn.Module, layer: Placed, given: Tensor) -> Tensor:
    """What the weights and the bias are multiplied with, (m, T, d_in)."""
    if isinstance(known, nn.Conv2d):
        mode = "constant" if known.padding_mode == "zeros" else known.padding_mode
        padded = functional.pad(given, known._reversed_padding_repeated_twice, mode)
        unfolded = functional.unfold(padded, known.kernel_size, known.dilation, 0, known.stride)
        columns = unfolded.transpose(1, 2)
    else:
        columns = given.reshape(len(given), -1, given.shape[-1])
    ones = torch.ones_like(columns[..., :1])
    parts = [columns] * layer.weight + [ones] * layer.bias
    return torch.cat(parts, dim=2)


def _positions(known: nn.Module, slope: Tensor) -> Tensor:
    """Slopes in a layer's outputs, (m, T, d_out)."""
    if isinstance(known, nn.Conv2d):
        return slope.flatten(2).transpose(1, 2)
    return slope.reshape(len(slope), -1, slope.shape[-1])


def _numpy(tensor: Tensor) -> Floats:
    return np.asarray(tensor.detach().numpy(), dtype=np.float64)
