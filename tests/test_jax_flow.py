"""What is read off a jaxpr, against the truth: rows of the result that change with a row."""

from __future__ import annotations

import jax
import jax.extend.core.primitives as primitives
import jax.numpy as jnp
import numpy as np
import pytest

from traceprop_nb.adapters.jax.flow.deps import Dep, ordered
from traceprop_nb.adapters.jax.flow.interpret import Reader
from traceprop_nb.adapters.jax.flow.rows import links
from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import RULES
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.nodes import Kind, Status

N = 8
_MADE = np.random.default_rng(0)
X = jnp.asarray(_MADE.normal(size=(N, 4)), jnp.float32)
W = jnp.asarray(_MADE.normal(size=(4, 3)), jnp.float32)
PICKED = jnp.array([3, 1, 2])
STEPS = (0.3, -0.4, 50.0)


def answered(function, *args):
    """For each result: rows named as the row itself, rows named at all, and the status."""
    jaxpr = jax.make_jaxpr(function)(*args)
    given = []
    for k, value in enumerate(args):
        n = value.shape[0]
        given.append(Flow((ordered(Dep(k, (0,), (n,), Identity(n))),)))
    flows = Reader().closed(jaxpr, given)
    return [
        _named(flow.deps, var.aval.shape)
        for flow, var in zip(flows, jaxpr.jaxpr.outvars, strict=True)
    ]


def _named(deps, shape):
    n = shape[0] if shape else 1
    direct, named, status = [set() for _ in range(n)], [set() for _ in range(n)], Status.EXACT
    for link in links(deps, shape):
        for row in range(n):
            found = {(link.source, int(at)) for at in link.rows.back(np.array([row]))}
            named[row] |= found
            if link.kind == Kind.DIRECT:
                direct[row] |= found
                status = max(status, link.status)
    return direct, named, status


def truth(function, *args):
    """For each result: rows of the arguments that change each row."""
    before = [_rows(out) for out in jax.tree.leaves(function(*args))]
    found = [[set() for _ in out] for out in before]
    for k, value in enumerate(args):
        for row in range(value.shape[0]):
            for step in STEPS:
                other = [*args]
                other[k] = value.at[row].add(step)
                after = [_rows(out) for out in jax.tree.leaves(function(*other))]
                for out, old, new in zip(found, before, after, strict=True):
                    same = (old == new) | ((old != old) & (new != new))
                    for at in np.flatnonzero(~same.all(axis=1)):
                        out[at].add((k, row))
    return found


def _rows(out):
    array = np.asarray(out)
    return array.reshape(1, -1) if array.ndim == 0 else array.reshape(len(array), -1)


EXACT = {
    "affine": lambda x, w: jnp.tanh(x @ w + 1) * 2,
    "standardised": lambda x, w: (x - x.mean(0)) / x.std(0),
    "row norms": lambda x, w: x / jnp.linalg.norm(x, axis=1, keepdims=True),
    "slices": lambda x, w: jnp.concatenate([x[::2], x[3:5], -x], 0),
    "backwards": lambda x, w: x[::-1],
    "vmap": lambda x, w: jax.vmap(lambda r: jnp.sort(r) / r.sum())(x),
    "flat": lambda x, w: x.reshape(-1),
    "there and back": lambda x, w: x.T.reshape(4, 2, N // 2).reshape(4, N).T,
    "positions": lambda x, w: x[PICKED],
    "cumulative": lambda x, w: jnp.cumsum(x, 0),
    "backwards cumulative": lambda x, w: jax.lax.cumsum(x, 0, reverse=True),
    "scan": lambda x, w: jax.lax.scan(lambda c, r: (c + r, c + r), jnp.zeros(4), x)[1],
    "reversed scan": lambda x, w: jax.lax.scan(
        lambda c, r: (c + r, c + r), jnp.zeros(4), x, reverse=True
    )[1],
    "carry": lambda x, w: jax.lax.scan(lambda c, r: (c + r, None), jnp.zeros(4), x)[0],
    "last": lambda x, w: jax.lax.scan(lambda c, r: (r, c), jnp.zeros(4), x),
    "fori": lambda x, w: jax.lax.fori_loop(0, N, lambda i, c: c + x[i], jnp.zeros(4)),
    "fori set": lambda x, w: jax.lax.fori_loop(
        0, N, lambda i, c: c.at[i].set(x[N - 1 - i]), jnp.zeros((N, 4))
    ),
    "while": lambda x, w: jax.lax.while_loop(
        lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * 2 + x), (0, x)
    )[1],
    "batches": lambda x, w: jax.lax.scan(lambda c, b: (c, b.sum(0)), 0.0, x.reshape(2, N // 2, 4))[
        1
    ],
    "gram": lambda x, w: x.T @ x,
    "gradient of rows": jax.grad(lambda x, w: (jnp.tanh(x @ w) ** 2).sum()),
    "gradient of weights": jax.grad(lambda x, w: (jnp.tanh(x @ w) ** 2).sum(), argnums=1),
    "set a row": lambda x, w: x.at[2].set(0.0),
    "add at rows": lambda x, w: x.at[PICKED].add(x[5]),
    "set rows": lambda x, w: x.at[2:5].set(x[5:8]),
    "swap": lambda x, w: x.at[jnp.array([0, 1])].set(x[jnp.array([1, 0])]),
    "roll": lambda x, w: jnp.roll(x, 3, axis=0),
    "pad": lambda x, w: jnp.pad(x, ((1, 2), (0, 0))),
    "tile": lambda x, w: jnp.tile(x, (2, 1)),
    "repeat": lambda x, w: jnp.repeat(x, 2, axis=0),
    "solve": lambda x, w: jnp.linalg.solve(x[:4] + 5 * jnp.eye(4), x[4:8]),
    "convolution": lambda x, w: jnp.convolve(x[:, 0], w[:, 0], mode="full"),
    "images": lambda x, w: jax.lax.conv_general_dilated(
        x.reshape(N, 1, 2, 2), jnp.ones((3, 1, 2, 2)), (1, 1), "SAME"
    ),
    "pool": lambda x, w: jax.lax.reduce_window(x, 0.0, jax.lax.add, (3, 1), (1, 1), "VALID"),
    "differences": lambda x, w: jnp.diff(x, axis=0),
    "triangle": lambda x, w: jnp.triu(x[:4]),
    "segments": lambda x, w: jax.ops.segment_sum(x, jnp.arange(N) // 3, 3),
    "remat": jax.checkpoint(lambda x, w: jnp.sin(x @ w)),
    "custom derivative": lambda x, w: jax.nn.relu(x) + jax.nn.gelu(x),
    "known branch": lambda x, w: jax.lax.cond(True, lambda v: v, lambda v: v[::-1], x),
}
LOOSE = {
    "median": lambda x, w: jnp.median(x, axis=0),
    "cut": lambda x, w: x.reshape(2, N // 2, 4).sum(2),
    "transposed": lambda x, w: x.T * 3,
    "sorted": lambda x, w: jnp.sort(x, axis=0),
    "a branch": lambda x, w: jax.lax.cond(x[0, 0] > 0, lambda v: v, lambda v: v[::-1], x),
    "a table": lambda x, w: jnp.interp(x[:, 0], jnp.arange(4.0), w[:, 0]),
    "largest": lambda x, w: jax.lax.top_k(x[:, 0], 3)[0],
    "unknown position": lambda x, w: jax.lax.dynamic_slice(x, (jnp.argmax(x[:, 0]), 0), (2, 4)),
    "recurrent": lambda x, w: jax.lax.scan(lambda h, r: (jnp.tanh(h + r @ w), h), jnp.zeros(3), x)[
        1
    ],
    "a rolling carry": lambda x, w: jax.lax.fori_loop(0, 3, lambda i, c: jnp.roll(c, 1, axis=0), x),
    "while with a test on data": lambda x, w: jax.lax.while_loop(
        lambda c: c.sum() < 0, lambda c: c + x[::-1] ** 2, x
    ),
}


@pytest.mark.parametrize("name", [*EXACT, *LOOSE])
def test_no_row_is_missing_and_an_exact_answer_has_none_too_many(name):
    function = (EXACT | LOOSE)[name]
    for (direct, named, status), real in zip(
        answered(function, X, W), truth(function, X, W), strict=True
    ):
        assert all(rows <= found for rows, found in zip(real, named, strict=True)), name
        if name in EXACT:
            assert status == Status.EXACT
            assert all(rows <= want for rows, want in zip(direct, real, strict=True)), name


def test_a_long_loop_is_read_over_time(monkeypatch):
    from traceprop_nb.adapters.jax.flow import loops

    monkeypatch.setattr(loops, "UNROLLED", 0)
    for name in ("scan", "reversed scan", "carry", "last", "batches", "recurrent"):
        function = (EXACT | LOOSE)[name]
        for (direct, named, status), real in zip(
            answered(function, X, W), truth(function, X, W), strict=True
        ):
            assert all(rows <= found for rows, found in zip(real, named, strict=True)), name
            if status == Status.EXACT:
                assert all(rows <= want for rows, want in zip(direct, real, strict=True)), name


def test_the_comparison_notices_a_rule_that_is_off_by_one(monkeypatch):
    assert answered(lambda x, w: x[::-1], X, W)[0][0][0] == {(0, N - 1)}
    monkeypatch.setitem(RULES, "rev", lambda step: [Flow(step.ins[0].deps)])
    direct, _, status = answered(lambda x, w: x[::-1], X, W)[0]
    assert status == Status.EXACT
    assert direct != truth(lambda x, w: x[::-1], X, W)[0]


def test_nearly_every_primitive_has_a_rule():
    every = {
        thing.name for thing in vars(primitives).values() if hasattr(thing, "multiple_results")
    }
    missing = every - set(RULES)
    assert len(every) > 150
    assert 1 - len(missing) / len(every) >= 0.95, sorted(missing)


def test_a_primitive_without_a_rule_is_a_superset(monkeypatch):
    monkeypatch.delitem(RULES, "sin")
    direct, _, status = answered(lambda x, w: jnp.sin(x), X, W)[0]
    assert status == Status.INEXACT
    assert direct == [{(0, row) for row in range(N)}] * N
