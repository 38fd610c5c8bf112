"""What JAX says of the machine, asked only where its devices are in use already."""

from __future__ import annotations

import jax


def accelerators() -> list[str] | None:
    """Accelerators among JAX's devices; None where asking would start them."""
    try:
        from jax._src.xla_bridge import backends_are_initialized
    except ImportError:  # moved in another version
        return None
    if not backends_are_initialized():
        return None
    return [device.device_kind for device in jax.devices() if device.platform != "cpu"]


def switches() -> dict[str, object]:
    """Settings on which it depends whether a run repeats."""
    return {
        "jax_enable_x64": jax.config.jax_enable_x64,
        "jax_default_matmul_precision": jax.config.jax_default_matmul_precision or "not set",
        "jax_threefry_partitionable": jax.config.jax_threefry_partitionable,
    }
