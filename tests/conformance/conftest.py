"""One list of each kind. Add an adapter or a method here and its laws run."""

import functools
import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
)
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from traceprop_nb.adapters.jax.training import JaxTap
from traceprop_nb.adapters.sklearn.training import SklearnTap
from traceprop_nb.adapters.torch.training import TorchTap
from traceprop_nb.attribution.methods import METHODS
from traceprop_nb.gradients.capture import TrainOptions


def table(classes, n=40, d=4):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    lean = X @ rng.normal(size=(d, classes)) + rng.normal(size=(n, classes))
    return X, lean.argmax(axis=1)


def fitted(classes, sample_weight=None, **options):
    X, y = table(classes)
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    LogisticRegression(tol=1e-10, max_iter=10_000, **options).fit(X, y, sample_weight)
    [captured] = tap.stop()
    return captured.run("fit")


def binary():
    return fitted(2)


def binary_weighted():
    weight = np.random.default_rng(5).uniform(0.5, 2.0, 40)
    return fitted(2, sample_weight=weight, class_weight={0: 1.0, 1: 3.0}, C=0.3)


def binary_liblinear():
    return fitted(2, solver="liblinear", intercept_scaling=2.0)


def binary_without_intercept():
    return fitted(2, fit_intercept=False, class_weight="balanced")


def multinomial():
    return fitted(3)


def multinomial_weighted():
    return fitted(3, sample_weight=np.linspace(0.2, 2.0, 40), C=5.0)


def multinomial_unpenalised():
    return fitted(3, C=np.inf)


def looped(module, loss, y, decay=1e-2):
    """A plain training loop in double precision, so that slopes can be compared."""
    X, _ = table(3)
    torch.manual_seed(0)
    module = module().double()
    rows = TensorDataset(torch.from_numpy(X), torch.as_tensor(y))
    loader = DataLoader(rows, batch_size=10, shuffle=True)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.3, weight_decay=decay)
    tap = TorchTap(lambda _: None)
    tap.start(TrainOptions())
    for _ in range(20):
        for xb, yb in loader:
            optimizer.zero_grad()
            loss(module(xb), yb).backward()
            optimizer.step()
    [captured] = tap.stop()
    return captured.run("loop")


def torch_linear():
    return looped(lambda: nn.Linear(4, 3), nn.CrossEntropyLoss(), table(3)[1])


def torch_linear_unpenalised():
    return looped(lambda: nn.Linear(4, 3), nn.CrossEntropyLoss(), table(3)[1], decay=0.0)


def torch_network():
    def module():
        return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))

    return looped(module, nn.CrossEntropyLoss(), table(3)[1])


def torch_network_weighted():
    run = torch_network()
    weighted = replace(run.objective, weights=np.linspace(0.3, 2.0, run.objective.n))
    return replace(run, objective=weighted)


def torch_binary():
    def module():
        return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1), nn.Flatten(0))

    return looped(module, nn.BCEWithLogitsLoss(), table(2)[1].astype(float))


def torch_probabilities():
    def module():
        return nn.Sequential(
            nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid(), nn.Flatten(0)
        )

    return looped(module, nn.BCELoss(), table(2)[1].astype(float))


def torch_log_probabilities():
    def module():
        return nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1))

    return looped(module, nn.NLLLoss(), table(3)[1])


def torch_regression():
    def module():
        return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))

    return looped(module, nn.MSELoss(), table(4)[0][:, :2])


def named(params, loss, y, predict=None, fit=None):
    """A JAX training of 60 steps of gradient descent, with its parts named as a user would."""
    X, _ = table(3)
    names = {"loss": loss, "X": X, "y": y, "predict": predict, "fit": fit}
    tap = JaxTap(lambda _: None, names.get)
    parts = {k: k for k in ("predict", "fit") if names[k]}
    tap.start(TrainOptions(model="params", loss="loss", rows=("X", "y"), **parts))

    @jax.jit
    def step(params):
        def mean(params):
            return jnp.mean(jax.vmap(loss, (None, 0, 0))(params, X, y))

        slope = jax.grad(mean)(params)
        return jax.tree.map(lambda p, g: p - 0.3 * g, params, slope)

    for _ in range(60):
        params = step(params)
    names["params"] = params
    [captured] = tap.stop()
    return captured.run("jax")


def layers(*widths):
    rng = np.random.default_rng(4)
    pairs = itertools.pairwise(widths)
    return [
        {"W": jnp.asarray(rng.normal(size=(a, b)) / np.sqrt(a), jnp.float32), "b": jnp.zeros(b)}
        for a, b in pairs
    ]


def dense(params, x):
    for layer in params[:-1]:
        x = jnp.tanh(x @ layer["W"] + layer["b"])
    return x @ params[-1]["W"] + params[-1]["b"]


def cross_entropy(params, x, y):
    return -jax.nn.log_softmax(dense(params, x))[y]


def decayed(params, x, y):
    return cross_entropy(params, x, y) + 0.01 * sum((p**2).sum() for p in jax.tree.leaves(params))


def jax_linear():
    return named(layers(4, 3), decayed, table(3)[1], dense)


def jax_network():
    return named(layers(4, 5, 3), cross_entropy, table(3)[1], dense)


def jax_binary():
    def chance(params, x):
        return jax.nn.sigmoid(dense(params, x)[..., 0])

    def loss(params, x, y):
        q = chance(params, x)
        return -(y * jnp.log(q) + (1 - y) * jnp.log1p(-q))

    return named(layers(4, 3, 1), loss, table(2)[1].astype(float), chance)


def jax_regression():
    def loss(params, x, y):
        return jnp.mean((dense(params, x) - y) ** 2)

    return named(layers(4, 5, 2), loss, table(4)[0][:, :2], dense)


def boosted(model, classes, y=None):
    X, labels = table(classes or 2)
    y = X[:, 0] + np.sin(2 * X[:, 1]) if classes is None else labels
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    model.fit(X, y)
    [captured] = tap.stop()
    return captured.run("trees")


def trees_binary():
    options = {"max_iter": 4, "max_leaf_nodes": 4, "min_samples_leaf": 4}
    return boosted(HistGradientBoostingClassifier(l2_regularization=0.3, **options), 2)


def trees_multinomial():
    return boosted(GradientBoostingClassifier(n_estimators=3, max_depth=2, random_state=0), 3)


def trees_regression():
    return boosted(GradientBoostingRegressor(n_estimators=4, max_depth=2, random_state=0), None)


LINEAR = [
    binary,
    binary_weighted,
    binary_liblinear,
    binary_without_intercept,
    multinomial,
    multinomial_weighted,
    multinomial_unpenalised,
]
CONVEX = [*LINEAR, torch_linear, torch_linear_unpenalised]
NETWORKS = [
    torch_network,
    torch_network_weighted,
    torch_binary,
    torch_probabilities,
    torch_log_probabilities,
    torch_regression,
    jax_linear,
    jax_network,
    jax_binary,
    jax_regression,
]


TREES = [trees_binary, trees_multinomial, trees_regression]
REGRESSIONS = [torch_regression, jax_regression, trees_regression]
CLASSIFIERS = [make for make in [*CONVEX, *NETWORKS] if make not in REGRESSIONS]
LAYERED = [make for make in [*CONVEX, *NETWORKS] if not make.__name__.startswith("jax")]
FITS = {
    "auto": [*CONVEX, *NETWORKS, *TREES],
    "axil": [trees_regression],
    "boostin": TREES,
    "closed-form": LINEAR,
    "influence": [*CONVEX, *NETWORKS],
    "arnoldi": [*CONVEX, *NETWORKS],
    "cg": [*CONVEX, *NETWORKS],
    "lissa": [*CONVEX, *NETWORKS],
    "nystrom": [*CONVEX, *NETWORKS],
    "datainf": [*CONVEX, *NETWORKS],
    "ekfac": LAYERED,
    "grad-cos": [*CONVEX, *NETWORKS, *TREES],
    "grad-dot": [*CONVEX, *NETWORKS, *TREES],
    "kfac": LAYERED,
    "last-layer": LAYERED,
    "leaf-influence": TREES,
    "representer": [
        make for make in CONVEX if make not in (multinomial_unpenalised, torch_linear_unpenalised)
    ],
    "tracin": [*CONVEX, *NETWORKS, *TREES],
    "trak": CLASSIFIERS,
}
"""The models that each method is for; a method that is missing here fails the suite."""

made = functools.cache(lambda make: make())
PAIRS = [(make, method) for method in METHODS for make in FITS[method]]
MISFITS = [
    (make, method) for method in METHODS for make in FITS["auto"] if make not in FITS[method]
]


def name_of(param):
    return param if isinstance(param, str) else getattr(param, "__name__", None) or name_pair(param)


def name_pair(pair):
    return f"{pair[1]}-{pair[0].__name__}"


@pytest.fixture(params=[*CONVEX, *NETWORKS, *TREES], ids=name_of)
def run(request):
    return made(request.param)


@pytest.fixture(params=CLASSIFIERS, ids=name_of)
def classifier(request):
    return made(request.param)


@pytest.fixture(params=CONVEX, ids=name_of)
def convex_run(request):
    return made(request.param)


@pytest.fixture(params=PAIRS, ids=name_pair)
def pair(request):
    """A run and a method for it."""
    return made(request.param[0]), request.param[1]


@pytest.fixture(params=MISFITS, ids=name_pair)
def misfit(request):
    """A run and a method that is not for it."""
    return made(request.param[0]), request.param[1]


@pytest.fixture(params=[pair for pair in PAIRS if pair[0] in LINEAR], ids=name_pair)
def linear_pair(request):
    """A linear model's run and a method for it."""
    return made(request.param[0]), request.param[1]
