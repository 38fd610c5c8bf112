"""Primitives that work element by element, and those that give their operands on unchanged."""

from __future__ import annotations

from traceprop_nb.adapters.jax.flow.deps import Dep, repeated, unite
from traceprop_nb.adapters.jax.flow.state import NOTHING, Flow
from traceprop_nb.adapters.jax.flow.step import Step, opaque, rule

ONE_BY_ONE = (
    "abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e "
    " cbrt ceil clamp clz complex conj convert_element_type copy cos"
    " cosh digamma div eq eq_to erf erf_inv erfc exp exp2 expm1 floor ge gt igamma igamma_grad_a"
    " igammac imag integer_pow is_finite le le_to lgamma log log1p logistic lt lt_to max min mul"
    " mulhi ne neg nextafter not or polygamma population_count pow real reduce_precision"
    " regularized_incomplete_beta rem round rsqrt select_n shift_left shift_right_arithmetic"
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
