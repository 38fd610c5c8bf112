"""K-FAC: influence through Kronecker-factored curvature, one block a layer.

Martens and Grosse 2015, arXiv:1503.05671; as an influence function Grosse et al. 2023,
arXiv:2308.03296. A layer's block of the Gauss-Newton matrix is taken to be A (x) G, as if its
inputs and the slopes in its outputs were independent. G is the expectation over the model's own
probabilities, all classes and no sample of them; where rows pass a layer at several positions,
these too count as independent (Grosse and Martens 2016, arXiv:1602.01057).
"""

from __future__ import annotations

from collections.abc import Sequence

from traceprop_nb.attribution.kronecker import Basis, scored
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.gradients.layers import FactorBlocks
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun


def kfac(run: TrainingRun, query: Objective, *, damping: float | None = None) -> InfluenceScores:
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
    return scored(run, query, "kfac", product_eigenvalues, damping)


def product_eigenvalues(
    blocks: FactorBlocks,  # noqa: ARG001  # the factors say nothing more
    weights: Floats,  # noqa: ARG001
    bases: Sequence[Basis],
) -> list[Floats]:
    """Products of the factors' eigenvalues, (d_out, d_in) each."""
    return [basis.values for basis in bases]
