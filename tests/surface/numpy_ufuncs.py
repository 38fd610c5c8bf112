"""Witnesses of NumPy's ufuncs and of what acts by element: one table for each kind of input."""

from __future__ import annotations

import numpy as np

from tests.surface.witness import Witness

_INSIDE = "arccos arcsin arctanh acos asin atanh"
_POSITIVE = "log log10 log1p log2 sqrt arccosh acosh reciprocal cbrt power pow float_power"
_WHOLE = (
    "bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or "
    "bitwise_right_shift bitwise_xor gcd invert lcm left_shift right_shift ldexp"
)
_COARSE = (
    "ceil floor trunc rint sign signbit isfinite isinf isnan isnat heaviside equal greater "
    "greater_equal less less_equal not_equal logical_and logical_not logical_or logical_xor "
    "maximum minimum fmax fmin floor_divide divmod spacing frexp modf copysign nextafter arccos "
    "arcsin arctanh acos asin atanh fmod mod remainder gcd lcm bitwise_count"
)
_TWO_OF_A_KIND = frozenset("ldexp".split())
LOOSE = "not every change of an element changes what is made of it"


def _argument(name: str, operand: str) -> str:
    if name in _INSIDE.split():
        return f"np.tanh({operand})"
    if name in _POSITIVE.split():
        return f"(np.abs({operand}) + 1.5)"
    if name in _WHOLE.split():
        return f"(np.abs({operand}) * 9 + 1).astype(int)"
    if name == "isnat":
        return f"{operand}.astype(int).astype('datetime64[s]')"
    return operand


def _ufuncs() -> list[Witness]:
    found = []
    for name in sorted(dir(np)):
        ufunc = getattr(np, name)
        if not isinstance(ufunc, np.ufunc) or name.startswith("_") or ufunc.signature:
            continue
        loose = LOOSE if name in (_COARSE + " " + _WHOLE).split() else ""
        sides = [_argument(name, operand) for operand in ("a", "b")[: ufunc.nin]]
        if name == "ldexp":
            sides = ["a", _argument(name, "b")]
        full = f"numpy.{name}"
        if ufunc.nout > 1:
            found += [Witness(full, f"out = np.{name}({', '.join(sides)})[{k}]", "changed", LOOSE)
                      for k in range(ufunc.nout)]  # fmt: skip
            found.append(Witness(full, f"x, out = np.{name}({', '.join(sides)})", "changed", LOOSE))
            continue
        found.append(Witness(full, f"np.{name}({', '.join(sides)})", "changed", loose))
    return found


BINARY = {
    "np.add(a, 1, out=b)": "", "np.add(a, b, out=a)": "", "np.add(a, 1.0, b)": "",
    "np.add(a, v[:, None])": "", "np.multiply(s, v)": "", "np.add(a, b[0])": "",
    "np.add(v, b.T)": "", "np.subtract(a[:1], b)": "", "np.add(a[:0], b[:0])": "",
    "np.add(a, 1, where=True)": "", "np.add(a[0, 0], b[1, 1])": "", "np.add(v, v)": "",
    "o = b.copy(); out = np.add(a, 1, out=o, where=v[:, None] > 0)": LOOSE,
}  # fmt: skip
ELEMENTWISE = {
    "numpy.angle": ["np.angle(a + 1j * b)"],
    "numpy.around": ["np.around(a, 12)"],
    "numpy.round": ["np.round(a, 12)", "np.round(a, decimals=12, out=b)"],
    "numpy.astype": ["np.astype(a, complex)"],
    "numpy.choose": ["~np.choose((v > 0).astype(int), [a[:, 0], b[:, 0]])"],
    "numpy.clip": ["~np.clip(a, -1, 1)", "~np.clip(a, a.min(), b.max())",
                   "~np.clip(v, None, a[:, 0])",
                   "~np.clip(a, -1, 1, out=b)"],
    "numpy.copy": ["np.copy(a)", "np.copy(a[:0])"],
    "numpy.fix": ["~np.fix(a)"],
    "numpy.i0": ["np.i0(a)"],
    "numpy.imag": ["np.imag(a * (1 + 2j))"],
    "numpy.real": ["np.real(a * (1 + 2j))", "np.real(a)"],
    "numpy.isclose": ["~np.isclose(a, b)"],
    "numpy.iscomplex": ["~np.iscomplex(a + 1j * b)"],
    "numpy.isneginf": ["~np.isneginf(a)"],
    "numpy.isposinf": ["~np.isposinf(a)"],
    "numpy.isreal": ["~np.isreal(a)"],
    "numpy.nan_to_num": ["np.nan_to_num(a)", "np.nan_to_num(a, nan=v.max())"],
    "numpy.real_if_close": ["np.real_if_close(a)"],
    "numpy.select": ["~np.select([a > 1, b > 0], [a, b], 0.0)"],
    "numpy.sinc": ["np.sinc(a)"],
    "numpy.where": ["~np.where(a > 1, a, b)", "~np.where(v > 0)[0]", "~np.where(a > 0)[0]",
                    "~np.where(v > 0, v, 0.0)"],
    "numpy.isin": ["~np.isin(v.round(1), a.round(1))"],
    "numpy.interp": ["~np.interp(v, np.sort(a[:, 0]), b[:, 0])"],
    "numpy.polyval": ["np.polyval(v, s)", "np.polyval([1.0, 2.0], v)"],
    "numpy.busday_count": ["~np.busday_count((v * 50).astype(int).astype('datetime64[D]'),"
                           " (a[:, 0] * 50).astype(int).astype('datetime64[D]'))"],
    "numpy.busday_offset": ["~np.busday_offset((v * 50).astype(int).astype('datetime64[D]'), 1,"
                            " roll='forward').astype(int)"],
    "numpy.is_busday": ["~np.is_busday((v * 50).astype(int).astype('datetime64[D]'))"],
    "numpy.datetime_as_string": ["~np.datetime_as_string((v * 99).astype(int).astype('M8[D]'))"],
    "numpy.unravel_index": ["~np.unravel_index(np.abs(v * 9).astype(int), (999, 999))[1]"],
    "numpy.ravel_multi_index": ["~np.ravel_multi_index((np.abs(v).astype(int) % 9,"
                                " np.abs(a[:, 0]).astype(int) % 9), (9, 9))"],
    "numpy.array": ["np.array(a)", "np.array(a, copy=False)"],
    "numpy.asanyarray": ["np.asanyarray(a)"],
    "numpy.asarray": ["np.asarray(a)", "np.asarray(a, dtype=complex)"],
    "numpy.asarray_chkfinite": ["np.asarray_chkfinite(a)"],
    "numpy.ascontiguousarray": ["np.ascontiguousarray(a)"],
    "numpy.asfortranarray": ["np.asfortranarray(a)"],
    "numpy.require": ["np.require(a, requirements='W')"],
    "numpy.ndarray.astype": ["a.astype(complex)", "a.astype(float, copy=False)"],
    "numpy.ndarray.byteswap": ["a.byteswap().byteswap()"],
    "numpy.ndarray.choose": ["~(v > 0).astype(int).choose([a[:, 0], b[:, 0]])"],
    "numpy.ndarray.clip": ["~a.clip(-1, 1)", "~a.clip(b.min(), 9)", "~a.clip(-1, 1, out=b)"],
    "numpy.ndarray.conj": ["(a + 1j * b).conj()", "a.conj()"],
    "numpy.ndarray.conjugate": ["(a + 1j * b).conjugate()"],
    "numpy.ndarray.copy": ["a.copy()", "a[:1].copy()", "a[:0].copy()"],
    "numpy.ndarray.round": ["a.round(12)"],
    "numpy.ndarray.view": ["a.view()", "a.view('i8')"],
    "numpy.ndarray.to_device": ["a.to_device('cpu')"],
    "numpy.ndarray.real": ["(a * (1 + 2j)).real", "a.real"],
    "numpy.ndarray.imag": ["(a * (1 + 2j)).imag"],
    "numpy.vectorize.__call__": ["np.vectorize(lambda x, y: x + y * 2)(a, b)",
                                 "np.vectorize(float)(v)"],
}  # fmt: skip
_EMATH = "arccos arcsin arctanh log log10 log2 sqrt"
_TEXT = "capitalize lower upper swapcase title strip lstrip rstrip"
_TEXT_LOOSE = (
    "isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle isupper str_len expandtabs"
)
_TEXT_TWO = {
    "add": "", "equal": "x", "not_equal": "x", "less": "x", "less_equal": "x", "greater": "x",
    "greater_equal": "x",
}  # fmt: skip
_TEXT_MORE = {
    "center": "25", "ljust": "25", "rjust": "25", "zfill": "25", "multiply": "2",
    "replace": "'1', 'x'", "translate": "str.maketrans('1', 'x')", "count": "'1'", "find": "'1'",
    "rfind": "'1'", "startswith": "'-'", "endswith": "'1'", "index": "'.'", "rindex": "'.'",
    "encode": "", "partition": "'.'", "rpartition": "'.'", "split": "'.'", "rsplit": "'.'",
    "splitlines": "", "join": "v.astype(str)", "slice": "3", "mod": "()",
}  # fmt: skip


def _text(module: str) -> list[Witness]:
    found, prefix = [], f"np.{module}"
    have = getattr(np, module)
    found += [
        (name, f"{prefix}.{name}(v.astype(str))", name in _TEXT_LOOSE)
        for name in (_TEXT + " " + _TEXT_LOOSE).split()
    ]
    found += [
        (name, f"{prefix}.{name}(v.astype(str), a[:, 0].astype(str))", bool(loose))
        for name, loose in _TEXT_TWO.items()
    ]
    for name, more in _TEXT_MORE.items():
        given = f"v.astype(str), {more}" if more else "v.astype(str)"
        call = f"{prefix}.{name}({given})"
        call = f"{prefix}.join('-', v.astype(str))" if name == "join" else call
        if name in ("partition", "rpartition") and module == "strings":
            call += "[2]" if name == "partition" else "[0]"
        if name == "mod":
            call = f"{prefix}.mod(np.array(['%s'] * 6), v)"
        found.append((name, call, True))
    found.append(("decode", f"{prefix}.decode(v.astype(str).astype(bytes))", False))
    found.append(
        ("compare_chararrays", f"{prefix}.compare_chararrays(v.astype(str), a[:, 0].astype(str),"
         " '<', True)", True)
    )  # fmt: skip
    return [Witness(f"numpy.{module}.{name}", call, "changed", LOOSE if loose else "")
            for name, call, loose in found if hasattr(have, name)]  # fmt: skip


def _listed(table: dict[str, list[str]]) -> list[Witness]:
    return [
        Witness(name, call.removeprefix("~"), "changed", LOOSE if call.startswith("~") else "")
        for name, calls in table.items()
        for call in calls
    ]


ELEMENT_WITNESSES = [
    *_ufuncs(),
    *(Witness("where=: add" if "where=v" in call else "numpy.add", call, "changed", loose)
      for call, loose in BINARY.items()),
    *_listed(ELEMENTWISE),
    *(Witness(f"numpy.emath.{name}", f"np.emath.{name}(np.abs(a) + 1.5)") for name in
      _EMATH.split()),
    Witness("numpy.emath.logn", "np.emath.logn(2, np.abs(a) + 1.5)"),
    Witness("numpy.emath.power", "np.emath.power(np.abs(a) + 1, b)"),
    *_text("strings"),
    *_text("char"),
]  # fmt: skip
