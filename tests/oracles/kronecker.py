"""Kronecker-factored curvature by its definition: every matrix dense, every class in turn."""

import numpy as np


def fisher(run, X):
    """Sum over rows and classes of weight, probability and the class's gradient twice, (p, p)."""
    total = np.zeros((run.objective.p, run.objective.p))
    q = run.predict(X)
    for c, label in enumerate(run.classes):
        query = run.query(X, np.full(len(X), label))
        g = query.per_example_grad(run.w, np.arange(len(X)))
        total += (g * (run.objective.weights * q[:, c])[:, None]).T @ g
    return total


def tanh_network(run, X):
    """Inputs (n, d_in) and, by class, output slopes (classes, n, d_out) of two torch layers."""
    W1, b1, W2, _ = (v.detach().double().numpy() for v in run.model.parameters())
    hidden = np.tanh(X @ W1.T + b1)
    q = run.predict(X)
    second = q[None] - np.eye(q.shape[1])[:, None]
    first = (second @ W2) * (1 - hidden**2)
    return q, [(with_one(X), first), (with_one(hidden), second)]


def softmax(run, X):
    """The same of a linear softmax."""
    q = run.predict(X)
    return q, [(with_one(X), q[None] - np.eye(q.shape[1])[:, None])]


def with_one(X):
    return np.column_stack([X, np.ones(len(X))])


def factors(run, q, layer):
    """A and G of one layer, expectations over rows by weight and classes by probability."""
    inputs, slopes = layer
    weights = run.objective.weights
    A = (inputs * weights[:, None]).T @ inputs / weights.sum()
    G = sum(
        (each * (weights * q[:, c])[:, None]).T @ each / weights.sum()
        for c, each in enumerate(slopes)
    )
    return A, G


def kfac_block(run, A, G):
    """The layer's block over W (d_out, d_in) read row by row."""
    return run.objective.weights.sum() * np.kron(G, A)


def ekfac_block(A, G, exact):
    """The exact block, made diagonal in the eigenvectors of G and A."""
    V = np.kron(np.linalg.eigh(G)[1], np.linalg.eigh(A)[1])
    return V @ np.diag(np.diag(V.T @ exact @ V)) @ V.T


def scores(run, query, blocks, places, damping):
    """Through the inverse of each block, penalised and damped."""
    g, h = (o.per_example_grad(run.w, np.arange(o.n)) for o in (query, run.objective))
    total = np.zeros((query.n, run.objective.n))
    for block, place in zip(blocks, places, strict=True):
        at = place.ravel()
        whole = block + np.diag(run.objective.penalty[at]) + damping * np.eye(len(at))
        total += g[:, at] @ np.linalg.solve(whole, h[:, at].T)
    return total * run.objective.weights
