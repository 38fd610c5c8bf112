"""Files of models: known by digest, hashed again, and contradicted where somebody swapped them."""

from __future__ import annotations

import pytest

from tests.records.notebook import FIT, IMPORTS, SPLIT, Lab, people
from traceprop_nb.reports import Record
from traceprop_nb.reports.files import file_digest

NET = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
rows = torch.tensor(X.to_numpy(), dtype=torch.float32)
labels = torch.tensor((y == "sick").to_numpy().astype(int))
net = nn.Linear(2, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for batch, answer in DataLoader(TensorDataset(rows, labels), batch_size=35):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(batch), answer).backward()
    optimizer.step()
"""


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Lab()
    made.source("table", people())
    made(IMPORTS)
    made(SPLIT)
    made.train("clf", FIT)
    yield made
    made.session.close()


def artifact(lab):
    record: Record = lab.session.report("model")
    fields = {f["id"]: f for s in record.to_dict()["sections"] for f in s["fields"]}
    return fields["model.artifact"]


def test_a_model_that_was_not_saved_is_known_in_memory_alone(lab):
    found = artifact(lab)
    assert found["state"] == "partial"
    assert "known in memory alone: clf" in found["missing"]["how_to_establish"]


def test_a_saved_model_is_known_by_its_file(lab, tmp_path):
    lab("import joblib\nsaid = joblib.dump(model, 'clf.joblib')")
    assert lab.names["said"] == ["clf.joblib"]
    found = artifact(lab)
    assert found["state"] == "established"
    (one,) = found["value"][0]["files"]
    assert one["digest"] == file_digest(tmp_path / "clf.joblib")
    assert one["bytes"] == (tmp_path / "clf.joblib").stat().st_size
    assert one["runs_code_when_read"] is True
    assert one["cell"] == lab.number


def test_a_file_that_was_swapped_contradicts_and_one_that_is_gone_does_not(lab, tmp_path):
    lab("import joblib\njoblib.dump(model, filename='clf.joblib')")
    (tmp_path / "clf.joblib").write_bytes(b"another")
    found = artifact(lab)
    assert found["state"] == "contradicted"
    assert "changed since it was written: clf.joblib" in found["check"]["detail"]
    (tmp_path / "clf.joblib").unlink()
    assert artifact(lab)["missing"]["why"] == "data_unavailable"
    lab("joblib.dump(model, 'clf.joblib')")  # written anew: the last writing counts
    assert artifact(lab)["state"] == "established"


def test_another_thing_in_a_file_is_no_model(lab):
    lab("import joblib\njoblib.dump({'a': 1}, 'a.joblib')\njoblib.dump(X, 'x.joblib')")
    assert artifact(lab)["state"] == "partial"


@pytest.mark.parametrize("what", ["net", "net.state_dict()"])
def test_a_network_is_known_by_its_file_whole_or_as_parameters(lab, what):
    lab.train("net", NET)
    lab(f"import joblib\njoblib.dump(model, 'clf.joblib')\ntorch.save({what}, 'net.pt')")
    found = artifact(lab)
    assert found["state"] == "established"
    files = {one["run"]: [file["name"] for file in one["files"]] for one in found["value"]}
    assert files == {"clf": ["clf.joblib"], "net": ["net.pt"]}


def test_parameters_of_another_network_are_not_the_runs(lab):
    lab.train("net", NET)
    lab("other = nn.Linear(2, 2)\ntorch.save(other.state_dict(), 'other.pt')")
    assert artifact(lab)["state"] == "partial"
