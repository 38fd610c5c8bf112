"""The quickstart runs from a fresh kernel, and what it says is true.

The notebook is run once, with cells after its own that ask the kernel for the truth: the ids that
travelled as data, and models retrained without a record.
"""

import csv
import hashlib
import json
import re
import xml.etree.ElementTree as ET

import jsonschema
import numpy as np
import pytest

from scripts.demo import ANSWERS, NOTEBOOK, influential, printed, run, table
from tests.contracts.tree import PACKAGE

TRUTH = """
from sklearn.base import clone

def loss(model):
    return -float(np.log(model.predict_proba(X_test[[q]])[0, list(model.classes_).index(answered)]))

answered = clf.predict(X_test[[q]])[0]
exact = clone(clf).set_params(tol=1e-10, max_iter=10_000)
full = loss(clone(exact).fit(X_train, y_train))
told = []
for entry in answer.top(0):
    keep = np.arange(len(X_train)) != entry.row
    without = loss(clone(exact).fit(X_train[keep], y_train.to_numpy()[keep]))
    told.append({"rank": entry.rank, "patient": train["patient"].iloc[entry.row],
                 "diagnosis": train["diagnosis"].iloc[entry.row], "rise": without - full})
print("TRUTH", json.dumps({"rows": told, "asked": test["patient"].iloc[q]}))
"""
WAY = """
import json

row = tp.rows(X_test, q)
print("ROW", json.dumps({name: list(map(int, lines)) for name, lines in row.lines.items()}))
print("STATUS", getattr(row.status, "name", row.status))
"""
STORED = """
def told(answer):
    return (answer.status.name, {k: v.tolist() for k, v in answer.sources.items()},
            {k: v.tolist() for k, v in answer.lines.items()}, dict(answer.context),
            list(answer.path))

stored = tp.open("kept.db")
past = stored.lineage(stored.id)
graph, same = tp.session().graph, []
for name, node in past.values.items():
    for row in {0, graph.rows(node) // 2, graph.rows(node) - 1} - {-1}:
        same.append(told(past.rows(name, row)) == told(tp.rows(globals()[name], row)))
print("STORED", len(past.values), len(same), all(same), stored.check() == [])
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("quickstart")


@pytest.fixture(scope="module")
def said(out) -> str:
    return printed(run(NOTEBOOK, out, more=[WAY, TRUTH, STORED]))


@pytest.fixture(scope="module")
def truth(said) -> dict:
    return json.loads(re.search(r"^TRUTH (.*)$", said, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def rows(said, out) -> list[dict[str, str]]:
    with (out / "quickstart_answers/influence.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def line_of_file(out, source: str, line: int) -> str:
    return (out / "quickstart_data" / source).read_text().splitlines()[line - 1]


def test_it_leaves_every_answer(said, out):
    assert {path.name for path in (out / "quickstart_answers").iterdir()} == set(ANSWERS)


def test_influence_names_the_file_lines_of_the_very_patients(rows, truth, out):
    assert list(rows[0]) == ["rank", "source", "record", "line", "label", "influence", "path"]
    of_hospitals = [row for row in rows if row["source"].startswith("hospital")]
    patients = {row["rank"]: row for row in truth["rows"]}
    assert len(patients) == 10
    for row in of_hospitals:
        real = patients[int(row["rank"])]
        text = line_of_file(out, row["source"], int(row["line"]))
        assert text.startswith(f"{real['patient']},")
        assert text.endswith(f",{real['diagnosis']}")
        assert int(row["line"]) == int(row["record"]) + 2  # the header, and counting from 1


def test_influence_is_what_retraining_without_the_record_gives(rows, truth):
    by_rank = {int(row["rank"]): float(row["influence"]) for row in rows}
    told = np.array([by_rank[row["rank"]] for row in truth["rows"]])
    real = np.array([row["rise"] for row in truth["rows"]])
    np.testing.assert_allclose(told, real, rtol=0.01, atol=1e-6)
    assert np.abs(told).tolist() == sorted(np.abs(told), reverse=True)


def test_the_store_remembers_every_value_as_it_is(said):
    values, asked, same, whole = re.search(r"^STORED (.*)$", said, re.MULTILINE)[1].split()
    assert int(values) > 10
    assert int(asked) > 20
    assert (same, whole) == ("True", "True")


def test_the_patient_asked_about_is_found_on_the_line_of_the_file(said, truth, out):
    lines = json.loads(re.search(r"^ROW (.*)$", said, re.MULTILINE)[1])
    (hospital,) = [name for name in lines if name.startswith("hospital")]
    (line,) = lines[hospital]
    assert line_of_file(out, hospital, line).startswith(f"{truth['asked']},")
    assert re.search(r"^STATUS EXACT$", said, re.MULTILINE)


def test_the_record_holds_the_digests_of_the_files_and_keeps_to_its_schema(said, out):
    record = json.loads((out / "quickstart_answers/record.json").read_text())
    for schema in (PACKAGE / "reports/schema").glob("*.json"):
        jsonschema.validate(record, json.loads(schema.read_text()))
    text = json.dumps(record)
    for name in ("hospital_a.csv", "hospital_b.csv", "scanners.csv"):
        data = (out / "quickstart_data" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() in text


@pytest.mark.parametrize("name", ["quickstart.html", "quickstart_answers/record.html"])
def test_a_page_loads_nothing_from_anywhere(said, out, name):
    page = (out / name).read_text()
    assert len(page) > 10_000
    assert not re.findall(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?https?://[^>]*>", page
    )
    assert not re.findall(r"@import|import\([\"']https?:", page)


def test_the_page_shows_the_answers_without_a_kernel(said, out, rows):
    page = (out / "quickstart.html").read_text()
    assert rows[0]["source"] in page
    assert page.count("data:image/svg+xml") >= 5  # a lineage under each traced cell, and one more
    assert "Traceback" not in page


def test_the_lineage_picture_names_the_files(said, out):
    picture = (out / "quickstart_answers/lineage.svg").read_text()
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert all(name in picture for name in ("hospital_a.csv", "hospital_b.csv", "scanners.csv"))
    assert "<script" not in picture


def test_the_printed_table_has_the_columns_in_order(said, out, rows):
    shown = table(influential(out / "quickstart_answers/influence.csv")).splitlines()
    assert shown[0].split() == ["rank", "file", "line", "label", "influence", "path"]
    assert len(shown) == 2 + len(rows)
    assert rows[0]["source"] in shown[2]
