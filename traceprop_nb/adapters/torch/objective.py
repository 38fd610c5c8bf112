"""Any torch module with a row-wise loss as an objective: functional_call, vmap and grad.

Rows go through in blocks under a memory budget; parameters and sums are float64. Reverse mode
only: more operations have it, and PyTorch's forward mode warns about its own internals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import grad, jacrev, vjp, vmap

from traceprop_nb.adapters.torch.layers import Slopes, factors, placed, require_complete
from traceprop_nb.adapters.torch.losses import Loss, class_slopes
from traceprop_nb.adapters.torch.rows import RowShape
from traceprop_nb.adapters.torch.view import ModelView, last_layer, parameters, with_parameters
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.layers import Factors, Layer
from traceprop_nb.gradients.objective import Floats, Ints

__all__ = ["TorchRisk", "parameters", "risk", "with_parameters"]  # the adapter's door

Inputs = tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class TorchRisk:
    """The risk of a module over the rows of a dataset.

    Attributes:
        view: The module as a function.
        criterion: The loss of a row.
        inputs: What the module is called with, each (n, ...).
        target: (n, ...).
        weights: float64 (n,).
        penalty: float64 (p,), second derivative of the penalty (n times the weight decay).
        shape: Reads query rows.
        note: What a reader must know about this view of the model.
    """

    view: ModelView
    criterion: Loss
    inputs: Inputs
    target: Tensor
    weights: Floats
    penalty: Floats
    shape: RowShape
    note: str = ""

    @property
    def n(self) -> int:
        return len(self.target)

    @property
    def p(self) -> int:
        return self.view.p

    @property
    def features(self) -> Floats:
        flat = [_numpy(_flat(x).double()) for x in self.inputs]
        return np.concatenate(flat, axis=1)

    @property
    def answers(self) -> Ints | Floats:
        target = _flat(self.target)
        if self.shape.classes is None:
            return _numpy(target.double().mean(dim=1))
        index = target.argmax(dim=1) if target.shape[1] > 1 else target[:, 0].round()
        return np.asarray(index.numpy(), dtype=np.int64)

    def value(self, w: Floats) -> float:
        loss = self.loss(w, np.arange(self.n))
        return float(self.weights @ loss + 0.5 * (self.penalty * w) @ w)

    def loss(self, w: Floats, rows: Ints) -> Floats:
        at = self.view.flat(w)
        with torch.no_grad():
            each = [_numpy(self._mapped(self._row_loss, at, b)) for b in self._blocks(rows)]
        return np.concatenate([*each, np.empty(0)])

    def per_example_grad(self, w: Floats, rows: Ints) -> Floats:
        at, out = self.view.flat(w), np.empty((len(rows), self.p))
        place = 0
        for block in self._blocks(rows):
            out[place : place + len(block)] = _numpy(self._mapped(grad(self._row_loss), at, block))
            place += len(block)
        return out

    def grad(self, w: Floats) -> Floats:
        return self._summed(w, lambda at, block: grad(self._block_loss)(at, block))

    def loss_grad(self, w: Floats, rows: Ints) -> Floats:
        total, at = np.zeros(self.p), self.view.flat(w)
        for block in self._blocks(rows, copies=1):
            total += _numpy(grad(self._batch_loss)(at, block))
        return total

    def divergence(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        at, of = self.view.flat(w), self.view.flat(teacher)
        with torch.no_grad():
            each = [_numpy(self._divergences(at, of, b)) for b in self._blocks(rows, copies=1)]
        return np.concatenate([*each, np.empty(0)])

    def divergence_grad(self, w: Floats, teacher: Floats, rows: Ints) -> Floats:
        total, at, of = np.zeros(self.p), self.view.flat(w), self.view.flat(teacher)
        for block in self._blocks(rows, copies=1):
            total += _numpy(grad(lambda u, b: self._divergences(u, of, b).sum())(at, block))
        return total

    def hvp(self, w: Floats, v: Floats) -> Floats:
        along = self.view.flat(v)

        def product(at: Tensor, block: Tensor) -> Tensor:
            return grad(lambda u: grad(self._block_loss)(u, block) @ along)(at)

        return self._summed(w, product, v)

    def gauss_newton_product(self, w: Floats, v: Floats) -> Floats:
        along = self.view.flat(v)

        def product(at: Tensor, block: Tensor) -> Tensor:
            def outputs(u: Tensor) -> Tensor:
                return self._outputs(u, tuple(x[block] for x in self.inputs))

            z, back = vjp(outputs, at)
            # The pull-back is linear, so its own pull-back is the push-forward J v.
            moved = vjp(lambda u: back(u)[0], torch.zeros_like(z))[1](along)[0]
            slope = grad(lambda z: self._loss_of_outputs(z, block))
            bent = grad(lambda z: (slope(z) * moved).sum())(z)
            return back(bent)[0]

        return self._summed(w, product, v)

    def gauss_newton(self, w: Floats) -> Floats:
        at, total = self.view.flat(w), np.diag(self.penalty)
        for block in self._blocks(np.arange(self.n), copies=4 * self._width):
            jacobian = self._mapped(jacrev(self._row_outputs), at, block)
            curvature = self._mapped(self._row_curvature, at, block)
            root = _square_root(curvature) * self._weight(block).sqrt()[:, None, None]
            half = _numpy(torch.einsum("nab,nbp->nap", root, jacobian).reshape(-1, self.p))
            half = half[np.any(half != 0.0, axis=1)]
            total += half.T @ half
        return total

    def layers(self, w: Floats) -> tuple[Layer, ...]:
        rows = np.arange(min(self.n, 2))
        parts = self.grad_factors(w, rows)
        found = tuple(
            Layer(layer.name, layer.place, part.inputs.shape[1], self._width)
            for layer, part in zip(placed(self.view), parts, strict=True)
        )
        require_complete(found, parts, self.per_example_grad(w, rows))
        return found

    def grad_factors(self, w: Floats, rows: Ints) -> list[Factors]:
        block = torch.from_numpy(np.asarray(rows, dtype=np.int64))

        def slopes(z: Tensor) -> Tensor:
            return grad(lambda z: self._unweighted(z, block).sum())(z.detach())[None]

        return self._factors(w, block, slopes)

    def fisher_factors(self, w: Floats, rows: Ints) -> list[Factors]:
        block = torch.from_numpy(np.asarray(rows, dtype=np.int64))

        def slopes(z: Tensor) -> Tensor:
            if z.ndim == 2 and self.criterion.likely(self.target[block]):
                return class_slopes(z.detach())
            curvature = vmap(self._curvature)(z.detach(), self.target[block])
            return _square_root(curvature).transpose(0, 1).reshape(-1, *z.shape)

        return self._factors(w, block, slopes)

    def last_layer(self, w: Floats) -> tuple[TorchRisk, Floats]:
        view, own = last_layer(self.view, w)
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return TorchRisk(**parts | {"view": view, "penalty": self.penalty[own]}), w[own]

    def restrict(self, keep: Ints) -> Self:
        index = torch.from_numpy(np.asarray(keep, dtype=np.int64))
        return replace(
            self,
            inputs=tuple(x[index] for x in self.inputs),
            target=self.target[index],
            weights=self.weights[keep],
        )

    def on(self, X: object, y: object) -> Self:
        inputs = self.shape.inputs(X, self.view.dtype)
        target = self.shape.targets(y, len(inputs[0]), self.view.dtype)
        return replace(self, inputs=inputs, target=target, weights=np.ones(len(target)))

    def over(self, other: Self) -> Self:
        return replace(self, inputs=other.inputs, target=other.target, weights=other.weights)

    def probabilities(self, w: Floats, rows: Ints) -> Floats:
        index = torch.from_numpy(np.asarray(rows, dtype=np.int64))
        with torch.no_grad():
            z = self._outputs(self.view.flat(w), tuple(x[index] for x in self.inputs))
            return _numpy(self.criterion.probabilities(z))

    def predict(self, w: Floats, X: object) -> Floats:
        with torch.no_grad():
            z = self._outputs(self.view.flat(w), self.shape.inputs(X, self.view.dtype))
            return _numpy(self.criterion.probabilities(z))

    def correct(self, w: Floats) -> NDArray[np.bool_] | None:
        if self.shape.classes is None:
            return None
        with torch.no_grad():
            q = self.criterion.probabilities(self._outputs(self.view.flat(w), self.inputs))
            own = self.target if self.target.shape != q.shape else self.target.argmax(dim=1)
            hits = q.argmax(dim=1) == own.reshape(-1).round().long()
        return np.asarray(hits.numpy(), dtype=np.bool_)

    @cached_property
    def _width(self) -> int:
        """Number of outputs of a row."""
        with torch.no_grad():
            one = tuple(x[:1] for x in self.inputs)
            return self._outputs(torch.zeros(self.p, dtype=self.view.dtype), one).numel()

    def _blocks(self, rows: Ints, copies: int = 4) -> Iterator[Tensor]:
        for block in row_blocks(np.asarray(rows, dtype=np.int64), 8 * copies * self.p):
            yield torch.from_numpy(block)

    def _weight(self, block: Tensor) -> Tensor:
        return torch.from_numpy(self.weights)[block].to(self.view.dtype)

    def _outputs(self, w: Tensor, inputs: Inputs) -> Tensor:
        return self.criterion.outputs(self.view.outputs(w, inputs))

    def _row_outputs(self, w: Tensor, _target: Tensor, *row: Tensor) -> Tensor:
        return self._outputs(w, tuple(x.unsqueeze(0) for x in row)).reshape(-1)

    def _row_loss(self, w: Tensor, target: Tensor, *row: Tensor) -> Tensor:
        z = self._outputs(w, tuple(x.unsqueeze(0) for x in row))
        return self.criterion.row(z, target.unsqueeze(0)).reshape(())

    def _row_curvature(self, w: Tensor, target: Tensor, *row: Tensor) -> Tensor:
        return self._curvature(self._outputs(w, tuple(x.unsqueeze(0) for x in row))[0], target)

    def _curvature(self, z: Tensor, target: Tensor) -> Tensor:
        """Second derivative of one row's loss in its outputs, (K, K)."""

        def loss(flat: Tensor) -> Tensor:
            return self.criterion.row(flat.view(1, *z.shape), target.unsqueeze(0)).reshape(())

        return jacrev(jacrev(loss))(z.reshape(-1))

    def _unweighted(self, z: Tensor, block: Tensor) -> Tensor:
        """Loss of each row at outputs z."""

        def one(z: Tensor, target: Tensor) -> Tensor:
            return self.criterion.row(z.unsqueeze(0), target.unsqueeze(0)).reshape(())

        return vmap(one)(z, self.target[block])

    def _loss_of_outputs(self, z: Tensor, block: Tensor) -> Tensor:
        return self._weight(block) @ self._unweighted(z, block)

    def _factors(self, w: Floats, block: Tensor, slopes: Slopes) -> list[Factors]:
        inputs = tuple(x[block] for x in self.inputs)
        at, outputs = self.view.flat(w), self.criterion.outputs
        return factors(self.view, placed(self.view), at, inputs, outputs, slopes)

    def _batch_loss(self, w: Tensor, block: Tensor) -> Tensor:
        """As ``_block_loss``, with one forward pass for the batch: rows do not meet in it."""
        return self._loss_of_outputs(self._outputs(w, tuple(x[block] for x in self.inputs)), block)

    def _divergences(self, w: Tensor, teacher: Tensor, block: Tensor) -> Tensor:
        inputs = tuple(x[block] for x in self.inputs)
        mine, theirs = self._outputs(w, inputs), self._outputs(teacher, inputs).detach()
        return self.criterion.divergence(mine, theirs)

    def _block_loss(self, w: Tensor, block: Tensor) -> Tensor:
        return self._weight(block) @ self._mapped(self._row_loss, w, block)

    def _mapped(self, function: Callable[..., Any], w: Tensor, block: Tensor) -> Tensor:
        rows = [self.target[block], *(x[block] for x in self.inputs)]
        try:
            return vmap(function, in_dims=(None, *(0 for _ in rows)))(w, *rows)
        except RuntimeError as error:
            raise UnsupportedModelError(
                f"{type(self.view.module).__name__} cannot be differentiated one row at a time "
                f"({str(error).splitlines()[0]}); avoid in-place updates and .item() in forward"
            ) from error

    def _summed(
        self, w: Floats, part: Callable[[Tensor, Tensor], Tensor], v: Floats | None = None
    ) -> Floats:
        at = self.view.flat(w)
        total = self.penalty * (w if v is None else v)
        for block in self._blocks(np.arange(self.n)):
            total = total + _numpy(part(at, block))
        return total


class TorchLinearRisk(TorchRisk):
    """The risk of one linear layer: convex, and its Gauss-Newton matrix is its Hessian."""

    @cached_property
    def flat(self) -> Floats:
        # Adding one vector to every class leaves a softmax as it is.
        if self.criterion.name not in ("cross_entropy", "nll_loss"):
            return np.empty((0, self.p))
        place, directions = 0, []
        for shape in self.view.shapes:
            columns = np.eye(shape[1:].numel()) if len(shape) > 1 else np.ones((1, 1))
            for column in columns:
                direction = np.zeros(self.p)
                block = np.tile(column, shape[0]) / np.sqrt(shape[0])
                direction[place : place + shape.numel()] = block
                directions.append(direction)
            place += shape.numel()
        free = [d for d in directions if not self.penalty[d != 0].any()]
        return np.array(free).reshape(-1, self.p)


def risk(module: nn.Module, **parts: Any) -> TorchRisk:
    """The risk of this kind of module; takes the attributes of ``TorchRisk``."""
    layers = [m for m in module.modules() if not isinstance(m, nn.Sequential)]
    linear = isinstance(module, nn.Linear | nn.Sequential) and all(
        isinstance(m, nn.Linear | nn.Flatten | nn.Identity) for m in layers
    )
    one = sum(isinstance(m, nn.Linear) for m in layers) == 1
    plain = parts["criterion"].name in (
        "cross_entropy",
        "binary_cross_entropy_with_logits",
        "mse_loss",
    )
    return (TorchLinearRisk if linear and one and plain else TorchRisk)(**parts)


def _square_root(curvature: Tensor) -> Tensor:
    """L with L^T L the positive part of each (K, K) matrix; a loss convex in z has no other."""
    values, vectors = torch.linalg.eigh(curvature)
    return (vectors * values.clamp(min=0.0).sqrt()[:, None, :]).transpose(1, 2)


def _flat(rows: Tensor) -> Tensor:
    """As a matrix, also where there is no row."""
    return rows[:, None] if rows.ndim == 1 else rows.flatten(1)


def _numpy(tensor: Tensor) -> Floats:
    return np.asarray(tensor.detach().numpy(), dtype=np.float64)
