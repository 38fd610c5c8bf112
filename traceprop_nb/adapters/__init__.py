"""One folder per framework; nothing here imports a framework until it is asked for.

Each folder has up to seven doors: ``rules.py`` (what an operation does to rows), ``columns.py``
(what it does to columns), ``taps.py`` (where the library's own row maps can be read),
``objective.py`` (loss and per-example gradients), ``training.py`` (what a training run did),
``scoring.py`` (what the live model itself says) and ``inside.py`` (what happens in its call).
Only the session comes in here, by name, and asks ``has`` where a folder may lack the door.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from traceprop_nb.errors import MissingFrameworkError

FRAMEWORKS = (
    "numpy", "pandas", "polars", "duckdb", "sklearn", "imblearn", "lightgbm", "xgboost",
    "torch", "jax", "pyro", "numpyro",
)  # fmt: skip


def load(framework: str, door: str) -> ModuleType:
    """Import one door of one adapter.

    Raises:
        MissingFrameworkError: The framework is unknown or not installed.
    """
    if framework not in FRAMEWORKS:
        raise MissingFrameworkError(f"no adapter for {framework!r}; there is one for {FRAMEWORKS}")
    try:
        return import_module(f"traceprop_nb.adapters.{framework}.{door}")
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("traceprop_nb"):
            raise
        raise MissingFrameworkError(
            f"{framework} is not installed; pip install 'traceprop-nb[{framework}]'"
        ) from error


def has(framework: str, door: str) -> bool:
    """Whether the adapter has that door; the framework itself is not imported."""
    return find_spec(f"traceprop_nb.adapters.{framework}.{door}") is not None


def imported() -> tuple[str, ...]:
    """The frameworks that the user has imported already: only those can matter."""
    return tuple(name for name in FRAMEWORKS if name in sys.modules)
