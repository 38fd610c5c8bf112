"""How much each training row holds its own prediction up, from its gradient alone.

With the projected gradients g_i and TRAK's Gram matrix G (arXiv:2303.14186), row i's own influence
is g_i (G + damping)^-1 g_i. Rows with a wrong label have much of it (Koh and Liang 2017,
arXiv:1703.04730, section 5.4). It needs no model and no data: stored gradients are enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.attribution.damping import damping_for
from traceprop_nb.errors import NotFiniteError, ShapeError
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.objective import Floats


def weighted_gram(features: NDArray[np.floating], loss: Floats, weights: Floats) -> Floats:
    """Sum over rows of weight p (1 - p) grad f grad f^T, from g = -(1 - p) grad f.

    Args:
        features: Gradients (n, k) of the losses; their squares are summed in float64, a block of
            rows at a time in their own dtype.
        loss: (n,), minus the log of p, the probability of the row's own label.
        weights: (n,).
    """
    roots = np.sqrt(odds(loss) * weights)
    gram = np.zeros((features.shape[1],) * 2)
    for rows in row_blocks(np.arange(len(features), dtype=np.int64), 8 * 2 * features.shape[1]):
        here = slice(rows[0], rows[-1] + 1)
        scaled = features[here] * roots[here, None].astype(features.dtype)
        gram += scaled.T @ scaled
    return gram


def odds(loss: Floats) -> Floats:
    """Odds p / (1 - p) of each row's own label, from its loss."""
    # A row fitted to the last bit has gradient 0 and must not divide by it.
    return np.asarray(np.exp(-loss) / np.maximum(-np.expm1(-loss), 1e-12))


def self_influence(
    features: Floats, loss: Floats, weights: Floats, *, classifier: bool = True
) -> Floats:
    """The rise of each row's own loss if it were left out, float64 (n,); never negative.

    Args:
        features: Gradients (n, k) of the losses, projected or whole.
        loss: (n,) losses.
        weights: (n,) of the rows in the training.
        classifier: Whether the loss is minus the log of the label's probability.

    Raises:
        ShapeError: The three are not of the same rows.
        NotFiniteError: NaN or infinity in them.
    """
    g, losses = np.asarray(features, np.float64), np.asarray(loss, np.float64)
    if g.ndim != 2 or losses.shape != (len(g),) or np.shape(weights) != (len(g),):
        raise ShapeError(
            f"gradients {g.shape}, losses {losses.shape} and weights {np.shape(weights)} are not "
            "of the same rows"
        )
    if not (np.isfinite(g).all() and np.isfinite(losses).all()):
        raise NotFiniteError("a gradient or a loss is not finite: the training diverged")
    gram = weighted_gram(g, losses, weights) if classifier else (g.T * weights) @ g
    gram[np.diag_indices(len(gram))] += damping_for(gram)[0]
    solved = factorise(gram).solve(g.T).T
    return np.maximum(np.einsum("nk,nk->n", solved, g) * weights, 0.0)
