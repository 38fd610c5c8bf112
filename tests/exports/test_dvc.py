"""DVC's files: digests are DVC's own, and bytes that changed since lose theirs."""

import hashlib
import json

import pytest

from traceprop_nb.errors import FormatError
from traceprop_nb.exports import dvc

# A folder as `dvc add` sees it: the MD5 of the JSON list of its files is its own.
A, B = b"x\n1\n", b"y\n2\n"


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data/sub").mkdir(parents=True)
    (tmp_path / "data/a.csv").write_bytes(A)
    (tmp_path / "data/sub/b.csv").write_bytes(B)
    (tmp_path / "one.csv").write_bytes(A)
    listed = json.dumps(
        [{"md5": md5(A), "relpath": "a.csv"}, {"md5": md5(B), "relpath": "sub/b.csv"}],
        sort_keys=True,
    )
    (tmp_path / "data.dvc").write_text(
        f"outs:\n- md5: {md5(listed.encode())}.dir\n  size: 8\n  nfiles: 2\n  hash: md5\n"
        "  path: data\n"
    )
    (tmp_path / "one.csv.dvc").write_text(
        f"outs:\n- md5: {md5(A)}\n  size: 4\n  hash: md5\n  path: one.csv\n"
    )
    return tmp_path


def test_files_and_folders_that_did_not_change_have_a_digest(folder):
    for name, kind in (("data", "folder"), ("one.csv", "file")):
        (source,) = dvc.read(folder / f"{name}.dvc").sources
        assert (source.name, source.kind) == (name, kind)
        assert source.digest.startswith("sha256:")
    assert source.digest == "sha256:" + hashlib.sha256(A).hexdigest()
    assert source.size == 4


@pytest.mark.parametrize(("name", "changed"), [("data", "data/sub/b.csv"), ("one.csv", "one.csv")])
def test_what_changed_since_has_none(folder, name, changed):
    (folder / changed).write_bytes(b"z\n3\n")
    (source,) = dvc.read(folder / f"{name}.dvc").sources
    assert source.digest == ""
    assert not dvc.tracked(folder / f"{name}.dvc")[0].same


def test_what_is_gone_has_none(folder):
    (folder / "one.csv").unlink()
    (one,) = dvc.tracked(folder / "one.csv.dvc")
    assert (one.now, one.digest, one.same) == (None, "", False)


def test_text_that_an_old_dvc_hashed_with_unix_line_ends_is_the_same(folder):
    (folder / "one.csv").write_bytes(b"x\r\n1\r\n")
    entry = f"outs:\n- md5: {md5(A)}\n  path: one.csv\n"
    (folder / "one.csv.dvc").write_text(entry)
    assert dvc.tracked(folder / "one.csv.dvc")[0].same
    (folder / "one.csv.dvc").write_text(f"{entry}  hash: md5\n")
    assert not dvc.tracked(folder / "one.csv.dvc")[0].same


def test_stages_of_a_lock_are_cells_that_made_their_outputs(folder):
    (folder / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  clean:\n    cmd: python clean.py\n    deps:\n"
        f"    - path: one.csv\n      hash: md5\n      md5: {md5(A)}\n    outs:\n"
        f"    - path: clean.csv\n      hash: md5\n      md5: {md5(B)}\n"
    )
    found = dvc.read(folder / "dvc.lock")
    assert [s.name for s in found.sources] == ["one.csv"]
    assert [(v.name, v.cell) for v in found.values] == [("clean.csv", "dvc/stage/clean")]
    assert [(e.parent, e.child, e.status) for e in found.edges] == [
        ("dvc/source/one.csv", "dvc/value/clean.csv", "inexact")
    ]


@pytest.mark.parametrize("text", ["a: 1\n", "- 1\n", "{", "stages: 3\n"])
def test_what_is_no_file_of_dvc_s_is_refused(tmp_path, text):
    (tmp_path / "x.dvc").write_text(text)
    with pytest.raises(FormatError, match=r"no file of DVC's|is not YAML|no dvc\.lock"):
        dvc.read(tmp_path / "x.dvc")
