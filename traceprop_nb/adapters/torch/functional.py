"""``torch.nn.functional`` and its like: a sample a row, weights as context, losses by reduction."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.nn import functional

from traceprop_nb.adapters.torch.carry import carried, held
from traceprop_nb.adapters.torch.given import (
    argument,
    arguments,
    emit,
    every,
    operands,
    same,
    tensor,
)
from traceprop_nb.adapters.torch.places import everywhere, functions
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

# name: least number of axes at which the first one counts samples
_SAMPLES = {
    "adaptive_avg_pool1d": 2, "adaptive_avg_pool2d": 3, "adaptive_avg_pool3d": 4,
    "adaptive_max_pool1d": 2, "adaptive_max_pool2d": 3, "adaptive_max_pool3d": 4,
    "adaptive_max_pool1d_with_indices": 2, "adaptive_max_pool2d_with_indices": 3,
    "adaptive_max_pool3d_with_indices": 4, "avg_pool1d": 2, "avg_pool2d": 3, "avg_pool3d": 4,
    "max_pool1d": 2, "max_pool2d": 3, "max_pool3d": 4, "max_pool1d_with_indices": 2,
    "max_pool2d_with_indices": 3, "max_pool3d_with_indices": 4, "lp_pool1d": 2, "lp_pool2d": 3,
    "lp_pool3d": 4, "max_unpool1d": 2, "max_unpool2d": 3, "max_unpool3d": 4,
    "fractional_max_pool2d": 3, "fractional_max_pool2d_with_indices": 3,
    "fractional_max_pool3d": 4, "fractional_max_pool3d_with_indices": 4, "interpolate": 3,
    "upsample": 3, "local_response_norm": 3, "group_norm": 2, "native_group_norm": 2,
    "instance_norm": 3, "grid_sample": 4, "grid_sampler": 4, "grid_sampler_2d": 4,
    "grid_sampler_3d": 5, "affine_grid": 3, "affine_grid_generator": 3, "one_hot": 1, "fold": 3,
    "vander": 1, "unravel_index": 1, "bilinear": 2, "gru_cell": 2, "lstm_cell": 2,
    "rnn_tanh_cell": 2, "rnn_relu_cell": 2, "conv1d": 3, "conv2d": 4, "conv3d": 5,
    "conv_transpose1d": 3, "conv_transpose2d": 4, "conv_transpose3d": 5, "convolution": 3,
    "bucketize": 1, "isin": 1, "multinomial": 2, "pixel_shuffle": 4, "pixel_unshuffle": 4,
    "channel_shuffle": 4, "native_channel_shuffle": 4,
}  # fmt: skip
_ALONGSIDE = {
    "max_unpool1d": 2, "max_unpool2d": 2, "max_unpool3d": 2, "grid_sample": 2, "grid_sampler": 2,
    "grid_sampler_2d": 2, "grid_sampler_3d": 2, "bilinear": 2, "gru_cell": 2, "lstm_cell": 3,
    "rnn_tanh_cell": 2, "rnn_relu_cell": 2,
}  # fmt: skip
"""Where more than one operand is a batch: how many, counted from the front; others are context."""
_LOSSES = (
    "l1_loss mse_loss smooth_l1_loss huber_loss cross_entropy nll_loss binary_cross_entropy "
    "binary_cross_entropy_with_logits kl_div poisson_nll_loss gaussian_nll_loss soft_margin_loss "
    "hinge_embedding_loss margin_ranking_loss cosine_embedding_loss triplet_margin_loss "
    "triplet_margin_with_distance_loss multi_margin_loss multilabel_margin_loss "
    "multilabel_soft_margin_loss"
)
_WEIGHTS = ("weight", "pos_weight")


def install(table: RuleTable) -> None:
    """Fill the table."""
    for name, least in _SAMPLES.items():
        table.function(partial(_samples, least, _ALONGSIDE.get(name, 1)), *functions(name))
    everywhere(table, lambda _: partial(_samples, 1, 1), "bucketize isin")
    table.method(partial(_samples, 2, 1), torch.Tensor, ("multinomial",))
    table.function(_linear, functional.linear)
    table.function(_searched, torch.searchsorted)
    table.function(_unfolded, functional.unfold)
    for name in _LOSSES.split():
        table.function(_loss, *functions(name))
    table.function(_normed, *functions("layer_norm"), *functions("rms_norm"),
                   torch.native_layer_norm)  # fmt: skip
    table.function(_batch_norm, *functions("batch_norm"), torch.native_batch_norm)
    table.function(_attention, functional.scaled_dot_product_attention)
    table.function(_embedded, *functions("embedding"))


def _rows(out: Any) -> int:
    return len(out) if len(out.shape) else 1


def batched(given: list[Operand], many: int, out: Any) -> list[Edge] | None:
    """The first operands are batches whose rows are the result's; the others are context."""
    rows = _rows(out)
    if any(o.rows != rows for o in given[:many]):
        return None
    found = [e for o in given[:many] for e in same(o)]
    return found + [e for o in given[many:] for e in every(o, rows, Kind.CONTEXT)]


def _samples(least: int, many: int, call: Call) -> bool | None:
    """Row by row, where the first axis counts samples (or channels, which a pool keeps apart)."""
    given = operands(call)
    if not given or given[0].ndim < least:
        return None
    return emit(call, lambda out: batched(given, many, out))


def _linear(call: Call) -> bool | None:
    """Samples with the weights as context; of a single sample the rows are the weights' own."""
    given = operands(call)
    if len(given) < 2:
        return None
    one, *weights = given
    if one.ndim == 1 and all(o.ndim for o in weights) and call.out.dim() == 1:
        return emit(call, lambda out: every(one, len(out)) + [e for o in weights for e in same(o)])
    return emit(call, lambda out: batched(given, 1, out))


def _searched(call: Call) -> bool | None:
    """Where values belong in a sequence: the values' rows, the sequence as context."""
    given = operands(call)
    if len(given) != 2:
        return _samples(1, 1, call) if given and given[0].ndim > 1 else None
    sequence, values = given
    if sequence.ndim > 1:
        return emit(call, lambda out: batched(given, 2, out))
    return emit(call, lambda out: batched([values, sequence], 1, out)) if values.ndim else None


def _unfolded(call: Call) -> bool | None:
    given = operands(call)
    return emit(call, lambda out: batched(given, 1, out)) if given and given[0].ndim == 4 else None


def _loss(call: Call) -> bool | None:
    """A number a row where nothing is reduced; else every row of everything."""
    _, kwargs = arguments(call)
    weights = [tensor(call, kwargs[name]) for name in _WEIGHTS if kwargs.get(name) is not None]
    known = {o.node for o in weights if o is not None}
    given = [o for o in operands(call) if o.node not in known]
    if not given:
        return None

    def find(out: Any) -> list[Edge] | None:
        rows = _rows(out)
        context = [e for o in weights if o is not None for e in every(o, rows, Kind.CONTEXT)]
        if not len(out.shape):
            return [e for o in given for e in every(o, rows)] + context
        if any(o.rows != rows or o.ndim < 1 for o in given):
            return None
        return [e for o in given for e in same(o)] + context

    return emit(call, find)


def _normed(call: Call) -> bool | None:
    """Over the last axes: row by row, unless the first one is among them."""
    args, kwargs = arguments(call)
    given, over = operands(call), argument(args, kwargs, 1, "normalized_shape")
    if not given or not isinstance(over, list | tuple):
        return None
    one, *weights = given
    if one.ndim <= len(over):
        return emit(call, lambda out: _mixing(one, weights, _rows(out)))
    return emit(call, lambda out: batched(given, 1, out))


def _mixing(one: Operand, weights: list[Operand], rows: int) -> list[Edge]:
    """Each row scaled by what all rows say."""
    found = same(one) if one.rows == rows else []
    kind = Kind.CONTEXT if found else Kind.DIRECT
    found = found + every(one, rows, kind)
    return found + [e for o in weights for e in every(o, rows, Kind.CONTEXT)]


def _batch_norm(call: Call) -> bool | None:
    """In training every row is scaled by the whole batch, and the running statistics move."""
    args, kwargs = arguments(call)
    given, training = operands(call), argument(args, kwargs, 5, "training", False)
    if not given or given[0].ndim < 2 or not isinstance(training, bool):
        return None
    if not training:
        return emit(call, lambda out: batched(given, 1, out))
    one, *weights = given
    return emit(call, lambda out: _mixing(one, weights, _rows(out)))


def _attention(call: Call) -> bool | None:
    """A batch of sequences goes by its first axis; a single one asks all of its keys."""
    given = operands(call)
    args, kwargs = arguments(call)
    if len(given) < 3 or {"is_causal", "enable_gqa"} & set(kwargs) or len(args) > 5:
        return None
    deep = given[0].ndim > 2
    kept = [o for o in given if deep and o.ndim == given[0].ndim and o.rows == given[0].rows]
    query = kept or given[:1]
    rest = [o for o in given if o not in query]

    def find(out: Any) -> list[Edge]:
        rows = _rows(out)
        found = [e for o in query for e in same(o)]
        return found + [e for o in rest for e in every(o, rows, Kind.CONTEXT)]

    return emit(call, find)


def _embedded(call: Call) -> bool | None:
    """Rows of a table by number: the numbers' rows, and the rows of the table that they name."""
    args, kwargs = arguments(call)
    index, table = (args[0], argument(args, kwargs, 1, "weight"))
    if call.function is torch.embedding:
        index, table = table, index
    numbers, rows_of = tensor(call, index), tensor(call, table)
    if numbers is None or rows_of is None or type(index) is Operand or not numbers.ndim:
        return None
    if kwargs.get("max_norm") is not None or len(args) > 3:
        return None
    if numbers.ndim > 1:
        return emit(call, lambda out: same(numbers) + every(rows_of, len(out), Kind.CONTEXT))
    edges = carried(call, _taken, [table, held(index)], {}, [call.out], sure=True)[0]
    return emit(call, lambda _: same(numbers) + edges)


def _taken(table: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return table[index]
