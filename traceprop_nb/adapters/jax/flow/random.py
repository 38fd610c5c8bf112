"""Random numbers: what they come from is a key, and a key is only context."""

from __future__ import annotations

from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import Step, everywhere, rule


@rule(
    "random_bits random_seed random_split random_fold_in random_wrap random_unwrap random_clone"
    " threefry2x32 threefry4x32 philox2x32 philox4x32 rng_bit_generator from_edtype to_edtype"
)
def drawn(step: Step) -> list[Flow]:
    """Every number comes from the whole key."""
    return step.same(tuple(dep.aside() for dep in everywhere(step.every)))


@rule("random_gamma")
def gamma(step: Step) -> list[Flow]:
    """The key beside, the parameter row by row."""
    key, *rest = step.ins
    found = [dep.aside() for dep in everywhere(key.deps)]
    return step.same((*found, *(dep for flow in rest for dep in flow.deps)))
