"""What JAX's functions are known for: which of them take a seed. Rules of rows are to come."""

from __future__ import annotations

import jax

from traceprop_nb.tracing.rules import RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.seeding({jax.random.key: "jax.random.key", jax.random.PRNGKey: "jax.random.PRNGKey"})
