"""Traceprop 0.7.0 forgets rows of a logistic regression, in a process of its own.

Reads the path of an .npz (X, y, gone), prints JSON. Runs under the peers' interpreter, so it
imports nothing of ours. It is used as its documentation says: a store of per-example gradients,
each under the name of its source, then ``unlearn`` by source; the best of several step sizes.
"""

import copy
import json
import sys
import time

import numpy as np


def main() -> None:
    """Fit, forget, refit, compare."""
    import traceprop as tp
    from sklearn.linear_model import LogisticRegression

    with np.load(sys.argv[2]) as file:
        X, y, gone = (file[key] for key in ("X", "y", "gone"))
    keep = np.setdiff1d(np.arange(len(y)), gone)
    model = LogisticRegression(max_iter=1000).fit(X, y)
    began = time.perf_counter()
    gold = LogisticRegression(max_iter=1000).fit(X[keep], y[keep])
    seconds_gold = time.perf_counter() - began
    gradients = (model.predict_proba(X)[:, 1] - y)[:, None] * X
    context = tp.training_context(proj_dim=X.shape[1])
    left_out = set(gone.tolist())
    for i, row in enumerate(gradients.astype(np.float32)):
        context.gradient_store.log_gradient(
            gradient=row, sample_index=i, source_id="gone" if i in left_out else "kept"
        )
    before = np.append(model.coef_, model.intercept_)
    truth = np.append(gold.coef_, gold.intercept_) - before
    found = []
    for rate in (1e-4, 1e-2, 1e-1):
        given = copy.deepcopy(model)
        began = time.perf_counter()
        done = tp.unlearn(
            model=given, gradient_store=context.gradient_store, source_id="gone", lr=rate
        )
        seconds = time.perf_counter() - began
        moved = np.append(given.coef_, given.intercept_) - before
        left = float(np.linalg.norm(truth - moved) / np.linalg.norm(truth))
        found.append((left, bool(done.verified), seconds))
    left, verified, seconds = min(found)
    print(json.dumps({
        "left": left, "verified": verified, "seconds": seconds, "seconds_gold": seconds_gold,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
