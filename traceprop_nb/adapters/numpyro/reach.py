"""Which arguments of a traced program reach which results: the union over its equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Names = frozenset[str]
_NONE: Names = frozenset()


def reach(jaxpr: Any, given: Sequence[Names]) -> list[Names]:
    """Names that reach each result of an open jaxpr.

    Args:
        jaxpr: The program; its constants have no names.
        given: Names of each argument.
    """
    held: dict[Any, Names] = dict(zip(jaxpr.invars, given, strict=True))
    for equation in jaxpr.eqns:
        brought = [_of(held, var) for var in equation.invars]
        held.update(zip(equation.outvars, _through(equation, brought), strict=True))
    return [_of(held, var) for var in jaxpr.outvars]


def _of(held: dict[Any, Names], var: Any) -> Names:
    return _NONE if hasattr(var, "val") else held.get(var, _NONE)


def _through(equation: Any, brought: list[Names]) -> list[Names]:
    name, params = equation.primitive.name, equation.params
    everything = frozenset[str]().union(*brought)
    if name == "cond":
        index, *rest = brought
        every = [reach(branch.jaxpr, rest) for branch in params["branches"]]
        return [index.union(*one) for one in zip(*every, strict=True)]
    if name == "scan":
        return _scanned(params, brought)
    inner = next((params[k] for k in ("jaxpr", "call_jaxpr", "fun_jaxpr") if k in params), None)
    inner = getattr(inner, "jaxpr", inner)
    if inner is not None and len(getattr(inner, "invars", ())) == len(brought):
        found = reach(inner, brought)
        if len(found) == len(equation.outvars):
            return found
    return [everything] * len(equation.outvars)


def _scanned(params: Any, brought: list[Names]) -> list[Names]:
    """A loop's carries hold what any turn put into them."""
    first, n = params["num_consts"], params["num_carry"]
    consts, carry, xs = brought[:first], brought[first : first + n], brought[first + n :]
    while True:
        outs = reach(params["jaxpr"].jaxpr, [*consts, *carry, *xs])
        wider = [old | new for old, new in zip(carry, outs[:n], strict=True)]
        if wider == carry:
            return [*carry, *outs[n:]]
        carry = wider
