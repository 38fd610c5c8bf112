"""A call of every callable of NumPy that has a rule, several where its arguments change it."""

from __future__ import annotations

import numpy as np

from tests.surface.library import Library
from tests.surface.numpy_moves import MOVE_WITNESSES
from tests.surface.numpy_setting import SETTING, public
from tests.surface.numpy_ufuncs import ELEMENT_WITNESSES, LOOSE
from tests.surface.witness import Witness

SOLID = "(s @ s.T + 9 * np.eye(6))"
STACK = "np.stack([s, s * 2, s + 1], axis=0)"
PILE = "(a[:, :2, None] * a[:, None, :2] + np.eye(2))"
"""A stack of six small matrices, one of each row."""

_PLAIN_REDUCTIONS = (
    "mean median prod std sum var average nanmean nanmedian nanprod nanstd nansum nanvar"
)
_PICKING = (
    "all amax amin any argmax argmin count_nonzero max min nanargmax nanargmin nanmax nanmin ptp"
)
_QUANTILES = "percentile quantile nanpercentile nanquantile"
_KEEPING = frozenset("average argmax argmin nanargmax nanargmin".split())


def _reductions() -> list[Witness]:
    found = []
    for name in (_PLAIN_REDUCTIONS + " " + _PICKING).split():
        loose = LOOSE if name in _PICKING.split() else ""
        median = LOOSE if "median" in name else loose
        calls = [f"np.{name}(a)", f"np.{name}(a, axis=0)", f"np.{name}(a, axis=1)",
                 f"np.{name}(a, axis=-2)", f"np.{name}(a, -1)", f"np.{name}(v)",
                 f"np.{name}(a[2])", f"np.{name}(a[1:2], axis=0)", f"np.{name}(a * 1, axis=1)",
                 f"np.{name}(a.T, axis=1)", f"np.{name}(np.stack([v, a[:, 0]]), axis=0)",
                 f"np.{name}(v.reshape(3, 2), axis=1)"]  # fmt: skip
        if name not in _KEEPING and name != "ptp":
            calls += [
                f"np.{name}(a, axis=0, keepdims=True)",
                f"np.{name}(a, axis=1, keepdims=True)",
            ]
        if name not in ("count_nonzero", "average", "nanargmax", "nanargmin", "argmax", "argmin"):
            calls += [f"np.{name}(a, axis=(0, 1))"]
            kind = "bool" if name in ("all", "any") else "float"
            calls += [f"o = np.zeros(6, {kind}); out = np.{name}(a, axis=1, out=o)",
                      f"o = np.zeros(3, {kind}); np.{name}(a, axis=0, out=o); out = o"]  # fmt: skip
        if name in ("all", "any"):  # a plain bool has no rows to follow
            calls = [c for c in calls if ("axis" in c and "(0, 1)" not in c) or "-1" in c]
        found += [
            Witness(f"numpy.{name}", call, "changed", LOOSE if "[1:2]" in call else median)
            for call in calls
        ]
        folded = f"np.{name}(v.reshape(3, 2), axis=0)"
        found.append(Witness(f"a part of mosaics: {name}", folded, "changed", median))
    for name in "all any argmax argmin max mean min prod std sum var".split():
        loose = LOOSE if name in _PICKING.split() else ""
        found += [
            Witness(f"numpy.ndarray.{name}", call, "changed", loose)
            for call in (
                f"a.{name}(axis=0)",
                f"a.{name}(1)",
                f"(a * 1).{name}(axis=1)",
                f"a.T.{name}(axis=1)",
                f"a.T.{name}(0)",
            )
        ]
        if name not in ("all", "any"):
            found += [Witness(f"numpy.ndarray.{name}", f"a{k}.{name}()", "changed", LOOSE if k else
                              loose) for k in ("", "[0, 1]")]  # fmt: skip
    for name in _QUANTILES.split():
        q = "30" if "percentile" in name else "0.3"
        many = f"[{q}, {q}]"
        found += [Witness(f"numpy.{name}", call, "changed", LOOSE) for call in
                  (f"np.{name}(a, {q})", f"np.{name}(a, {q}, axis=0)", f"np.{name}(a, {q}, axis=1)",
                   f"np.{name}(a, {many}, axis=1)", f"np.{name}(a, {many}, axis=0)",
                   f"np.{name}(a, {many}, axis=1).T", f"np.{name}(v, {many})")]  # fmt: skip
    return found


CHANGED: dict[str, list[str]] = {
    "where=: sum": ["np.sum(a, axis=0, where=v[:, None] > 0)"],
    "numpy.sum": ["np.sum(a, axis=1, initial=2.0)",
                  "np.sum(a[:0], axis=0)", "a[:, 0].sum()"],
    "numpy.average": ["np.average(a, axis=0, weights=np.abs(v))"],
    "numpy.linalg.norm": ["np.linalg.norm(a)", "np.linalg.norm(a, axis=1)",
                          "np.linalg.norm(a, axis=0)", "np.linalg.norm(a, 2, -1)",
                          "np.linalg.norm(v)", "np.linalg.norm(a, axis=1, keepdims=True)"],
    "numpy.linalg.vector_norm": ["np.linalg.vector_norm(a)", "np.linalg.vector_norm(a, axis=1)"],
    "numpy.trapezoid": ["np.trapezoid(v)", "np.trapezoid(a)", "np.trapezoid(a, axis=0)",
                        "np.trapezoid(a, dx=2.0, axis=1)", "np.trapezoid(v, np.sort(a[:, 0]))"],
    "numpy.ufunc.reduce": ["np.add.reduce(a)", "np.add.reduce(a, axis=1)", "np.add.reduce(a, None)",
                           "np.multiply.reduce(v)", "np.add.reduce(a, axis=(0, 1))"],
    "numpy.ufunc.accumulate": ["np.add.accumulate(a)", "np.add.accumulate(a, axis=1)",
                               "np.multiply.accumulate(v)"],
    "numpy.ufunc.reduceat": ["np.add.reduceat(a, [0, 2, 5])", "np.add.reduceat(v, [0, 3, 1])",
                             "np.add.reduceat(a, [0, 1], axis=1)"],
    "numpy.ufunc.outer": ["np.add.outer(v, a[:, 0])", "np.multiply.outer(v[:2], a)"],
    "numpy.ufunc.at": ["np.add.at(a, [0, 3, 3], b[:3]); out = a",
                       "np.add.at(v, [0, -1], 2.0); out = v",
                       "np.add.at(v, [5, 1], a[:2, 0]); out = v"],
    "numpy.cumsum": ["np.cumsum(a, axis=0)", "np.cumsum(a, axis=1)", "np.cumsum(a)", "np.cumsum(v)",
                     "np.cumsum(a, 0, out=b)", "np.cumsum(v[:1])", "np.cumsum(a[:0], axis=0)"],
    "numpy.cumprod": ["np.cumprod(a, axis=0)", "np.cumprod(v)"],
    "numpy.nancumsum": ["np.nancumsum(a, axis=0)", "np.nancumsum(v)"],
    "numpy.nancumprod": ["np.nancumprod(a, axis=1)", "np.nancumprod(v)"],
    "numpy.ndarray.cumsum": ["a.cumsum(axis=0)", "v.cumsum()", "a.cumsum()", "(a * 1).cumsum(1)"],
    "numpy.ndarray.cumprod": ["a.cumprod(axis=0)", "v.cumprod()"],
    "numpy.cumulative_sum": ["np.cumulative_sum(v)", "np.cumulative_sum(a, axis=0)",
                             "np.cumulative_sum(v, include_initial=True)",
                             "np.cumulative_sum(a, axis=0, include_initial=True)",
                             "np.cumulative_sum(a, axis=1)"],
    "numpy.cumulative_prod": ["np.cumulative_prod(v)"],
    "numpy.unwrap": ["~np.unwrap(v * 3)", "~np.unwrap(a, axis=1)", "~np.unwrap(a * 9, axis=0)"],
    "numpy.diff": ["np.diff(v)", "np.diff(a, axis=0)", "np.diff(a)", "np.diff(v, 2)",
                   "np.diff(a, n=3, axis=-2)", "np.diff(v[:1])", "np.diff(v, prepend=0.0)",
                   "np.diff(v, prepend=a[:2, 0], append=a[0, 0])"],
    "numpy.ediff1d": ["np.ediff1d(v)"],
    "numpy.gradient": ["np.gradient(v)", "np.gradient(a, axis=0)", "np.gradient(a, axis=1)",
                       "np.gradient(v, 2.0)", "np.gradient(v, edge_order=2)",
                       "np.gradient(v[:3])", "np.gradient(a)[0]"],
    "numpy.convolve": ["np.convolve(v, [1.0, 2.0, 3.0])", "np.convolve(v, [1.0, 2.0], 'same')",
                       "np.convolve(v, [1.0, 2.0, 3.0, 4.0], mode='same')",
                       "np.convolve(v, np.ones(3), 'valid')", "np.convolve(a[:2, 0], v)",
                       "np.convolve(v, a[0], mode='same')"],
    "numpy.correlate": ["np.correlate(v, [1.0, 2.0, 3.0])", "np.correlate(v, [1.0, 2.0], 'same')",
                        "np.correlate(v, [1.0, 2.0, 3.0], 'same')",
                        "np.correlate(v, [1.0, 2.0, 3.0], 'full')"],
    "numpy.dot": ["np.dot(a, b.T)", "np.dot(v, a)", "np.dot(a, b[0])", "np.dot(v, v)",
                  "np.dot(2.0, a)", "np.dot(a.T, v)", "np.dot(v, a[:, 0])",
                  "o = np.zeros((6, 6)); out = np.dot(a, b.T, out=o)"],
    "numpy.ndarray.dot": ["a.dot(b.T)", "v.dot(a)", "a.dot(b[0])", "v.dot(v)", "a.T.dot(b)"],
    "numpy.matmul": ["np.matmul(a, b.T)", "np.matmul(a.T, b)", "a @ b[0]", "v @ a", "a.T @ a",
                     f"np.matmul({PILE}, {PILE})", "np.matmul(v, v)",
                     "o = np.zeros((6, 6)); out = np.matmul(a, b.T, out=o)"],
    "numpy.linalg.matmul": ["np.linalg.matmul(a, b.T)"],
    "numpy.matvec": ["np.matvec(a, b[0])", f"np.matvec({PILE}, a[:, :2])"],
    "numpy.vecmat": ["np.vecmat(v, a)", f"np.vecmat(a[:, :2], {PILE})"],
    "numpy.vecdot": ["np.vecdot(a, b)", "np.vecdot(v, v)", "np.vecdot(a, b[0])"],
    "numpy.linalg.vecdot": ["np.linalg.vecdot(a, b)"],
    "numpy.vdot": ["np.vdot(a, b)", "np.vdot(v, v)"],
    "numpy.inner": ["np.inner(a, b)", "np.inner(v, v)", "np.inner(a, b[0])", "np.inner(b[0], a)"],
    "numpy.outer": ["np.outer(v, a[0])", "np.outer(a, v)", "np.outer([1.0, 2.0], v)"],
    "numpy.linalg.outer": ["np.linalg.outer(v, a[0])"],
    "numpy.kron": ["np.kron(a[:2], b)", "np.kron(v[:2], v)", "np.kron(np.eye(2), a)"],
    "numpy.tensordot": ["np.tensordot(a, b.T, axes=1)", "np.tensordot(a, b, axes=([0], [0]))",
                        "np.tensordot(a, b)", "np.tensordot(a, b, axes=([1], [1]))",
                        "np.tensordot(v, a, axes=0)"],
    "numpy.linalg.tensordot": ["np.linalg.tensordot(a, b.T, axes=1)"],
    "numpy.einsum": ["np.einsum('ij->i', a)", "np.einsum('ij->j', a)",
                     "np.einsum('ij,kj->ik', a, b)",
                     "np.einsum('ij->ji', a)", "np.einsum('ij,ij->i', a, b)",
                     "np.einsum('ij,ij->', a, b)",
                     "np.einsum('i,ij->ij', v, a)", "np.einsum('ij,j', a, b[0])",
                     "np.einsum('ij,ik->jk', a, b)", "np.einsum('ii->i', s)",
                     "np.einsum('ij,jk,kl->il', a, b.T, a)"],
    "a part of mosaics: multi_dot": ["np.linalg.multi_dot([v, a, b.T])"],
    "numpy.linalg.multi_dot": ["np.linalg.multi_dot([a, b.T, a])", "np.linalg.multi_dot([v, a])"],
    "numpy.cross": ["np.cross(a, b)", "np.cross(a, b, axis=1)"],
    "numpy.linalg.cross": ["np.linalg.cross(a, b)"],
    "numpy.trace": ["np.trace(s)", "np.trace(a, 1)", "np.trace(s, offset=-2)"],
    "numpy.linalg.trace": ["np.linalg.trace(s)"],
    "numpy.ndarray.trace": ["s.trace()", "s.trace(2)"],
    "numpy.vander": ["np.vander(v)", "np.vander(v, 2, increasing=True)"],
    "numpy.packbits": ["~np.packbits(v > 0)", "~np.packbits(a > 0, axis=1)",
                       "~np.packbits(np.repeat(v, 3) > 0)"],
    "numpy.unpackbits": ["~np.unpackbits((np.abs(v) * 9).astype('u1'))",
                         "~np.unpackbits((np.abs(a) * 9).astype('u1'), axis=0)"],
    "numpy.linalg.cond": ["np.linalg.cond(s)", "np.linalg.cond(a)"],
    "numpy.linalg.det": ["np.linalg.det(s)", f"np.linalg.det({PILE})"],
    "numpy.linalg.eig": ["~np.linalg.eig(s)[0]", "~np.linalg.eig(s).eigenvectors"],
    "numpy.linalg.eigh": ["~np.linalg.eigh(s)[0]", "~np.linalg.eigh(s)[1]"],
    "numpy.linalg.eigvals": ["np.linalg.eigvals(s)"],
    "numpy.linalg.eigvalsh": ["np.linalg.eigvalsh(s)"],
    "numpy.linalg.inv": ["np.linalg.inv(s)", f"np.linalg.inv({PILE})", "np.linalg.inv(a.T @ a)"],
    "numpy.linalg.pinv": ["np.linalg.pinv(a)"],
    "numpy.linalg.qr": ["np.linalg.qr(a)[0]", "np.linalg.qr(s)[1]", "np.linalg.qr(a, 'r')"],
    "numpy.linalg.matrix_norm": ["np.linalg.matrix_norm(a)", f"np.linalg.matrix_norm({PILE})"],
    "numpy.linalg.matrix_rank": ["~np.linalg.matrix_rank(a)"],
    "numpy.linalg.slogdet": ["np.linalg.slogdet(s)[1]"],
    "numpy.linalg.solve": ["np.linalg.solve(s, v)", "np.linalg.solve(s, a)",
                           "np.linalg.solve(a.T @ a, a.T @ v)"],
    "numpy.linalg.svd": ["np.linalg.svd(a)[1]", "np.linalg.svd(a, full_matrices=False)[0]",
                         "np.linalg.svd(a)[2]"],
    "numpy.linalg.svdvals": ["np.linalg.svdvals(a)"],
    "numpy.linalg.lstsq": ["np.linalg.lstsq(a, v, rcond=None)[0]",
                           "x, out, r, z = np.linalg.lstsq(a, v, rcond=None)"],
    "numpy.linalg.tensorinv": ["np.linalg.tensorinv(s, 1)"],
    "numpy.linalg.tensorsolve": ["np.linalg.tensorsolve(s, v)"],
    "numpy.linalg.cholesky": [f"np.linalg.cholesky({SOLID})",
    "~np.linalg.cholesky(np.diag(v * v) + 1)",
                              "~np.linalg.cholesky((s * 0.01 + 9 * np.eye(6)))"],
    "numpy.linalg.matrix_power": ["np.linalg.matrix_power(s, 2)", "np.linalg.matrix_power(s, -1)",
                                  "np.linalg.matrix_power(s, 0)", "np.linalg.matrix_power(s, 1)",
                                  f"np.linalg.matrix_power({PILE}, 3)"],
    "numpy.cov": ["np.cov(a)", "np.cov(a, None, True)", "np.cov(a, rowvar=False)", "np.cov(v)", "np.cov(a.T)"],
    "numpy.corrcoef": ["np.corrcoef(a)", "np.corrcoef(a, rowvar=False)", "np.corrcoef(v, a[:, 0])"],
    "numpy.bincount": ["~np.bincount(np.abs(v * 2).astype(int))",
                       "~np.bincount(np.abs(v * 2).astype(int), weights=a[:, 0], minlength=9)"],
    "numpy.histogram": ["~np.histogram(v)[0]", "~np.histogram(v, bins=3)[1]",
                        "~np.histogram(v, [-1.0, 0.0, 2.0])[0]", "~np.histogram(a, 4)[0]",
                        "~np.histogram(v, 3, weights=a[:, 0])[0]"],
    "numpy.histogram2d": ["~np.histogram2d(v, a[:, 0])[0]"],
    "numpy.histogram_bin_edges": ["~np.histogram_bin_edges(v)"],
    "numpy.histogramdd": ["~np.histogramdd(a, 2)[0]"],
    "numpy.polyfit": ["np.polyfit(v, a[:, 0], 2)"],
    "numpy.roots": ["np.roots(v)"],
    "numpy.apply_along_axis": ["np.apply_along_axis(np.sum, 1, a)",
                               "np.apply_along_axis(np.sort, 0, a)",
                               "np.apply_along_axis(lambda r: r - r.mean(), 1, a)"],
    "numpy.apply_over_axes": ["np.apply_over_axes(np.sum, a, [0])",
                              "np.apply_over_axes(np.sum, a, 1)"],
    "numpy.piecewise": ["~np.piecewise(v, [v < 0, v >= 0], [lambda x: -x, lambda x: x * 2])"],
    "numpy.argsort": ["~np.argsort(v)", "~np.argsort(a, axis=0)"],
    "numpy.argpartition": ["~np.argpartition(v, 2)"],
    "numpy.argwhere": ["~np.argwhere(v > 0)"],
    "numpy.flatnonzero": ["~np.flatnonzero(a > 0)"],
    "numpy.lexsort": ["~np.lexsort((v, a[:, 0]))"],
    "numpy.nonzero": ["~np.nonzero(v > 0)[0]", "~np.nonzero(a > 0)[1]"],
    "numpy.ndarray.argsort": ["~v.argsort()", "~(v * 1).argsort()"],
    "numpy.ndarray.argpartition": ["~v.argpartition(1)"],
    "numpy.ndarray.nonzero": ["~(v > 0).nonzero()[0]"],
    "numpy.searchsorted": ["~np.searchsorted(np.sort(a[:, 0]), v)",
                           "~np.searchsorted([0.0, 1.0], v)"],
    "numpy.digitize": ["~np.digitize(v, [-1.0, 0.0, 1.0])", "~np.digitize(v, np.sort(a[:, 0]))"],
    "numpy.ndarray.searchsorted": ["~np.sort(a[:, 0]).searchsorted(v)"],
    "numpy.unique": ["~np.unique(v.round(), return_inverse=True)[1]",
                     "~np.unique(v.round(), return_index=True)[1]",
                     "~np.unique(v.round(), return_counts=True)[1]",
                     "~np.unique(a.round(), axis=0)",
                     "~np.unique(a.round())"],
    "numpy.unique_inverse": ["~np.unique_inverse(v.round())[1]"],
    "numpy.unique_all": ["~np.unique_all(v.round())[3]"],
    "numpy.intersect1d": ["~np.intersect1d(v.round(), a.round())"],
    "numpy.ndarray.T": ["(a.T + v).T", "(a.T * v).sum(axis=0)"],
    "numpy.polyval": ["np.polyval(v, 2.0)"],
    "numpy.linspace": ["~np.linspace(v.min(), v.max(), 4)", "np.linspace(0, 1, 4)"],
    "numpy.full": ["~np.full(3, v.max())", "np.full((2, 2), 7.0)"],
    "numpy.full_like": ["~np.full_like(a, v.max())", "np.full_like(a, 1.0)"],
    "numpy.save": ["import io; f = io.BytesIO(); np.save(f, a); out = a"],
    "numpy.savez": ["import io; f = io.BytesIO(); np.savez(f, a); out = a"],
    "numpy.savez_compressed": ["import io; f = io.BytesIO(); np.savez_compressed(f, x=a); out = a"],
    "numpy.load": ["~import tempfile; p = tempfile.mkdtemp() + '/x.npy'; np.save(p, np.ones(3))\n"
                   "out = np.load(p)"],
    "numpy.ndarray.fill": ["~a.fill(0.0); out = a"],
    "numpy.block": ["np.block([[np.eye(6), a]])"],
}  # fmt: skip

_NEW = {
    "zeros": "3", "ones": "(2, 2)", "empty": "0", "arange": "4", "logspace": "0, 1, 3",
    "geomspace": "1, 2, 3", "eye": "3", "identity": "3", "tri": "3", "indices": "(2, 2)",
    "hamming": "4", "hanning": "4", "bartlett": "4", "blackman": "4", "kaiser": "4, 1.0",
    "diag_indices": "3", "tril_indices": "3", "triu_indices": "3", "zeros_like": "a",
    "ones_like": "a", "empty_like": "a[:0]", "diag_indices_from": "s", "tril_indices_from": "s",
    "triu_indices_from": "s", "fft.fftfreq": "4", "fft.rfftfreq": "4",
}  # fmt: skip


def _made() -> list[Witness]:
    return [
        Witness(f"numpy.{name}", f"out = np.{name}({given}){'[0]' if '_indices' in name else ''}")
        for name, given in _NEW.items()
    ]


def _transforms() -> list[Witness]:
    found = []
    for name in "fft hfft ifft ihfft irfft rfft".split():
        found += [Witness(f"numpy.fft.{name}", f"np.fft.{name}({given})") for given in
                  ("a", "v", "a, axis=0", "a, 5, axis=1", "a, axis=-2")]  # fmt: skip
    for name in "fft2 fftn ifft2 ifftn irfft2 irfftn rfft2 rfftn".split():
        found += [Witness(f"numpy.fft.{name}", f"np.fft.{name}({given})") for given in
                  ("a", "a, axes=(1,)", f"{PILE}, axes=(1, 2)")]  # fmt: skip
    for name in "fftshift ifftshift".split():
        found += [Witness(f"numpy.fft.{name}", f"np.fft.{name}({given})", "carried") for given in
                  ("a", "v", "a, axes=1", "a, axes=0", "a[:5]", "np.repeat(v, 3)[:7]")]  # fmt: skip
    return found


_DRAWS = {
    "beta": "np.abs(a) + 1, 2.0", "binomial": "9, 0.5, 3", "chisquare": "np.abs(v) + 1",
    "exponential": "np.abs(a)", "f": "3.0, 4.0, 5", "gamma": "2.0, np.abs(v)",
    "geometric": "0.3, 4", "gumbel": "v, 1.0", "hypergeometric": "5, 5, 3, 4",
    "laplace": "v, np.abs(a[:, 0])", "logistic": "v", "lognormal": "v", "logseries": "0.5, 3",
    "negative_binomial": "3, 0.5, 4", "noncentral_chisquare": "3.0, 1.0, 4",
    "noncentral_f": "3.0, 4.0, 1.0, 4", "normal": "v, np.abs(a[:, 0])", "pareto": "2.0, 4",
    "poisson": "3.0, 4", "power": "2.0, 4", "rand": "3", "randint": "0, 9, 4", "randn": "3",
    "random": "3", "random_integers": "9", "random_sample": "3", "ranf": "3", "rayleigh": "2.0, 4",
    "sample": "3", "standard_cauchy": "3", "standard_exponential": "3", "standard_gamma": "2.0, 4",
    "standard_normal": "3", "standard_t": "3.0, 4", "tomaxint": "3",
    "triangular": "0.0, 1.0, 2.0, 4",
    "uniform": "v - 99, v + 99", "vonmises": "0.0, 1.0, 4", "wald": "1.0, 2.0, 4",
    "weibull": "2.0, 3",
    "zipf": "3.0, 4", "integers": "0, 9, 4", "dirichlet": "[1.0, 2.0], 3",
    "multinomial": "9, [0.5, 0.5], 3", "multivariate_hypergeometric": "[5, 5], 3, 4",
    "multivariate_normal": "a[0], np.eye(3), 4",
}  # fmt: skip
_NUMPY_DRAWS = {
    "numpy.random": "np.random", "numpy.random.RandomState": "np.random.RandomState(1)",
    "numpy.random.Generator": "np.random.default_rng(1)",
}  # fmt: skip


def _drawn() -> list[Witness]:
    owners = {"numpy.random": np.random, "numpy.random.RandomState": np.random.RandomState,
              "numpy.random.Generator": np.random.Generator}  # fmt: skip
    found = []
    for prefix, source in _NUMPY_DRAWS.items():
        for name, given in _DRAWS.items():
            if hasattr(owners[prefix], name):
                found.append(Witness(f"{prefix}.{name}", f"{source}.{name}({given})", "changed"))
    return found


WITNESSES = [
    *ELEMENT_WITNESSES,
    *MOVE_WITNESSES,
    *_reductions(),
    *(Witness(name, call.removeprefix("~"), "changed", LOOSE if call.startswith("~") else "")
      for name, calls in CHANGED.items() for call in calls),
    *_made(),
    *_transforms(),
    *_drawn(),
]  # fmt: skip
OTHERS = WITNESSES[len(ELEMENT_WITNESSES) + len(MOVE_WITNESSES) :]
LIBRARY = Library("numpy", np.__version__, public, SETTING, WITNESSES)
