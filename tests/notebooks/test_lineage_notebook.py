"""The notebook on lineage runs from a fresh kernel: cells, columns, verifying, script, stale values."""

import pytest

from scripts.demo import answer_of, run
from tests.contracts.tree import ROOT


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The executed notebook."""
    return run(ROOT / "notebooks/02_lineage.ipynb", tmp_path_factory.mktemp("lineage"))


def test_the_dearest_hour_is_two_cells_of_the_line_with_the_slip(told):
    assert answer_of(told, "cells").splitlines() == [
        "(('bills.csv', 41, 43, 'hours'), ('bills.csv', 41, 43, 'paid'))"
    ]
    assert "columns  bills.csv: id (filter, join, sort), hours (trans" in answer_of(told, "worst")


def test_columns_say_what_is_in_them_and_what_decided(told):
    said = answer_of(told, "columns")
    assert said.startswith("both: 6 columns, EXACT")
    assert "age (identity)" in said
    assert "paid (transformation)" in said


def test_loops_and_groups_are_exact_and_row_labels_come_back(told):
    assert "tops is EXACT" in answer_of(told, "why")
    assert "bills.csv: record 41, line 43" in answer_of(told, "tops")
    assert "('patients.csv', 7, 9, 'plan')" in answer_of(told, "plan")


def test_the_cell_holds_when_it_is_run_again(told):
    said = answer_of(told, "verify")
    assert "the recorded lineage holds in" in said
    assert "400 carried rows agree" in said


def test_an_unknown_function_becomes_assumed_by_a_probe(told):
    assert "name its module in %trace modules" in answer_of(told, "unknown")
    assert "row by row on 5 subsets" in answer_of(told, "probe")
    assert "status   ASSUMED" in answer_of(told, "assumed")


def test_the_script_makes_the_same_table_and_holds_no_more(told):
    text = answer_of(told, "script")
    assert "by_plan = both.groupby" in text
    assert "tops" not in text
    assert answer_of(told, "same") == "True"


def test_what_was_made_of_the_old_file_is_stale(told):
    said = answer_of(told, "status")
    assert "stale     both: cell 4 used bills of cell 3, which cell 23 has made again" in said
    assert "dearest" not in said
