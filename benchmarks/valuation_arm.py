"""One library's nearest-neighbour values of one problem, in a process of its own.

Reads the path of an .npz (X, y, Q, t, k) and the library's name, prints JSON: seconds and values.
Runs under the peers' interpreter too, so it imports nothing of ours but in its own arm.
"""

import json
import sys
import time

import numpy as np


def ours(X, y, Q, t, k):
    """This package."""
    from traceprop_nb.valuation.knn_shapley import classification

    return lambda: classification(X, y, Q, t, k=k)


def pydvl(X, y, Q, t, k):
    """PyDVL's exact method."""
    from pydvl.valuation.dataset import Dataset
    from pydvl.valuation.methods.knn_shapley import KNNShapleyValuation
    from sklearn.neighbors import KNeighborsClassifier

    def values():
        method = KNNShapleyValuation(KNeighborsClassifier(k), Dataset(Q, t), progress=False)
        found = method.fit(Dataset(X, y)).result
        ordered = np.empty(len(X))
        ordered[found.indices] = found.values
        return ordered

    return values


def traceprop(X, y, Q, t, k):  # noqa: ARG001  # it takes no labels
    """Traceprop 0.7.0, given the features as its gradients."""
    import traceprop as tp

    context = tp.training_context(proj_dim=X.shape[1])
    for i, row in enumerate(X.astype(np.float32)):
        context.log_gradient(row, sample_index=i)
    store = context.gradient_store

    def values():
        found = tp.data_valuation(
            gradient_store=store, val_gradients=Q.astype(np.float32), k=int(k)
        )
        return found._values

    return values


ARMS = {"ours": ours, "pydvl": pydvl, "traceprop": traceprop}


def main() -> None:
    """Measure one arm."""
    name, path = sys.argv[1:3]
    with np.load(path) as file:
        data = [file[key] for key in ("X", "y", "Q", "t")]
        k = int(file["k"])
    work = ARMS[name](*data, k)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        values = work()
        seconds.append(time.process_time() - began)
    print(json.dumps({"seconds": seconds, "values": np.asarray(values, float).tolist()}))


if __name__ == "__main__":
    main()
