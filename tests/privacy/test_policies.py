"""Rules stop, ask, warn or let through, before anything has happened; without a pack, nothing."""

from __future__ import annotations

import ast
import warnings

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from tests.privacy.test_tags import PEOPLE, WARDS, tag
from traceprop_nb.errors import OptionError, PolicyError, PolicyWarning, UnknownNameError
from traceprop_nb.session.policy.ahead import uses
from traceprop_nb.session.policy.look import Look
from traceprop_nb.session.policy.pack import load
from traceprop_nb.session.privacy.levels import level_of

STRICT = """
[pack]
name = "strict"
version = "3"

[[rule]]
id = "published"
sink = "write"
tag = "published"
action = "allow"

[[rule]]
id = "no-income"
sink = ["model", "write"]
column = ["income"]
action = "block"
why = "income stays here"

[[rule]]
id = "shuffled-first"
sink = "model"
level = "personal"
without = "shuffle_rows"
action = "warn"
why = "shuffle first"

[[rule]]
id = "special-needs-words"
sink = "model"
level = "special"
action = "require_reason"
why = "why"
"""


@pytest.fixture
def people(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "wards.csv").write_text(WARDS)
    (tmp_path / ".traceprop/policies").mkdir(parents=True)
    (tmp_path / ".traceprop/policies/strict.toml").write_text(STRICT)
    notebook("import pandas as pd, numpy as np")
    notebook("from sklearn.linear_model import LogisticRegression")
    notebook("from sklearn.preprocessing import StandardScaler\ndf = pd.read_csv('people.csv')")
    notebook("w = pd.read_csv('wards.csv')\nclf = LogisticRegression()\nscale = StandardScaler()")
    tag(notebook, "income", "personal")
    tag(notebook, "ward", "internal", "hipaa")
    yield notebook
    notebook.session.guard.close()


def rules(nb):
    return nb.session.guard.policies


def sinks(nb, source: str) -> dict[tuple[str, str], str]:
    """(sink, call) -> level of what goes there, but for what is shown."""
    found = uses(ast.parse(source), nb.session.namespace, Look(nb.session))
    return {(u.sink, u.call): level_of(u.marks) for u in found if u.sink != "show"}


CELLS = {
    "clf.fit(df[['age', 'income']], df['y'])": {("model", "fit"): "personal"},
    "clf.fit(df[['age', 'ward']], df['y'])": {("model", "fit"): "internal"},
    "clf.fit(df[['age']], df['y'])": {("model", "fit"): "none"},
    "clf.fit(df.drop(columns=['income', 'ward'])[['age']], df.y)": {("model", "fit"): "none"},
    "X = df[['age', 'income']].to_numpy()\nX = X * 2\nclf.fit(X, df.y)": {
        ("model", "fit"): "personal"
    },
    "X = df\nX = X[['age']]\nclf.fit(X, df['y'])": {("model", "fit"): "none"},
    "if 1:\n    X = df[['age']]\nX = X if 0 else df\nclf.fit(X)": {("model", "fit"): "personal"},
    "X = df\nif 1:\n    X = df[['age']]\nclf.fit(X)": {("model", "fit"): "personal"},
    "for c in [df]:\n    d = c\n    c.to_csv('x')": {("write", "to_csv"): "personal"},
    "b = w\nfor k in range(3):\n    b.to_csv('x')\n    b = df": {("write", "to_csv"): "personal"},
    "with open('f') as f:\n    f.write(str(df.income))": {("write", "write"): "personal"},
    "(z := df['income']).to_csv('x')": {("write", "to_csv"): "personal"},
    "w['t'] = df['income']\nw.to_csv('x')": {("write", "to_csv"): "personal"},
    "w.to_csv('x')": {("write", "to_csv"): "internal"},
    "a, b = df, w\nb.to_csv('x')": {("write", "to_csv"): "personal"},
    "def f(t):\n    return t\nf(df).to_csv('x')": {("write", "to_csv"): "personal"},
    "scale.fit(df)": {},
    "StandardScaler().fit(df[['income']])": {},
    "LogisticRegression().fit(df[['income']], df.y)": {("model", "fit"): "personal"},
    "np.save('x', [df.income.mean()])": {
        ("save_model", "save"): "personal", ("write", "save"): "personal"
    },
    "requests.post('u', json={'a': df.income.tolist()})": {("upload", "post"): "personal"},
    "unknown(df)": {},
    "x = [r for r in df['income']]\nopen('f').write(x)": {("write", "write"): "personal"},
}  # fmt: skip


@pytest.mark.parametrize(("source", "found"), CELLS.items())
def test_where_values_will_go_is_read_off_a_cell(people, source, found):
    assert sinks(people, source) == found


def test_a_file_that_is_still_to_be_read_has_the_tags_said_ahead(people):
    tag(people, "late.csv", "special", ahead=True)
    found = sinks(people, "t = pd.read_csv('data/late.csv')\nclf.fit(t[['a']], t.y)")
    assert found == {("model", "fit"): "special"}


def test_the_last_expression_and_what_is_printed_are_shown(people):
    found = uses(ast.parse("print(w)\ndf.income"), people.session.namespace, Look(people.session))
    assert [(u.sink, u.call, level_of(u.marks), u.line) for u in found] == [
        ("show", "print", "internal", 1),
        ("show", "the last expression", "personal", 2),
    ]


def test_a_forbidden_cell_is_refused_and_says_what_to_do(people):
    rules(people).on("strict")
    with pytest.raises(
        PolicyError, match=r"'no-income' of policy strict 3 stops fit in line 2"
    ) as e:
        people.session.guard.before_cell(
            "x = 1\nclf.fit(df[['income']], df.y)", train=False, cell=9
        )
    assert "personal (people.csv: income) would go to 'model' (income stays here)" in str(e.value)
    assert "tp.declassify" in str(e.value)
    [event] = [
        e for e in people.session.events if e.kind == "policy" and e.body["rule"][:2] == "no"
    ]
    assert event.body["result"] == "blocked"
    assert event.body["digest"] == load("strict").digest
    assert event.body["from"] == ["people.csv: income"]


def test_a_forbidden_call_is_stopped_before_it_writes_or_learns(people, tmp_path):
    rules(people).on("strict")
    with pytest.raises(PolicyError, match="stops to_csv before the call"):
        people("df[['income']].to_csv('out.csv')")
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(PolicyError, match=r"stops LogisticRegression\.fit before the call"):
        people("clf.fit(df[['income']], df['y'])")
    assert not hasattr(people.names["clf"], "coef_")
    people("df[['age']].to_csv('out.csv')\nclf.fit(df[['age']], df['y'])")
    assert (tmp_path / "out.csv").exists()
    assert hasattr(people.names["clf"], "coef_")


def test_a_warning_comes_once_and_a_step_that_was_passed_ends_it(people):
    rules(people).on("strict")
    tag(people, "age", "personal")
    cell = "clf.fit(df[['age']], df.y)"
    with pytest.warns(PolicyWarning, match="shuffled-first, shuffle first"):
        people.session.guard.before_cell(cell, train=False, cell=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        people.session.guard.before_cell(cell, train=False, cell=2)
        people.session.guard.before_cell(
            "clf.fit(shuffle_rows(df[['age']]), df.y)", train=False, cell=3
        )
    assert [v.outcome for v in rules(people).verdicts] == ["warned"]


def test_a_step_is_known_from_the_lineage_and_must_be_on_every_way(people):
    look = Look(people.session)
    people("a = df[['income']].dropna()\nb = a.merge(df[['age', 'ward']], left_index=True, "
           "right_index=True)\nc = df[['age']].dropna()")  # fmt: skip
    steps = {n: look.value(people.names[n])[1] for n in "abc"}
    assert "dropna" in steps["a"]
    assert "dropna" not in steps["b"]
    assert steps["c"] == {"*"}


def test_a_reason_opens_the_way_and_goes_on_record(people):
    rules(people).on("strict")
    tag(people, "age", "special")
    cell = "clf.fit(shuffle_rows(df[['age']]), df.y)"
    with pytest.raises(PolicyError, match=r"say why with tp.policy\(reason="):
        people.session.guard.before_cell(cell, train=False, cell=1)
    rules(people).reason("special-needs-words", "measured with ada@example.org")
    people.session.guard.before_cell(cell, train=False, cell=2)
    bodies = [(e.kind, e.body) for e in people.session.events]
    assert ("policy_reason", {"rule": "special-needs-words", "reason":
            "measured with <e-mail address>"}) in bodies  # fmt: skip
    assert [b["result"] for k, b in bodies if k == "policy"] == ["asked", "reasoned"]


def test_a_rule_that_allows_ends_the_questions(people):
    rules(people).on("strict")
    assert rules(people).check("df.to_csv('x')").worst == "blocked"
    tag(people, "people.csv", "published")
    assert rules(people).check("df.to_csv('x')").worst == "allowed"


def test_a_training_cell_is_taken_to_learn_from_all_its_names(people):
    rules(people).on("strict")
    loop = "for row in df['income']:\n    step(row)"
    assert rules(people).check(loop).worst == "allowed"
    assert rules(people).check(loop, train=True).worst == "blocked"


def test_a_dry_run_and_a_replay_change_nothing_and_find_the_same(people):
    people("clf.fit(df[['income']], df['y'])")
    before = len(people.session.events)
    assert not rules(people).replay().verdicts
    rules(people).packs.append(load("strict"))
    found = rules(people).replay()
    assert [(v.rule, v.outcome, v.cell) for v in found.verdicts] == [
        ("no-income", "blocked", 5), ("shuffled-first", "warned", 5)
    ]  # fmt: skip
    assert rules(people).check_cell(5).worst == "blocked"
    assert "blocked  cell 5, line 1: " in repr(found)
    assert len(people.session.events) == before
    with pytest.raises(UnknownNameError, match="no cell named '44'"):
        rules(people).check_cell(44)


def test_rows_that_were_tested_on_and_are_trained_on_now_are_told(people):
    people("a, b = df[:20][['age']], df[20:][['age']]\nclf.fit(a, df['y'][:20])")
    people.session.begin_train("one")
    people("clf.fit(a, df['y'][:20])")
    people.session.end_train(True)
    people("p = clf.predict(b)")
    rules(people).on("built-in")
    with pytest.warns(PolicyWarning, match="test-rows-in-training"):
        people("two = LogisticRegression().fit(b, df['y'][20:])")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        people("three = LogisticRegression().fit(a, df['y'][:20])")


def test_a_model_that_is_loaded_without_a_revision_is_told(people):
    rules(people).on("built-in")
    assert rules(people).check("AutoModel.from_pretrained('x')").worst == "warned"
    assert rules(people).check("AutoModel.from_pretrained('x', revision='a1')").worst == "allowed"


def test_without_a_pack_nothing_is_looked_at_and_nothing_is_replaced(people, tmp_path):
    plain = (pd.DataFrame.to_csv, LogisticRegression.fit)
    people.session.guard.before_cell("df.to_csv('x')", train=False, cell=1)
    assert people.session.guard._policies is None
    assert (pd.DataFrame.to_csv, LogisticRegression.fit) == plain
    rules(people).on("strict")
    assert pd.DataFrame.to_csv is not plain[0]
    assert LogisticRegression.fit is not plain[1]
    rules(people).off()
    assert (pd.DataFrame.to_csv, LogisticRegression.fit) == plain
    people("df.to_csv('out.csv')")
    assert (tmp_path / "out.csv").exists()
    rules(people).on("strict")
    people.session.close()
    assert (pd.DataFrame.to_csv, LogisticRegression.fit) == plain


def test_values_of_calls_are_those_of_the_plain_library_while_a_pack_is_in_force(people):
    plain = people.names["df"][["age"]].to_csv()
    rules(people).on("strict")
    assert people.names["df"][["age"]].to_csv() == plain
    assert people.names["df"]["age"].to_csv() == people.names["df"][["age"]].to_csv()


def test_a_reset_forgets_what_was_recorded_and_keeps_rules_and_tags_of_names(people):
    rules(people).on("strict")
    people.session.reset()
    people("df = pd.read_csv('people.csv')")
    assert rules(people).check("df.to_csv('x')").worst == "blocked"
    assert next(e.kind for e in people.session.events) == "policy_on"
    assert repr(rules(people)).startswith("strict 3  sha256:")


BAD = {
    "no toml [": "no policy pack",
    "a = 1": r"needs \[pack\] with name and version",
    "[pack]\nname='x'\n[[rule]]\nid='a'\nsink='model'": "needs an id, a sink and an action",
    "[pack]\nname='x'\n[[rule]]\nid='a'\nsink='modl'\naction='block'": "did you mean 'model'",
    "[pack]\nname='x'\n[[rule]]\nid='a'\nsink='model'\naction='blok'": "did you mean 'block'",
    "[pack]\nname='x'\n[[rule]]\nid='a'\nsink='model'\naction='block'\nlevl='x'": "'level'",
    "[pack]\nname='x'\n[[rule]]\nid='a'\nsink='model'\naction='block'\nlevel='hi'": "no level",
    "[pack]\nname='x'\n[[rule]]\nid='a'\nsink='model'\naction='block'\nunseen='y'": "no sense",
    "[pack]\nname='x'\n" + "[[rule]]\nid='a'\nsink='model'\naction='block'\n" * 2: "one id",
}


@pytest.mark.parametrize("text", BAD)
def test_a_pack_that_cannot_be_understood_is_refused_and_none_is_in_force(people, tmp_path, text):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises((OptionError, UnknownNameError), match=BAD[text]):
        rules(people).on(tmp_path / "p.toml")
    assert not rules(people)


def test_what_cannot_be_asked_of_rules_is_refused(people):
    rules(people).on("strict")
    for call, words in [
        (lambda: rules(people).on("strct"), "did you mean 'strict'"),
        (lambda: rules(people).reason("no-incme", "x"), "did you mean 'no-income'"),
        (lambda: rules(people).reason("no-income", "x"), "asks for no reason: it is to block"),
        (lambda: rules(people).reason("special-needs-words", " "), "asks for a reason in words"),
    ]:
        with pytest.raises((OptionError, UnknownNameError), match=words):
            call()


def test_the_shipped_pack_can_be_read_and_forbids_what_it_says():
    pack = load("built-in")
    assert (pack.name, pack.version) == ("built-in", "1")
    assert {rule.action for rule in pack.rules} == {"block", "warn", "require_reason"}
    assert all(rule.why for rule in pack.rules)
