"""PyTorch's element-wise operations: row i of the result from row i of whatever has as many rows.

Each name stands for the function in every module that has it, the method, and the method in place.
"""

from __future__ import annotations

from typing import Any

import torch

from traceprop_nb.adapters.torch.given import (
    arguments,
    emit,
    every,
    operands,
    same,
    spread,
    tensor,
    view,
)
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.adapters.torch.turns import turned
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_ONE = """
abs absolute acos acosh angle arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh
bernoulli bitwise_not ceil celu conj_physical cos cosh deg2rad digamma dropout elu erf erfc erfinv
exp exp2 expm1 fix floor frac frexp gelu hardshrink hardsigmoid hardswish hardtanh i0 isfinite
isinf isnan isneginf isposinf isreal leaky_relu lgamma log log10 log1p log2 logical_not logit
logsigmoid mish mvlgamma nan_to_num neg negative polygamma positive rad2deg reciprocal relu
relu6 round rsqrt selu sgn sigmoid sign signbit silu sin sinc sinh softplus softshrink
softsign sqrt square tan tanh tanhshrink threshold trunc alpha_dropout native_dropout
fake_quantize_per_tensor_affine quantize_per_tensor
airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 entr erfcx expit gammaln i0e i1 i1e log_ndtr
modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 multigammaln ndtr ndtri
psi scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0
"""
_SEVERAL = """
add addcdiv addcmul arctan2 atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift
bitwise_xor clamp clamp_max clamp_min clip complex copysign div divide eq float_power
floor_divide fmax fmin fmod gcd ge greater greater_equal gt heaviside hypot igamma igammac isclose
lcm ldexp le lerp less less_equal logaddexp logaddexp2 logical_and logical_or logical_xor lt
masked_fill maximum minimum mul multiply ne nextafter not_equal polar pow prelu remainder rsub sub
subtract true_divide xlogy zeta xlog1py gammainc gammaincc
chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w
hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p
shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v
shifted_chebyshev_polynomial_w
"""
_OPERATORS = """
add and div eq floordiv ge gt iadd iand ifloordiv ilshift imod imul invert ior ipow irshift isub
itruediv ixor le lshift lt mod mul ne or pow radd rand rfloordiv rlshift rmod rmul ror rpow
rrshift rshift rsub rtruediv rxor sub truediv xor abs neg pos
"""
_KEPT = """
alias_copy bfloat16 bool byte cdouble cfloat chalf char clone conj contiguous cpu cuda data
dequantize detach detach_copy double float half imag int int_repr long numpy pin_memory
real resolve_conj resolve_neg short to type type_as view_as_complex
view_as_complex_copy view_as_real view_as_real_copy __array__ __deepcopy__ to_dense
"""
_CHANNELS = "dropout1d dropout2d dropout3d feature_dropout feature_alpha_dropout"
_FRESH = "cauchy exponential geometric log_normal normal random uniform fill zero constant"


def install(table: RuleTable) -> None:
    """Fill the table."""
    everywhere(table, lambda _: elementwise, _ONE + _SEVERAL + _CHANNELS)
    table.method(elementwise, torch.Tensor, [f"__{name}__" for name in _OPERATORS.split()])
    everywhere(table, lambda _: _leaky, "rrelu")
    everywhere(table, lambda _: _kept, _KEPT)
    table.function(_where, torch.where)
    table.method(_where, torch.Tensor, ("where",))
    table.method(_fresh, torch.Tensor, [f"{name}_" for name in _FRESH.split()])
    init = torch.nn.init
    table.function(_fresh, init.constant_, init.normal_, init.uniform_, init.kaiming_uniform_,
                   init.zeros_, init.ones_, init.kaiming_normal_, init.xavier_uniform_,
                   init.xavier_normal_, init.trunc_normal_)  # fmt: skip


def elementwise(call: Call) -> bool | None:
    """Every tensor of the result follows the broadcasting rule."""
    given = operands(call)
    if any(carriers.of(one.ref) for one in given) and turned(call, given):
        return True
    return emit(call, lambda out: spread(call, out, given))


def _leaky(call: Call) -> bool | None:
    """In training it draws a number for each negative one, so that the rows before a row matter."""
    training = call.argument(3, "training", False)
    return None if training is not False else elementwise(call)


def _kept(call: Call) -> bool | None:
    """Other numbers, another type or place; the rows stay."""
    if call.out is call.receiver and call.node is not None:
        return True
    args, _ = arguments(call)
    one = tensor(call, args[0]) if args else None
    if one is None or any(call.out is value for value in args):
        return True if one is not None else None
    found = (carriers.of(one.ref) is not None and turned(call, [one])) or emit(
        call, lambda out: same(one) if len(out.shape) and len(out) == one.rows else None
    )
    if found:
        view(call)
    return found


def _where(call: Call) -> bool | None:
    """With one argument it gives positions; see ``positions``."""
    args, kwargs = arguments(call)
    return elementwise(call) if len(args) + len(kwargs) > 1 else positions(call)


def positions(call: Call) -> bool | None:
    """The values are positions: which rows they name shows when they index."""
    given = operands(call)

    def context(out: Any) -> list[Edge]:
        rows = call.recorder.table.rows(out)
        return [e for one in given for e in every(one, rows, Kind.CONTEXT)]

    return emit(call, context)


def _fresh(_: Call) -> bool | None:
    """Every element is new; the rows keep their place."""
    return True
