"""One library attributes the losses of a linear model's queries, in a process of its own.

Reads an .npz: X (n, d) with a column of ones, y, Q, t, w (K, d) trained with the penalty |w|^2 / 2,
kept (s, n) and losses (s, m) of models trained on those rows. Prints JSON: LDS and CPU seconds by
estimator. Under the peers' interpreter it imports nothing of ours.
"""

import json
import statistics
import sys
import time

import numpy as np
from scipy.stats import spearmanr

REPEATS = 5


def main() -> None:
    """Attribute, and compare with the truth."""
    name = sys.argv[1]
    with np.load(sys.argv[2]) as file:
        problem = {key: file[key] for key in file.files}
    found = {}
    for estimator, work in (ours if name == "ours" else dattri)(problem).items():
        seconds = []
        for _ in range(REPEATS + 1):  # the first one warms up
            began = time.process_time()
            scores = work()
            seconds.append(time.process_time() - began)
        told = problem["kept"] @ scores.T
        each = [spearmanr(told[:, q], -problem["losses"][:, q])[0] for q in range(told.shape[1])]
        found[estimator] = {
            "lds": float(np.mean(each)), "se": float(np.std(each) / np.sqrt(len(each))),
            "seconds": statistics.median(seconds[1:]), "first": seconds[0],
        }  # fmt: skip
    print(json.dumps(found))


def ours(problem):
    """Leave-one-out, first order and with leverage, and the half-subset estimand."""
    from benchmarks.attribution_task import run_of
    from traceprop_nb.attribution import closed_form, half_subset
    from traceprop_nb.attribution.methods import attribute

    run = run_of(problem["X"], problem["y"])
    query = run.query(problem["Q"], problem["t"])

    def asked(**options):
        closed_form._expansions.pop(run, None)  # a first question, not a second one
        half_subset._centres.pop(run, None)
        return attribute(run, query, **options).scores

    return {
        "half_subset": lambda: asked(estimand="half_subset"),
        "leave_one_out, first order": lambda: asked(method="influence"),
    }


def dattri(problem):
    """Its explicit influence function, with the true penalty as regularization."""
    import torch
    from dattri.algorithm import IFAttributorExplicit
    from dattri.task import AttributionTask
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(1)
    X, y, Q, t, w = (problem[key] for key in ("X", "y", "Q", "t", "w"))
    binary = len(w) == 1
    model = nn.Linear(X.shape[1], len(w), bias=False)
    state = {"weight": torch.tensor(w, dtype=torch.float32)}

    def loss(params, data):
        rows, labels = data[0].reshape(-1, X.shape[1]), data[1].reshape(-1)
        out = torch.func.functional_call(model, params, rows)
        if binary:
            return nn.BCEWithLogitsLoss()(out.squeeze(-1), labels.float())
        return nn.CrossEntropyLoss()(out, labels)

    def loader(A, b):
        return DataLoader(
            TensorDataset(torch.tensor(A, dtype=torch.float32), torch.tensor(b)),
            batch_size=len(A), shuffle=False,
        )  # fmt: skip

    train, test = loader(X, y), loader(Q, t)
    task = AttributionTask(loss_func=loss, model=model, checkpoints=state)
    attributor = IFAttributorExplicit(task=task, regularization=1.0 / len(X))

    def attribute():
        attributor.cache(train)
        with torch.no_grad():
            return attributor.attribute(train, test).detach().numpy().T

    return {"IFAttributorExplicit": attribute}


if __name__ == "__main__":
    main()
