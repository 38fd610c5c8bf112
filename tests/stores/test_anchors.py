"""Heads kept outside the store: in a file, a git note, under a time stamp; and who looked."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading

import pytest
from sqlalchemy import text

from tests.stores.tampering import CANNOT_TELL, OK, TAMPERED, told
from traceprop_nb.errors import OptionError, TrustError
from traceprop_nb.reports.trust import keys
from traceprop_nb.session import time_stamps
from traceprop_nb.session.core import Session


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """Keys, known anchors and a working folder of this test alone."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv(keys.FOLDER, str(tmp_path / "keys"))
    monkeypatch.delenv(time_stamps.ROOTS, raising=False)


@pytest.fixture
def stored(notebook, where):
    found = notebook.session.open(where)
    notebook.session.record_event("asked", n=1)
    yield found
    found.close()


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(monkeypatch):
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "someone")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "someone@example.org")
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")


def openssl(folder, *words: str, given: bytes = b"") -> bytes:
    return subprocess.run(
        ["openssl", *words], cwd=folder, input=given, check=True, capture_output=True
    ).stdout


CONFIGURATION = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[signer]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A time-stamping authority of the test's own: OpenSSL's, behind a small server."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    made = ("req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes")
    openssl(folder, *made, "-x509", "-days", "30", "-subj", "/CN=root", "-extensions", "ca",
            "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
    openssl(folder, *made, "-subj", "/CN=signer", "-keyout", "signer.key", "-out", "signer.csr")
    openssl(folder, "x509", "-req", "-in", "signer.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-set_serial", "2", "-days", "30", "-extfile", "tsa.cnf", "-extensions", "signer",
            "-out", "signer.pem")  # fmt: skip
    seen: list[bytes] = []

    class Stamps(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(asked)
            (folder / "request.tsq").write_bytes(asked)
            if self.path == "/refuses":
                return self.send_error(503)
            body = openssl(
                folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq"
            )
            if self.path == "/replays":
                body = (folder / "first.tsr").read_bytes()
            elif not (folder / "first.tsr").exists():
                (folder / "first.tsr").write_bytes(body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"nonsense" if self.path == "/nonsense" else body)
            return None

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Stamps) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder, seen
        server.shutdown()
        thread.join()


def rewrite(stored, session: str) -> None:
    """The end of a session is cut off, by somebody who owns the store."""
    with stored.store.database.begin() as connection:
        connection.execute(
            text("DELETE FROM events WHERE session = :s AND number > 0"), {"s": session}
        )


def states(session) -> dict[str, dict]:
    record = session.report().to_dict()
    return {f["id"]: f for s in record["sections"] for f in s["fields"]}


def test_a_file_of_heads_is_found_again_and_shows_what_was_cut(notebook, stored, tmp_path):
    notebook("x = 1")
    kept = stored.anchor(tmp_path / "out" / "heads.jsonl")
    assert {name: n for name, n, _ in kept.claims} == {stored.id: 4}
    assert stored.events()[-1].kind == "anchored"
    checked = stored.check()
    assert checked == []
    assert not checked.unseen
    assert [s for s in checked.seen if s.startswith("heads of 1 session in file heads.jsonl")], (
        checked.seen
    )
    field = states(notebook.session)["log.anchor"]
    assert field["state"] == "partial"
    assert "heads of 1 session in file heads.jsonl" in field["value"][0]
    assert str(tmp_path) not in json.dumps(field)
    log = stored.save_log(tmp_path / "log.jsonl")
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0])
    assert told(log)[0] == CANNOT_TELL, "what is left holds by itself, and nothing in it is signed"
    code, said = told(log, "--heads", str(tmp_path / "out" / "heads.jsonl"))
    assert (code, "events are gone" in said) == (TAMPERED, True)
    rewrite(stored, stored.id)
    assert "events are gone" in stored.check()[0].what


def test_a_file_of_heads_that_is_gone_or_unreadable_is_said(stored, tmp_path):
    path = tmp_path / "heads.jsonl"
    stored.anchor(path)
    assert told(stored.save_log(tmp_path / "log.jsonl"), "--heads", str(path))[0] == OK
    path.write_text("{}\n")
    assert "holds no heads that can be read" in stored.check()[0].what
    path.unlink()
    assert "cannot be read any more" in stored.check()[0].what
    with pytest.raises(TrustError, match="heads cannot be kept in"):
        stored.anchor(tmp_path)


def test_a_store_of_another_place_is_not_measured_by_this_one_s_heads(stored, tmp_path):
    stored.anchor(tmp_path / "heads.jsonl")
    other = Session().open(tmp_path / "other.db")
    assert other.check() == []
    assert other.check().unseen
    other.close()


def test_a_git_note_on_the_commit_is_found_without_the_log_or_the_key(
    notebook, stored, repository, tmp_path, monkeypatch
):
    kept = stored.anchor("git")
    assert kept.where == git("rev-parse", "HEAD").strip()
    assert stored.id in git("notes", "--ref=traceprop", "show")
    monkeypatch.setenv(keys.FOLDER, str(tmp_path / "elsewhere"))
    assert stored.check() == []
    assert any("in git" in line for line in stored.check().seen)
    rewrite(stored, stored.id)
    assert "events are gone" in stored.check()[0].what


def test_a_store_made_anew_in_the_same_place_shows_against_a_note(notebook, repository, tmp_path):
    first = notebook.session.open(tmp_path / "s.db")
    first.anchor("git")
    notebook.session.storage.close()
    for path in tmp_path.glob("s.db*"):
        path.unlink()
    second = Session().open(tmp_path / "s.db")
    assert {(d.session, d.what) for d in second.check()} == {(first.id, "the session is gone")}
    second.close()


def test_without_a_repository_there_is_no_note(stored):
    with pytest.raises(TrustError, match="git rev-parse"):
        stored.anchor("git")
    assert [e.kind for e in stored.events()][-1] == "checkpoint"


def test_a_time_stamp_is_asked_for_kept_and_checked(
    notebook, stored, authority, tmp_path, monkeypatch
):
    pytest.importorskip("rfc3161_client")
    url, folder, seen = authority
    stored.anchor("rfc3161", url=url)
    body = stored.events()[-1].body
    assert (body["how"], body["where"]) == ("rfc3161", url)
    assert len(seen[-1]) < 100, "a digest left the machine, and nothing else"
    assert stored.id.encode() not in seen[-1]
    [line] = [s for s in stored.check().seen if "rfc3161" in s]
    assert "the authority's signature was not checked" in line
    monkeypatch.setenv(time_stamps.ROOTS, str(folder / "ca.pem"))
    [line] = [s for s in stored.check().seen if "rfc3161" in s]
    assert "not checked" not in line
    assert stored.check() == []
    rewrite(stored, stored.id)
    assert "events are gone" in stored.check()[0].what, "the token is kept beside the key too"


def test_a_time_stamp_of_a_stranger_or_of_another_document_shows(
    stored, authority, tmp_path, monkeypatch
):
    pytest.importorskip("rfc3161_client")
    url, folder, _ = authority
    stored.anchor("rfc3161", url=url)
    made = ("req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes", "-x509")
    other = ("-subj", "/CN=other", "-extensions", "ca", "-keyout", "o.key", "-out", "other.pem")
    openssl(folder, *made, *other)
    monkeypatch.setenv(time_stamps.ROOTS, str(folder / "other.pem"))
    assert "not signed by an authority that is trusted here" in stored.check()[0].what
    monkeypatch.delenv(time_stamps.ROOTS)
    known = tmp_path / "keys" / "anchors.jsonl"
    kept = json.loads(known.read_text())
    kept["document"] = kept["document"].replace('"time":"2', '"time":"3')
    known.write_text(json.dumps(kept) + "\n")
    assert "is one of another document" in stored.check()[0].what


@pytest.mark.parametrize(
    ("path", "why"),
    [("/refuses", "did not answer: Service Unavailable"), ("/nonsense", "gave no good stamp"),
     ("/replays", "gave no good stamp")],
)  # fmt: skip
def test_an_authority_that_misbehaves_leaves_no_anchor(stored, authority, path, why):
    pytest.importorskip("rfc3161_client")
    url, _, _ = authority
    with pytest.raises(TrustError, match=why):
        stored.anchor("rfc3161", url=url + path)
    assert "anchored" not in [e.kind for e in stored.events()]
    with pytest.raises(TrustError, match="did not answer"):
        stored.anchor("rfc3161", url="http://127.0.0.1:9")


def test_a_url_is_given_for_a_time_stamp_and_for_nothing_else(stored):
    with pytest.raises(OptionError, match="names a time-stamping authority"):
        stored.anchor("git", url="http://127.0.0.1:9")
    with pytest.raises(OptionError, match="names a time-stamping authority"):
        stored.anchor("rfc3161")


def test_accesses_are_logged_with_who_and_what_unless_switched_off(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACEPROP_NB_IDENTITY", "M. Okafor")
    monkeypatch.setenv("USER", "mo")
    monkeypatch.setenv("LOGNAME", "mo")
    other = Session().open(tmp_path / "s.db")
    other.close()
    stored = notebook.session.open(tmp_path / "s.db")
    notebook("x = 1")
    stored.events(other.id)
    notebook.session.report()
    stored.save_log(tmp_path / "log.jsonl")
    found = [e.body for e in stored.events() if e.kind == "accessed"]
    assert [one["act"] for one in found] == ["queried", "reported", "exported"]
    by = {m["name"]: m["value"] for m in found[0]["by"]}
    assert by == {"user": "mo", "identity": "M. Okafor", "checked": "unauthenticated"}
    assert other.id in str(found[0]["scope"])
    assert stored.events()[0].body["by"] == found[0]["by"]
    monkeypatch.setenv("TRACEPROP_NB_ACCESS_LOG", "off")
    notebook.session.report()
    monkeypatch.delenv("TRACEPROP_NB_ACCESS_LOG")
    stored.access_log = False
    notebook.session.report()
    assert len([e for e in stored.events() if e.kind == "accessed"]) == 3
    assert stored.check() == []
    stored.close()
