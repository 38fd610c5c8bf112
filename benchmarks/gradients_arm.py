"""One measurement of ``benchmarks.gradients`` in a process of its own, one thread.

Reads an .npz, whose "part" names what is measured, and prints JSON.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

REPEATS = 3

WIDTHS = {"118k": (784, 128, 128, 10), "1.5M": (784, 900, 900, 10)}
"""Layers of the networks whose gradients are projected."""

ROWS = {"118k": 2048, "1.5M": 256}


def main() -> None:
    """Measure."""
    import torch

    torch.set_num_threads(1)
    with np.load(sys.argv[2]) as file:
        problem = {key: file[key] for key in file.files}
    known: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "projectors": projectors, "mnist": mnist, "sketches": sketches, "many": many,
    }  # fmt: skip
    print(json.dumps(known[str(problem["part"])](problem)))


def seconds_of(work: Callable[[], Any]) -> list[float]:
    """CPU seconds of each repetition, after one that warms up."""
    found = []
    for _ in range(REPEATS + 1):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return found[1:]


def network(widths: tuple[int, ...], rows: int, seed: int = 0) -> Any:
    """The risk of a network that was not trained, over random rows."""
    import torch
    from torch import nn

    from traceprop_nb.adapters.torch.losses import Loss
    from traceprop_nb.adapters.torch.objective import risk
    from traceprop_nb.adapters.torch.rows import RowShape
    from traceprop_nb.adapters.torch.view import in_double, view_of

    torch.manual_seed(seed)
    parts: list[Any] = []
    for a, b in itertools.pairwise(widths):
        parts += [nn.Linear(a, b), nn.ReLU()]
    module = nn.Sequential(*parts[:-1])
    X, y = torch.randn(rows, widths[0]).double(), torch.randint(0, widths[-1], (rows,))
    view = in_double(view_of(module), (X,))
    shape = RowShape((X.shape[1:], y.shape[1:]), (X.shape[1:],), (False,), y.shape[1:], True,
                     widths[-1])  # fmt: skip
    made = risk(module, view=view, criterion=Loss("cross_entropy"), inputs=(X,), target=y,
                weights=np.ones(rows), penalty=np.zeros(view.p), shape=shape)  # fmt: skip
    w = np.concatenate([v.detach().double().numpy().ravel() for v in module.parameters()])
    return made, w


def projectors(problem: dict[str, Any]) -> dict[str, Any]:
    """Samples a second of each projection, of factors in float32, and of everything together."""
    from traceprop_nb.gradients.layers import Factors
    from traceprop_nb.gradients.projections.logra import Kronecker
    from traceprop_nb.gradients.projections.rademacher import Rademacher
    from traceprop_nb.gradients.projections.tensor_sketch import TensorSketch

    size, k = str(problem["size"]), int(problem["k"])
    risk, w = network(WIDTHS[size], ROWS[size])
    shapes = tuple(layer.place.shape for layer in risk.layers(w))
    rows = np.arange(risk.n)
    parts = risk.grad_factors(w, rows)
    small = [Factors(x.inputs.astype("f4"), x.deltas.astype("f4")) for x in parts]
    sketch, logra = TensorSketch(shapes, k), Kronecker(shapes, k)
    work = {
        "factors, float64": (risk.n, lambda: risk.grad_factors(w, rows)),
        "TensorSketch of factors, float32": (risk.n, lambda: sketch(small)),
        "LoGra of factors, float32": (risk.n, lambda: logra(small)),
        "factors and TensorSketch, float64": (
            risk.n, lambda: sketch(risk.grad_factors(w, rows)),
        ),
    }  # fmt: skip
    if size == "118k":  # with 1.5M it takes minutes
        dense, few = Rademacher(risk.p, k), risk.per_example_grad(w, rows[:32])
        work["Rademacher of formed gradients"] = (len(few), lambda: dense(few))
    return {name: [n / s for s in seconds_of(go)] for name, (n, go) in work.items()}


def mnist(problem: dict[str, Any]) -> dict[str, Any]:
    """LDS of influence with one model and with five, and CPU seconds a model."""
    from benchmarks.gradients import lds, mnist_run
    from traceprop_nb.attribution.methods import attribute

    X, y, Q, t = (problem[key] for key in ("X", "y", "Q", "t"))
    found, seconds, notes = [], [], ""
    for seed in range(int(problem["models"])):
        run = mnist_run(X, y, seed)
        query = run.query(Q, t)
        began = time.process_time()
        got = attribute(run, query)
        seconds.append(time.process_time() - began)
        found.append(got.scores)
        notes = f"{got.method}; {got.note}"
    values = [
        lds(np.mean(found[: k + 1], axis=0), problem["kept"], problem["losses"])
        for k in range(len(found))
    ]
    return {"lds": values, "seconds": seconds, "note": notes}


def sketches(problem: dict[str, Any]) -> dict[str, Any]:
    """LDS of TRAK on digits with gradients projected in three ways, means of three seeds."""
    from benchmarks.gradients import lds
    from benchmarks.kronecker import asked, network_run
    from traceprop_nb.attribution.self_influence import weighted_gram
    from traceprop_nb.gradients.layers import Factors
    from traceprop_nb.gradients.projections.logra import Kronecker
    from traceprop_nb.gradients.projections.rademacher import Rademacher
    from traceprop_nb.gradients.projections.tensor_sketch import TensorSketch

    run = network_run(problem["X"], problem["y"])
    query = run.query(asked(run, problem["Q"]), problem["t"])
    objective, rows = run.objective, np.arange(run.objective.n)
    loss = objective.loss(run.w, rows)
    shapes = tuple(layer.place.shape for layer in objective.layers(run.w))
    k, seeds = int(problem["k"]), range(3)

    def judged(a: Any, b: Any) -> float:
        gram = weighted_gram(a, loss, objective.weights)
        gram[np.diag_indices(len(gram))] += 0.1 * np.trace(gram) / len(gram)
        scores = np.linalg.solve(gram, b.T).T @ a.T
        return lds(scores, problem["kept"], problem["losses"])

    whole = [of.per_example_grad(run.w, np.arange(of.n)) for of in (objective, query)]
    parts: list[list[Factors]] = [
        of.grad_factors(run.w, np.arange(of.n)) for of in (objective, query)
    ]
    found = {"not projected": [judged(*whole)]}
    for seed in seeds:
        for name, project, given in (
            ("Rademacher", Rademacher(objective.p, k, seed), whole),
            ("TensorSketch", TensorSketch(shapes, k, seed), parts),
            ("LoGra", Kronecker(shapes, k, seed), parts),
        ):
            found.setdefault(name, []).append(judged(*map(project, given)))
    return found


def many(problem: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # made here
    """TRAK end to end on 50,000 rows of a network of 22,000 parameters, 100 queries."""
    from types import SimpleNamespace

    from traceprop_nb.attribution.trak import trak

    risk, w = network((105, 128, 64, 2), 50_000)
    query = risk.restrict(np.arange(100))
    run = SimpleNamespace(name="many", objective=risk, w=w, classes=np.arange(2), recorded={})
    began = time.process_time()
    got = trak(run, query, proj_dim=2048)  # type: ignore[arg-type]  # all that it reads of a run
    return {"seconds": [time.process_time() - began], "note": got.note}


if __name__ == "__main__":
    main()
