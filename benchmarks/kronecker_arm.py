"""One library attributes a network's losses through Kronecker factors, in a process of its own.

Reads an .npz: X (n, d), y, Q, t, weights of the layers W0, b0, W1, b1, ..., kept (s, n) and losses
(s, m) of models trained on those rows. Prints JSON: LDS and CPU seconds by method. Under the peers'
interpreter it imports nothing of ours.
"""

import json
import sys
import tempfile
import time

import numpy as np
from scipy.stats import spearmanr

REPEATS = 5

GRID = (1e-5, 1e-4, 1e-3)
"""Dampings of kronfluence on the network besides its own."""


def main() -> None:
    """Attribute, and compare with the truth."""
    name = sys.argv[1]
    with np.load(sys.argv[2]) as file:
        problem = {key: file[key] for key in file.files}
    found = {}
    for method, work in (ours if name == "ours" else kronfluence)(problem).items():
        seconds = []
        for _ in range(REPEATS + 1):  # the first one warms up
            began = time.process_time()
            scores = work()
            seconds.append(time.process_time() - began)
        told = problem["kept"] @ scores.T
        each = [spearmanr(told[:, q], -problem["losses"][:, q])[0] for q in range(told.shape[1])]
        found[method] = {
            "lds": float(np.mean(each)), "seconds": seconds[1:], "first": seconds[0],
        }  # fmt: skip
    print(json.dumps(found))


def ours(problem):
    """Both methods at their defaults, and the exact curvature."""
    from benchmarks.kronecker import asked, run_of
    from traceprop_nb.attribution.methods import METHODS

    run = run_of(problem)
    query = run.query(asked(run, problem["Q"]), problem["t"])
    return {
        name: lambda method=METHODS[name]: method(run, query).scores
        for name in ("kfac", "ekfac", "influence")
    }


def kronfluence(problem):
    """Its two methods with their default damping, and on the network with others."""
    import torch
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments, ScoreArguments
    from kronfluence.task import Task
    from torch.utils.data import TensorDataset

    torch.set_num_threads(1)
    cross_entropy = torch.nn.functional.cross_entropy

    class Classes(Task):
        def compute_train_loss(self, batch, model, sample=False):
            x, y = batch
            z = model(x)
            if sample:
                y = torch.multinomial(z.detach().softmax(-1), 1).squeeze(-1)
            return cross_entropy(z, y, reduction="sum")

        def compute_measurement(self, batch, model):
            return self.compute_train_loss(batch, model)

    def rows(X, y):
        return TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y))

    train, test = rows(problem["X"], problem["y"]), rows(problem["Q"], problem["t"])
    task = Classes()
    model = prepare_model(module_of(problem), task)

    def attribute(strategy, damping):
        with tempfile.TemporaryDirectory() as folder:
            analyzer = Analyzer(
                analysis_name="a", model=model, task=task, cpu=True, output_dir=folder,
                disable_tqdm=True,
            )  # fmt: skip
            analyzer.fit_all_factors(
                factors_name="f", dataset=train, per_device_batch_size=512,
                factor_args=FactorArguments(strategy=strategy, use_empirical_fisher=False),
            )  # fmt: skip
            analyzer.compute_pairwise_scores(
                scores_name="s", factors_name="f", query_dataset=test, train_dataset=train,
                per_device_query_batch_size=512, per_device_train_batch_size=512,
                score_args=ScoreArguments(damping_factor=damping),
            )  # fmt: skip
            return analyzer.load_pairwise_scores("s")["all_modules"].numpy()

    found = {}
    for strategy in ("kfac", "ekfac"):
        for damping in (None, *(GRID if "W1" in problem else ())):
            name = strategy if damping is None else f"{strategy}, damping {damping:g}"
            found[name] = lambda s=strategy, d=damping: attribute(s, d)
    return found


def module_of(problem):
    """The network in torch: linear layers with ReLU between."""
    import torch
    from torch import nn

    parts = []
    while f"W{len(parts) // 2}" in problem:
        W, b = (torch.tensor(problem[f"{k}{len(parts) // 2}"]).float() for k in "Wb")
        layer = nn.Linear(W.shape[1], W.shape[0])
        layer.load_state_dict({"weight": W, "bias": b})
        parts += [layer, nn.ReLU()]
    return nn.Sequential(*parts[:-1])


if __name__ == "__main__":
    main()
