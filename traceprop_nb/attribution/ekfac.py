"""EK-FAC: influence through Kronecker-factored curvature with corrected eigenvalues.

George et al. 2018, arXiv:1806.03884; as an influence function Grosse et al. 2023,
arXiv:2308.03296. In the eigenvectors of K-FAC's A (x) G the block of the Gauss-Newton matrix is
replaced by its own diagonal there, which of all diagonals is the nearest in Frobenius norm. It is
the expectation over the model's own probabilities, all classes and no sample of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from traceprop_nb.attribution.kronecker import Basis, scored
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.gradients.layers import FactorBlocks, Factors
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun


def ekfac(run: TrainingRun, query: Objective, *, damping: float | None = None) -> InfluenceScores:
    """Influence of each training row on each query's loss.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: Added to the diagonal of the curvature of F, at least 0; by default a share of
            the losses' mean eigenvalue, and of the penalty, see ``kronecker.SHARE``.

    Raises:
        UnsupportedModelError: A parameter that is in no linear or convolutional layer.
        OptionError: A negative damping.
    """
    return scored(run, query, "ekfac", corrected_eigenvalues, damping)


def corrected_eigenvalues(
    blocks: FactorBlocks, weights: Floats, bases: Sequence[Basis]
) -> list[Floats]:
    """The Gauss-Newton matrix's own diagonal along each layer's basis, (d_out, d_in) each."""
    totals = [np.zeros(basis.layer.place.shape) for basis in bases]
    for rows, parts in blocks():
        for total, part, basis in zip(totals, parts, bases, strict=True):
            total += squares(part.turned(basis.left, basis.right), weights[rows])
    return totals


def squares(factors: Factors, weights: Floats) -> Floats:
    """Weighted sum of the squared entries of all gradients, (d_out, d_in)."""
    if factors.inputs.shape[1] != 1:
        formed = factors.gradients()
        return np.einsum("mcoi,mcoi,m->oi", formed, formed, weights)
    slopes = (factors.deltas[:, :, 0] ** 2).sum(axis=1)
    return np.asarray((slopes * weights[:, None]).T @ factors.inputs[:, 0] ** 2)
