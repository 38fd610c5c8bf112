"""Gradients in the store: only where asked for, as they were, and good for finding wrong labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import text

from tests.records.notebook import FIT, IMPORTS, SPLIT, Lab, people
from tests.records.test_artifacts import NET
from traceprop_nb.attribution.self_influence import self_influence
from traceprop_nb.attribution.trak import trak
from traceprop_nb.errors import (
    NotFiniteError,
    OptionError,
    ShapeError,
    StoreError,
    UnknownNameError,
)
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.projection import sign_sketch
from traceprop_nb.session import feature_keeping
from traceprop_nb.session.core import Session
from traceprop_nb.session.stored_check import check
from traceprop_nb.stores.compact import files_of


def trained(where, *, net=False, **how):
    """The id of an ended session with a model in a store, and its runs."""
    lab = Lab()
    storage = lab.session.open(where, **how)
    lab.source("table", people())
    lab(IMPORTS)
    lab(SPLIT)
    lab.train("clf", FIT)
    if net:
        lab.train("net", NET)
    runs = dict(lab.session.runs)
    storage.close()
    lab.session.close()
    return storage.id, runs


def past(where, session):
    return Session().open(where).lineage(session)


def test_nothing_of_a_gradient_is_stored_unless_asked_for(where):
    session, _ = trained(where)
    then = past(where, session)
    assert "features" not in {event.kind for event in then.storage.events(session)}
    with pytest.raises(UnknownNameError, match="no run with stored gradients named 'clf'"):
        then.features("clf")
    then.storage.close()


def test_gradients_come_back_as_they_were(where):
    session, runs = trained(where, features=True, net=True)
    then = past(where, session)
    for name, run in runs.items():
        found = then.features(name)
        every = np.arange(run.objective.n)
        whole = run.objective.per_example_grad(run.w, every)
        project = sign_sketch(found.p, found.rows.shape[1], seed=found.seed)
        np.testing.assert_array_equal(found.rows, project(whole).astype(np.float32))
        loss = run.objective.loss(run.w, every)
        np.testing.assert_array_equal(found.loss, loss.astype(np.float32))
        own = np.maximum(np.diag(trak(run, run.objective).scores), 0)
        np.testing.assert_allclose(found.self_influence(), own, rtol=2e-3, atol=1e-6)
        size = f"{run.objective.n} rows, {run.objective.p} parameters"
        assert repr(found) == f"gradients of {name!r}: {size}"
    assert list(check(then.storage)) == []
    then.storage.close()


def test_a_run_is_kept_once_and_again_when_it_is_trained_again(tmp_path):
    lab = Lab()
    stored = lab.session.open(tmp_path / "s.db", features=True)
    lab.source("table", people())
    lab(IMPORTS)
    lab(SPLIT)
    lab.train("clf", FIT)
    lab("pass")
    lab("pass")
    assert [e.kind for e in stored.events()].count("features") == 1
    lab.train("clf", FIT.replace("LogisticRegression()", "LogisticRegression(C=9)"))
    lab("pass")
    assert [e.kind for e in stored.events()].count("features") == 2
    newest = lab.session.runs["clf"]
    found = stored.lineage(stored.id).features("clf")
    whole = newest.objective.per_example_grad(newest.w, np.arange(newest.objective.n))
    np.testing.assert_array_equal(found.rows, whole.astype(np.float32))
    stored.close()
    lab.session.close()


def test_a_large_run_is_projected_and_a_larger_one_is_left_out_and_says_so(where, monkeypatch):
    monkeypatch.setattr(feature_keeping, "MOST_BYTES", 4 * 140 * 5)
    monkeypatch.setattr(feature_keeping, "LEAST", 4)
    session, runs = trained(where, features=True, net=True)
    then = past(where, session)
    found = then.features("net")
    assert found.rows.shape == (140, 5)
    assert "projected to 5" in repr(found)
    project = sign_sketch(6, 5, seed=found.seed)
    whole = runs["net"].objective.per_example_grad(runs["net"].w, np.arange(140))
    np.testing.assert_array_equal(found.rows, project(whole).astype(np.float32))
    then.storage.close()


def test_what_is_too_large_says_so(where, monkeypatch):
    monkeypatch.setattr(feature_keeping, "MOST_BYTES", 4 * 140)
    session, _ = trained(where, features=True)
    then = past(where, session)
    with pytest.raises(StoreError, match="no gradients of 'clf' are stored: 140 rows are too many"):
        then.features("clf")
    (told,) = [e.body for e in then.storage.events(session) if e.kind == "features"]
    assert told["skipped"] == ["140 rows are too many for 64 dimensions each"]
    then.storage.close()


def test_another_sessions_gradients_are_not_this_ones(tmp_path):
    where = tmp_path / "s.db"
    first, runs = trained(where, features=True)
    second, _ = trained(where, net=True)
    then = past(where, first)
    assert then.features("clf").rows.shape[0] == runs["clf"].objective.n
    with pytest.raises(UnknownNameError, match="no run with stored gradients named 'clf'"):
        then.storage.lineage(second).features("clf")
    then.storage.close()


def test_models_that_vote_have_no_gradients_of_one(where):
    lab = Lab()
    stored = lab.session.open(where, features=True)
    lab.source("table", people())
    lab(IMPORTS)
    lab(SPLIT)
    lab.session.begin_train("vote", TrainOptions(shards=True))
    lab("model = [LogisticRegression().fit(X[k::2], y[k::2]) for k in range(2)]")
    lab.session.end_train(True)
    lab("pass")
    with pytest.raises(StoreError, match="2 models vote, each with gradients of its own"):
        stored.lineage(stored.id).features("vote")
    stored.close()
    lab.session.close()


def test_a_segment_that_is_gone_is_said_and_found_by_the_check(tmp_path):
    where = tmp_path / "s.db"
    session, _ = trained(where, features=True)
    then = past(where, session)
    (told,) = [e.body for e in then.storage.events(session) if e.kind == "features"]
    with then.storage.store.database.begin() as connection:
        gone = text("DELETE FROM segments WHERE digest = :d")
        assert connection.execute(gone, {"d": told["segment"]}).rowcount == 1
    with pytest.raises(StoreError, match="segment"):
        then.features("clf")
    assert [damage.session for damage in check(then.storage)] == [session]
    then.storage.close()


def test_hidden_names_stay_hidden_and_are_asked_by_the_real_one(tmp_path):
    where = tmp_path / "s.db"
    session, _ = trained(where, features=True, names="keyed")
    then = past(where, session)
    assert then.features("clf").rows.shape == (140, 3)
    written = b"".join(path.read_bytes() for path in files_of(then.storage.store.database))
    assert b'"clf"' not in written
    then.storage.close()


def test_a_session_that_is_open_without_them_cannot_begin_to_keep_them(tmp_path):
    session = Session()
    stored = session.open(tmp_path / "s.db")
    assert session.open(tmp_path / "s.db") is stored
    with pytest.raises(OptionError, match=r"stored in .* already"):
        session.open(tmp_path / "s.db", features=True)
    stored.close()


def test_wrong_labels_are_among_the_suspects(tmp_path):
    lab = Lab()
    stored = lab.session.open(tmp_path / "s.db", features=True)
    table = people(300)
    table["y"] = np.where(table["a"] - table["b"] > 0, "sick", "well")
    wrong = [5, 17, 40, 77, 120]
    table.loc[wrong, "y"] = np.where(table.loc[wrong, "y"] == "sick", "well", "sick")
    lab.source("table", table)
    lab(IMPORTS)
    lab(SPLIT)
    lab.train("clf", FIT)
    stored.close()
    then = past(tmp_path / "s.db", stored.id)
    suspects = then.features("clf").suspects(10)
    assert set(wrong) <= set(suspects.tolist())
    then.storage.close()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 2**16), st.booleans())
def test_self_influence_is_its_definition(n, k, seed, classifier):
    """By the definition, row by row, with the damping that the Gram matrix asks for."""
    from traceprop_nb.attribution.damping import damping_for

    draw = np.random.default_rng(seed)
    g, loss, weights = draw.normal(size=(n, k)), draw.exponential(size=n), draw.uniform(0.5, 2, n)
    p = np.exp(-loss)
    each = p / (1 - p) if classifier else np.ones(n)
    gram = sum(e * w * np.outer(row, row) for e, w, row in zip(each, weights, g, strict=True))
    damped = gram + damping_for(gram)[0] * np.eye(k)
    own = [w * row @ np.linalg.inv(damped) @ row for w, row in zip(weights, g, strict=True)]
    found = self_influence(g, loss, weights, classifier=classifier)
    np.testing.assert_allclose(found, own, rtol=1e-6, atol=1e-12)


def test_odd_gradients_are_refused():
    g, ones = np.ones((3, 2)), np.ones(3)
    with pytest.raises(ShapeError, match="not of the same rows"):
        self_influence(g, np.ones(2), ones)
    with pytest.raises(NotFiniteError, match="not finite"):
        self_influence(np.full((3, 2), np.nan), ones, ones)
