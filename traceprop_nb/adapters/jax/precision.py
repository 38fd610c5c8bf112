"""Double precision for our own computation, whatever the user has set for theirs.

``jax_enable_x64`` is off by default. The context that switches it on is local to the thread and to
the block; compiled functions are cached apart for either setting, so the user's are not touched.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import jax
import jax.experimental
import numpy as np

# It has moved from the one module to the other.
_CONTEXT = getattr(jax, "enable_x64", getattr(jax.experimental, "enable_x64", None))


def double() -> AbstractContextManager[object]:
    """A block in which JAX computes in float64, where it can do so for one block only."""
    return nullcontext() if _CONTEXT is None else _CONTEXT(True)


def has_double() -> bool:
    """Whether ``double`` gives float64 here."""
    with double():
        return jax.dtypes.canonicalize_dtype(np.float64) == np.float64
