"""Reads a jaxpr: carries the rows of its arguments through every equation to its results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from traceprop_nb.adapters.jax.flow import (  # noqa: F401  # each enters its rules
    calls,
    elementwise,
    indexing,
    linear,
    loops,
    random,
    reductions,
    scatters,
    shapes,
    windows,
)
from traceprop_nb.adapters.jax.flow.deps import within
from traceprop_nb.adapters.jax.flow.known import known
from traceprop_nb.adapters.jax.flow.state import NOTHING, Flow, constant
from traceprop_nb.adapters.jax.flow.step import RULES, Shape, Step, opaque

BUDGET = 200_000
"""Equations read for one answer, loops unrolled; beyond, everything is a superset."""


class Reader:
    """Reads one jaxpr and those inside it.

    Attributes:
        unknown: Primitives without a rule that were met, with how often.
        left: Equations that may still be read.
        devices: Number of devices of the mesh around.
    """

    def __init__(self) -> None:
        self.unknown: dict[str, int] = {}
        self.left = BUDGET
        self.devices = 1
        self._time = 0

    def time(self) -> int:
        """A number for the time axis of one more loop: negative, and no other's."""
        self._time -= 1
        return self._time

    def closed(self, jaxpr: Any, ins: Sequence[Flow]) -> list[Flow]:
        """Read a closed jaxpr, or an open one that has no constants."""
        consts = getattr(jaxpr, "consts", ())
        return self.read(getattr(jaxpr, "jaxpr", jaxpr), consts, ins)

    def read(self, jaxpr: Any, consts: Sequence[Any], ins: Sequence[Flow]) -> list[Flow]:
        """What the results of a jaxpr come from, given what its arguments (and constants) do."""
        env: dict[Any, Flow] = {}
        for var, value in zip(jaxpr.constvars, consts, strict=False):
            if isinstance(value, Flow):
                env[var] = value
            else:
                env[var] = constant(value) if _whole(var.aval) else NOTHING
        env.update(zip(jaxpr.invars, ins, strict=True))
        for equation in jaxpr.eqns:
            step = self._step(equation, [_flow(env, var) for var in equation.invars])
            env.update(zip(equation.outvars, self._flows(step), strict=True))
        return [_flow(env, var) for var in jaxpr.outvars]

    def _step(self, equation: Any, ins: list[Flow]) -> Step:
        return Step(
            equation.primitive.name,
            equation.params,
            ins,
            [_shape(var) for var in equation.invars],
            [_shape(var) for var in equation.outvars],
            self,
        )

    def _flows(self, step: Step) -> list[Flow]:
        self.left -= 1
        if self.left < 0:
            return opaque(step)
        found = RULES.get(step.name)
        if found is None:
            self.unknown[step.name] = self.unknown.get(step.name, 0) + 1
            return opaque(step)
        if not any(flow.deps for flow in step.ins) and found not in calls.NESTED:
            flows = [NOTHING] * len(step.outs)
        else:
            flows = [
                Flow(within(flow.deps, len(shape)), flow.thunk) if flow.deps else flow
                for flow, shape in zip(found(step), step.outs, strict=True)
            ]
        thunk = known(step)
        return flows if thunk is None else [Flow(flows[0].deps, thunk), *flows[1:]]


def _flow(env: dict[Any, Flow], var: Any) -> Flow:
    if hasattr(var, "val"):  # a literal
        return constant(var.val)
    return env.get(var, NOTHING)


def _shape(var: Any) -> Shape:
    return tuple(getattr(var.aval, "shape", ()))


def _whole(aval: Any) -> bool:
    dtype = getattr(aval, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.kind in "iub"
