"""The bundle: fixed bytes, read by others, and checked by the package and by its own verifier."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
import zipfile
from dataclasses import replace

import pytest

from tests.record_examples import clock, session as example
from tests.stores.tampering import CANNOT_TELL, OK, TAMPERED, VERIFIER, process, rechained, told
from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.errors import RecordError
from traceprop_nb.reports import Record, build
from traceprop_nb.reports.bundle.check import _lines, check_bundle, outcome
from traceprop_nb.reports.bundle.write import packed
from traceprop_nb.reports.canonical import canonical, digest
from traceprop_nb.reports.trust import keys
from traceprop_nb.reports.trust.chain import log_file


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A record of a session that trained and is stored."""
    from tests.traced import Notebook

    folder = tmp_path_factory.mktemp("bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "a.csv").write_text(table(1, N_A))
        (folder / "b.csv").write_text(table(2, N_B))
        notebook = Notebook()
        stored = notebook.session.open(folder / "s.db")
        train(notebook, FIT, "clf")
        made = notebook.session.report(purpose="triage")
        yield made
        stored.close()
        notebook.session.close()


@pytest.fixture(scope="module")
def files(record):
    """The files of its bundle."""
    return unpacked(record.to_bundle())


def unpacked(data: bytes) -> dict[str, bytes]:
    import io

    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def both(path, *options: str) -> int:
    """What the package and the verifier make of a bundle, which is the same."""
    package = outcome(check_bundle(path))
    verifier, said = told(path, *options)
    assert package == verifier, f"{check_bundle(path)!r}\n{said}"
    return package


def test_an_untouched_bundle_holds_as_a_zip_and_as_a_folder(record, tmp_path):
    path = record.save(tmp_path / "r.zip")
    assert both(path) == OK
    shutil.unpack_archive(path, tmp_path / "r")
    assert both(tmp_path / "r") == OK
    ran = process(str(path))
    assert (ran.returncode, ran.stdout.splitlines()[-1], ran.stderr) == (OK, "ok", "")


def test_the_verifier_in_the_bundle_checks_the_folder_that_it_lies_in(record, tmp_path):
    import subprocess

    shutil.unpack_archive(record.save(tmp_path / "r.zip"), tmp_path / "r")
    assert (tmp_path / "r/verify.py").read_bytes() == VERIFIER.read_bytes()
    ran = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=tmp_path / "r", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == OK, ran.stdout + ran.stderr


def test_a_record_alone_shows_who_signed_its_log(record):
    def signed(content):
        made = Record(canonical({**content, "digest": digest({**content})}))
        [check] = [c for c in made.verify().checks if c.name == "signature of the log"]
        return check

    content = {k: v for k, v in record.to_dict().items() if k != "digest"}
    good = signed(content)
    assert good.result == "pass"
    assert content["integrity"]["log"]["checkpoint"]["key"] in good.detail
    for place, change in (("events", 1), ("head", "sha256:" + "0" * 64)):
        other = json.loads(json.dumps(content))
        log = other["integrity"]["log"]
        last = log["checkpoint"]
        last["event" if place == "events" else place] = change
        assert signed(other).result == "fail", place


def test_the_same_record_gives_the_same_bytes_and_has_one_digest_in_every_form(record, files):
    assert record.to_bundle() == record.to_bundle()
    assert files["record.json"] == record.body
    assert json.loads(files["ro-crate-metadata.json"])["@graph"][1]["identifier"] == record.digest
    for name in ("record.html", "README.md"):
        assert record.digest in files[name].decode()


def test_a_record_is_read_back_from_a_bundle(record, tmp_path):
    path = record.bundle(tmp_path / "anything")
    path = path.rename(tmp_path / "r.zip")
    assert Record.load(path) == record
    shutil.unpack_archive(path, tmp_path / "r")
    assert Record.load(tmp_path / "r") == record
    (tmp_path / "bad.zip").write_bytes(b"PK")
    with pytest.raises(RecordError, match=r"bad\.zip holds no record"):
        Record.load(tmp_path / "bad.zip")
    with pytest.raises(RecordError, match=r"bad\.zip is no bundle that can be read"):
        check_bundle(tmp_path / "bad.zip")
    assert told(tmp_path / "bad.zip")[0] == CANNOT_TELL
    assert told(tmp_path / "none.zip")[0] == CANNOT_TELL


def test_every_changed_missing_or_added_file_shows(files, tmp_path):
    for name in files:
        data = bytearray(files[name])
        data[len(data) // 2] ^= 1
        check(tmp_path, {**files, name: bytes(data)}, TAMPERED, name)
        check(tmp_path, {k: v for k, v in files.items() if k != name}, TAMPERED, name)
    check(tmp_path, {**files, "more.txt": b""}, TAMPERED, "one more")


def check(folder, files, expected, what):
    path = folder / "t.zip"
    path.write_bytes(packed(files))
    assert both(path) == expected, what


def resealed(files: dict[str, bytes], **changed: bytes) -> dict[str, bytes]:
    """Changed files under a manifest that somebody with the key made anew."""
    from traceprop_nb.reports.bundle.write import _manifest

    kept = {**files, **{name.replace("_", "."): data for name, data in changed.items()}}
    del kept["manifest.json"]
    return {**kept, "manifest.json": canonical(_manifest(kept))}


def test_a_manifest_made_anew_does_not_help_the_log(files, tmp_path):
    check(tmp_path, resealed(files), OK, "control")
    rows, _ = _lines(files["log.jsonl"])
    session = rows[0].session
    for place, row in enumerate(rows):
        data = log_file(session, [*rows[:place], *rows[place + 1 :]])
        check(tmp_path, resealed(files, log_jsonl=data), TAMPERED, f"without event {place}")
        forged = [*rows]
        forged[place] = replace(row, kind="other")
        data = log_file(session, rechained(forged, place))
        check(tmp_path, resealed(files, log_jsonl=data), TAMPERED, f"event {place} anew")
    lines = files["log.jsonl"]
    check(tmp_path, resealed(files, log_jsonl=lines[:-1]), TAMPERED, "no last line end")
    check(tmp_path, resealed(files, log_jsonl=lines + b"x"), TAMPERED, "half a line")
    check(tmp_path, resealed(files, log_jsonl=b""), TAMPERED, "no events")


def test_a_manifest_made_anew_does_not_help_the_record(record, files, tmp_path):
    content = record.to_dict()
    content["sections"][0]["fields"][0]["label"] = "Something else"
    data = canonical(content)
    check(tmp_path, resealed(files, record_json=data), TAMPERED, "its own digest")
    other = build(example(), clock=clock)
    parts = {"record_json": other.body, "record_html": other.to_html().encode()}
    check(tmp_path, resealed(files, **parts), TAMPERED, "another record, another log")
    parts["record_json"] = record.body
    check(tmp_path, resealed(files, **parts), TAMPERED, "another record's page")


def test_a_manifest_of_another_key_shows_unless_the_log_s_key_named_it(
    files, tmp_path, monkeypatch
):
    monkeypatch.setenv(keys.FOLDER, str(tmp_path / "theirs"))
    stranger = keys.own_key().public.hex()
    known = json.loads(files["keys.json"])["keys"]
    told_keys = canonical({"keys": [*known, stranger], "rotations": []})
    check(tmp_path, resealed(files, keys_json=told_keys), TAMPERED, "a stranger's key")


def test_a_bundle_after_a_rotation_holds(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv(keys.FOLDER, str(tmp_path / "k"))
    notebook("x = 1")
    stored = notebook.session.open(tmp_path / "s.db")
    first = keys.own_key().id
    record = notebook.session.report()
    second = stored.rotate_key()
    assert first != second
    path = record.save(tmp_path / "r.zip")
    assert both(path, "--key", first) == OK, "signed before, packed after"
    path = notebook.session.report().save(tmp_path / "r.zip")
    assert both(path, "--key", second) == OK
    assert told(path, "--key", first)[0] == OK, "the old key named the new one"
    code, said = told(path, "--key", "ed25519:" + "0" * 32)
    assert code == TAMPERED
    assert "not ed25519:" in said
    stored.close()


def test_without_a_key_the_bundle_says_that_nobody_can_tell(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv(keys.FOLDER, "off")
    notebook("x = 1")
    notebook.session.record_event("asked", n=1)
    record = notebook.session.report()
    [unsigned] = [s for s in record.to_dict()["integrity"]["not_shown"] if "not signed" in s]
    assert "signing is switched off" in unsigned
    path = record.save(tmp_path / "r.zip")
    assert both(path) == CANNOT_TELL
    assert not (tmp_path / "off").exists()


def test_a_record_without_a_log_makes_a_bundle_without_one(tmp_path):
    path = build(example(), clock=clock).save(tmp_path / "r.zip")
    assert both(path) == CANNOT_TELL


def test_without_cryptography_everything_but_signatures_is_checked(record, files, tmp_path):
    path = record.save(tmp_path / "r.zip")
    code = (
        "import runpy, sys\n"
        "sys.modules['cryptography'] = None\n"
        f"sys.argv = ['verify.py', {str(path)!r}]\n"
        f"runpy.run_path({str(VERIFIER)!r}, run_name='__main__')\n"
    )

    def without() -> tuple[int, str]:
        import subprocess

        ran = subprocess.run(
            [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False
        )
        assert ran.stderr == ""
        return ran.returncode, ran.stdout

    code_, said = without()
    assert code_ == CANNOT_TELL
    assert "cryptography is not installed" in said
    path.write_bytes(
        packed(resealed(files, log_jsonl=files["log.jsonl"].replace(b"train", b"drain")))
    )
    assert without()[0] == TAMPERED


def test_heads_that_were_kept_show_a_bundle_of_a_log_made_anew(record, tmp_path):
    path = record.save(tmp_path / "r.zip")
    log = record.to_dict()["integrity"]["log"]
    heads = tmp_path / "heads.jsonl"
    kept = [[log["session"], log["events"], log["head"]]]
    heads.write_text(json.dumps({"heads": kept}) + "\n")
    assert told(path, "--heads", str(heads))[0] == OK
    kept[0][2] = "sha256:" + "1" * 64
    heads.write_text(json.dumps({"heads": kept}) + "\n")
    assert told(path, "--heads", str(heads))[0] == TAMPERED
    kept[0][1] += 1
    heads.write_text(json.dumps({"heads": kept}) + "\n")
    code, said = told(path, "--heads", str(heads))
    assert code == TAMPERED
    assert "1 events are gone" in said


def test_the_verifier_imports_nothing_but_the_standard_library_and_cryptography():
    import ast

    names = set()
    for node in ast.walk(ast.parse(VERIFIER.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    assert names - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_bundle_is_a_crate_that_another_library_reads(record, tmp_path):
    shutil.unpack_archive(record.save(tmp_path / "r.zip"), tmp_path / "r")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own deprecations
        from rocrate.rocrate import ROCrate

        found = ROCrate(tmp_path / "r")
    root = found.root_dataset
    assert root["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    parts = {part.id for part in root["hasPart"]}
    assert parts == {p.name for p in (tmp_path / "r").iterdir()} - {
        "ro-crate-metadata.json", "manifest.json",
    }  # fmt: skip
    actions = [e for e in found.get_entities() if e.type == "CreateAction"]
    assert {a.id for a in actions} == {a.id for a in root["mentions"]}
    assert actions, "a cell ran"
    assert all(a["instrument"].type == "SoftwareApplication" for a in actions)
    named = {e["name"] for a in actions for e in a.get("object", [])}
    assert named == {"a.csv", "b.csv"}
    assert {e["name"] for a in actions for e in a.get("result", [])} == {"model of run clf"}


def test_every_reference_in_the_crate_leads_somewhere(files):
    graph = json.loads(files["ro-crate-metadata.json"])["@graph"]
    ids = [entity["@id"] for entity in graph]
    assert len(ids) == len(set(ids))

    def references(value):
        if isinstance(value, dict):
            if set(value) == {"@id"}:
                yield value["@id"]
            for one in value.values():
                yield from references(one)
        elif isinstance(value, list):
            for one in value:
                yield from references(one)

    outside = {"https://w3id.org/ro/crate/1.1"}
    for entity in graph:
        assert set(references(list(entity.values()))) <= {*ids, *outside}, entity["@id"]
