"""``policy``: packs are listed, shown, and told where they are broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.session.policy.pack import ACTIONS, load
from traceprop_nb.session.policy.sinks import SINKS

HEAD = "[pack]\nname = 'clinic'\nversion = '4'\n"
RULE = "[[rule]]\nid = 'no-notes'\nsink = ['model', 'write']\naction = 'block'\n"
BROKEN = {
    "a sink that is none": ("sink = 'modl'\naction = 'block'", "'modl'; did you mean 'model'"),
    "an action that is none": ("sink = 'model'\naction = 'blok'", "'blok'; did you mean 'block'"),
    "a condition that is none": ("sink = 'model'\naction = 'warn'\nlevl = 'x'", "named 'levl'"),
    "a value of another type": ("sink = 'model'\naction = 'warn'\nunseen = 1", "unseen = 1 makes"),
    "a list of other things": ("sink = ['model', 3]\naction = 'warn'", "sink = ['model', 3]"),
    "nothing it does": ("sink = 'model'", "an action; it has id, sink"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with a pack of its own."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / ".traceprop/policies"
    own.mkdir(parents=True)
    (own / "clinic.toml").write_text(HEAD + RULE + "column = 'diagnosis'\nwhy = 'section 3'\n")
    return own


def test_packs_are_listed(run, folder):
    code, out, err = run("policy")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["built-in", "clinic"]
    assert f"clinic 4  {load('clinic').digest}, 1 rules" in out


@pytest.mark.parametrize("what", ["clinic", ".traceprop/policies/clinic.toml"])
def test_a_pack_is_shown_by_name_or_file_with_all_that_its_rules_say(run, folder, what):
    code, out, err = run("policy", what)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"clinic 4  {load('clinic').digest}"
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in out.splitlines()[2:]}
    assert told == {"no-notes:": "block", "sink": "model, write", "column": "diagnosis",
                    "why": "section 3"}  # fmt: skip
    shown = json.loads(run("policy", what, "--json")[1])
    assert shown["rules"][0]["column"] == ["diagnosis"]
    assert shown["digest"] == load("clinic").digest


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_pack_is_code_2_and_a_line_that_names_the_rule_and_the_key(run, folder, what):
    rule, said = BROKEN[what]
    (folder / "bad.toml").write_text(HEAD + RULE + "[[rule]]\nid = 'second'\n" + rule)
    for name in ("bad", folder / "bad.toml"):
        code, out, err = run("policy", name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "rule 'second' of bad.toml" in err
        assert said in err
        assert "; " in err


def test_a_rule_without_an_id_is_named_by_its_place(run, folder):
    (folder / "bad.toml").write_text(HEAD + RULE + "[[rule]]\nsink = 'model'\naction = 'warn'\n")
    assert "rule 2 of bad.toml" in run("policy", "bad")[2]
    (folder / "bad.toml").write_text("rule = [1]\n" + HEAD)
    assert "bad.toml: rule 1 is 1; each begins with [[rule]]" in run("policy", "bad")[2]


def test_a_slip_that_would_leave_rules_out_is_no_pack(run, folder):
    (folder / "bad.toml").write_text(HEAD + RULE + RULE.replace("[[rule]]", "[[rules]]"))
    code, _, err = run("policy", "bad")
    assert code == 2
    assert "no part of a policy pack (bad.toml) named 'rules'; did you mean 'rule'" in err


def test_in_a_list_a_broken_pack_is_code_1_and_the_others_are_told(run, folder):
    (folder / "bad.toml").write_text("no toml [")
    code, out, _ = run("policy")
    assert code == 1
    assert "broken   bad: bad.toml is no policy pack" in out
    assert "clinic 4" in out
    code, out, _ = run("policy", "--json")
    assert code == 1
    assert [json.loads(line).get("pack") for line in out.splitlines()] == [None, "bad", None]


def test_a_pack_that_is_not_there_names_those_that_are(run, folder):
    code, _, err = run("policy", "clnic")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean 'clinic'? Known: 'built-in', 'clinic'" in err


VALUES = st.one_of(
    st.sampled_from([*SINKS, *ACTIONS, "personal", "x", ""]), st.booleans(), st.integers(0, 3),
    st.lists(st.sampled_from([*SINKS, "x", 1]), max_size=2),
)  # fmt: skip
KEYS = st.sampled_from("id sink action why level tag column unseen without unpinned wy".split())


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_any_rules_are_a_pack_or_an_error_that_says_where(tmp_path, rules):
    text = HEAD + "".join(
        "[[rule]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in rule.items())
        for rule in rules
    )
    (tmp_path / "p.toml").write_text(text)
    try:
        pack = load(tmp_path / "p.toml")
    except (OptionError, UnknownNameError) as error:
        assert "p.toml" in str(error)  # noqa: PT017  # either is right
        assert not rules or "rule" in str(error)  # noqa: PT017
    else:
        assert [rule.id for rule in pack.rules] == [rule["id"] for rule in rules]
