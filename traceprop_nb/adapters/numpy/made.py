"""New values, and calls that no rule can follow or that have no rows."""

from __future__ import annotations

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import CONTEXT, every, finish, others, recorded
from traceprop_nb.tracing.rules import Call, RuleTable

NEW = (
    "zeros ones empty arange linspace logspace geomspace eye identity full tri indices hamming "
    "hanning bartlett blackman kaiser diag_indices tril_indices triu_indices"
)
LIKE = (
    "zeros_like ones_like empty_like full_like diag_indices_from tril_indices_from "
    "triu_indices_from"
)
NO_ROWS = (
    "allclose array2string array_equal array_equiv array_repr array_str base_repr binary_repr "
    "broadcast_shapes can_cast common_type datetime_data einsum_path format_float_positional "
    "format_float_scientific frompyfunc get_include get_printoptions getbufsize geterr geterrcall "
    "info iscomplexobj isdtype isfortran isrealobj isscalar issubdtype iterable may_share_memory "
    "min_scalar_type mintypecode ndim nested_iters printoptions promote_types result_type savetxt "
    "set_printoptions setbufsize seterr seterrcall shape shares_memory "
    "show_config show_runtime size test typename"
)
RANDOM_NO_ROWS = (
    "bytes default_rng get_bit_generator get_state seed set_bit_generator set_state test spawn"
)
ARRAY_NO_ROWS = (
    "T.setter base ctypes data device dtype dump dumps flags itemsize nbytes ndim setflags shape "
    "size strides tobytes tofile tolist item"
)
OPAQUE = {
    "poly polyadd polyder polydiv polyint polymul polysub": "coefficients of a polynomial are "
    "not rows",
    "asmatrix bmat": "np.matrix is not followed; use an array",
    "fromfile fromregex genfromtxt loadtxt from_dlpack frombuffer fromiter fromstring": "values "
    "that come from outside, which nobody saw; declare them with tp.source",
    "fromfunction mask_indices": "the user's function makes it of positions",
}


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_made, *named(np, NEW), *named(np.fft, "fftfreq rfftfreq"))
    table.function(_like, *named(np, LIKE))
    table.no_rows(*named(np, NO_ROWS), *named(np.random, RANDOM_NO_ROWS))
    for module in (np.fft, np.linalg, np.ma):
        table.no_rows(*named(module, "test"))
    for kind, names in ((np.random.Generator, RANDOM_NO_ROWS + " bit_generator"),
                        (np.random.RandomState, RANDOM_NO_ROWS), (np.ndarray, ARRAY_NO_ROWS),
                        (np.ufunc, "identity nargs nin nout ntypes resolve_dtypes signature "
                         "types")):  # fmt: skip
        table.no_rows(*((kind, name) for name in names.split() if hasattr(kind, name)))
    for names, why in OPAQUE.items():
        table.opaque(why, *named(np, names))
    masked = "masked arrays are not followed; fill them first (np.ma.filled)"
    public = (getattr(np.ma, name) for name in np.ma.__all__)
    ours = set(map(id, table.functions.values())) | set(map(id, vars(np).values()))
    table.opaque(masked, *(f for f in public if callable(f) and id(f) not in ours))
    table.opaque(
        "np.char.chararray is not followed; use an array of str", np.char.array, np.char.asarray
    )
    table.opaque("windows by strides may lie anywhere", np.lib.stride_tricks.as_strided)
    table.opaque(
        "a part of each element's bytes", (np.ndarray, "getfield"), (np.ndarray, "setfield")
    )
    table.opaque("an iterator over elements", (np.ndarray, "flat"))
    table.opaque(
        "NumPy resizes only what nobody watches, so it is let go of", (np.ndarray, "resize")
    )


def _made(call: Call) -> bool | None:
    """New values: no row of anything, except what numbers they run between or are filled with."""
    for out in call.out if isinstance(call.out, tuple) else (call.out,):
        if type(out) in call.recorder.table.recorded:
            rows = call.recorder.table.rows(out)
            finish(call, *(every(call, one, rows, CONTEXT) for one in others(call, 0)), out=out)
    return True


def _like(call: Call) -> bool | None:
    """As long as another, which is only looked at for its shape."""
    fill = recorded(call, call.argument(1, "fill_value")) if "full" in call.name else None
    for out in call.out if isinstance(call.out, tuple) else (call.out,):
        rows = call.recorder.table.rows(out)
        edges = [] if fill is None else [every(call, fill, rows, CONTEXT)]
        finish(call, *edges, out=out)
    return True
