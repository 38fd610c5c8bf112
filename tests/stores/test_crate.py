"""The bundle is a Process Run Crate: the RO-Crate community's own validator finds every MUST kept.

Nothing is fetched: the validator works offline from a cache that holds the one document it asks
for, the JSON-LD context, as the package ``rocrate`` ships it. That is the context of RO-Crate 1.3;
the one of 1.1, which a crate names, is in no package, and so a term must mean the same in both.
"""

from __future__ import annotations

import io
import json
import pathlib
import shutil

import pytest
import requests_cache
import rocrate
from requests import Response
from requests.adapters import BaseAdapter
from rocrate_validator import services
from rocrate_validator.utils.document_loader import uninstall_document_loader
from rocrate_validator.utils.http import HttpRequester
from urllib3 import HTTPResponse

from tests.test_session_learning import FIT, N_A, N_B, table, train
from tests.traced import Notebook
from traceprop_nb.reports.bundle.crate import CONTEXT, METADATA

SHIPPED = pathlib.Path(rocrate.__file__).parent / "data/ro-crate.jsonld"
PROFILE = "process-run-crate"

NOT_KNOWN = {
    "process-run-crate-0.5_3.2": "where on the web the notebook is",
    "process-run-crate-0.5_4.1": "which version the notebook has",
    "process-run-crate-0.5_5.1": "an absolute address of the notebook",
    "process-run-crate-0.5_8.3": "what a cell was meant to do",
    "process-run-crate-0.5_8.4": "when a cell ended: times stand in the log",
    "process-run-crate-0.5_8.6": "who ran a cell",
    "process-run-crate-0.5_11.1": "the error of a cell that failed",
    "ro-crate-1.1_22.2": "who the author is",
    "ro-crate-1.1_22.3": "who the publisher is",
    "ro-crate-1.1_24.1": "lists of one stay lists",
}
"""What the profiles say SHOULD be there and is not, and what of it a record does not say."""

# Between the validator and the packages it stands on.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Shelf(BaseAdapter):
    """Answers with the one document that there is, and knows no network."""

    def send(self, request, **_):
        assert request.url == CONTEXT
        head = {"Content-Type": "application/ld+json"}
        found = Response()
        found.status_code, found.url, found.request = 200, request.url, request
        found.raw = HTTPResponse(
            io.BytesIO(SHIPPED.read_bytes()), headers=head, status=200, preload_content=False
        )
        found.headers.update(head)
        return found

    def close(self):
        pass


@pytest.fixture(scope="module", autouse=True)
def rdflib_as_it_was():
    """The validator puts a loader of its own into rdflib, and keeps its cache open."""
    yield
    uninstall_document_loader()
    HttpRequester().session.close()


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("cache") / "http"
    with requests_cache.CachedSession(str(path), backend="sqlite", expire_after=-1) as shelf:
        shelf.mount("https://", Shelf())
        shelf.get(CONTEXT)
    return path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> pathlib.Path:
    """The unpacked bundle of a session that trained, failed once and is stored."""
    folder = tmp_path_factory.mktemp("bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "a.csv").write_text(table(1, N_A))
        (folder / "b.csv").write_text(table(2, N_B))
        notebook = Notebook()
        stored = notebook.session.open(folder / "s.db")
        train(notebook, FIT, "clf")
        with pytest.raises(ZeroDivisionError, match="division"):
            notebook("1 / 0")
        path = notebook.session.report(purpose="triage").save(folder / "r.zip")
        stored.close()
        notebook.session.close()
    shutil.unpack_archive(path, folder / "r")
    return folder / "r"


def found(crate: pathlib.Path, cache: pathlib.Path, severity: str = "REQUIRED") -> set[str]:
    """Checks that fail, by the validator's names for them."""
    result = services.validate(
        {
            "rocrate_uri": str(crate), "profile_identifier": PROFILE, "offline": True,
            "requirement_severity": severity, "cache_path": str(cache),
        }
    )  # fmt: skip
    assert len(result.executed_checks) > 30, "the checks ran"
    return {issue.check.identifier for issue in result.get_issues()}


def test_the_validator_finds_every_must_of_the_crate_and_its_profile_kept(bundle, cache):
    assert found(bundle, cache) == set()


def test_what_should_be_there_and_is_not_is_only_what_a_record_does_not_know(bundle, cache):
    assert found(bundle, cache, "RECOMMENDED") == set(NOT_KNOWN)


BROKEN = {
    "an execution without its instrument": (
        lambda graph: [e.pop("instrument", None) for e in graph], "process-run-crate",
    ),
    "a crate that names no profile": (lambda graph: graph[1].pop("conformsTo"), PROFILE),
    "a crate without a date": (lambda graph: graph[1].pop("datePublished"), "ro-crate-1.1"),
    "a file that is not there": (
        lambda graph: graph[1]["hasPart"].append({"@id": "gone.csv"})
        or graph.append({"@id": "gone.csv", "@type": "File", "name": "gone"}),
        "ro-crate-1.1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_the_validator_can_refuse(bundle, cache, tmp_path, what):
    change, profile = BROKEN[what]
    shutil.copytree(bundle, tmp_path / "r")
    told = json.loads((bundle / METADATA).read_text())
    change(told["@graph"])
    (tmp_path / "r" / METADATA).write_text(json.dumps(told))
    assert any(one.startswith(profile) for one in found(tmp_path / "r", cache))


def test_every_term_is_one_of_the_context_that_the_validator_is_given(bundle):
    known = json.loads(SHIPPED.read_text())["@context"]
    told = json.loads((bundle / METADATA).read_text())
    own = told["@context"][1]
    for entity in told["@graph"]:
        kinds = entity["@type"] if isinstance(entity["@type"], list) else [entity["@type"]]
        names = [*kinds, *(name for name in entity if not name.startswith("@"))]
        assert [name for name in names if name not in known and name not in own] == []


def test_without_the_cache_the_validator_is_offline_and_says_so(bundle, tmp_path):
    services.ValidationSettings(
        rocrate_uri=str(bundle), offline=True, cache_path=tmp_path / "empty"
    )
    assert HttpRequester().get(CONTEXT).status_code == 504
