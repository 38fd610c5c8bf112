"""The notebook on records runs from a fresh kernel: each record holds what its story says."""

import os

import pytest

from scripts.demo import answer_of, printed, run
from tests.contracts.tree import ROOT
from tests.record_examples import fields
from traceprop_nb.reports import Record


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The executed notebook, and the folder of what it wrote."""
    out = tmp_path_factory.mktemp("report")
    assert os.environ["TRACEPROP_NB_KEYS"]  # the run signs with a key of its own
    return run(ROOT / "notebooks/06_report.ipynb", out), out / "report_data"


def test_the_model_record_recomputes_the_metric_and_quotes_the_statement(told):
    record = Record.load(told[1] / "model.pdf")
    found = fields(record)
    assert record.to_dict()["kind"] == "model"
    assert found["eval.metric.1"]["state"] == "established"
    assert found["sys.purpose"]["stated_by"]["who"] == "M. Okafor"


def test_the_deployer_record_is_about_the_predictions(told):
    found = fields(Record.load(told[1] / "deployer.html"))
    assert found["data.value"]["value"]["name"] == "predicted"
    assert found["data.value"]["value"]["rows"] == 143
    assert found["deploy.instructions"]["stated_by"]["attached"]["now"] == "same"
    assert found["deploy.retention"]["value"] == "24 months"
    assert found["deploy.workers_informed"]["state"] == "not_applicable"


def test_the_decision_gives_reasons_and_a_change_that_the_model_confirms(told):
    said = answer_of(told[0], "decide")
    assert "outcome   routine" in said
    assert "reasons   1 mean" in said
    assert "the model decides otherwise on it" in said
    assert "Decision record of" in answer_of(told[0], "decision")


def test_the_person_is_erased_and_what_is_left_is_listed(told):
    assert "found in   none of them" in answer_of(told[0], "erase")
    assert "clinic_a.csv: holds 1 record of theirs" in answer_of(told[0], "erase")
    found = fields(Record.load(told[1] / "erasure.html"))
    assert found["erase.done.1"]["state"] == "established"
    assert found["erase.model.1"]["value"]["verified"] is True


def test_an_edited_file_is_a_contradiction_and_the_bundle_verifies_alone(told):
    said = printed(told[0])
    assert "changed since it was read: clinic_b.csv" in said
    assert "exit code 0" in said
