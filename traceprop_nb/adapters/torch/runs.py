"""From what was seen of a training to a ``TrainingRun``, or to an error that names what lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from traceprop_nb.adapters.torch.losses import CATEGORICAL, NAMES, Loss
from traceprop_nb.adapters.torch.objective import TorchRisk, risk
from traceprop_nb.adapters.torch.recipe import TorchRecipe, names_of
from traceprop_nb.adapters.torch.rows import RowShape
from traceprop_nb.adapters.torch.steps import Forward, Training
from traceprop_nb.adapters.torch.view import as_dtype, cautions, in_double, parameters, view_of
from traceprop_nb.errors import (
    NoModelError,
    TracepropError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.capture import Captured, Lookup, TrainOptions
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.run import TrainingRun

ADVICE = {
    "no loss": "call it as torch.nn.functional.NAME or nn.NAMELoss, or name it with --loss NAME",
    "losses were": "name the one to explain with --loss NAME",
    "no DataLoader": "iterate a DataLoader over a TensorDataset, or train on the whole tensor",
    "row numbers": "use a map-style dataset and in_order=True",
    "two datasets": "train each in its own cell",
    "entered the model": "pass the batch to the model whole",
    "no tensor": "use a TensorDataset, or a loss of torch.nn.functional",
}
"""What to do about each problem, by a piece of its text."""


def captured(training: Training, options: TrainOptions, lookup: Lookup | None) -> Captured:
    """What one optimizer trained; its ``run`` raises what kept it from being explained."""
    row_index = training.origin[1]
    model: object = training.modules[0] if training.modules else None
    make: Callable[[str], TrainingRun]
    try:
        module = _module(training, options, lookup)
        model = module
        visited = np.flatnonzero(training.visits > 0)
        if len(visited) < len(training.visits):
            row_index = visited if row_index is None else row_index[visited]
        make = _assembled(training, module, visited, row_index, lookup)
    except TracepropError as error:
        make = _refusal(error)
    of = training.stored
    X = of.levels[-1][0] if of is not None else training.dataset
    y = of.tensors[-1] if of is not None and of.tensors else None
    return Captured("torch", model, X, y, training.origin[0], training.y_node, row_index, make)


def _refusal(error: TracepropError) -> Callable[[str], TrainingRun]:
    def refuse(_name: str) -> TrainingRun:
        raise error

    return refuse


def _module(training: Training, options: TrainOptions, lookup: Lookup | None) -> nn.Module:
    modules = training.modules
    if options.model is not None:
        wanted = None if lookup is None else lookup(options.model)
        named = [m for m in modules if m is wanted]
        if not named:
            raise NoModelError(
                f"{options.model!r} was not trained in this cell; trained were: "
                f"{', '.join(type(m).__name__ for m in modules) or 'none'}"
            )
        modules[:] = named
    if len(modules) > 1:
        kinds = ", ".join(type(m).__name__ for m in modules)
        raise NoModelError(
            f"one optimizer trained {len(modules)} modules ({kinds}); put them into one module, "
            "or name the one to explain with --model NAME"
        )
    if training.problems:
        text = training.problems[0]
        advice = next((a for key, a in ADVICE.items() if key in text), "")
        raise UnsupportedModelError(f"the training cannot be explained: {text}; {advice}")
    if not modules or training.first is None:
        raise NoModelError(
            "an optimizer stepped, and no module with its parameters was called before; "
            "call the model itself (model(x)) in the loop"
        )
    return modules[0]


def _assembled(
    training: Training, module: nn.Module, visited: Ints, row_index: Ints | None,
    lookup: Lookup | None,
) -> Callable[[str], TrainingRun]:  # fmt: skip
    assert training.first is not None
    rows = _rows(training, training.first, visited)
    objective = _objective(training, module, rows, lookup)
    recipe, why = _recipe(training, module, visited, rows, objective)
    w = parameters(module, training.names)
    points, rates = _checkpoints(training, w)
    labels, classes = _labels(objective)
    facts = _facts(training, module, objective.criterion) | {"recipe": why}
    node = training.origin[0]

    def run(name: str) -> TrainingRun:
        return TrainingRun(
            name, "torch", module, objective, w, points, rates, labels, classes, facts,
            rows_node=node, row_index=row_index, order=tuple(training.epochs), recipe=recipe,
        )  # fmt: skip

    return run


@dataclass(frozen=True)
class _Rows:
    """Rows as the model and the loss saw them, and their shapes in the dataset."""

    inputs: tuple[Tensor, ...]
    target: Tensor
    stored: tuple[torch.Size, ...]


def _recipe(
    training: Training, module: nn.Module, visited: Ints, rows: _Rows, objective: TorchRisk
) -> tuple[TorchRecipe | None, str]:
    """The recipe and ``"recorded"``, or None and why not."""
    names = names_of(training.optimizer, module)
    missing = list(training.trail.missing)
    if names is None:
        missing.append("the optimizer moves parameters that are not the module's")
    if missing or names is None or training.start is None:
        return None, f"not recorded: {missing[0] if missing else 'no first step was seen'}"
    recipe = TorchRecipe(
        training.start, type(training.optimizer), names, rows.inputs, rows.target,
        objective.criterion, tuple(np.searchsorted(visited, epoch) for epoch in training.epochs),
        training.trail, not isinstance(training.dataset, Tensor), objective,
        frozenset(training.names), tuple(part.training for part in module.modules()),
    )  # fmt: skip
    return recipe, "recorded"


def _objective(
    training: Training, module: nn.Module, rows: _Rows, lookup: Lookup | None
) -> TorchRisk:
    first, names = training.first, training.names
    assert first is not None
    inputs, target = rows.inputs, rows.target
    view = in_double(view_of(module, names), inputs)
    criterion = _loss(training, first, target, lookup)
    indices = criterion.name in CATEGORICAL or criterion.own is not None
    whole_target = indices and not target.is_floating_point()
    visits = training.visits[training.visits > 0]
    penalty, decoupled = _penalty(training, module, names, len(target), criterion.reduction)
    return risk(
        module,
        view=view,
        criterion=criterion,
        inputs=tuple(as_dtype(x, view.dtype) for x in inputs),
        target=target if whole_target else target.to(view.dtype),
        weights=visits / visits.mean(),
        penalty=penalty,
        shape=RowShape(
            rows.stored,
            tuple(x.shape[1:] for x in inputs),
            tuple(not x.is_floating_point() for x in inputs),
            target.shape[1:],
            whole_target,
            criterion.classes(criterion.outputs(first.output)),
        ),
        note="; ".join(note for note in (cautions(module), decoupled) if note),
    )


def _labels(objective: TorchRisk) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
    """Labels as the user has them, and all classes of a classifier."""
    target, classes = objective.target, objective.shape.classes
    if classes is None:
        return target.numpy().copy(), None
    spread = target[0].numel() > 1  # a probability for each class
    index = target.argmax(dim=1) if spread else target.reshape(-1).round().long()
    return index.numpy().copy(), np.arange(classes)


def _rows(training: Training, first: Forward, visited: Ints) -> _Rows:
    assert first.target is not None
    if training.seen is not None:
        at = torch.from_numpy(visited)
        inputs = tuple(x[at] for x in training.seen.inputs)
        return _Rows(inputs, training.seen.target[at], tuple(x.shape[1:] for x in inputs))
    assert training.stored is not None
    *plain, target = training.stored.rows(visited)
    like = [*first.inputs, first.target]
    shaped = [
        t.reshape(len(visited), *seen.shape[1:]).to(seen.dtype)
        for t, seen in zip([*plain, target], like, strict=True)
    ]
    return _Rows(tuple(shaped[:-1]), shaped[-1], tuple(t.shape[1:] for t in plain))


def _loss(training: Training, first: Forward, target: Tensor, lookup: Lookup | None) -> Loss:
    name = first.loss or training.options.loss or ""
    own: Callable[[Tensor, Tensor], Tensor] | None = None
    if first.loss is None and name not in NAMES:
        found = None if lookup is None else lookup(name)
        own = found if callable(found) else None
        if own is None:
            raise UnknownNameError(
                f"--loss {name} is neither a function of yours nor one of {', '.join(NAMES)}"
            )
    if name.startswith("binary_cross_entropy") and "weight" in first.options:
        raise UnsupportedModelError(
            "row weights inside the loss are not known by row; drop weight="
        )
    scale = 1.0
    weight = first.options.get("weight")
    if name in CATEGORICAL and weight is not None and target.ndim == 1:
        scale = float(weight.detach().cpu().double()[target].mean())
    reduction = "sum" if first.reduction == "sum" else "mean"
    return Loss(name, reduction, first.options, own, scale, _output_shape(first))


def _output_shape(first: Forward) -> torch.Size | None:
    seen = first.loss_input
    if seen is None:
        return None
    same = seen.numel() == first.output.numel() and len(seen) == len(first.output)
    if not same or not torch.equal(first.output.reshape(seen.shape), seen):
        raise UnsupportedModelError(
            "the loss was not computed on the model's output but on something derived from it; "
            "move that step into the module, or pass a loss function of yours with --loss NAME"
        )
    return seen.shape[1:]


def _penalty(
    training: Training, module: nn.Module, names: set[str], n: int, reduction: str
) -> tuple[Floats, str]:
    """Weight decay as a penalty of the summed loss, and a caution where it is not quite that."""
    groups = training.optimizer.param_groups
    decay = {id(p): float(g.get("weight_decay", 0.0)) for g in groups for p in g["params"]}
    rows = n if reduction == "mean" else n * training.batches / max(1, training.rows_used)
    parts = [
        np.full(p.numel(), decay.get(id(p), 0.0) * rows)
        for name, p in module.named_parameters()
        if name in names and p.requires_grad
    ]
    penalty = np.concatenate(parts)
    decoupled = type(training.optimizer).__name__ == "AdamW" or any(
        g.get("decoupled_weight_decay") for g in groups
    )
    caution = "decoupled weight decay counts as an l2 penalty"
    return penalty, caution if decoupled and penalty.any() else ""


def _checkpoints(training: Training, w: Floats) -> tuple[Floats, Floats]:
    rate = float(training.optimizer.param_groups[0]["lr"])
    kept = [(p, r) for epoch, p, r in training.kept if epoch < len(training.epochs)]
    kept.append((w, rate))
    wanted = max(1, min(training.options.checkpoints, len(kept)))
    at = np.unique(np.linspace(len(kept) - 1, 0, wanted).round().astype(int))
    return np.array([kept[i][0] for i in at]), np.array([kept[i][1] for i in at])


def _facts(training: Training, module: nn.Module, criterion: Loss) -> dict[str, Any]:
    group = training.optimizer.param_groups[0]
    plain = {k: v for k, v in group.items() if isinstance(v, bool | int | float | str | type(None))}
    return {
        "model": type(module).__name__,
        "loss": criterion.name,
        "hyperparameters": {"optimizer": type(training.optimizer).__name__, **plain},
        "seed": torch.initial_seed(),
        "epochs": len(training.epochs),
        "steps": training.steps,
        "batches": training.batches,
        "rows_used": training.rows_used,
        "order_digest": training.order_digest,
        "seconds": training.ended - training.began,
        "cpu_seconds": training.cpu_ended - training.cpu_began,
        "proj_dim": training.options.proj_dim,
        "rows_as": "seen by the model" if training.seen is not None else "stored in the dataset",
    }
