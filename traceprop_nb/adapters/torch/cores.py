"""PyTorch's matrix functions: one matrix mixes its rows, a stack of them goes by its first axis."""

from __future__ import annotations

from functools import partial
from typing import Any

from traceprop_nb.adapters.torch.given import emit, every, operands, same
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_MIXED = """
inv inverse inv_ex det logdet slogdet pinv pinverse svd svdvals eig eigh eigvals eigvalsh
matrix_exp matrix_power matrix_rank cond lstsq solve solve_ex lu lu_factor lu_factor_ex lu_solve
cholesky_solve cholesky_inverse qr geqrf householder_product orgqr ormqr ldl_factor ldl_factor_ex
ldl_solve solve_triangular triangular_solve svd_lowrank pca_lowrank lobpcg
cholesky cholesky_ex lu_unpack
"""


def install(table: RuleTable) -> None:
    """Fill the table."""
    everywhere(table, lambda _: _matrix, _MIXED)


def _matrix(call: Call) -> bool | None:
    given = operands(call)
    if not given or given[0].ndim < 2:
        return None
    single = given[0].ndim == 2 and all(o.ndim <= 2 for o in given)
    return emit(call, partial(_found, given, single))


def _found(given: list[Any], single: bool, out: Any) -> list[Edge] | None:
    rows = len(out) if len(out.shape) else 1
    if single:
        return [e for o in given for e in every(o, rows)]
    deepest = max(o.ndim for o in given)
    if any(o.ndim == deepest and o.rows not in (rows, 1) for o in given):
        return None
    found = list[Edge]()
    for one in given:
        stacked = one.ndim == deepest and one.rows == rows
        found += same(one) if stacked else every(one, rows, Kind.CONTEXT)
    return found
