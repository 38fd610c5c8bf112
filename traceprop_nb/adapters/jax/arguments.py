"""A call's arguments taken apart: arrays, whose rows are followed, and all else, which is fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import jax
import numpy as np

from traceprop_nb.adapters.jax.reading import aval
from traceprop_nb.tracing.operand import Operand

ARRAYS = (jax.Array, np.ndarray, np.generic)
_CODE = (FunctionType, BuiltinFunctionType, MethodType)


@dataclass(frozen=True, eq=False)
class Gone:
    """An array that nobody holds any more: what is left is its shape, and which value it was.

    Attributes:
        aval: Shape and type.
        node: Its node.
    """

    aval: Any
    node: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.aval.shape)

    @property
    def dtype(self) -> Any:
        """Its type."""
        return self.aval.dtype


@dataclass(frozen=True, eq=False)
class Arguments:
    """Positional and named arguments of one call.

    Attributes:
        arrays: The arrays among their leaves.
        key: Everything else about them that decides what the call does.
        rebuild: Arrays, or what stands for them -> positional and named arguments.
        callables: Functions among the leaves.
    """

    arrays: Sequence[Any]
    key: Any
    rebuild: Callable[[Sequence[Any]], tuple[tuple[Any, ...], dict[str, Any]]]
    callables: Sequence[Any]

    @property
    def avals(self) -> list[Any]:
        """What stands for the arrays while a call is traced."""
        return [aval(value) for value in self.arrays]


def taken_apart(args: Sequence[Any], kwargs: Any) -> Arguments | None:
    """The arguments, or None where one of them cannot be told apart from others."""
    leaves, structure = jax.tree_util.tree_flatten((tuple(args), dict(kwargs)))
    places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, (*ARRAYS, Gone))]
    moving = set(places)
    fixed = [_fixed(leaf) for k, leaf in enumerate(leaves) if k not in moving]
    shapes = tuple(_told(leaves[k]) for k in places)
    key = (structure, tuple(places), tuple(fixed), shapes)
    try:
        hash(key)
    except TypeError:
        return None

    def rebuild(arrays: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        filled = list(leaves)
        for place, array in zip(places, arrays, strict=True):
            filled[place] = array
        done: tuple[tuple[Any, ...], dict[str, Any]]
        done = jax.tree_util.tree_unflatten(structure, filled)
        return done

    callables = [leaf for leaf in leaves if isinstance(leaf, _CODE) or _called(leaf)]
    return Arguments([leaves[k] for k in places], key, rebuild, callables)


def itself(value: Any) -> Any:
    """The array behind a note that the recorder took of an argument, or its shape."""
    if not isinstance(value, Operand):
        return value
    alive = value.ref() if value.ref is not None else value.thing
    return Gone(value.mark, value.node) if alive is None and value.mark is not None else alive


def _called(leaf: Any) -> bool:
    return callable(leaf) and not isinstance(leaf, (type, *ARRAYS, np.dtype))


def _fixed(leaf: Any) -> Any:
    if isinstance(leaf, slice):
        return ("slice", leaf.start, leaf.stop, leaf.step)
    return (type(leaf), leaf)


def _told(value: Any) -> Any:
    found = aval(value)
    return (tuple(found.shape), found.dtype, bool(getattr(found, "weak_type", False)))
