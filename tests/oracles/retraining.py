"""The truth about leaving rows out: training again without them."""

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression


def leave_one_out(X, y, Xq, yq, rows, **options):
    """Rise of each query's loss (m, len(rows)) as scikit-learn is fitted without each row."""
    base = _losses(_fit(X, y, options), Xq, yq)
    out = np.empty((len(Xq), len(rows)))
    for place, i in enumerate(rows):
        keep = np.arange(len(X)) != i
        out[:, place] = _losses(_fit(X[keep], y[keep], options), Xq, yq) - base
    return out


def leave_one_out_by_minimising(run, query):
    """The same by a general optimiser on the objective's own value and slope."""
    n = run.objective.n
    rows = np.arange(n)
    every = np.arange(query.n)
    base = query.loss(_minimum(run.objective, run.w), every)
    parts = (run.objective.restrict(rows[rows != i]) for i in rows)
    return np.array([query.loss(_minimum(p, run.w), every) - base for p in parts]).T


def _minimum(objective, start):
    found = minimize(
        objective.value, start, jac=objective.grad, method="trust-ncg", hessp=objective.hvp,
        options={"gtol": 1e-9},
    )  # fmt: skip
    return found.x


def _fit(X, y, options):
    return LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000, **options).fit(
        X, y
    )


def _losses(model, X, y):
    """-log p, from differences of outputs: predict_log_proba rounds what is below 1e-16."""
    z = model.decision_function(X)
    z = np.stack([np.zeros(len(X)), z], axis=1) if z.ndim == 1 else z
    own = np.searchsorted(model.classes_, y)[:, None]
    above = np.exp(z - np.take_along_axis(z, own, axis=1))
    np.put_along_axis(above, own, 0.0, axis=1)
    return np.log1p(above.sum(axis=1))
