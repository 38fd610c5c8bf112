"""Primitives that work element by element, and those that give their operands on unchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, extended, repeated, settled, unite
from traceprop_nb.adapters.jax.flow.state import NOTHING, Flow, Values
from traceprop_nb.adapters.jax.flow.step import Step, everywhere, opaque, rule
from traceprop_nb.lineage.maps import Gather, compose

_SPELLED = 2**20
"""Elements of a mask up to which it is looked at."""
ONE_BY_ONE = (
    "abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e "
    " cbrt ceil clamp clz complex conj convert_element_type copy cos"
    " cosh digamma div eq eq_to erf erf_inv erfc exp exp2 expm1 floor ge gt igamma igamma_grad_a"
    " igammac imag integer_pow is_finite le le_to lgamma log log1p logistic lt lt_to max min mul"
    " mulhi ne neg nextafter not or polygamma population_count pow real reduce_precision"
    " rem round rsqrt shift_left shift_right_arithmetic"
    " shift_right_logical sign sin sinh sqrt square sub tan tanh xor zeta name pvary copy_p"
    " reduced_vary_cast_p vary_unreduced_cast_p stop_gradient sharding_constraint layout_constraint"
    " reshard with_memory_space_constraint stage pin unpin preduced zeros_like"
)
PASSED_ON = "optimization_barrier device_put create_linear dce_sink"
MADE = (
    "iota empty empty2 create_token after_all rng_uniform axis_index platform_index"
    " dim_as_value dimension_size inspect_sharding debug_callback debug_print check"
    " shape_assertion iota_2x32_shape unreachable"
)


@rule(ONE_BY_ONE)
def one_by_one(step: Step) -> list[Flow]:
    """Operands of one shape, or numbers; a length of 1 is repeated."""
    out = step.outs[0]
    found: list[Dep] = []
    for flow, shape in zip(step.ins, step.shapes, strict=True):
        if shape == out:
            found += flow.deps
        elif len(shape) in (0, len(out)):
            wide = [a for a, m in enumerate(out) if m > 1 and (not shape or shape[a] == 1)]
            found += repeated(flow.deps, wide)
        else:
            return opaque(step)
    return step.same(unite(found))


@rule("regularized_incomplete_beta")
def converging(step: Step) -> list[Flow]:
    """Element by element; but all are iterated until the last one has converged."""
    return step.same(unite([*one_by_one(step)[0].deps, *_aside(step)]))


def _aside(step: Step) -> Deps:
    return tuple(dep.aside() for dep in everywhere(step.every))


@rule("select_n")
def select(step: Step) -> list[Flow]:
    """One of several operands for each element; which one is known of constant masks."""
    which, *cases = step.ins
    mask = which.value()
    if mask is None or mask.shape != step.outs[0] or not mask.size:
        return one_by_one(step)
    if mask.size > _SPELLED:
        return step.same(tuple(dep.inexact() for dep in step.every))
    found: list[Dep] = [dep.aside() for dep in which.deps]
    for k, flow in enumerate(cases):
        taken = mask.astype(int) == k
        found += [_where(dep, taken) for dep in flow.deps] if taken.any() else []
    return step.same(unite(found))


def _where(dep: Dep, taken: Values) -> Dep:
    """A dependence of the elements that are taken only."""
    if taken.all():
        return dep
    varying = [a for a in range(taken.ndim) if (taken != taken.take([0], axis=a)).any()]
    wide = extended(dep, varying, [taken.shape[a] for a in varying])
    own = [a for a in wide.axes if a >= 0]
    cut = taken[tuple(slice(None) if a in own else 0 for a in range(taken.ndim))]
    shape = [n if a >= 0 else 1 for a, n in zip(wide.axes, wide.sizes, strict=True)]
    flat = np.broadcast_to(cut.reshape(shape), wide.sizes).reshape(-1)
    keep = Gather(np.where(flat, np.arange(flat.size), -1), flat.size)
    return settled(replace(wide, rows=compose(keep, wide.rows)))


@rule(PASSED_ON)
def passed_on(step: Step) -> list[Flow]:
    """Each result is its operand."""
    return [*step.ins, *[NOTHING] * len(step.outs)][: len(step.outs)]


@rule(MADE)
def made(step: Step) -> list[Flow]:
    """New values, or none."""
    return [NOTHING] * len(step.outs)


@rule("tie")
def tied(step: Step) -> list[Flow]:
    """The last operand, after the others."""
    return [step.ins[-1]] * len(step.outs)
