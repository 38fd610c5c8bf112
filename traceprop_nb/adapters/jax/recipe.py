"""Training again by the user's own function ``fit(X, y, seed) -> params``."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from traceprop_nb.adapters.jax.tree import parameters, require_finite_leaves, tree_of
from traceprop_nb.errors import ConvergenceError, NotFiniteError, OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import Ints, Objective
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.recipe import Trained

Fit = Callable[[Any, Any, int], Any]


@dataclass(frozen=True, eq=False)
class JaxRecipe:
    """Calls the user's function on the kept rows.

    Attributes:
        fit: The user's function.
        X: All rows, of the user's own kind; nobody else writes into them.
        y: Their labels, likewise.
        objective: The run's.
        name: What the user calls the function.
    """

    fit: Fit
    X: Any
    y: Any
    objective: Objective
    name: str

    @property
    def note(self) -> str:
        return (
            f"a repetition is what {self.name}(X, y, seed) does; whether seed 0 gives the recorded "
            "parameters was not checked, and it is not interrupted half-way"
        )

    @property
    def seeds(self) -> bool:
        return True

    def train(self, keep: Ints, seed: int, progress: Progress) -> Trained:
        progress(0.0)
        with _own_streams():
            params = jax.block_until_ready(self.fit(_take(self.X, keep), _take(self.y, keep), seed))
        tree = tree_of(params)
        if tree.p != self.objective.p:
            raise UnsupportedModelError(
                f"{self.name} returned {tree.p} parameters, and the run has {self.objective.p}; "
                "return the tree that the loss takes"
            )
        try:
            require_finite_leaves(params)
        except NotFiniteError as error:
            raise ConvergenceError(f"{self.name} with seed {seed}: {error}") from error
        progress(1.0)
        return Trained(params, parameters(params), self.objective)


def require_fit(name: str, fit: object) -> Fit:
    """The user's function, if it can be called with rows, labels and a seed.

    Raises:
        OptionError: It cannot.
    """
    if not callable(fit):
        raise OptionError(f"--fit {name} is a {type(fit).__name__}; name a function (X, y, seed)")
    try:
        inspect.signature(fit).bind(None, None, 0)
    except TypeError as error:
        raise OptionError(
            f"--fit {name} cannot be called as {name}(X, y, seed) ({error}); give it these three"
        ) from error
    except ValueError:
        return fit  # compiled, and without a signature
    return fit


def kept_copy(values: Any) -> Any:
    """The same rows, safe from what the user writes later; a JAX array is so already."""
    return values if isinstance(values, jax.Array) or not hasattr(values, "copy") else values.copy()


def _take(values: Any, keep: Ints) -> Any:
    if hasattr(values, "iloc"):
        return values.iloc[keep]
    return values[keep] if hasattr(values, "shape") else [values[int(i)] for i in keep]


@contextmanager
def _own_streams() -> Iterator[None]:
    """Put the global random streams back as they were; JAX has none."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  # the user's stream
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
