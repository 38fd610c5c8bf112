"""Row lineage through JAX: eager calls, arrays, compiled and transformed functions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.traced import Notebook, rows
from traceprop_nb.lineage.nodes import Status

SETUP = "import numpy as np, jax, jax.numpy as jnp\nx = jnp.asarray(a)\nkey = jax.random.PRNGKey(0)"


@pytest.fixture
def nb():
    notebook = Notebook()
    notebook.source("a", np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32))
    notebook(SETUP)
    yield notebook
    assert not notebook.swallowed(), notebook.session.recorder.last_fault
    notebook.session.close()


EACH = [[i] for i in range(6)]
ALL = [list(range(6))]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("y = jnp.tanh(x) * 2 + 1", EACH),
        ("y = x[1:4]", rows(1, 2, 3)),
        ("y = x[-1]", rows(5, 5, 5)),
        ("y = x[jnp.array([3, 1, -1, 9])]", rows(3, 1, 5, 5)),
        ("y = x[x[:, 0] > 9]", []),
        ("y = x.at[2].set(x[0])", rows(0, 1, 0, 3, 4, 5)),
        ("y = x.at[1:3].add(1.0)", EACH),
        ("y = (x * 2).sum(1)", EACH),
        ("y = x.mean(axis=0)", ALL * 3),
        ("y = x.T.T", EACH),
        ("y = (x.T * 2 + 1).T", EACH),
        ("y = x.T @ x", ALL * 3),
        ("y = x @ jnp.ones((3, 2))", EACH),
        ("y = jnp.concatenate([x, x[:2]])", [*EACH, [0], [1]]),
        ("y = jnp.stack([x[0], x[3]])[1]", rows(3, 3, 3)),
        ("y = np.asarray(x)[::-1]", rows(5, 4, 3, 2, 1, 0)),
        ("y = jax.device_get(x)", EACH),
        ("y = jax.device_put(x)", EACH),
        ("y = jax.tree.map(jnp.sin, {'k': x})['k']", EACH),
        ("y = jax.tree.map(lambda v: v * 2, {'k': x})['k']", EACH),
        ("y = jnp.concatenate([row[None] for row in x[:2]])", rows(0, 1)),
        ("f = jax.jit(lambda v: (v - v.mean(0))[::-1])\ny = f(x)", rows(5, 4, 3, 2, 1, 0)),
        ("W = jnp.ones((3, 2))\nf = jax.jit(lambda v: v @ W)\ny = f(x)", EACH),
        ("y = jax.vmap(lambda r: r / r.sum())(x)", EACH),
        ("z = x[::-1]\ny = jax.vmap(lambda i: z[i])(jnp.arange(3))", None),
        ("y = jax.grad(lambda v: (v ** 2).sum())(x)", EACH),
        ("l, y = jax.value_and_grad(lambda w: jnp.mean((x @ w) ** 2))(jnp.ones(3))", ALL * 3),
        ("y = jax.pmap(lambda v: v * 2)(x[None])[0]", EACH),
        ("y = jax.lax.scan(lambda c, r: (c + r, None), jnp.zeros(3), x)[0]", ALL * 3),
        ("y = jax.lax.fori_loop(0, 6, lambda i, c: c + x[i], jnp.zeros(3))", ALL * 3),
    ],
)
def test_rows_are_exact(nb, cell, wanted):
    nb(cell)
    if wanted is None:
        wanted = rows(5, 4, 3)
    assert nb.behind("y", "a") == wanted
    assert all(nb.answer("y", row).status == Status.EXACT for row in range(len(wanted)))


@pytest.mark.parametrize(
    ("cell", "index"),
    [
        ("y = jnp.sort(x[:, 0])", "jnp.argsort(x[:, 0])"),
        ("y = x[jnp.argsort(x[:, 0])]", "jnp.argsort(x[:, 0])"),
        ("y = jax.random.permutation(key, x)", "jax.random.permutation(key, 6)"),
        ("y = x[jax.random.permutation(key, 6)]", "jax.random.permutation(key, 6)"),
        ("y = jax.random.choice(key, x, (4,))", "jax.random.choice(key, 6, (4,))"),
        ("y = jnp.compress(x[:, 0] > 0, x, axis=0)", "jnp.flatnonzero(x[:, 0] > 0)"),
        ("y = x[x[:, 0] > 0]", "jnp.flatnonzero(x[:, 0] > 0)"),
    ],
)
def test_moves_that_are_values_are_worked_out(nb, cell, index):
    nb(cell)
    nb(f"index = {index}", traced=False)
    assert nb.behind("y", "a") == [[int(i)] for i in nb.names["index"]]


def test_a_compiled_function_is_not_run_again(nb):
    nb("runs = []\n@jax.jit\ndef f(v, k=1):\n    runs.append(1)\n    return v[::-1] * k\ny = f(x)")
    nb("y = f(x)\nz = f(x, k=3)")
    assert nb.names["runs"] == [1, 1]
    assert nb.behind("y", "a") == rows(5, 4, 3, 2, 1, 0) == nb.behind("z", "a")


@pytest.mark.parametrize(
    "body",
    [
        "    log.append(1)\n    return r * 2",
        "    global count\n    count += 1\n    return r * 2",
        "    print(end='')\n    return r * 2",
        "    counts['n'] = counts.get('n', 0) + 1\n    return r * 2",
        "    return r * np.random.rand()",
        "    return r * next(numbers)",
    ],
)
def test_a_function_with_effects_is_not_traced_again_but_unknown(nb, body):
    nb("log, counts, count, numbers = [], {}, 0, iter(range(9))")
    nb(f"def f(r):\n{body}\ny = jax.vmap(f)(x)")
    assert nb.answer("y", 0).status == Status.UNKNOWN
    assert len(nb.names["log"]) + len(nb.names["counts"]) + nb.names["count"] <= 1
    assert next(nb.names["numbers"]) <= 1
    assert nb.answer("x", 0).status == Status.EXACT  # an array that nobody can write into


def test_a_pure_function_records_nothing_while_it_is_traced_again(nb):
    nb("def f(r):\n    return jnp.sin(r) * W.sum()\nW = jnp.ones(3)\ny = jax.vmap(f)(x)")
    before = len(nb.session.graph)
    nb("y = jax.vmap(f)(x)")
    assert len(nb.session.graph) == before + 2  # W.sum(), once, and y
    assert nb.behind("y", "a") == EACH


def test_another_array_of_the_same_name_is_another_constant(nb):
    nb("def f(r):\n    return r + z\nz = x[0]\ny = jax.vmap(f)(x[1:3])")
    assert nb.behind("y", "a") == rows(1, 2)
    assert "a" in nb.answer("y", 0).context
    nb("z = jnp.zeros(3)\ny = jax.vmap(f)(x[1:3])")
    assert "a" not in nb.answer("y", 0).context


def test_the_users_arrays_are_not_kept_alive(nb):
    import gc
    import weakref

    import jax

    nb("z = x + 1\ny = jax.jit(lambda v: v * z)(x)\nw = jax.vmap(lambda r: r + z[0])(x)")
    ref = weakref.ref(nb.names["z"])
    nb.session.namespace.pop("z", None)
    nb("del z", traced=False)
    jax.clear_caches()
    gc.collect()
    assert ref() is None


def test_layers_of_flax_and_equinox(nb):
    nb("import flax.linen as nn, equinox as eqx")
    nb(
        "class Net(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, v):\n"
        "        v = nn.relu(nn.Dense(4)(v))\n"
        "        return nn.LayerNorm()(nn.Dense(2)(v))\n"
        "net = Net()\nparams = net.init(key, x)"
    )
    nb("y = net.apply(params, x[::-1])")
    assert nb.behind("y", "a") == rows(5, 4, 3, 2, 1, 0)
    nb("y = jax.jit(net.apply)(params, x[::-1])")
    assert nb.behind("y", "a") == rows(5, 4, 3, 2, 1, 0)
    nb("mlp = eqx.nn.MLP(3, 2, 4, 1, key=key)\ny = jax.vmap(mlp)(x[::-1])")
    assert nb.behind("y", "a") == rows(5, 4, 3, 2, 1, 0)
