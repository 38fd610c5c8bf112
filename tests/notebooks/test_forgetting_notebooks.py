"""The notebooks on unlearning and valuation run from a fresh kernel, and find what was planted."""

import re

import pytest

from scripts.demo import answer_of, printed, run
from tests.contracts.tree import ROOT


@pytest.fixture(scope="module")
def unlearning(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TRACEPROP_DATA", raising=False)
        out = tmp_path_factory.mktemp("unlearning")
        return run(ROOT / "notebooks/04_unlearning.ipynb", out)


@pytest.fixture(scope="module")
def valuation(tmp_path_factory):
    return run(ROOT / "notebooks/07_valuation.ipynb", tmp_path_factory.mktemp("valuation"))


def test_the_poisoned_branch_is_the_worst_by_influence_and_by_value(unlearning):
    assert "worst by influence: west.csv, worst by value: west.csv" in printed(unlearning)


def test_the_linear_model_is_verified_against_the_retrained_one_and_predicts_like_it(unlearning):
    assert "verified against retraining: yes" in answer_of(unlearning, "forget")
    found = re.findall(r"(trained|forgot|retrained) +accuracy .* (0\.\d+)", printed(unlearning))
    accuracy = {name: float(value) for name, value in found}
    assert accuracy["forgot"] == pytest.approx(accuracy["retrained"], abs=0.02)
    assert accuracy["forgot"] > accuracy["trained"] - 0.01


def test_the_network_gets_a_verdict_with_numbers_from_five_seeds(unlearning):
    said = answer_of(unlearning, "network-forget")
    assert re.search(r"verified against retraining: (yes|no)", said)
    assert "% expected of one more gold" in said
    assert "membership AUC" in said


def test_the_person_is_followed_and_the_record_lists_the_requests(unlearning):
    assert "the subject" in answer_of(unlearning, "person")
    assert "run        credit: training row 0" in answer_of(unlearning, "person")
    assert "established" in answer_of(unlearning, "report")


def test_values_sum_to_the_utility_and_put_the_mixed_up_rows_last(valuation):
    said = printed(valuation)
    total, utility = re.search(r"sum of the values (\S+), utility (\S+)", said).groups()
    assert total == utility
    assert float(re.search(r"AUC of finding the mixed-up rows: (\S+)", said)[1]) > 0.95
    assert re.search(r"^clinic_3.csv", said, re.MULTILINE)
    assert said.count("last: clinic_3.csv") == 3


def test_every_step_is_told_with_what_it_kept_dropped_and_changed(valuation):
    said = printed(valuation)
    assert re.search(r"\[\]: 400 rows in, kept 393 training rows .* dropped 7 worth [+-]0\.\d+", said)
    assert re.search(r"clip: 393 rows in, .* changed \d+ worth [+-]0\.\d+", said)
