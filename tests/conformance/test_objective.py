"""What every Objective owes: its derivatives are the derivatives of its loss."""

from dataclasses import replace

import numpy as np
import pytest

from traceprop_nb.errors import NotFiniteError, ShapeError, UnknownNameError
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.layers import Layered
from traceprop_nb.gradients.objective import Convex, Distillable, GaussNewton, all_rows

EPS = 1e-6


@pytest.fixture
def objective(run):
    return run.objective


@pytest.fixture
def w(run):
    return run.w + 0.1 * np.random.default_rng(3).normal(size=run.objective.p)


def slope(function, w, v):
    return (function(w + EPS * v) - function(w - EPS * v)) / (2 * EPS)


def test_per_example_grad_is_the_slope_of_the_loss(objective, w):
    rows = all_rows(objective)
    got = objective.per_example_grad(w, rows)
    assert got.shape == (objective.n, objective.p)
    assert got.dtype == np.float64
    for j, e in enumerate(np.eye(objective.p)):
        want = slope(lambda u: objective.loss(u, rows), w, e)
        np.testing.assert_allclose(got[:, j], want, atol=1e-7)


def test_per_example_grads_follow_the_rows_asked_for(objective, w):
    rows = np.array([3, 0, 3])
    np.testing.assert_allclose(
        objective.per_example_grad(w, rows),
        objective.per_example_grad(w, all_rows(objective))[rows],
        atol=1e-14,
    )


def test_grad_is_the_slope_of_the_value(objective, w):
    want = [slope(objective.value, w, e) for e in np.eye(objective.p)]
    np.testing.assert_allclose(objective.grad(w), want, atol=1e-6, rtol=1e-6)


def test_grad_is_the_weighted_sum_over_rows_plus_a_penalty_that_rows_do_not_touch(objective, w):
    def penalty(part):
        by_row = part.weights @ part.per_example_grad(w, all_rows(part))
        return part.grad(w) - by_row

    half = objective.restrict(all_rows(objective)[::2])
    np.testing.assert_allclose(penalty(objective), penalty(half), atol=1e-12)


def test_loss_grad_is_the_weighted_sum_over_the_rows_asked_for(objective, w):
    rows = np.array([3, 0, 11])
    want = objective.weights[rows] @ objective.per_example_grad(w, rows)
    np.testing.assert_allclose(objective.loss_grad(w, rows), want, atol=1e-12)
    np.testing.assert_array_equal(objective.loss_grad(w, rows[:0]), 0.0)


def test_the_gradient_is_that_of_the_losses_and_of_the_penalty(objective, w):
    want = objective.loss_grad(w, all_rows(objective)) + objective.penalty * w
    np.testing.assert_allclose(objective.grad(w), want, atol=1e-10)


def test_the_divergence_is_that_of_the_predicted_probabilities(classifier):
    objective, rows = classifier.objective, np.array([2, 0, 9, 9])
    assert isinstance(objective, Distillable)
    rng = np.random.default_rng(2)
    w, teacher = classifier.w + 0.3 * rng.normal(size=(2, objective.p))
    X, _ = rows_of(classifier)
    p, q = (objective.predict(v, X[rows]) for v in (teacher, w))
    want = (p * np.log(p / q)).sum(axis=1)
    np.testing.assert_allclose(objective.divergence(w, teacher, rows), want, atol=1e-12)
    assert (want > 0).all()
    np.testing.assert_allclose(objective.divergence(w, w, rows), 0.0, atol=1e-12)


def test_divergence_grad_is_the_slope_of_the_divergence(classifier):
    objective, rows = classifier.objective, np.array([2, 0, 9, 9])
    rng = np.random.default_rng(2)
    w, teacher = classifier.w + 0.3 * rng.normal(size=(2, objective.p))
    got = objective.divergence_grad(w, teacher, rows)
    want = [
        slope(lambda u: objective.divergence(u, teacher, rows).sum(), w, e)
        for e in np.eye(objective.p)
    ]
    np.testing.assert_allclose(got, want, atol=1e-7)


def test_value_is_the_weighted_sum_of_losses_plus_a_penalty_that_is_quadratic(objective, w):
    def penalty(u):
        return objective.value(u) - objective.weights @ objective.loss(u, all_rows(objective))

    assert penalty(w) >= -1e-12
    np.testing.assert_allclose(penalty(2 * w), 4 * penalty(w), atol=1e-9)


def test_hvp_is_the_slope_of_grad(objective, w):
    v = np.random.default_rng(4).normal(size=objective.p)
    np.testing.assert_allclose(objective.hvp(w, v), slope(objective.grad, w, v), atol=2e-6)


def test_hvp_is_linear_and_symmetric(objective, w):
    u, v = np.random.default_rng(1).normal(size=(2, objective.p))
    hu, hv = objective.hvp(w, u), objective.hvp(w, v)
    np.testing.assert_allclose(objective.hvp(w, 2 * u - v), 2 * hu - hv, atol=1e-9)
    np.testing.assert_allclose(u @ hv, v @ hu, rtol=1e-9)


def test_gauss_newton_is_its_product_and_has_no_negative_eigenvalue(objective, w):
    if isinstance(objective, BoostedRisk):
        return  # boosting minimises no sum, so it has no curvature to step with
    assert isinstance(objective, GaussNewton)
    matrix = objective.gauss_newton(w)
    v = np.random.default_rng(6).normal(size=objective.p)
    np.testing.assert_allclose(matrix @ v, objective.gauss_newton_product(w, v), atol=1e-8)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-9


def test_factors_multiply_to_gradients_and_square_to_the_gauss_newton_matrix(objective, w):
    if not isinstance(objective, Layered):
        return
    rows = np.array([3, 0, 3, 7])
    part = replace(objective.restrict(rows), penalty=np.zeros(objective.p), weights=np.ones(4))
    gradients, exact = objective.per_example_grad(w, rows), part.gauss_newton(w)
    layers = objective.layers(w)
    places = [layer.place.ravel() for layer in layers]
    np.testing.assert_array_equal(np.sort(np.concatenate(places)), np.arange(objective.p))
    factors = objective.grad_factors(w, rows), objective.fisher_factors(w, rows)
    for layer, at, one, every in zip(layers, places, *factors, strict=True):
        assert every.deltas.shape[1:3] == (layer.draws, layer.positions)
        got = one.gradients().reshape(4, -1)
        np.testing.assert_allclose(got, gradients[:, at], atol=1e-12)
        drawn = every.gradients().reshape(-1, len(at))
        np.testing.assert_allclose(drawn.T @ drawn, exact[np.ix_(at, at)], atol=1e-10)


def test_weights_are_one_positive_number_a_row(objective):
    assert objective.weights.shape == (objective.n,)
    assert (objective.weights > 0).all()


def test_restrict_keeps_loss_and_weight_of_the_kept_rows(objective, w):
    keep = np.array([5, 1, 7])
    part = objective.restrict(keep)
    assert part.n == 3
    np.testing.assert_allclose(part.loss(w, all_rows(part)), objective.loss(w, keep), atol=1e-12)
    np.testing.assert_array_equal(part.weights, objective.weights[keep])


def test_restricting_twice_is_restricting_once(objective, w):
    twice = objective.restrict(np.array([5, 1, 7, 2])).restrict(np.array([3, 0]))
    once = objective.restrict(np.array([2, 5]))
    np.testing.assert_allclose(twice.grad(w), once.grad(w), atol=1e-12)


def test_the_parts_of_a_split_sum_to_the_whole_and_one_more_penalty(objective, w):
    rows = all_rows(objective)
    left, right = objective.restrict(rows[:13]), objective.restrict(rows[13:])
    nothing = objective.restrict(rows[:0])
    np.testing.assert_allclose(
        left.grad(w) + right.grad(w), objective.grad(w) + nothing.grad(w), atol=1e-10
    )


def test_the_training_rows_as_a_query_have_the_training_losses(run):
    X, labels = rows_of(run)
    query = run.query(X, labels)
    np.testing.assert_allclose(
        query.loss(run.w, all_rows(query)),
        run.objective.loss(run.w, all_rows(run.objective)),
        atol=1e-10,
    )
    np.testing.assert_array_equal(query.weights, 1.0)


def test_probabilities_sum_to_one_and_the_best_is_what_correct_compares(classifier):
    run = classifier
    X, labels = rows_of(run)
    q = run.predict(X)
    assert q.shape == (run.objective.n, len(run.classes))
    np.testing.assert_allclose(q.sum(axis=1), 1.0)
    np.testing.assert_array_equal(
        run.classes[q.argmax(axis=1)] == labels, run.objective.correct(run.w)
    )


def test_nan_in_a_query_is_an_error_that_names_the_place(run):
    X, labels = rows_of(run)
    X = X.copy()
    X[2, 1] = np.nan
    if run.name == "trees" and run.recorded["model"].startswith("Hist"):
        assert run.query(X, labels).n == 40, "there a missing value is a value"
        return
    with pytest.raises(NotFiniteError, match="nan at row 2, column 1"):
        run.query(X, labels)


def test_another_number_of_features_is_an_error_that_says_both(run):
    X, labels = rows_of(run)
    with pytest.raises(ShapeError, match=r"\(40, 3\).*(4 features|\(4,\))"):
        run.query(X[:, :3], labels)


def test_another_number_of_labels_is_an_error(run):
    X, labels = rows_of(run)
    with pytest.raises(ShapeError, match="for 40 rows"):
        run.query(X, labels[:-1])


def test_a_class_that_was_not_trained_is_an_error_that_lists_the_classes(classifier):
    run = classifier
    X, labels = rows_of(run)
    with pytest.raises(UnknownNameError, match=r"no class named '7'.*Known: '0', '1'"):
        run.query(X, np.full_like(labels, 7))


def test_one_row_may_be_a_vector(run):
    X, labels = rows_of(run)
    one = run.query(X[3], labels[3])
    assert one.n == 1
    np.testing.assert_allclose(
        one.loss(run.w, all_rows(one)), run.objective.loss(run.w, np.array([3])), atol=1e-10
    )


def test_a_convex_objective_is_flat_along_its_flat_directions_only(convex_run):
    objective = convex_run.objective
    assert isinstance(objective, Convex)
    w = convex_run.w + 0.3 * np.random.default_rng(9).normal(size=objective.p)
    flat = objective.flat
    np.testing.assert_allclose(flat @ flat.T, np.eye(len(flat)), atol=1e-12)
    for direction in flat:
        np.testing.assert_allclose(objective.value(w + 3 * direction), objective.value(w))
    values = np.linalg.eigvalsh(objective.gauss_newton(w))
    assert (values > 1e-9 * values[-1]).sum() == objective.p - len(flat)


def test_a_convex_objective_has_its_hessian_as_gauss_newton(convex_run):
    objective = convex_run.objective
    v = np.random.default_rng(8).normal(size=objective.p)
    w = convex_run.w + 0.1
    np.testing.assert_allclose(objective.gauss_newton(w) @ v, objective.hvp(w, v), atol=1e-9)


def rows_of(run):
    """X and labels that the run was trained on, as the user had them."""
    objective = run.objective
    if hasattr(objective, "ensemble"):
        return objective.X, run.labels
    if run.framework == "torch":
        target = run.labels
        return objective.inputs[0].numpy(), target
    if run.framework == "jax":
        return objective.X, run.labels
    intercept = 1 if objective.encoder.intercept else 0
    return objective.design[:, : objective.design.shape[1] - intercept], run.labels
