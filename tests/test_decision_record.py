"""The record of a decision: what it establishes, what it leaves open, and what it must not hold."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from tests.decisions import MAKE, ask, denied, trained
from tests.record_examples import clock, fields
from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.decision_facts import NOT_A_REASON, ChangeFact, DecisionFact
from traceprop_nb.reports.decision_record.about import about
from traceprop_nb.session.decided import decision_fact

VERDICTS = re.compile(r"complian|conformant|certif(?!i\b)|guarant", re.IGNORECASE)
FACT = DecisionFact(
    number=1,
    run="credit",
    at="2026-11-20T17:00:00+00:00",
    parameters_digest="sha256:" + "c3" * 32,
    inputs_digest="hmac-sha256:" + "a1" * 16,
    n_features=3,
    method="closed form",
    held_against="the mean of the 200 training rows",
    gap=1e-16,
    names_known=True,
    outcome="denied",
    favourable="granted",
    score=-1.25,
    unit="log odds of 'granted' against 'denied'",
    favoured=False,
    probability=0.2227,
    own_score=-1.25,
    tolerance=3e-8,
    parameters_moved=0.0,
    reasons=("income", "years"),
    changes=(ChangeFact("income", "up", 0.8),),
    change_method="one feature: closed form",
    change_holds=True,
    cell=4,
)


def found(**changes: Any) -> dict[str, dict[str, Any]]:
    fact = dataclasses.replace(FACT, **changes)
    return fields(build(Evidence(decisions=(fact,)), kind="decision", clock=clock))


@pytest.fixture
def credit(notebook):
    notebook(MAKE)
    trained(notebook)
    return notebook


def test_without_a_decision_every_field_is_open():
    record = build(Evidence(), kind="decision", clock=clock)
    assert {field["state"] for field in fields(record).values()} == {"not_established"}
    assert record.verify().ok
    reasons = {
        decisions: fields(build(Evidence(decisions=decisions), kind="decision", clock=clock))
        for decisions in (None, ())
    }
    assert reasons[None]["decision.score"]["missing"]["why"] == "capture_off"
    assert reasons[()]["decision.score"]["missing"]["why"] == "not_observed"


@pytest.mark.parametrize(
    ("field", "changes", "state"),
    [
        ("score", {}, "established"),
        ("score", {"own_score": -1.26}, "contradicted"),
        ("score", {"own_score": float("nan")}, "contradicted"),
        ("score", {"own_score": None}, "partial"),
        ("model", {}, "established"),
        ("model", {"parameters_moved": 2e-6}, "contradicted"),
        ("model", {"parameters_moved": float("inf")}, "contradicted"),
        ("model", {"parameters_moved": float("nan")}, "contradicted"),
        ("model", {"parameters_moved": None}, "partial"),
        ("reasons", {}, "established"),
        ("reasons", {"gap": 1e-3}, "contradicted"),
        ("reasons", {"gap": float("nan")}, "contradicted"),
        ("reasons", {"favourable": ""}, "partial"),
        ("reasons", {"names_known": False}, "partial"),
        ("reasons", {"order_settled": False}, "partial"),
        ("reasons", {"order_settled": True}, "established"),
        ("counterfactual", {}, "established"),
        ("counterfactual", {"change_holds": False}, "contradicted"),
        ("counterfactual", {"changes": (), "change_holds": None}, "partial"),
        ("outcome", {}, "partial"),
        ("outcome", {"favoured": None, "favourable": ""}, "partial"),
        ("outcome", {"outcome": ""}, "partial"),
        ("inputs", {}, "partial"),
    ],
)
def test_each_check_has_a_way_to_fail(field, changes, state):
    assert found(**changes)[f"decision.{field}"]["state"] == state


def test_what_only_people_know_is_asked_with_its_provisions():
    asked = found()
    for name, provision in {
        "procedure": "ai-act.86", "human_review": "gdpr.22", "consequences": "gdpr.15.1.h",
        "notice": "reg-b.9.a", "action_taken": "reg-b.9.a", "creditor": "reg-b.9.a",
        "agency": "reg-b.9.b", "ecoa_notice": "reg-b.9.b", "kept_until": "reg-b.12",
        "reporting_agency": "fcra.615.a", "principal_reasons": "reg-b.9.b", "contact": "gdpr.22",
    }.items():  # fmt: skip
        one = asked[f"decision.{name}"]
        assert one["state"] == "not_established"
        assert provision in one["provisions"]


def test_training_rows_are_kept_apart_with_their_sentence(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    before = fields(answer.record())["diagnosis.attribution"]
    assert before["state"] == "not_established"
    answer.influence()
    after = answer.record()
    rows = fields(after)["diagnosis.attribution"]
    assert rows["state"] == "partial"
    assert rows["note"] == NOT_A_REASON
    section = next(s for s in after.to_dict()["sections"] if s["id"] == "diagnosis")
    assert section["note"] == NOT_A_REASON
    assert NOT_A_REASON in after.to_html()
    other = ask(credit, denied(credit, 1), favourable="granted").record()
    assert fields(other)["diagnosis.attribution"]["state"] == "not_established"


def test_a_live_decision_is_established_and_a_tampered_model_contradicts_it(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    states = {k: v["state"] for k, v in fields(answer.record()).items()}
    for name in ("score", "model", "reasons", "counterfactual"):
        assert states[f"decision.{name}"] == "established"
    credit.names["model"].coef_ *= -1.5
    tampered = ask(credit, denied(credit), favourable="granted").record()
    changed = fields(tampered)
    assert changed["decision.score"]["state"] == "contradicted"
    assert changed["decision.model"]["state"] == "contradicted"
    assert tampered.verify().ok


def test_the_last_decision_is_reported_unless_another_is_named(credit):
    first, second = (ask(credit, denied(credit, k), favourable="granted") for k in (0, 1))

    def number(record):
        return fields(record)["decision.outcome"]["value"]["number"]

    report = credit.session.report
    assert number(report("decision")) == 2
    assert number(report("decision", of=1)) == number(report("decision", of=first)) == 1
    assert number(first.record()) == 1
    for wrong in (0, 3, True, "first"):
        with pytest.raises(UnknownNameError, match="this session has 2, numbered from 1"):
            report("decision", of=wrong)
    assert first.inputs not in second.record().to_json()


def test_what_is_stated_of_one_person_does_not_stand_for_the_next(credit):
    first, second = (ask(credit, denied(credit, k), favourable="granted") for k in (0, 1))
    one = fields(first.record(human_review="by M. Okafor: upheld", creditor="Bank", by="A. Lee"))
    assert one["decision.human_review"]["state"] == "stated"
    assert one["decision.human_review"]["stated_by"]["who"] == "A. Lee"
    two = fields(second.record())
    assert two["decision.human_review"]["state"] == "not_established"
    assert two["decision.creditor"]["value"] == "Bank"
    [event] = [e for e in credit.session.events if e.kind == "stated_of_decision"]
    assert event.body["fields"] == ["decision.human_review"]
    assert "Okafor" not in str([e.body for e in credit.session.events])


def test_nothing_is_logged_of_what_cannot_be_stated(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    with pytest.raises(UnknownNameError, match=r"did you mean 'creditor'"):
        answer.record(human_review="x", crediter="Bank")
    with pytest.raises(OptionError, match="nothing is stated for 'human_review'"):
        answer.record(human_review=" ", creditor="Bank")
    assert not [e for e in credit.session.events if e.kind.startswith("stated")]


def test_a_statement_needs_a_decision_to_be_about(credit):
    with pytest.raises(OptionError, match="none was made in this session"):
        credit.session.report("decision", human_review="x")
    from traceprop_nb.session.statements import attest

    for name in ("human_review", "decision.human_review"):
        with pytest.raises(
            OptionError, match=r"is about one decision.*\.record\(human_review=\.\.\.\)"
        ):
            attest(credit.session, name, "x", None, None, None)


def test_no_output_passes_a_verdict(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    answer.influence()
    record = answer.record(procedure="a person decides", notice="not applicable: a test")
    texts = [record.to_json(), record.to_html(), repr(record), repr(answer), str(record.verify())]
    assert not [match[0] for text in texts for match in VERDICTS.finditer(text)]
    assert record.verify().ok


CANARY = 40.73519842
"""A value of a person, which is in no training row."""


@pytest.mark.parametrize("keyed", [False, True])
def test_no_value_of_the_person_is_in_the_log_or_any_record(credit, keyed, tmp_path):
    session = credit.session
    if keyed:
        session.reset()
        session.open(tmp_path / "s.db", names="keyed")
        credit(MAKE)
        trained(credit)
    x = np.array([CANARY, 5.0, 3.1415927])
    answer = ask(credit, x, favourable="granted", title="case of Ada Lovelace")
    answer.influence()
    own, whole = answer.record(), session.report("session")
    texts = {
        "log": str([(e.kind, e.body) for e in session.events]),
        "decision": own.to_json() + own.to_html(),
        "session": whole.to_json() + whole.to_html(),
    }
    after = [f"{c.after:.6g}" for c in answer.counterfactual.changes]
    size = [f"{abs(v):.6g}" for v in answer.toward]
    for name, text in texts.items():
        for told in ("40.735", "3.14159", "Lovelace", *after, *size):
            assert told not in text, (name, told)
    assert "40.7352" in repr(answer)  # the control: whoever asked does see it
    assert ("income" in texts["log"]) is not keyed
    assert ("income" in texts["decision"]) is not keyed
    if keyed:
        session.storage.close()


def test_names_that_were_given_are_hidden_where_names_are(notebook, tmp_path):
    notebook.session.open(tmp_path / "s.db", names="keyed")
    notebook(MAKE)
    trained(notebook, "model = LogisticRegression(max_iter=500).fit(X.to_numpy(), label)")
    names = ["salary of Ada", "what Ada owes", "Ada's years"]
    answer = ask(notebook, [25.0, 3.0, 5.0], favourable="granted", names=names)
    assert set(answer.reasons) <= set(names)
    log = str([(e.kind, e.body) for e in notebook.session.events])
    assert "Ada" not in log + answer.record().to_json()
    notebook.session.storage.close()


def test_an_outcome_stands_in_its_own_record_alone(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    log = str([(e.kind, e.body) for e in credit.session.events])
    whole = credit.session.report("session")
    assert "denied" not in log
    assert "denied" not in whole.to_json()
    assert f"{answer.score:.6g}" not in whole.to_json()
    assert fields(whole)["explain.decision"]["value"] == {"decisions": 1}
    assert "denied" in answer.record().to_json()


def test_the_evidence_of_a_decision_is_of_its_run_and_of_no_other(credit):
    trained(credit, "other = LogisticRegression(max_iter=500).fit(X, third)", "second")
    answer = ask(credit, denied(credit), run="credit", favourable="granted")
    record = answer.record().to_dict()
    runs = [e["fact"]["name"] for e in record["evidence"] if e["id"].startswith("ev:run/")]
    assert runs == ["credit"]
    only = about(Evidence(runs=None), FACT)
    assert only.runs is None
    assert only.decisions == (FACT,)


def test_the_same_row_has_the_same_digest_here_and_another_one_elsewhere(credit, notebook):
    x = denied(credit)
    here = {ask(credit, x).inputs, ask(credit, x).inputs}
    assert len(here) == 1
    credit.session.reset()
    credit(MAKE)
    trained(credit)
    assert ask(credit, x).inputs not in here  # another project's key


@pytest.mark.parametrize(
    ("values", "error", "settled"),
    [
        ([-3.0, -2.0, -0.5], None, None),
        ([-3.0, -2.0, -0.5], [0.1, 0.1, 0.1], True),
        ([-3.0, -2.9, -0.5], [0.1, 0.1, 0.1], False),  # which of two comes first
        ([-3.0, -0.6, -0.5], [0.1, 0.1, 0.1], False),  # which of two is left out
        ([-3.0, -0.1, 1.0], [0.1, 0.1, 0.1], False),  # whether it counts against at all
        ([-3.0, -1.0, 1.0], [0.0, 0.4, 0.4], True),
    ],
)
def test_the_order_of_sampled_reasons_is_settled_beyond_two_standard_errors(
    credit, values, error, settled
):
    answer = ask(credit, denied(credit), favourable="granted", k=2)
    found = dataclasses.replace(
        answer.contributions,
        values=np.array(values),
        error=None if error is None else np.array(error),
    )
    reasons = tuple(name for name, v in zip(answer.names, values, strict=True) if v < 0)[:2]
    credit.session.training.decisions[0] = dataclasses.replace(
        answer, contributions=found, toward=found.values, reasons=reasons
    )
    assert decision_fact(credit.session, 1).order_settled is settled


def test_a_person_who_is_refused_by_a_network_gets_reasons_that_are_sampled(credit):
    credit("import torch\nfrom torch import nn\ntorch.manual_seed(0)")
    credit("T = torch.from_numpy(rng.normal(size=(60, 24))).float()\nt = (T[:, 0] > 0).long()")
    credit("net = nn.Sequential(nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 2))")
    loop = (
        "steps = torch.optim.Adam(net.parameters(), lr=0.02)\n"
        "for _ in range(30):\n"
        "    steps.zero_grad()\n"
        "    nn.functional.cross_entropy(net(T), t).backward()\n"
        "    steps.step()\n"
    )
    trained(credit, loop, "net")
    answer = ask(
        credit, credit.names["T"][0], favourable=1, budget=2_000, names=[f"f{j}" for j in range(24)]
    )
    value = fields(answer.record())["decision.reasons"]
    assert value["value"]["order_settled"] in (True, False)
    assert (value["state"] == "established") == value["value"]["order_settled"]
