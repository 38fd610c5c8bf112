"""What ``torch.nn`` modules do to the rows of a batch, by class and by how they are set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from traceprop_nb.adapters.torch.along import axes_of
from traceprop_nb.adapters.torch.given import edge, emit, every, leaves, same, tensor
from traceprop_nb.lineage.maps import Prefix
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

ROWS, MIXED = "row by row", "scaled by the batch"
_ELEMENTWISE = (
    nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh,
    nn.Identity, nn.LeakyReLU, nn.LogSigmoid, nn.Mish, nn.ReLU, nn.ReLU6, nn.SELU,
    nn.SiLU, nn.Sigmoid, nn.Softplus, nn.Softshrink, nn.Softsign, nn.Tanh, nn.Tanhshrink,
    nn.Threshold, nn.Dropout, nn.AlphaDropout, nn.PReLU, nn.Embedding,
)  # fmt: skip
_SAMPLES: dict[type, int] = {
    nn.Linear: 2, nn.Conv1d: 3, nn.Conv2d: 4, nn.Conv3d: 5, nn.ConvTranspose1d: 3,
    nn.ConvTranspose2d: 4, nn.ConvTranspose3d: 5, nn.GroupNorm: 2, nn.InstanceNorm1d: 2,
    nn.InstanceNorm2d: 3, nn.InstanceNorm3d: 4, nn.MaxPool1d: 2, nn.MaxPool2d: 3,
    nn.MaxPool3d: 4, nn.AvgPool1d: 2, nn.AvgPool2d: 3, nn.AvgPool3d: 4, nn.LPPool1d: 2,
    nn.LPPool2d: 3, nn.AdaptiveAvgPool1d: 2, nn.AdaptiveAvgPool2d: 3, nn.AdaptiveAvgPool3d: 4,
    nn.AdaptiveMaxPool1d: 2, nn.AdaptiveMaxPool2d: 3, nn.AdaptiveMaxPool3d: 4, nn.Upsample: 3,
    nn.UpsamplingNearest2d: 3, nn.UpsamplingBilinear2d: 3, nn.PixelShuffle: 4,
    nn.PixelUnshuffle: 4, nn.ChannelShuffle: 4, nn.LocalResponseNorm: 3, nn.Dropout1d: 2,
    nn.Dropout2d: 3, nn.Dropout3d: 4, nn.FeatureAlphaDropout: 2, nn.Bilinear: 2, nn.GRUCell: 2,
    nn.LSTMCell: 2, nn.RNNCell: 2, nn.EmbeddingBag: 2, nn.Unfold: 4, nn.Fold: 3,
    nn.ZeroPad1d: 3, nn.ZeroPad2d: 4, nn.ConstantPad1d: 3, nn.ConstantPad2d: 4,
    nn.ReflectionPad1d: 3, nn.ReflectionPad2d: 4, nn.ReplicationPad1d: 3, nn.ReplicationPad2d: 4,
    nn.CircularPad1d: 3, nn.CircularPad2d: 4,
}  # fmt: skip
_BATCH = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_AXIS = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.GLU)
_PAIRED = (nn.CosineSimilarity, nn.PairwiseDistance)
_LOSSES = (
    nn.L1Loss, nn.MSELoss, nn.SmoothL1Loss, nn.HuberLoss, nn.CrossEntropyLoss, nn.NLLLoss,
    nn.BCELoss, nn.BCEWithLogitsLoss, nn.KLDivLoss, nn.PoissonNLLLoss, nn.GaussianNLLLoss,
    nn.SoftMarginLoss, nn.HingeEmbeddingLoss, nn.MarginRankingLoss, nn.CosineEmbeddingLoss,
    nn.TripletMarginLoss, nn.MultiMarginLoss, nn.MultiLabelMarginLoss,
    nn.MultiLabelSoftMarginLoss, nn.TripletMarginWithDistanceLoss,
)  # fmt: skip
_RECURRENT = (nn.RNN, nn.LSTM, nn.GRU)
_SEQUENCES = (
    nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer,
    nn.TransformerEncoder, nn.TransformerDecoder, nn.Transformer,
)  # fmt: skip


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_module, nn.Module, ("__call__", "forward"))
    table.keeps(nn.Module, lambda module, name: module._modules.get(name))


def _module(call: Call) -> bool | None:
    """A module applied to a batch. One written in a traced cell recorded its own steps already."""
    module = call.function if isinstance(call.function, nn.Module) else call.receiver
    outs = [o for o in leaves((call.out,)) if type(o) in call.recorder.table.tracked]
    if outs and all(call.recorder.identity.node(o) is not None for o in outs):
        return True
    args = [tensor(call, value) for value in leaves((*call.args, *call.kwargs.values()))]
    given = [operand for operand in args if operand is not None]
    if not isinstance(module, nn.Module) or not given or given[0].node is None:
        return None
    call.name = type(module).__name__
    for kinds, rule in _BY_KIND.items():
        if type(module) in kinds:
            return rule(call, module, given)
    return _batch(call, module, given)


def _rows(out: Any) -> int:
    return len(out) if len(out.shape) else 1


def _batch(call: Call, module: Any, given: list[Operand]) -> bool | None:
    """A batch goes in, a batch comes out."""
    one = given[0]
    how = behaviour(module, one.ndim)[0]
    if how is None or (type(module) not in _SAMPLES and len(given) > 1):
        return None
    return emit(call, lambda out: _edges(how, given, out))


def _edges(how: str, given: list[Operand], out: Any) -> list[Edge] | None:
    rows = _rows(out)
    if given[0].rows != rows or not len(out.shape):
        return None
    found = [e for o in given for e in (same(o) if o.rows == rows else every(o, rows))]
    return found + (every(given[0], rows, Kind.CONTEXT) if how == MIXED else [])


def behaviour(module: nn.Module, ndim: int) -> tuple[str | None, int]:
    """What a module does to the rows of a batch with so many axes, and how many come out."""
    kind = type(module)
    if isinstance(module, nn.Sequential):
        return _in_turn(list(module), ndim)
    if kind in _SAMPLES:
        return (ROWS if ndim >= _SAMPLES[kind] else None), ndim
    if kind in _ELEMENTWISE:
        return (ROWS if ndim >= 1 else None), ndim + (kind is nn.Embedding)
    if kind in _BATCH:
        batch = module.training or module.running_mean is None
        return (MIXED if batch else ROWS), ndim
    if kind in (nn.LayerNorm, nn.RMSNorm):
        over = len(module.normalized_shape)
        return (ROWS if ndim > over else MIXED), ndim
    return _shaped(module, ndim)


def _shaped(module: Any, ndim: int) -> tuple[str | None, int]:
    """Modules with an axis of their own."""
    if type(module) in _AXIS:
        if module.dim is None or ndim < 1:
            return None, ndim
        glu = type(module) is nn.GLU
        return (ROWS if module.dim % ndim else (None if glu else MIXED)), ndim
    if type(module) is nn.Flatten and ndim >= 1:
        start, end = module.start_dim % ndim, module.end_dim % ndim
        return (ROWS if start else None), ndim - max(end - start, 0)
    if type(module) is nn.Unflatten and ndim >= 1 and type(module.dim) is int:
        more = len(module.unflattened_size) - 1
        return (ROWS if module.dim % ndim else None), ndim + more
    return None, ndim


def _in_turn(modules: list[nn.Module], ndim: int) -> tuple[str | None, int]:
    mixed = False
    for module in modules:
        how, ndim = behaviour(module, ndim)
        if how is None:
            return None, ndim
        mixed |= how == MIXED
    return (MIXED if mixed else ROWS), ndim


def _loss(call: Call, module: Any, given: list[Operand]) -> bool | None:
    weight = getattr(module, "weight", None) is not None
    if module.reduction != "none" or given[0].ndim == 0:
        return emit(call, lambda out: [e for o in given for e in every(o, _rows(out))])
    if weight and given[0].ndim < 2:
        return None
    fit = all(o.rows == given[0].rows and o.ndim for o in given)
    return emit(call, lambda out: _edges(ROWS, given, out)) if fit else None


def _paired(call: Call, module: Any, given: list[Operand]) -> bool | None:
    axes = axes_of(given[0], getattr(module, "dim", -1))
    if axes is None or any(o.ndim != given[0].ndim for o in given):
        return None
    if 0 in axes:
        return emit(call, lambda out: [e for o in given for e in every(o, _rows(out))])
    return emit(call, lambda out: _edges(ROWS, given, out))


def _recurrent(call: Call, module: Any, given: list[Operand]) -> bool | None:
    """A step sees those before it, or a sequence of a batch itself alone; a state sees them all."""
    one, *states = given
    if not isinstance(call.out, tuple) or one.ndim not in (2, 3):
        return None
    alone = one.ndim == 3 and module.batch_first
    output = call.out[0]

    def find(out: Any) -> list[Edge]:
        rows = _rows(out)
        context = [e for o in states for e in every(o, rows, Kind.CONTEXT)]
        if out is not output or (module.bidirectional and not alone):
            return every(one, rows) + context
        return (same(one) if alone else edge(one, Prefix(one.rows))) + context

    return emit(call, find)


def _sequences(call: Call, module: Any, given: list[Operand]) -> bool | None:
    """Attention: a sequence a row stays by itself; where rows are positions, all see all."""
    first = module.layers[0] if hasattr(module, "layers") else module
    inner = getattr(first, "self_attn", getattr(getattr(first, "encoder", None), "layers", first))
    attention = inner[0].self_attn if isinstance(inner, nn.ModuleList) else inner
    alone = given[0].ndim == 3 and bool(attention.batch_first)

    def find(out: Any) -> list[Edge]:
        rows, found = _rows(out), list[Edge]()
        for operand in given:
            fits = operand.rows == rows and operand.ndim == given[0].ndim
            if alone and fits:
                found += same(operand)
            elif operand is given[0] and fits and not alone:
                found += same(operand) + every(operand, rows, Kind.CONTEXT)
            else:
                found += every(operand, rows, Kind.CONTEXT if found else Kind.DIRECT)
        return found

    return emit(call, find)


_Rule = Callable[[Call, Any, list[Operand]], bool | None]
_BY_KIND: dict[tuple[type, ...], _Rule] = {
    _LOSSES: _loss, _PAIRED: _paired, _RECURRENT: _recurrent, _SEQUENCES: _sequences,
}  # fmt: skip
