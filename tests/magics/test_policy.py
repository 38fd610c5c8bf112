"""%policy, and a cell that a rule stops before anything of it ran."""

from __future__ import annotations

import pytest

from tests.privacy.test_policies import STRICT
from tests.privacy.test_tags import PEOPLE


@pytest.fixture
def people(shell, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / ".traceprop/policies").mkdir(parents=True)
    (tmp_path / ".traceprop/policies/strict.toml").write_text(STRICT)
    shell("%%trace --quiet\nimport pandas as pd\ndf = pd.read_csv('people.csv')")
    session.guard.tags.tag("income", ("personal",), None, False)
    yield shell
    session.guard.policies.off()


@pytest.mark.parametrize("header", ["", "%%trace\n"])
def test_a_forbidden_cell_does_not_run_at_all(people, session, header):
    people.value("%policy on strict;")
    cells, names = len(session.cells), set(people.ip.user_ns)
    result = people(f"{header}ran = 1\ndf.to_csv('out.csv')")
    assert not result.success
    assert "PolicyError: rule 'no-income' of policy strict 3 stops to_csv in line" in (
        people.printed + people.errors
    )
    assert "Traceback" not in people.printed + people.errors
    assert len(session.cells) == cells
    assert "ran" not in set(people.ip.user_ns) - names
    assert people.value("1 + 1") == 2
    assert session.cells[-1].ok


def test_the_magic_lists_checks_replays_and_takes_off(people, session):
    assert "no policy is in force; known: built-in, strict" in repr(people.value("%policy"))
    people.value("df.age.to_csv('out.csv')")
    number = session.cells[-1].number
    rules = people.value("%policy on strict")
    assert "block          model, write: no-income, income stays here" in repr(rules)
    assert people.value(f"%policy check {number}").worst == "allowed"
    assert people.value("%policy replay").verdicts == ()
    people.value("%policy reason special-needs-words it is measured;")
    assert rules.reasons == {"special-needs-words": "it is measured"}
    people.value("%policy off")
    assert not rules
    people.value("df.to_csv('out.csv')")


@pytest.mark.parametrize(
    ("line", "said"),
    [("on", "takes a pack"), ("check x", "takes the number of a cell"),
     ("replay 1", "takes nothing"),
     ("reason r", "takes a rule and your words"), ("of", "did you mean")],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused(people, line, said):
    assert not people(f"%policy {line}").success
    assert said in people.printed + people.errors
