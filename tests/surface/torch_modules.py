"""Calls of ``torch.nn`` modules: what their forward does to the rows of a batch."""

from __future__ import annotations

from tests.surface.torch_calls import REASONS
from tests.surface.witness import Witness

CALLS = """
ReLU ReLU6 ELU SELU CELU GELU SiLU Mish Tanh Sigmoid LogSigmoid Softplus Softsign Tanhshrink () | a
LeakyReLU Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Identity () | a
Threshold (0.1, 20.0) | a
PReLU () | a
Dropout AlphaDropout () | a
Linear (3, 2) | a
Linear (4, 2) | c
Linear (6, 2) | v
Bilinear (3, 3, 2) | a, b
Embedding (10, 3) | (v.abs() * 3).long().clamp(max=9)
EmbeddingBag (10, 3) | (a.abs() * 3).long().clamp(max=9)
LayerNorm RMSNorm (3,) | a
LayerNorm RMSNorm ((6, 3),) | a
BatchNorm1d (3,) | a
BatchNorm1d (3,) | c
BatchNorm2d (2,) | p
GroupNorm (1, 2) | p
InstanceNorm1d (3,) | c
InstanceNorm2d (2,) | p
LocalResponseNorm (2,) | c
Conv1d (3, 2, 2) | c
Conv2d (2, 3, 3) | p
ConvTranspose1d (3, 2, 2) | c
ConvTranspose2d (2, 3, 3) | p
Conv1d (6, 2, 2) | a
MaxPool1d AvgPool1d (2,) | c
MaxPool1d (2,) | a
MaxPool2d AvgPool2d (2,) | p
LPPool1d (2, 2) | c
LPPool2d (2, 2) | p
AdaptiveAvgPool1d AdaptiveMaxPool1d (2,) | c
AdaptiveAvgPool2d AdaptiveMaxPool2d (2,) | p
Upsample (None, 2) | p
UpsamplingNearest2d (None, 2) | p
PixelUnshuffle ChannelShuffle (2,) | p
Dropout1d () | c
Dropout2d FeatureAlphaDropout () | p
ZeroPad2d ReflectionPad2d ReplicationPad2d CircularPad2d (1,) | p
ConstantPad1d (1, 0.0) | c
Unfold (2,) | p
Flatten () | c
Flatten (0,) | a
Unflatten (1, (3, 1)) | a
Softmax LogSoftmax Softmin (1,) | a
Softmax LogSoftmax Softmin (0,) | a
GLU () | c
CosineSimilarity () | a, b
PairwiseDistance () | a, b
GRUCell RNNCell (3, 2) | a
LSTMCell (3, 2) | a | [0]
GRUCell RNNCell (3, 3) | a, b
L1Loss MSELoss SmoothL1Loss HuberLoss SoftMarginLoss KLDivLoss PoissonNLLLoss () | a, b
BCEWithLogitsLoss () | a, b.sigmoid()
BCELoss () | a.sigmoid(), b.sigmoid()
GaussianNLLLoss () | a, b, b.abs() + 1
CrossEntropyLoss MultiMarginLoss () | a, torch.tensor([0, 1, 2, 0, 1, 2])
MarginRankingLoss () | a, b, torch.ones(6, 3)
HingeEmbeddingLoss () | a, (b > 0) * 2 - 1
CosineEmbeddingLoss () | a, b, torch.ones(6)
TripletMarginLoss TripletMarginWithDistanceLoss () | a, b, b.flip(1)
MultiLabelSoftMarginLoss () | a, (b > 0).double()
"""
NONE = "L1Loss MSELoss HuberLoss CrossEntropyLoss KLDivLoss BCEWithLogitsLoss CosineEmbeddingLoss"
TUPLES = """
RNN GRU LSTM (4, 2) | c | [0]
RNN GRU (4, 2) | c | [1]
GRU LSTM (4, 2, batch_first=True) | c | [0]
GRU LSTM (4, 2, batch_first=True, bidirectional=True) | c | [0]
GRU LSTM (4, 2, bidirectional=True) | c | [0]
GRU (3, 2) | a | [0]
LSTM (4, 2, batch_first=True) | c | [1][0]
MultiheadAttention (4, 2) | c, c, c | [0]
MultiheadAttention (4, 2, batch_first=True) | c, c, c | [0]
MultiheadAttention (4, 2, batch_first=True) | c, c, c | [1]
TransformerEncoderLayer (4, 2, 4) | c
TransformerEncoderLayer (4, 2, 4, batch_first=True) | c
TransformerDecoderLayer (4, 2, 4, batch_first=True) | c, c
Transformer (4, 2, 1, 1, 4, batch_first=True) | c, c
"""
MORE = [
    "net = nn.BatchNorm1d(3).double().eval()\nout = net(a)",
    "net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).double()\nout = net(a)",
    "net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 2)).double()\n"
    "out = net(p)",
    "net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Softmax(1)).double()\nout = net(a)",
    "net = nn.Sequential(nn.Softmax(0), nn.Identity()).double()\nout = net(a)",
    "net = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 4, batch_first=True), 2,"
    " enable_nested_tensor=False).double()\nout = net(c)",
    "net = nn.Linear(3, 2).double()\nout = net.forward(a)",
]


def _calls(text: str) -> list[tuple[str, str, str, str]]:
    found = []
    for line in text.strip().splitlines():
        made, given, pick = (*(part.strip() for part in line.split("|")), "", "")[:3]
        names, mark, rest = made.partition("(")
        found += [(name, mark + rest, given, pick) for name in names.split()]
    return found


def witnesses() -> list[Witness]:
    """One or several for each module."""
    found = []
    for name, made, given, pick in _calls(CALLS + TUPLES):
        cell = f"net = nn.{name}{made}.double()\nout = net({given}){pick}"
        found.append(Witness(f"torch.nn.{name}", cell, loose=REASONS["flat"]))
    for name, _, given, _ in _calls(CALLS):
        if name in NONE.split():
            cell = f"net = nn.{name}(reduction='none')\nout = net({given})"
            found.append(Witness(f"torch.nn.{name}", cell, loose=REASONS["flat"]))
    found += [Witness("torch.nn.Module", cell, loose=REASONS["flat"]) for cell in MORE]
    return found
