"""Traceprop 0.7.0 says which file drove predictions, in a process of its own.

Reads the path of an .npz (X, y, Q, t, place, w), prints JSON: scores (queries, files). Runs under
the peers' interpreter, so it imports nothing of ours. It is used as its documentation says: a
store of per-example gradients, each under the name of its source, then its source-stratified
scores with its TRAK estimator, not normalised. It ranks files by the size of their rows' mean.
"""

import json
import sys

import numpy as np


def main() -> None:
    """Log all rows' gradients, then ask for each query."""
    import traceprop as tp
    from traceprop.attribution.influence import (
        compute_source_stratified_scores,
        precompute_gram_factor,
    )

    with np.load(sys.argv[2]) as held:
        X, y, Q, t, place, w = (held[key] for key in ("X", "y", "Q", "t", "place", "w"))

    def gradients(X, y):
        return ((1.0 / (1.0 + np.exp(-X @ w)) - y)[:, None] * X).astype(np.float32)

    context = tp.training_context(proj_dim=X.shape[1])
    store = context.gradient_store
    for i, row in enumerate(gradients(X, y)):
        store.log_gradient(gradient=row, sample_index=i, source_id=f"file {place[i]}")
    factor = precompute_gram_factor(store)
    files = [f"file {f}" for f in range(int(place.max()) + 1)]
    total, ranked = [], []
    for row in gradients(Q, t):
        got = compute_source_stratified_scores(row, store, gram_factor=factor, normalize=False)[
            "per_source"
        ]
        total.append([got[name]["total_influence"] for name in files])
        ranked.append([abs(got[name]["mean_influence"]) for name in files])
    print(json.dumps({"total influence": total, "its ranking": ranked}))


if __name__ == "__main__":
    main()
