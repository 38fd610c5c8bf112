"""Small JAX models, and a tap that is told their parts."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.conformance.conftest import table
from traceprop_nb.adapters.jax.training import JaxTap
from traceprop_nb.gradients.capture import TrainOptions

X, y = table(3)
X = X.astype(np.float32)


def start(seed=0):
    """Parameters of 4 inputs, 5 hidden units and 3 outputs, in the layout of torch."""
    rng = np.random.default_rng(seed)
    shapes = [(5, 4), (5,), (3, 5), (3,)]
    return [jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes]


def scores(params, X):
    W, b, V, c = params
    return jnp.tanh(X @ W.T + b) @ V.T + c


def loss(params, x, label):
    return -jax.nn.log_softmax(scores(params, x))[label]


def mean_loss(params, X, labels):
    return jnp.mean(each_loss(params, X, labels))


def each_loss(params, X, labels):
    chances = jax.nn.log_softmax(scores(params, X))
    return -jnp.take_along_axis(chances, labels[:, None], axis=1)[:, 0]


@jax.jit
def step(params, X, labels):
    slope = jax.grad(mean_loss)(params, X, labels)
    return jax.tree.map(lambda p, g: p - 0.3 * g, params, slope)


def fit(X, labels, seed):
    params = start(seed)
    for _ in range(30):
        params = step(params, X, labels)
    return params


def captured(params, /, *, node_of=lambda _: None, before=None, **names):
    """What a tap makes of a cell that leaves these names; ``options`` are overridden by None."""
    names = {"loss": loss, "X": X, "y": y, "predict": scores, **names}
    options = {"model": "params", "loss": "loss", "rows": ("X", "y"), "predict": "predict"}
    options |= names.pop("options", {})
    if "fit" in names:
        options["fit"] = "fit"
    names["params"] = before
    tap = JaxTap(node_of, names.get)
    tap.start(TrainOptions(**options))
    names["params"] = params
    found = tap.stop()
    return found, tap.advice()


def recorded(params, /, **names):
    """The run that a cell with these names leaves."""
    [found], _ = captured(params, **names)
    return found.run("mlp")
