"""JAX's public functions by module, and what of them is not followed through a jaxpr."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import jax
import jax.image
import jax.numpy as jnp
import jax.ops
import jax.scipy.linalg
import jax.scipy.signal
import jax.scipy.special

from traceprop_nb.tracing.rules import RuleTable

SPACES: tuple[ModuleType, ...] = (
    jnp, jnp.linalg, jnp.fft, jax.nn, jax.lax, jax.lax.linalg, jax.random, jax.ops, jax.image,
    jax.scipy.special, jax.scipy.linalg, jax.scipy.signal,
)  # fmt: skip
_ROWLESS = {
    jnp: (
        "shape ndim size result_type promote_types issubdtype can_cast isdtype dtype finfo iinfo"
        " printoptions get_printoptions set_printoptions array_repr array_str array_equal"
        " array_equiv allclose iscomplexobj isrealobj isscalar iterable save savez load"
        " einsum_path broadcast_shapes isfortran"
    ),
    jax.lax: (
        "broadcast_shapes dtype padtype_to_pads conv_dimension_numbers conv_transpose_shape_tuple"
        " conv_general_permutations conv_general_shape_tuple conv_shape_tuple"
        " ConvGeneralDilatedDimensionNumbers"
        " PrecisionLike reduce_window_shape_tuple axis_index axis_size create_token after_all"
    ),
    jax.random: "key_impl key_dtype",
    jax.nn: "get_scaled_dot_general_config",
}
_OPAQUE = {
    "it calls a function of yours that JAX runs again": {
        jnp: "apply_along_axis apply_over_axes fromfunction piecewise vectorize frompyfunc",
        jax.lax: "map custom_root custom_linear_solve switch platform_dependent",
    },
    "no call of it was tried, so that nobody can say what it does to rows": {
        jax.nn: "scaled_dot_general scaled_matmul",
        jax.lax: (
            "composite dce_sink gather ragged_dot_general random_gamma_grad rng_bit_generator"
            " scaled_dot scatter scatter_apply scatter_max scatter_min scatter_mul scatter_sub"
        ),
        jax.lax.linalg: "lu_pivots_to_permutation ormqr",
        jax.scipy.linalg: "funm rsf2csf",
    },
    "it runs on several devices, or talks to them": {
        jax.lax: (
            "all_gather all_to_all psum pmean pmax pmin ppermute pshuffle pswapaxes psum_scatter"
            " ragged_all_to_all pbroadcast pcast pvary preduced axis_size all_gather_start"
            " infeed outfeed precv psend"
        ),
    },
    "it reads what lies in another library's memory or in a file": {
        jnp: "from_dlpack frombuffer fromfile fromstring fromiter",
    },
}
_METHODS_APART = (
    "at addressable_data addressable_shards aval block_until_ready committed copy_to_host_async"
    " delete device device_buffer device_buffers devices dtype format global_shards is_deleted"
    " is_fully_addressable is_fully_replicated is_ready item itemsize nbytes ndim"
    " on_device_size_in_bytes platform shape sharding size tobytes tolist traceback"
    " unsafe_buffer_pointer weak_type flat choose"
).split()
"""Members of an array that give no rows, or are followed elsewhere."""


def functions(space: ModuleType) -> dict[str, Any]:
    """The public functions of a module that are JAX's: what it hands on of NumPy stays NumPy's."""
    found = {}
    for name in sorted(dir(space)):
        if name.startswith("_"):
            continue
        thing = getattr(space, name)
        theirs = str(getattr(thing, "__module__", "")).partition(".")[0] == "numpy"
        if callable(thing) and not isinstance(thing, type | ModuleType) and not theirs:
            found[name] = thing
    return found


def members(array: type) -> Iterator[str]:
    """An array's methods and attributes that are followed through a jaxpr."""
    apart = {*_METHODS_APART, "nonzero", "compress", "sort", "to_device", "copy"}
    return (n for n in sorted(dir(array)) if not n.startswith("_") and n not in apart)


def install(table: RuleTable) -> None:
    """Take out of the table what is not followed: no rows, or nobody can say which."""
    for space, names in _ROWLESS.items():
        found = functions(space)
        _apart(table, [found[name] for name in names.split() if name in found])
    for why, spaces in _OPAQUE.items():
        for space, names in spaces.items():
            found = functions(space)
            known = [found[name] for name in names.split() if name in found]
            table.opaque(why, *known)
            for function in known:
                table.functions.pop(function, None)
    array = type(jnp.zeros(1))
    table.no_rows(*((array, name) for name in _METHODS_APART))


def _apart(table: RuleTable, found: list[Any]) -> None:
    table.no_rows(*found)
    for function in found:
        table.functions.pop(function, None)
