"""Exact Shapley values of a nearest-neighbour model, in O(n log n) a validation row.

Jia et al. 2019, arXiv:1908.08619. The utility of a set S of training rows, for one validation row
with label y, looks at the min(K, |S|) rows of S that are nearest to it:

- ``classification``: 1/K times the number of those with label y,
- ``weighted``: the same with each row counted by a weight that its own distance gives it,
- ``regression``: -(1/K times the sum of their labels - y)^2.

Values are means over the validation rows, and sum to the utility of all rows less that of none.

Why it is exact: let rows i and i+1 follow each other in distance. Their values differ by the mean,
over subsets of the others, of what replacing one by the other does, and that happens only where
fewer than K rows of the subset are nearer; with each row in the subset with probability q, and q
uniform, that has probability min(K, i) / i. The weight of a row may be any number that depends on
the row and the query alone. Weights that are divided by their sum over the neighbours depend on
the subset; then no such recursion is known, and exact values cost O(n^K).
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.progress import Progress, silent
from traceprop_nb.valuation.neighbours import nearest_first
from traceprop_nb.valuation.weights import Weight


def classification(  # noqa: PLR0913  # rows and labels of both sides
    train: Floats,
    labels: Ints,
    queries: Floats,
    answers: Ints,
    *,
    k: int,
    weight: Weight | None = None,
    progress: Progress = silent,
) -> Floats:
    """Value of each training row for a nearest-neighbour classifier.

    Args:
        train: float64 (n, d), and ``labels`` int64 (n,).
        labels: See ``train``.
        queries: float64 (m, d), the validation rows, and ``answers`` int64 (m,).
        answers: See ``queries``.
        k: Neighbours, 1 to n.
        weight: Of a neighbour, by its distance; None counts each as one.
        progress: Told of each validation row.

    Returns:
        float64 (n,); positive rows help.
    """
    n = len(train)
    own, later = _coefficients(n, k)
    hits = {int(y): (labels == y).astype(np.float64) for y in np.unique(answers)}
    values, share = np.zeros(n), np.empty(n)
    payoff, scaled, tail = np.empty(n), np.empty(n), np.empty(n)
    for j, order, squared in nearest_first(train, queries):
        hit = _weighted(hits[int(answers[j])], weight, squared)
        np.take(hit, order, out=payoff, mode="clip")
        np.multiply(payoff, later, out=scaled)
        np.cumsum(scaled[::-1], out=tail[::-1])
        payoff *= own
        payoff -= tail
        share[order] = payoff
        values += share
        progress((j + 1) / len(queries))
    return values / len(queries)


def regression(
    train: Floats, labels: Floats, queries: Floats, answers: Floats, *, k: int,
    progress: Progress = silent,
) -> Floats:  # fmt: skip
    """Value of each training row for a nearest-neighbour regression; see ``classification``.

    With q as above, the sum R of the other neighbours' labels enters the difference of rows i and
    i+1 through its mean: a row l nearer than both is there with mean weight M(M+1) / 2i(i-1),
    M = min(K-1, i-1), and a farther one with M(M+1) / 2(l-1)(l-2), M = min(K-1, l-2).
    """
    n = len(train)
    rank = np.arange(1.0, n + 1)
    enters = np.minimum(k, rank) / rank
    nearer, farther = _pair(k, rank, rank - 1), _pair(k, rank - 1, rank - 2)
    values = np.zeros(n)
    for j, order, _ in nearest_first(train, queries):
        y, t = labels[order], float(answers[j])
        before = np.concatenate([[0.0], np.cumsum(y)[:-1]])
        behind = np.concatenate([np.cumsum((farther * y)[::-1])[::-1], [0.0, 0.0]])[2:]
        others = nearer * before + behind
        step = np.empty(n)
        pair = y[:-1] + y[1:]
        inner = (2.0 * others[:-1] + pair * enters[:-1]) / k - 2.0 * t * enters[:-1]
        step[:-1] = -(y[:-1] - y[1:]) / k * inner
        last = (2.0 * nearer[-1] * before[-1] + y[-1] * enters[-1]) / k - 2.0 * t * enters[-1]
        step[-1] = -y[-1] / k * last
        values[order] += np.cumsum(step[::-1])[::-1]
        progress((j + 1) / len(queries))
    return values / len(queries)


def _weighted(hit: Floats, weight: Weight | None, squared: Floats) -> Floats:
    return hit if weight is None else hit * weight(np.maximum(squared, 0.0))


def _coefficients(n: int, k: int) -> tuple[Floats, Floats]:
    """Of a row's own payoff, and of each payoff at its place or behind it, nearest first.

    Summing the differences gives value_i = c_i a_i - sum over j > i of (c_(j-1) - c_j) a_j with
    c_j = min(K, j) / jK; the sum here starts at i, which ``own`` makes up for.
    """
    rank = np.arange(1.0, n + 1)
    c = np.minimum(k, rank) / (rank * k)
    later = np.concatenate([[0.0], c[:-1] - c[1:]])
    return c + later, later


def _pair(k: int, a: Floats, b: Floats) -> Floats:
    """M(M+1) / 2ab with M = min(K-1, b); 0 where b is not positive."""
    m = np.minimum(k - 1, b)
    out = np.zeros(len(a))
    np.divide(m * (m + 1.0), 2.0 * a * b, out=out, where=b > 0)
    return out
