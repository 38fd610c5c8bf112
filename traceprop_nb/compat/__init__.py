"""Doors with the names and arguments of Traceprop 0.7.0, over the same core.

Code of its README runs with only the import changed, ``import traceprop_nb as tp``. Values stay
plain arrays, so lineage needs the code to run in a traced cell or by ``traceprop-nb run``.
"""

from traceprop_nb.compat.doors import (
    attribution_engine,
    data_valuation,
    provenance,
    reset_graph,
    training_context,
    unlearn,
)
from traceprop_nb.compat.granularity import Granularity, set_granularity
from traceprop_nb.compat.loading import array, from_csv, from_jax, from_numpy, from_torch

__all__ = [
    "Granularity", "array", "attribution_engine", "data_valuation", "from_csv", "from_jax",
    "from_numpy", "from_torch", "provenance", "reset_graph", "set_granularity", "training_context",
    "unlearn",
]  # fmt: skip
