"""What a record says of tags, rules and erasures; nothing where nothing was said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.privacy.test_policies import STRICT, rules
from tests.privacy.test_tags import PEOPLE, WARDS, tag
from tests.record_examples import clock, fields, session as example
from traceprop_nb.reports import build
from traceprop_nb.reports.privacy_facts import PackFact, PrivacyFact, VerdictFact
from traceprop_nb.session.privacy.declassify import declassify
from traceprop_nb.session.privacy.erasure import erase_subject


@pytest.fixture
def people(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "wards.csv").write_text(WARDS)
    (tmp_path / "strict.toml").write_text(STRICT)
    notebook("import pandas as pd\nfrom sklearn.linear_model import LogisticRegression")
    notebook("df = pd.read_csv('people.csv')\nX, y = df[['age', 'income']], df['y']")
    notebook.session.begin_train("pay")
    notebook("clf = LogisticRegression().fit(X, y)")
    notebook.session.end_train(True)
    yield notebook
    notebook.session.guard.close()


def states(session) -> dict[str, str]:
    found = fields(session.report())
    return {k: v["state"] for k, v in found.items() if k.startswith(("privacy.", "policy."))}


def test_without_a_tag_or_rule_nothing_is_established(people):
    assert states(people.session) == {
        "privacy.tags": "not_established", "policy.results": "not_established"
    }  # fmt: skip
    assert people.session.guard.facts() is None


def test_tags_are_partial_and_say_which_runs_they_reached(people):
    tag(people, "income", "special", "hipaa")
    found = fields(people.session.report())["privacy.tags"]
    assert found["state"] == "partial"
    [reached] = found["value"]["reached"]
    assert (reached["run"], reached["level"], reached["own"]) == ("pay", "special", ["hipaa"])
    assert "people.csv: age" in found["missing"]["how_to_establish"]


def test_rules_are_established_only_if_what_ran_does_not_break_them(people):
    tag(people, "age", "internal")
    rules(people).on("strict.toml")
    assert states(people.session)["policy.results"] == "established"
    tag(people, "income", "internal")
    found = fields(people.session.report())["policy.results"]
    assert found["state"] == "contradicted"
    assert "cell 3 fit by rule no-income" in found["check"]["detail"]


def test_what_was_taken_off_and_erased_is_on_record(people):
    tag(people, "income", "special")
    people("m = df.groupby('ward')['income'].mean()")
    declassify(people.session, people.names["m"], "aggregate", 10, "published", "none")
    erase_subject(people.session, "name", "n3")
    found = fields(people.session.report())
    assert found["privacy.declassified"]["value"][0]["smallest"] == 10
    assert found["privacy.erased"]["value"] == {"requests": 1}


def test_a_record_is_built_from_the_facts_alone():
    pack = PackFact("p", "1", "sha256:" + "0" * 64, 1)
    broken = VerdictFact("r", "p 1", "model", "fit", "asked", "special", 4)
    for replayed, state in (((), "established"), ((broken,), "contradicted")):
        facts = PrivacyFact(packs=(pack,), verdicts=(broken,), replayed=replayed)
        record = build(replace(example(), privacy=facts), clock=clock)
        assert fields(record)["policy.results"]["state"] == state
