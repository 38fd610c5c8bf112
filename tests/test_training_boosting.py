"""Fits of boosted trees become runs: the library's own leaves, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.boosted_runs import CLASSIFIERS, REGRESSORS, recorded, table, watched
from traceprop_nb.errors import ConvergenceError, NoModelError, ShapeError, UnsupportedModelError
from traceprop_nb.gradients.boosting.check import require_formula
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.unlearning.forget import forget

KINDS = list(CLASSIFIERS)
X, Y = table(2)
OWN = {
    "gb": lambda m, X: m.apply(X).reshape(len(X), -1),
    "lightgbm": lambda m, X: m.predict(X, pred_leaf=True),
    "xgboost": lambda m, X: m.apply(X).reshape(len(X), -1),
}
"""Leaves as the library's public door gives them; histogram boosting has none."""


@pytest.mark.parametrize("classes", [None, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_the_librarys_own(kind, classes):
    X, y = table(classes)
    model = (REGRESSORS if classes is None else CLASSIFIERS)[kind]()
    run = recorded(model, X, y)
    fresh, _ = table(classes, 50, seed=3)
    own = model.predict(fresh)[:, None] if classes is None else model.predict_proba(fresh)
    np.testing.assert_allclose(run.predict(fresh), own, rtol=2e-6 if kind == "xgboost" else 1e-12)
    assert run.recorded["largest_leaf_error"] < (1e-12 if kind == "gb" else 1e-5)
    assert isinstance(run.objective, BoostedRisk)
    assert run.objective.ensemble.started in ("mean", "log odds", "log shares")


@pytest.mark.parametrize("classes", [None, 3])
@pytest.mark.parametrize("kind", list(OWN))
def test_leaves_are_those_of_the_librarys_own_door(kind, classes):
    X, y = table(classes)
    model = (REGRESSORS if classes is None else CLASSIFIERS)[kind]()
    run = recorded(model, X, y)
    own, mine = OWN[kind](model, X), run.objective.leaf.reshape(len(X), -1)
    for a, b in zip(own.T, mine.T, strict=True):
        pairs = set(zip(a.tolist(), b.tolist(), strict=True))
        assert len(pairs) == len(set(a.tolist())) == len(set(b.tolist())), "one to one"


@pytest.mark.parametrize("kind", KINDS)
def test_recording_changes_nothing_and_nothing_stays_patched(kind):
    before = type(CLASSIFIERS[kind]()).fit
    plain = CLASSIFIERS[kind]().fit(X, Y)
    model = CLASSIFIERS[kind]()
    recorded(model, X, Y)
    np.testing.assert_array_equal(plain.predict_proba(X), model.predict_proba(X))
    assert type(model).fit is before


@pytest.mark.parametrize("kind", KINDS)
def test_the_run_is_safe_from_what_the_user_does_next(kind):
    mine, labels, model = X.copy(), Y.copy(), CLASSIFIERS[kind]()
    run = recorded(model, mine, labels)
    before = run.predict(X)
    mine[:], labels[:] = 0.0, 0
    model.fit(X[:60], Y[:60])
    np.testing.assert_array_equal(run.predict(X), before)
    np.testing.assert_array_equal(run.objective.X, X)
    np.testing.assert_array_equal(run.labels, Y)


@pytest.mark.parametrize("kind", KINDS)
def test_the_recipe_repeats_the_run_and_leaves_rows_out(kind):
    weight = np.random.default_rng(2).uniform(0.5, 2.0, len(X))
    model = CLASSIFIERS[kind]()
    run = recorded(model, X, Y, sample_weight=weight)
    again = run.recipe.train(np.arange(len(X)), 0, lambda _: None)
    np.testing.assert_array_equal(again.w, run.w)
    assert again.model is not model
    keep = np.flatnonzero(np.arange(len(X)) % 3)
    part = run.recipe.train(keep, 0, lambda _: None)
    direct = CLASSIFIERS[kind]().fit(X[keep], Y[keep], sample_weight=weight[keep])
    np.testing.assert_array_equal(part.model.predict_proba(X), direct.predict_proba(X))
    assert part.objective.n == len(X)
    with pytest.raises(ConvergenceError, match="is of class"):
        run.recipe.train(np.flatnonzero(Y == 0), 0, lambda _: None)


@pytest.mark.parametrize("kind", ["hist", "lightgbm", "xgboost"])
def test_missing_values_tables_and_categories_go_their_own_way(kind):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame.loc[rng.random(len(X)) < 0.2, "a"] = np.nan
    frame["k"] = pd.Categorical(np.where(Y == 1, "p", "q")).remove_categories("q")
    frame["k"] = frame["k"].cat.add_categories("r").where(rng.random(len(X)) < 0.8, "r")
    options = {"enable_categorical": True} if kind == "xgboost" else {}
    model = CLASSIFIERS[kind](**options)
    run = recorded(model, frame, Y)
    own = model.predict_proba(frame)
    np.testing.assert_allclose(run.predict(frame), own, rtol=1e-6)
    assert run.query(frame.iloc[:3], Y[:3]).n == 3
    half = run.recipe.train(np.arange(0, len(X), 2), 0, lambda _: None)
    assert half.objective.n == len(X)
    with pytest.raises(ShapeError, match=r"column 0 of the query is 'b'.*trained on 'a'"):
        run.query(frame[list("bacdk")], Y)


MONOTONE = {"gb": None, "hist": "monotonic_cst", "lightgbm": "monotone_constraints",
            "xgboost": "monotone_constraints"}  # fmt: skip
REFUSED = [
    ("gb", {"subsample": 0.5}, "subsample=0.5"),
    ("gb", {"loss": "exponential"}, "loss='exponential'"),
    ("gb", {"n_iter_no_change": 2}, "n_iter_no_change=None"),
    ("gb", {"warm_start": True}, "warm_start=True"),
    ("hist", {"early_stopping": True}, "early_stopping=False"),
    ("hist", {"monotonic_cst": [1, 0, 0, 0]}, "monotonic_cst"),
    ("lightgbm", {"subsample": 0.5, "subsample_freq": 1}, "subsample=0.5"),
    ("lightgbm", {"reg_alpha": 1.0}, "lambda_l1=1.0"),
    ("lightgbm", {"boosting_type": "dart"}, "boosting='dart'"),
    ("lightgbm", {"data_sample_strategy": "goss"}, "data_sample_strategy='goss'"),
    ("lightgbm", {"monotone_constraints": [1, 0, 0, 0]}, "monotone_constraints='1,0,0,0'"),
    ("lightgbm", {"is_unbalance": True}, "is_unbalance=1.0"),
    ("lightgbm", {"path_smooth": 2.0}, "path_smooth=2.0"),
    ("xgboost", {"subsample": 0.5}, "subsample=0.5"),
    ("xgboost", {"reg_alpha": 1.0}, "alpha=1.0"),
    ("xgboost", {"booster": "dart"}, "booster='dart'"),
    ("xgboost", {"max_delta_step": 0.5}, "max_delta_step=0.5"),
    ("xgboost", {"num_parallel_tree": 2}, "num_parallel_tree=2.0"),
    ("xgboost", {"monotone_constraints": (1, 0, 0, 0)}, r"monotone_constraints=.*1,0,0,0"),
]


@pytest.mark.parametrize(("kind", "options", "text"), REFUSED, ids=str)
def test_what_is_not_covered_is_said_and_the_fit_goes_well(kind, options, text):
    import re

    model = CLASSIFIERS[kind](**options)
    captured, advice = watched(model, X, Y)
    assert captured == []
    assert re.search(text, advice)
    assert model.predict(X).shape == Y.shape


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("lightgbm", {"init_score": np.zeros(len(X))}, "was given init_score"),
        ("xgboost", {"base_margin": np.zeros(len(X))}, "was given base_margin"),
    ],
)
def test_a_start_that_is_given_with_the_rows_is_refused(kind, more, text):
    captured, advice = watched(CLASSIFIERS[kind](), X, Y, **more)
    assert captured == []
    assert text in advice


def test_early_stopping_on_other_rows_names_the_number_of_trees():
    from lightgbm import early_stopping

    stop = early_stopping(1, verbose=False)
    _, advice = watched(
        CLASSIFIERS["lightgbm"](), X, Y, eval_X=(X[:20],), eval_y=(Y[:20],), callbacks=[stop]
    )
    assert "and no early stopping" in advice
    captured, advice = watched(
        CLASSIFIERS["xgboost"](early_stopping_rounds=1), X, Y, eval_set=[(X[:20], Y[:20])],
        verbose=False,
    )  # fmt: skip
    assert captured == []
    assert "early_stopping_rounds=1" in advice


@pytest.mark.parametrize("kind", KINDS)
def test_leaves_that_the_formula_does_not_give_are_noticed_whatever_the_reason(kind):
    from dataclasses import replace

    run = recorded(CLASSIFIERS[kind](), X, Y)
    risk = run.objective
    assert require_formula(risk, "Trees") < 1e-5
    for other in (
        replace(risk, weights=np.where(np.arange(len(X)) % 2, 1.0, 0.0)),  # rows were left out
        replace(risk, ensemble=replace(risk.ensemble, l2=risk.ensemble.l2 + 1.0)),
        replace(risk, ensemble=replace(risk.ensemble, factor=2.0)),
    ):
        with pytest.raises(UnsupportedModelError, match="a constraint or penalty changes leaves"):
            require_formula(other, "Trees")


def test_weights_of_classes_and_of_rows_count():
    for kind, options in (
        ("hist", {"class_weight": "balanced"}),
        ("lightgbm", {"class_weight": {0: 1.0, 1: 3.0}}),
        ("xgboost", {"scale_pos_weight": 3.0}),
    ):
        run = recorded(CLASSIFIERS[kind](**options), X, Y)
        assert len(np.unique(run.objective.weights)) <= 2
        assert run.recorded["largest_leaf_error"] < 1e-5
    assert "the start of boosting is held" in run.objective.note, "XGBoost starts from shares"


def test_a_seed_that_matters_gives_other_trees_and_none_does_not():
    drawn = recorded(CLASSIFIERS["xgboost"](colsample_bynode=0.5, random_state=1), X, Y)
    assert drawn.recipe.seeds
    rows = np.arange(len(X))
    one, two, again = (drawn.recipe.train(rows, s, lambda _: None) for s in (0, 1, 0))
    np.testing.assert_array_equal(one.w, again.w)
    assert len(one.w) != len(two.w) or (one.w != two.w).any()
    assert not recorded(CLASSIFIERS["xgboost"](), X, Y).recipe.seeds


def test_a_pipeline_is_explained_from_the_rows_that_went_into_it():
    from traceprop_nb.adapters.sklearn.training import SklearnTap

    model = make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=5))
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    model.fit(X, Y)
    [captured] = tap.stop()
    run = captured.run("pipe")
    assert run.model is model
    np.testing.assert_allclose(run.predict(X), model.predict_proba(X), atol=1e-12)


def test_forgetting_in_place_is_refused_and_says_how_to_grow_them_again():
    run = recorded(CLASSIFIERS["hist"](), X, Y)
    with pytest.raises(UnsupportedModelError, match="forget by being grown again only"):
        forget(run, np.array([1, 2]))


CELL = """
import numpy as np, pandas as pd
from lightgbm import LGBMClassifier
d = pd.concat([pd.read_csv('a.csv'), pd.read_csv('b.csv')])
X, y = d[['u', 'v']].to_numpy(), d['y'].to_numpy()
clf = LGBMClassifier(n_estimators=5, min_child_samples=3, verbose=-1, n_jobs=1).fit(X, y)
"""


def test_a_session_leads_from_a_prediction_to_file_lines(notebook, tmp_path, monkeypatch):
    from tests.test_session_learning import train
    from traceprop_nb.session.evaluate import Asked, evaluate

    monkeypatch.chdir(tmp_path)
    for name, seed in (("a.csv", 1), ("b.csv", 2)):
        made, labels = table(2, 30, seed)
        lines = [f"{r[0]},{r[1]},{label}" for r, label in zip(made, labels, strict=True)]
        (tmp_path / name).write_text("\n".join(["u,v,y", *lines]))
    notebook("import lightgbm")
    train(notebook, CELL, "trees")
    answer = notebook.session.influence(np.array([[0.3, -0.2]]))
    assert answer.method == "leaf-influence"
    assert set(answer.by_source(0)) == {"a.csv", "b.csv"}
    assert answer.top(0)[0].line is not None
    asked = Asked("lds", 10, 1, None, None, 0)
    queries = (notebook.names["X"][:4], notebook.names["y"][:4])
    found = evaluate(notebook.session, "auto", queries, asked, run=None, estimand=None, truth=None)
    assert found.estimand == "half_subset"
    assert found.models == 10
    with pytest.raises(UnsupportedModelError, match="grown again only"):
        notebook.session.unlearn(rows=[1])
    with pytest.raises(NoModelError, match="LightGBM"):
        train(notebook, "pass", "nothing")
