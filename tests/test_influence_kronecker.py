"""K-FAC and EK-FAC: against dense definitions, and the layers that they know and refuse."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.conformance.conftest import fitted, looped, made, table, torch_network
from tests.conformance.test_objective import rows_of
from tests.oracles import kronecker as dense
from traceprop_nb.attribution.ekfac import ekfac
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.kfac import kfac
from traceprop_nb.attribution.kronecker import SHARE
from traceprop_nb.errors import OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import all_rows

FACTORS = {"loop": dense.tanh_network, "fit": dense.softmax}


def evenly(run):
    """The run with one penalty for all parameters, and weights that differ."""
    penalty, weights = np.full(run.objective.p, 0.4), np.linspace(0.3, 2.0, run.objective.n)
    return replace(run, objective=replace(run.objective, penalty=penalty, weights=weights))


@pytest.fixture(params=["network", "softmax"])
def run(request):
    return evenly(made(torch_network) if request.param == "network" else fitted(3))


def parts(run):
    """The run's rows, queries, places of its layers, and A and G of each by the definition."""
    X, labels = rows_of(run)
    places = [layer.place for layer in run.objective.layers(run.w)]
    q, layers = FACTORS[run.name](run, X)
    return X, run.query(X[:6], labels[:6]), places, [dense.factors(run, q, x) for x in layers]


def test_kfac_is_the_inverse_of_dense_kronecker_products(run):
    _, query, places, pairs = parts(run)
    blocks = [dense.kfac_block(run, A, G) for A, G in pairs]
    want = dense.scores(run, query, blocks, places, 0.2)
    got = kfac(run, query, damping=0.2).scores
    np.testing.assert_allclose(got, want, atol=1e-9 * np.abs(want).max())


def test_ekfac_is_the_inverse_of_the_fisher_matrix_diagonal_in_their_eigenvectors(run):
    X, query, places, pairs = parts(run)
    exact = dense.fisher(run, X)
    blocks = [
        dense.ekfac_block(A, G, exact[np.ix_(at.ravel(), at.ravel())])
        for (A, G), at in zip(pairs, places, strict=True)
    ]
    want = dense.scores(run, query, blocks, places, 0.2)
    got = ekfac(run, query, damping=0.2).scores
    np.testing.assert_allclose(got, want, atol=1e-9 * np.abs(want).max())


def test_ekfac_of_one_layer_is_the_exact_gauss_newton_matrix_made_diagonal():
    # Here the intercept is free: the penalty, too, is made diagonal.
    run = fitted(3)
    _, query, [place], [(A, G)] = parts(run)
    block = dense.ekfac_block(A, G, run.objective.gauss_newton(run.w))
    bare = replace(run, objective=replace(run.objective, penalty=0 * run.objective.penalty))
    want = dense.scores(bare, query, [block], [place], 0.1)
    got = ekfac(run, query, damping=0.1).scores
    np.testing.assert_allclose(got, want, atol=1e-9 * np.abs(want).max())


@pytest.mark.parametrize(("penalty", "damping"), [(0.7, 0.1), (0.0, 0.0)])
@pytest.mark.parametrize("method", [kfac, ekfac])
def test_where_all_rows_bend_alike_it_is_the_exact_influence(method, penalty, damping):
    run = fitted(3)  # without penalty it is flat: all classes may move together
    flat = replace(run.objective, penalty=np.full(run.objective.p, penalty))
    run = replace(run, objective=flat, w=np.zeros(run.objective.p))
    X, labels = rows_of(run)
    query = run.query(X[:5], labels[:5])
    want = influence(run, query, damping=damping).scores
    got = method(run, query, damping=damping).scores
    np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("method", [kfac, ekfac])
def test_the_default_is_a_share_of_the_losses_curvature_and_of_the_penalty(run, method):
    X, labels = rows_of(run)
    query = run.query(X[:5], labels[:5])
    got = method(run, query)
    pairs = parts(run)[3]
    traces = {
        kfac: sum(np.trace(dense.kfac_block(run, A, G)) for A, G in pairs),
        ekfac: np.trace(dense.fisher(run, X)),
    }
    mean = traces[method] / run.objective.p
    assert got.damping == pytest.approx(SHARE * mean)
    counted = 0.4 / (0.4 + mean)
    assert f"damping {got.damping:.2g}, 0.03 of the losses' mean eigenvalue" in got.note
    assert f"beside {counted:.2g} of the penalty" in got.note
    lighter = replace(run.objective, penalty=counted * run.objective.penalty)
    want = method(replace(run, objective=lighter), query, damping=got.damping).scores
    np.testing.assert_allclose(got.scores, want, rtol=1e-9)


@pytest.mark.parametrize("method", [kfac, ekfac])
def test_scores_do_not_depend_on_the_scale_of_the_risk_nor_on_the_size_of_blocks(
    run, method, monkeypatch
):
    X, labels = rows_of(run)
    query = run.query(X[:7], labels[:7])
    want = method(run, query).scores
    objective = run.objective
    scaled = replace(objective, weights=4 * objective.weights, penalty=4 * objective.penalty)
    got = method(replace(run, objective=scaled), query).scores
    np.testing.assert_allclose(got, want, rtol=1e-8)
    monkeypatch.setattr("traceprop_nb.gradients.blocks.BUDGET", 1)
    monkeypatch.setattr("traceprop_nb.gradients.layers.CHUNK", 1)
    np.testing.assert_allclose(method(run, query).scores, want, atol=1e-10 * np.abs(want).max())


@pytest.mark.parametrize("method", [kfac, ekfac])
def test_a_negative_damping_is_an_error(run, method):
    with pytest.raises(OptionError, match="would not damp"):
        method(run, run.query(*(part[:1] for part in rows_of(run))), damping=-0.1)


class Twice(nn.Module):
    """One layer that a row passes twice."""

    def __init__(self):
        super().__init__()
        self.inner, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.last(torch.tanh(self.inner(input=torch.tanh(self.inner(x)))))


def frozen(module, name):
    module.get_parameter(name).requires_grad_(False)
    return module


def convolution(**options):
    def module():
        first = nn.Conv2d(1, 2, **options)
        inner = nn.Sequential(nn.Unflatten(1, (1, 2, 2)), first, nn.ReLU(inplace=True))
        width = inner(torch.zeros(1, 4)).numel()
        return nn.Sequential(*inner, nn.Flatten(), nn.Linear(width, 3))

    return module


KNOWN = {
    "in place": lambda: nn.Sequential(
        nn.Linear(4, 5), nn.ReLU(inplace=True), nn.Linear(5, 3, bias=False)
    ),
    "positions": lambda: nn.Sequential(
        nn.Unflatten(1, (2, 2)), nn.Linear(2, 3), nn.Tanh(), nn.Flatten(), nn.Linear(6, 3)
    ),
    "twice": Twice,
    "frozen layer": lambda: nn.Sequential(
        nn.Linear(4, 5).requires_grad_(False), nn.Tanh(), nn.Linear(5, 3)
    ),
    "frozen weight": lambda: frozen(
        nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)), "0.weight"
    ),
    "convolution": convolution(kernel_size=2, padding=1),
    "strided": convolution(kernel_size=(2, 1), stride=2, padding=1, bias=False),
    "dilated": convolution(kernel_size=2, dilation=2, padding=1),
    "same": convolution(kernel_size=3, padding="same"),
    "circular": convolution(kernel_size=2, padding=1, padding_mode="circular"),
}


@pytest.fixture(params=KNOWN.values(), ids=KNOWN)
def known(request):
    run = looped(request.param, nn.CrossEntropyLoss(), table(3)[1])
    weights = np.linspace(0.3, 2.0, run.objective.n)
    return replace(run, objective=replace(run.objective, weights=weights))


def test_factors_are_those_of_the_gradients_and_of_the_gauss_newton_matrix(known):
    objective, w, rows = known.objective, known.w, np.array([7, 0, 7, 3])
    bare = replace(objective.restrict(rows), penalty=np.zeros(objective.p), weights=np.ones(4))
    exact = bare.gauss_newton(w)
    gradients = objective.per_example_grad(w, rows)
    layers = objective.layers(w)
    covered = np.sort(np.concatenate([layer.place.ravel() for layer in layers]))
    np.testing.assert_array_equal(covered, np.arange(objective.p))
    slopes = objective.grad_factors(w, rows)
    for layer, one, every in zip(layers, slopes, objective.fisher_factors(w, rows), strict=True):
        at = layer.place.ravel()
        np.testing.assert_allclose(
            one.gradients().reshape(len(rows), -1), gradients[:, at], atol=1e-12
        )
        drawn = every.gradients().reshape(-1, len(at))
        np.testing.assert_allclose(drawn.T @ drawn, exact[np.ix_(at, at)], atol=1e-12)
        S = np.random.default_rng(0).normal(size=(3, *layer.place.shape))
        np.testing.assert_allclose(
            one.products(S), S.reshape(3, -1) @ gradients[:, at].T, atol=1e-12
        )


def test_ekfac_keeps_the_trace_of_each_block_and_does_not_depend_on_blocks(known, monkeypatch):
    X, labels = rows_of(known)
    query = known.query(X[:5], labels[:5])
    want = ekfac(known, query)
    bare = replace(known.objective, penalty=np.zeros(known.objective.p))
    mean = np.trace(bare.gauss_newton(known.w)) / known.objective.p
    assert want.damping == pytest.approx(SHARE * mean)
    monkeypatch.setattr("traceprop_nb.gradients.blocks.BUDGET", 1)
    got = ekfac(known, query).scores
    np.testing.assert_allclose(got, want.scores, atol=1e-9 * np.abs(got).max())


def test_kfac_takes_the_positions_of_a_row_as_independent(known):
    objective, w, trace = known.objective, known.w, 0.0
    layers, parts = objective.layers(w), objective.fisher_factors(w, all_rows(objective))
    weights = objective.weights
    for layer, part in zip(layers, parts, strict=True):
        inputs = np.einsum("mti,mti,m->", part.inputs, part.inputs, weights)
        slopes = np.einsum("mcto,mcto,m->", part.deltas, part.deltas, weights)
        trace += inputs * slopes / (weights.sum() * layer.positions)
        assert layer.positions == part.inputs.shape[1]
    X, labels = rows_of(known)
    got = kfac(known, known.query(X[:2], labels[:2]))
    assert got.damping == pytest.approx(SHARE * trace / objective.p)


CLASS_WEIGHTS = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)


@pytest.mark.parametrize(
    "options",
    [{}, {"weight": CLASS_WEIGHTS, "label_smoothing": 0.1}, {"ignore_index": 2}],
    ids=["plain", "weighted and smoothed", "a class ignored"],
)
def test_the_squares_of_fisher_factors_are_the_losss_own_curvature(options):
    loss = nn.CrossEntropyLoss(**options)
    run = looped(lambda: nn.Sequential(nn.Linear(4, 3)), loss, table(3)[1])
    bare = replace(run.objective, penalty=np.zeros(run.objective.p))
    [layer], [every] = bare.layers(run.w), bare.fisher_factors(run.w, all_rows(bare))
    at = layer.place.ravel()
    drawn = every.gradients().reshape(run.objective.n, -1, len(at))
    got = np.einsum("n,nci,ncj->ij", bare.weights, drawn, drawn)
    np.testing.assert_allclose(got, bare.gauss_newton(run.w)[np.ix_(at, at)], atol=1e-10)


class Outside(nn.Module):
    """A layer whose weight is used without calling the layer, too."""

    def __init__(self):
        super().__init__()
        self.inner, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.last(torch.tanh(self.inner(x)) @ self.inner.weight)


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.outer.weight = self.inner.weight

    def forward(self, x):
        return self.last(torch.tanh(self.outer(torch.tanh(self.inner(x)))))


class ByPosition(nn.Module):
    """Rows along the second axis, where a layer sees them."""

    def __init__(self):
        super().__init__()
        self.inner, self.last = nn.Linear(1, 2), nn.Linear(8, 3)

    def forward(self, x):
        hidden = torch.tanh(self.inner(x.T[..., None]))
        return self.last(hidden.transpose(0, 1).flatten(1))


REFUSED = {
    "BatchNorm1d": lambda: nn.Sequential(
        nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3)
    ),
    "LayerNorm": lambda: nn.Sequential(nn.Linear(4, 5), nn.LayerNorm(5), nn.Linear(5, 3)),
    "PReLU": lambda: nn.Sequential(nn.Linear(4, 5), nn.PReLU(), nn.Linear(5, 3)),
    "Conv2d": lambda: nn.Sequential(
        nn.Unflatten(1, (2, 2, 1)), nn.Conv2d(2, 2, 1, groups=2), nn.Flatten(), nn.Linear(4, 3)
    ),
    "layer 'inner', whose parameters act outside": Outside,
    "layer 'inner', whose parameters act outside of its own call": Tied,
    "layer 'inner', whose output for": ByPosition,
}


@pytest.mark.parametrize(("name", "module"), REFUSED.items(), ids=REFUSED)
@pytest.mark.parametrize("method", [kfac, ekfac])
def test_a_parameter_without_factors_is_an_error_that_names_it(name, module, method):
    run = looped(module, nn.CrossEntropyLoss(), table(3)[1])
    X, labels = rows_of(run)
    with pytest.raises(UnsupportedModelError, match=rf"{name}.*use method='influence' or 'cg'"):
        method(run, run.query(X[:3], labels[:3]))


def test_the_model_its_mode_its_gradients_and_the_random_stream_stay_as_they_are():
    run = looped(
        lambda: nn.Sequential(nn.Linear(4, 5), nn.Dropout(), nn.Tanh(), nn.Linear(5, 3)),
        nn.CrossEntropyLoss(), table(3)[1],
    )  # fmt: skip
    X, labels = rows_of(run)
    query = run.query(X[:3], labels[:3])
    modules = [run.model, run.objective.view.module]
    before = [
        [(p.clone(), None if p.grad is None else p.grad.clone()) for p in m.parameters()]
        for m in modules
    ]
    modes, stream = [m.training for m in modules], torch.random.get_rng_state()
    ekfac(run, query)
    assert torch.equal(torch.random.get_rng_state(), stream)
    assert torch.is_grad_enabled()
    assert [m.training for m in modules] == modes
    for module, held in zip(modules, before, strict=True):
        assert not any(part._forward_hooks for part in module.modules())
        for parameter, (value, slope) in zip(module.parameters(), held, strict=True):
            assert torch.equal(parameter, value)
            same = parameter.grad is None if slope is None else torch.equal(parameter.grad, slope)
            assert same
