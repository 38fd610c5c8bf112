"""MLflow both ways, against a real store in a file."""

import hashlib

import mlflow
import pytest
from hypothesis import given, settings

from tests.exports.pictures import pictures
from traceprop_nb.errors import FormatError
from traceprop_nb.exports import mlflow_store, prov_read
from traceprop_nb.session import exporting

# Between mlflow and the packages it stands on.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with a finished run and its failed child, as their own client writes them."""
    folder = tmp_path_factory.mktemp("mlflow")
    address = f"sqlite:///{folder}/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=address)
    home = client.create_experiment("theirs", artifact_location=str(folder / "artifacts"))
    one = client.create_run(home, run_name="first", start_time=1_760_000_000_000)
    client.log_param(one.info.run_id, "C", "1.0")
    client.log_metric(one.info.run_id, "accuracy", 0.9375)
    dataset = mlflow.entities.Dataset("a.csv", "abc", "local", "{}", None, '{"num_rows": 6}')
    client.log_inputs(one.info.run_id, [mlflow.entities.DatasetInput(dataset, [])])
    client.set_terminated(one.info.run_id, end_time=1_760_000_001_500)
    tags = {"mlflow.parentRunId": one.info.run_id}
    two = client.create_run(home, run_name="second", tags=tags, start_time=1_760_000_002_000)
    client.create_logged_model(home, name="clf", source_run_id=two.info.run_id)
    client.set_terminated(two.info.run_id, "FAILED")
    client.create_experiment("traceprop_nb", artifact_location=str(folder / "ours"))
    return address, folder


def test_runs_datasets_and_models_are_read(store):
    found = mlflow_store.read(store[0])
    first, second = (run for run in found.runs if run.name in ("first", "second"))
    assert first.options == (("C", '"1.0"'),)
    assert [(m.name, m.value) for m in first.metrics] == [("accuracy", 0.9375)]
    assert (second.parent, second.relation) == (first.id, "nested")
    assert [(s.name, s.records, s.digest) for s in found.sources] == [("a.csv", 6, "")]
    assert [value.name for value in found.values] == ["clf"]
    assert {(e.parent, e.child, e.way) for e in found.edges} == {
        (found.sources[0].id, first.id, "context"), (second.id, found.values[0].id, "direct"),
    }  # fmt: skip
    cells = {cell.name: cell for cell in found.cells}
    assert (cells["first"].ok, cells["second"].ok) == (True, False)
    assert cells["first"].began == "2025-10-09T08:53:20.000+00:00"


def test_a_session_is_logged_with_its_record_its_lineage_and_its_digests(store, cells):
    address, _ = store
    run_id = exporting.export(cells.session, address, format="mlflow")
    client = mlflow.MlflowClient(tracking_uri=address)
    run = client.get_run(run_id)
    source = next(iter(cells.session.graph.sources.values()))
    assert run.data.tags["traceprop.source/0"] == f"a.csv {source.digest}"
    assert run.info.status == "FINISHED"
    record = client.download_artifacts(run_id, "traceprop/record.json")
    with open(record, "rb") as file:
        assert run.data.tags["traceprop.record.digest"].encode() in file.read()
    with open(client.download_artifacts(run_id, "traceprop/lineage.prov.json"), "rb") as file:
        found = prov_read.read(file.read())
    assert [s.name for s in found.sources] == ["a.csv", "b.csv"]
    assert cells.session.events[-1].body["format"] == "mlflow"
    with open("a.csv", "rb") as file:
        assert source.digest == "sha256:" + hashlib.sha256(file.read()).hexdigest()


@given(pictures())
@settings(max_examples=8, deadline=None)
def test_a_session_comes_back_whole_by_the_id_of_its_run(store, picture):
    run = mlflow_store.write(store[0], picture, b"{}", "sha256:" + "0" * 64)
    assert exporting.import_lineage(f"{store[0]}#{run}", "mlflow") == picture


def test_a_run_that_is_no_session_is_not_read_as_one(store):
    client = mlflow.MlflowClient(tracking_uri=store[0])
    home = client.get_experiment_by_name("theirs").experiment_id
    for run in client.search_runs([home]):
        with pytest.raises(FormatError, match="is no session's"):
            mlflow_store.read(f"{store[0]}#{run.info.run_id}")
    with pytest.raises(FormatError, match=r"MLflow at sqlite.* says"):
        mlflow_store.read(f"{store[0]}#{'0' * 32}")


def test_a_digest_of_mlflow_s_is_not_read_as_one_of_ours(store):
    (source,) = mlflow_store.read(store[0]).sources
    assert (source.name, source.digest) == ("a.csv", "")


def test_an_address_that_is_none_is_refused_in_mlflow_s_words():
    with pytest.raises(FormatError, match="MLflow at nowhere://x says"):
        mlflow_store.read("nowhere://x")
