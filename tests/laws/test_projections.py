"""Laws of the projections: of vectors, and of gradients in the factors of their layers."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.gradients import blocks
from traceprop_nb.gradients.layers import Factors
from traceprop_nb.gradients.projections import projector
from traceprop_nb.gradients.projections.hadamard import Hadamard
from traceprop_nb.gradients.projections.logra import Kronecker
from traceprop_nb.gradients.projections.rademacher import Rademacher
from traceprop_nb.gradients.projections.sparse import Sparse
from traceprop_nb.gradients.projections.tensor_sketch import TensorSketch

VECTORS = {"rademacher": Rademacher, "sparse": Sparse, "hadamard": Hadamard}
FACTORED = {"tensor-sketch": TensorSketch, "logra": Kronecker}
SHAPES = ((3, 5), (4, 2), (2, 6))
TRIALS = 400

seeds = st.integers(0, 2**16)


@pytest.fixture(params=VECTORS.values(), ids=VECTORS, scope="module")
def make(request):
    return request.param


@pytest.fixture(params=FACTORED.values(), ids=FACTORED, scope="module")
def factored(request):
    return request.param


def drawn(rng, m, positions=1, shapes=SHAPES):
    """Factors of m rows in layers of these shapes."""
    return [
        Factors(rng.normal(size=(m, positions, i)), rng.normal(size=(m, 1, positions, o)))
        for o, i in shapes
    ]


def positive(parts):
    """Where signs are missing, what meets in a bucket adds up instead of cancelling."""
    return [Factors(np.abs(x.inputs), np.abs(x.deltas)) for x in parts]


def formed(parts):
    return np.concatenate([x.gradients()[:, 0].reshape(len(x.inputs), -1) for x in parts], axis=1)


def units(shapes=SHAPES):
    """Factors of every unit gradient, one a row."""
    parts, start = [], 0
    total = sum(o * i for o, i in shapes)
    for d_out, d_in in shapes:
        own = np.arange(d_out * d_in)
        inputs, deltas = np.zeros((total, 1, d_in)), np.zeros((total, 1, 1, d_out))
        inputs[start + own, 0, own % d_in] = 1.0
        deltas[start + own, 0, 0, own // d_in] = 1.0
        parts.append(Factors(inputs, deltas))
        start += len(own)
    return parts


@settings(max_examples=15, deadline=None)
@given(p=st.integers(1, 60), k=st.integers(1, 12), seed=seeds)
def test_it_is_linear_and_follows_from_its_seed(make, p, k, seed):
    g = np.random.default_rng(seed).normal(size=(3, p))
    project = make(p, k, seed)
    matrix = make(p, k, seed)(np.eye(p))
    assert matrix.shape == (p, project.k)
    np.testing.assert_allclose(project(g), g @ matrix, atol=1e-12)


def test_another_seed_is_another_projection(make):
    assert not np.array_equal(make(40, 8, 1)(np.eye(40)), make(40, 8, 2)(np.eye(40)))


def test_rows_do_not_depend_on_the_blocks_they_come_in(make, monkeypatch):
    g = np.random.default_rng(0).normal(size=(9, 50))
    whole = make(50, 7)(g)
    monkeypatch.setattr(blocks, "BUDGET", 1)
    parts = np.concatenate([make(50, 7)(g[at : at + 2]) for at in range(0, 9, 2)])
    np.testing.assert_allclose(parts, whole, atol=1e-12)


def test_stripes_have_streams_of_their_own(make, monkeypatch):
    # With equal streams two coordinates in different stripes would always share their signs.
    for module in ("rademacher", "sparse"):
        monkeypatch.setattr(f"traceprop_nb.gradients.projections.{module}.STRIPE", 8)
    matrix = make(32, 16)(np.eye(32))
    assert len(np.unique(matrix, axis=0)) == 32


def bounded(kept, g, h, k):
    """Mean within five standard errors, and variance within the bound and its own error."""
    bound = 2 * (g @ g) * (h @ h) / k
    assert abs(np.mean(kept) - g @ h) < 5 * np.sqrt(bound / len(kept))
    assert np.var(kept) < 1.3 * bound
    assert np.var(kept) > 0.2 * bound  # a control: it does lose something


def test_inner_products_are_kept_on_average_within_the_stated_spread(make):
    g, h = np.abs(np.random.default_rng(0).normal(size=(2, 50)))
    kept = [np.prod(make(50, 10, seed)(np.stack([g, h])), axis=0).sum() for seed in range(TRIALS)]
    bounded(kept, g, h, 10)


def test_a_sparser_one_has_the_spread_that_it_says():
    g, h = np.abs(np.random.default_rng(0).normal(size=(2, 50)))
    kept = [
        np.prod(Sparse(50, 10, seed, 8.0)(np.stack([g, h])), axis=0).sum() for seed in range(TRIALS)
    ]
    want = ((g @ g) * (h @ h) + (g @ h) ** 2 + 5.0 * (g**2 * h**2).sum()) / 10
    assert abs(np.mean(kept) - g @ h) < 5 * np.sqrt(want / TRIALS)
    assert np.var(kept) == pytest.approx(want, rel=0.35)


def test_entries_are_those_of_the_definition():
    dense = Rademacher(30, 9)(np.eye(30))
    np.testing.assert_allclose(np.abs(dense), 1 / 3)
    thin = Sparse(200, 50)(np.eye(200))
    assert set(np.unique(np.round(np.abs(thin), 12))) == {0.0, np.round(np.sqrt(3 / 50), 12)}
    assert np.mean(thin != 0) == pytest.approx(1 / 3, abs=0.02)
    whole = Hadamard(16, 16)(np.eye(16))
    np.testing.assert_allclose(whole @ whole.T, np.eye(16), atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, k=st.integers(3, 20), positions=st.integers(1, 3))
def test_factors_give_the_projection_of_the_gradient_that_they_stand_for(
    factored, seed, k, positions
):
    parts = drawn(np.random.default_rng(seed), 4, positions)
    project = factored(SHAPES, k, seed)
    matrix = project(units())
    assert matrix.shape[1] == project.k <= k
    np.testing.assert_allclose(project(parts), formed(parts) @ matrix, atol=1e-10)


def test_a_tensor_sketch_puts_each_entry_into_one_bucket_with_a_sign():
    matrix = np.round(TensorSketch(SHAPES, 7, 3)(units()), 9)
    assert (np.count_nonzero(matrix, axis=1) == 1).all()
    assert set(np.unique(matrix)) <= {-1.0, 0.0, 1.0}


def test_a_tensor_sketch_keeps_inner_products_on_average_within_the_stated_spread():
    parts = positive(drawn(np.random.default_rng(1), 2, 2))
    g, h = formed(parts)
    kept = [np.prod(TensorSketch(SHAPES, 16, seed)(parts), axis=0).sum() for seed in range(TRIALS)]
    bounded(kept, g, h, 16)


def test_a_kronecker_projection_keeps_inner_products_on_average_within_the_stated_spread():
    shapes = ((9, 12),)
    parts = positive(drawn(np.random.default_rng(1), 2, 2, shapes))
    g, h = formed(parts)
    kept = [np.prod(Kronecker(shapes, 36, seed)(parts), axis=0).sum() for seed in range(TRIALS)]
    bound = 8 * (g @ g) * (h @ h) / 6
    assert abs(np.mean(kept) - g @ h) < 5 * np.sqrt(bound / TRIALS)
    assert 0.02 * bound < np.var(kept) < bound


def test_a_kronecker_projection_with_room_keeps_the_gradient():
    parts = drawn(np.random.default_rng(1), 5)
    whole = Kronecker(SHAPES, 3 * 15)(parts)
    np.testing.assert_allclose(whole, formed(parts), atol=1e-12)


def test_factored_rows_do_not_depend_on_the_blocks_they_come_in(factored, monkeypatch):
    parts = drawn(np.random.default_rng(0), 7, 2)
    whole = factored(SHAPES, 12)(parts)
    monkeypatch.setattr("traceprop_nb.gradients.projections.tensor_sketch.CHUNK", 2)
    np.testing.assert_allclose(factored(SHAPES, 12)(parts), whole, atol=1e-12)


def test_factors_in_single_precision_stay_so(factored):
    parts = drawn(np.random.default_rng(0), 4)
    small = [Factors(x.inputs.astype("f4"), x.deltas.astype("f4")) for x in parts]
    got = factored(SHAPES, 12)(small)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, factored(SHAPES, 12)(parts), atol=1e-4)


def test_a_projection_to_nothing_is_an_error(make, factored):
    with pytest.raises(OptionError, match="pass at least 1"):
        make(5, 0)
    with pytest.raises(OptionError, match="pass at least 1"):
        factored(SHAPES, 0)


def test_gradients_of_another_length_are_an_error(make):
    with pytest.raises(ShapeError, match=r"pass \(m, 5\)"):
        make(5, 2)(np.ones((2, 6)))


def test_a_density_above_one_is_an_error():
    with pytest.raises(OptionError, match=r"s=0\.5 is not at least 1"):
        Sparse(5, 2, s=0.5)


def test_streams_of_seeds_and_stripes_differ():
    heads = {tuple(projector.stream(s, t).integers(0, 2**30, 3)) for s in (0, 1) for t in (0, 1)}
    assert len(heads) == 4
