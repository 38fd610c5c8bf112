"""A model whose training draws: the minimum of its risk, and noise that the seed decides."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from traceprop_nb.adapters.sklearn.training import SklearnTap
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.recipe import Trained


class Opaque:
    """A linear risk that does not tell that it is convex."""

    HIDDEN = ("flat", "design", "K", "gauss_newton", "gauss_newton_product")

    def __init__(self, risk):
        self.risk = risk

    def __getattr__(self, name):
        if name in self.HIDDEN or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.risk, name)

    def restrict(self, keep):
        return Opaque(self.risk.restrict(keep))

    def on(self, X, y):
        return Opaque(self.risk.on(X, y))


@dataclass(frozen=True)
class DrawnRecipe:
    """Ends at the minimum, off by noise of this size; seed 0 is the recorded one."""

    risk: object
    start: np.ndarray
    noise: float
    seeds: bool = True
    note: str = "the draw was simulated"
    steps: int = 3

    def train(self, keep, seed, progress):
        for step in range(self.steps):
            progress((step + 1) / self.steps)
        best = newton(self.risk.restrict(keep), self.start).w
        off = np.random.default_rng(1000 + seed).normal(size=len(best))
        w = best + self.noise * off
        return Trained(object(), w, Opaque(self.risk))


def fitted(X, y, model=None, name="clinic"):
    """A recorded run of scikit-learn."""
    model = LogisticRegression(max_iter=1000) if model is None else model
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    model.fit(X, y)
    [captured] = tap.stop()
    return captured.run(name)


def poisoned(n=600, d=6, classes=3, share=0.15, seed=0):
    """Rows, labels and which rows have a wrong label, all in one direction."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    y = (X @ rng.normal(size=(d, classes)) + 0.3 * rng.normal(size=(n, classes))).argmax(axis=1)
    wrong = np.sort(rng.choice(n // 2, int(share * n), replace=False))
    y[wrong] = (y[wrong] + 1) % classes
    return X, y, wrong


def drawn(X, y, noise=0.05):
    """A run with a recipe, whose training is not reproducible but by its seed."""
    run = fitted(X, y)
    recipe = DrawnRecipe(run.objective, run.w, noise)
    first = recipe.train(np.arange(run.objective.n), 0, lambda share: None)
    return replace(
        run, objective=Opaque(run.objective), w=first.w, checkpoints=first.w[None, :], recipe=recipe
    )
