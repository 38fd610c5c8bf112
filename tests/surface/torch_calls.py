"""How each name of PyTorch's is called: a line for the function, the method, its twin in place.

A line is ``names | first operand | other arguments | what of the result | remarks``. Remarks are
``carried`` (values are moved: the truth is what they carry), ``once`` (not in place), and ``~``
with a reason why an input row that matters may leave the result as it is. A name with dots is one
place of several.
"""

from __future__ import annotations

from dataclasses import dataclass

REASONS = {
    "yes": "a sign, a yes or a count seldom changes",
    "draw": "a draw seldom changes",
    "dropped": "half of the numbers or channels are dropped",
    "new": "a new number over a row leaves the row where it is",
    "smaller": "a maximum hides the rest",
    "other": "the other operand decides",
    "cut": "what is cut off does not show",
    "flat": "far out it is flat",
    "places": "positions are of all rows; values of those that hold them",
    "triangle": "only one side of the diagonal is read or written",
}
SHORT = {"F.": "torch.nn.functional.", "T.": "torch.Tensor.", "f.": "torch.functional."}


@dataclass(frozen=True)
class Line:
    """One way to call a name.

    Attributes:
        first: The first operand, or nothing for a function that is called with ``rest`` alone.
        rest: The other arguments.
        pick: What of the result is looked at, such as ``[0]``.
        truth: See ``Witness``.
        loose: See ``Witness``.
        once: Whether it cannot be called in place.
    """

    first: str
    rest: str = ""
    pick: str = ""
    truth: str = "changed"
    loose: str = ""
    once: bool = False


def parsed(*tables: str) -> dict[str, list[Line]]:
    """The lines of each name."""
    found: dict[str, list[Line]] = {}
    for text in "\n".join(tables).splitlines():
        if not text.strip() or text.startswith("#"):
            continue
        parts = [part.strip() for part in text.split("|")]
        names, first, rest, pick, remarks = (*parts, "", "", "", "")[:5]
        mark = remarks.partition("~")[2].strip()
        loose, once = (REASONS[mark] if mark else ""), "once" in remarks
        truth = "carried" if remarks.startswith("carried") else "changed"
        for name in names.split():
            full = SHORT[name[:2]] + name[2:] if name[:2] in SHORT else name
            found.setdefault(full, []).append(Line(first, rest, pick, truth, loose, once))
    return found


ONE = """
abs absolute asinh atan arctan arcsinh ceil celu conj_physical cos cosh deg2rad dropout elu erf | a
erfc exp2 | a
exp expm1 gelu hardswish i0 leaky_relu logsigmoid mish nan_to_num neg negative | a
positive rad2deg relu relu6 rrelu selu sgn sigmoid silu sin sinc sinh softplus softshrink | a
softsign square tan tanh tanhshrink trunc alpha_dropout frac round floor fix sign hardtanh | a
entr erfcx expit i0e i1 i1e log_ndtr modified_bessel_i0 modified_bessel_i1 ndtr | a.abs()
airy_ai bessel_j0 bessel_j1 spherical_bessel_j0 | a
bessel_y0 bessel_y1 modified_bessel_k0 modified_bessel_k1 | a.abs() + 0.5
scaled_modified_bessel_k0 scaled_modified_bessel_k1 digamma gammaln lgamma psi | a.abs() + 0.5
acosh arccosh | a.abs() + 1.5
acos arccos arcsin asin arctanh atanh erfinv ndtri | a.sigmoid() * 0.9 + 0.01
log log10 log1p log2 sqrt rsqrt reciprocal | a.abs() + 0.5
logit | a.sigmoid() * 0.9 + 0.05
hardshrink hardsigmoid | a
angle isfinite isinf isnan isneginf isposinf isreal signbit logical_not | a | | | ~yes
bernoulli | a.sigmoid() | | | ~draw
bitwise_not | (a * 10).int()
frexp | a | | [0]
mvlgamma multigammaln | a.abs() + 4 | 2
polygamma | 1 | a.abs() + 0.5
T.polygamma T.polygamma_ | a.abs() + 0.5 | 1
threshold | a | 0.1, 20.0
torch.threshold F.threshold | a | 0.1, 20.0
torch.dropout torch.alpha_dropout | a | 0.5, True | | ~dropped
F.dropout F.alpha_dropout | a | 0.5 | | ~dropped
native_dropout | a | 0.5, True | [0] | ~dropped
dropout1d | c | | | ~dropped
dropout2d | p | | | ~dropped
dropout3d | p.unsqueeze(2) | | | ~dropped
torch.feature_dropout torch.feature_alpha_dropout | c | 0.5, True | | ~dropped
F.feature_alpha_dropout | c | 0.5 | | ~dropped
fake_quantize_per_tensor_affine | a | 0.1, 0, -1000, 1000
# the same rows in another form
alias_copy bool clone conj contiguous cpu detach detach_copy double float half | a | | | ~yes
imag real view_as_real view_as_real_copy | torch.complex(a, a)
view_as_complex view_as_complex_copy | c.view(6, 3, 2, 2)
bfloat16 | a | | .float()
chalf | a | | .to(torch.cfloat)
byte cdouble cfloat char int long short resolve_conj resolve_neg numpy data | a
__array__ | a
__deepcopy__ | a | {}
to | a | torch.float32
type | a | torch.float32
type_as | a | b.float()
T.dequantize torch.dequantize | torch.quantize_per_tensor(a.float(), 0.1, 0, torch.qint32)
T.int_repr torch.int_repr | torch.quantize_per_tensor(a.float(), 0.1, 0, torch.qint32)
to_dense | a
quantize_per_tensor | a.float() | 0.1, 0, torch.qint32 | .dequantize()
# new numbers where the rows were
cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_ zero_ | a | | | ~new
T.geometric_ | a | 0.5 | | ~new
fill_ constant_ | a | 1.0 | | ~new
torch.nn.init.constant_ | a | 1.0 | | ~new
torch.nn.init.kaiming_uniform_ torch.nn.init.normal_ torch.nn.init.uniform_ | a | | | ~new
index_fill | a | 0, torch.tensor([1, -1]), 0.0 | | ~new
fill_diagonal_ | a | 0.0 | | ~new
"""
SEVERAL = """
add arctan2 atan2 div divide fmax fmin fmod hypot logaddexp logaddexp2 maximum minimum mul | a | b
multiply remainder rsub sub subtract true_divide copysign nextafter | a | b
add sub mul div maximum | a | v[:3]
add mul copysign | a | 2.0
add div | a[:1] | b | | once
sub rsub mul | a | v[:, None]
add.c sub.c | c | b[:, :, None]
maximum minimum fmax fmin | a | b | | ~smaller
copysign nextafter heaviside | a | b | | ~yes
T.nextafter torch.nextafter | a | b | | ~yes
float_power pow | a.abs() + 0.1 | b
pow | 2.0 | b
T.pow T.pow_ | a.abs() | 2
floor_divide | a | b.abs() + 0.1
eq ge greater greater_equal gt isclose le less less_equal lt ne not_equal | a | b | | ~yes
logical_and logical_or logical_xor | a > 0 | b > 0 | | ~other
bitwise_and bitwise_or bitwise_xor | (a * 10).int() | (b * 10).int() | | ~other
bitwise_left_shift bitwise_right_shift | (a * 100).int() | 1
gcd lcm | (a * 10).int().abs() + 2 | (b * 10).int().abs() + 2 | | ~yes
addcdiv | a | b.abs() + 1, v[:, None] + 5
addcmul | a | b, v[:, None]
clamp clip | a | -9.0, 9.0 | | ~cut
clamp clip | a | b, b + 1 | | ~cut
clamp_max clamp_min | a | b | | ~cut
complex | a | b
polar | a.abs() + 1 | b
igamma igammac gammainc gammaincc | a.abs() + 0.5 | b.abs() + 0.5 | | ~flat
ldexp | a | (b * 2).int()
lerp | a | b, 0.3
lerp | a | b, v[:, None]
masked_fill | a | b > 0, 0.0 | | ~other
prelu | a | v[:3].abs() | | ~other
T.prelu torch.prelu F.prelu | a | v[:3].abs() | | ~other
where | a > 0 | a, b | | ~other
T.where | a | a > 0, b | | ~other
torch.where | a > 0 | | [0] | ~places
xlogy xlog1py | a | b.abs() + 0.5
zeta | a.abs() + 1.5 | b.abs() + 0.5 | | ~flat
chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w | a | 2
hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p | a | 2
shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u | a | 2
shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w | a | 2
__add__ __div__ __iadd__ __imul__ __isub__ __itruediv__ __mod__ __imod__ __mul__ __radd__ | a | b
__rmod__ __rmul__ __rsub__ __rtruediv__ __sub__ __truediv__ | a | b
__floordiv__ __ifloordiv__ __rfloordiv__ | a | b.abs() + 0.1
__pow__ __ipow__ __rpow__ | a.abs() + 0.1 | b.abs() + 0.1
__and__ __iand__ __ior__ __ixor__ __or__ __rand__ | (a * 10).int() | (b * 10).int() | | ~other
__ror__ __rxor__ __xor__ | (a * 10).int() | (b * 10).int() | | ~other
__lshift__ __rshift__ __ilshift__ __irshift__ | (a * 100).int() | 1
__rlshift__ __rrshift__ | (a.abs() * 3).int() | 64
__eq__ __ge__ __gt__ __le__ __lt__ __ne__ | a | b | | ~yes
__invert__ | (a * 10).int()
"""
ALONG = """
sum nansum mean nanmean prod logsumexp std var | a | 1
sum nansum mean nanmean logsumexp std var count_nonzero prod | a | 0 | | ~yes
sum mean std var amax amin | a | dim=(0, 1) | | ~smaller
sum mean std var median nanmedian max min | a | | | ~smaller
sum mean all any | c | -3 | | ~yes
sum | v
sum mean | a | 0, keepdim=True
sum | a[:0] | 0
amax amin all any argmax argmin count_nonzero | a | 1 | | ~smaller
amax amin all any argmax argmin | a | 0 | | ~smaller
std_mean var_mean | a | 1 | [0]
std_mean var_mean | a | 0 | [1]
aminmax | a | dim=1 | [0] | ~smaller
aminmax | a | dim=0 | [1] | ~smaller
max min median nanmedian mode | a | 1 | [0] | ~smaller
max min median nanmedian mode | a | 0 | [0] | ~smaller
max min | a | b | | ~smaller
kthvalue | a | 2, 1 | [0] | ~smaller
kthvalue | a | 2, 0 | [1] | ~smaller
norm vector_norm | a | 2, 1
norm vector_norm | a | 2, 0
norm | a
matrix_norm | a
matrix_norm | c
frobenius_norm | a | 1
torch.frobenius_norm | a | (1,)
nuclear_norm | a
hash_tensor | a | 1
fft ifft hfft rfft irfft | c
fft ifft rfft irfft hfft | a | dim=0 | | ~yes
ihfft | a
ihfft | a | dim=0 | | ~yes
fft2 ifft2 rfft2 irfft2 hfft2 ihfft2 | c
fft2 ifft2 rfft2 irfft2 hfft2 ihfft2 | a | | | ~yes
fftn ifftn rfftn irfftn hfftn ihfftn | a | | | ~yes
fftn ifftn rfftn irfftn hfftn ihfftn | c | dim=(1, 2)
glu | c
cosine_similarity | a | b
cosine_similarity | a | b, 0 | | ~flat
cross | a | b, dim=1
cross | a | b
cross | a[:3] | b[:3], dim=0
linalg.cross | a | b
vecdot | a | b
vecdot | a | b, dim=0
pairwise_distance | a | b
trapezoid trapz | a
trapezoid trapz | a | dim=0
cumulative_trapezoid | a
cumulative_trapezoid | a | dim=0
dist | a | b
softmax log_softmax softmin gumbel_softmax | a | dim=1 | | ~flat
softmax log_softmax softmin gumbel_softmax normalize | a | dim=0 | | ~flat
normalize | a | | | ~flat
cumsum cumprod logcumsumexp | a | 1
cumsum cumprod logcumsumexp | a | 0 | | ~flat
cummax cummin | a | 1 | [0] | ~smaller
cummax cummin | a | 0 | [0] | ~smaller
sort | a | 1 | [0]
sort | v | | [0] | carried
sort | v | descending=True | [0] | carried
sort | a | 0 | [0] | carried
sort | v | | [1] | ~places
topk | a | 2 | [0] | ~smaller
topk | v | 2 | [0] | carried
msort | v | | | ~places
argsort | a | 1 | | ~yes
argsort | v | | | ~yes
quantile nanquantile | a | 0.5, 1 | | ~smaller
quantile nanquantile | a | 0.5, 0 | | ~smaller
quantile nanquantile | a | 0.5 | | ~smaller
diff | a
diff | a | dim=0
diff | v | 2
renorm | a | 2, 0, 0.5 | | ~flat
renorm | a | 2, 1, 0.5 | | ~flat
cov | a
corrcoef | a
bincount | (v.abs() * 3).long().clamp(max=9) | | | ~yes
histc | v | 4 | | ~yes
histogram | v | 4 | [0] | ~yes
histogramdd | a | [2, 2, 2] | [0] | ~yes
trace | a | | | ~triangle
pdist | a | | | ~triangle
nonzero argwhere | a > 0 | | | ~places
nonzero_static | a > 0 | size=4 | | ~places
unique | v | | | carried
unique_consecutive | v | | | carried
unique | a | return_inverse=True | [0] | ~places
"""
PRODUCTS = """
matmul mm __matmul__ | a | b.T
matmul | m | v
matmul | v | m
matmul | c | b[0, :, None] * torch.ones(4, 4).sum(0) if False else c.transpose(1, 2)
matmul bmm | c | c.transpose(1, 2)
__rmatmul__ | b.T | a
mv | m | v
dot vdot inner | v | v.flip(0)
inner | a | b
outer ger | v | b[:, 0]
chain_matmul | a | b.T, m
torch.linalg.multi_dot | [a, b.T, m]
addmm | m | a, b.T
addmm | v | a, b.T | | once
addmv | v | m, b[:, 0]
addbmm | m[:3, :3] | c, c.transpose(1, 2)
baddbmm | c @ c.transpose(1, 2) | c, c.transpose(1, 2)
addr | m | v, b[:, 0]
kron | a | b
kron | v | b[:, 0]
cdist | a | b
cdist | c | c
f.einsum | 'ij,kj->ik', a, b
f.einsum | 'ij,kj->ki', a, b
f.einsum | 'ij->j', a
f.einsum | 'ij,ij', a, b
f.einsum | 'bij,bkj->bik', c, c
f.tensordot | a | b, dims=([1], [1])
f.tensordot | a | b, dims=([0], [0])
f.tensordot | m | v, dims=1
"""
CORES = """
inv inverse pinv pinverse matrix_exp | m
det logdet | m
slogdet svd eigh | m | | [1]
inv_ex qr eig | m | | [0]
svdvals eigvals eigvalsh | m
svdvals det | c[:, :, :3]
inv | c[:, :, :3] + torch.eye(3)
matrix_power | m | 2
matrix_rank | m | | | ~yes
cond | m
lstsq | m | a | [0]
solve torch.linalg.solve | m | a
solve_ex | m | a | [0]
lu | m | | [2]
T.lu f.lu lu_factor lu_factor_ex ldl_factor ldl_factor_ex geqrf | m | | [0]
cholesky cholesky_ex | m | | | ~triangle
cholesky_inverse | m.tril() | | | ~triangle
torch.linalg.cholesky_ex | m | | [0] | ~triangle
cholesky_solve | a | m.tril() | | ~triangle
triangular_solve | a | m | [0] | ~triangle
solve_triangular | m | a, upper=True | | ~triangle
lu_solve | a | *torch.linalg.lu_factor(m)
torch.linalg.lu_solve | *torch.linalg.lu_factor(m) | a
ldl_solve | *torch.linalg.ldl_factor(m) | a | | ~triangle
householder_product orgqr | *torch.geqrf(m)
ormqr | *torch.geqrf(m) | a
T.orgqr | torch.geqrf(m)[0] | torch.geqrf(m)[1]
T.ormqr | torch.geqrf(m)[0] | torch.geqrf(m)[1], a
svd_lowrank pca_lowrank | m | 3 | [1]
lobpcg | m | 1 | [0]
tensorinv | m.reshape(2, 3, 6) | 2
tensorsolve | m | v
"""
