"""Values of rows by their definition: every subset, every permutation, nothing clever."""

import itertools
import math

import numpy as np


def subsets(rows):
    for size in range(len(rows) + 1):
        yield from itertools.combinations(rows, size)


def semivalue(utility, n, weight):
    """Sum over subsets without i of weight(size, n) times what i adds."""
    values = np.zeros(n)
    for i in range(n):
        for S in subsets([j for j in range(n) if j != i]):
            values[i] += weight(len(S), n) * (utility((*S, i)) - utility(S))
    return values


def shapley(utility, n):
    return semivalue(utility, n, lambda s, n: 1 / (n * math.comb(n - 1, s)))


def banzhaf(utility, n):
    return semivalue(utility, n, lambda s, n: 1 / 2 ** (n - 1))


def beta(utility, n, a, b, nodes=4000):
    """Beta(a, b) by its integral: a row joins with probability t, t ~ Beta(b, a)."""
    t = (np.arange(nodes) + 0.5) / nodes
    density = t ** (b - 1) * (1 - t) ** (a - 1)
    density /= density.sum()
    return semivalue(
        utility, n, lambda s, n: float((density * t**s * (1 - t) ** (n - 1 - s)).sum())
    )


def neighbour_utility(X, labels, queries, answers, k, kind, weight=None):
    """Mean over queries of the k nearest rows' payoff; equal distances by row number."""

    def utility(S):
        total = 0.0
        for q, y in zip(queries, answers, strict=True):
            squared = ((X - q) ** 2).sum(axis=1)
            near = sorted(S, key=lambda i: (squared[i], i))[:k]
            if kind == "regression":
                total -= (sum(labels[i] for i in near) / k - y) ** 2
            else:
                w = np.ones(len(X)) if weight is None else weight(squared)
                total += sum(w[i] * (labels[i] == y) for i in near) / k
        return total / len(queries)

    return utility
