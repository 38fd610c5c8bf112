"""Files that DVC itself wrote: what we compute of the same bytes is what stands in them."""

import pathlib
import shutil

import pytest

from traceprop_nb.exports import dvc

WRITTEN = pathlib.Path(__file__).parent / "dvc_files"
LAID_OUT = {
    "data/a/b.csv": b"x\n1\n", "data/a-b.csv": b"x\n2\n", "data/a.b.csv": b"x\n3\n",
    "data/A.csv": b"x\n4\n", "data/ü/ñ.csv": "é\n5\n".encode(), "data/empty.csv": b"",
    "dos.csv": b"x\r\n1\r\n", "raw.bin": b"\0\1\r\n", "clean.csv": b"x\n1\nx\r\n1\r\n",
    "counts/n.txt": b"4\n",
}  # fmt: skip
"""Names whose order differs between texts and paths, no bytes, bytes that are no text."""


@pytest.fixture
def folder(tmp_path):
    for name, data in LAID_OUT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    for path in WRITTEN.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["data.dvc", "dos.csv.dvc", "raw.bin.dvc", "dvc.lock"])
def test_every_digest_that_dvc_recorded_is_computed_again(folder, name):
    found = dvc.tracked(folder / name)
    assert found
    assert [one.now for one in found] == [one.recorded for one in found]
    assert all(one.same for one in found)


@pytest.mark.parametrize("changed", LAID_OUT)
def test_a_changed_byte_shows_and_only_there(folder, changed):
    (folder / changed).write_bytes(LAID_OUT[changed] + b"y")
    entries = {one.path: one.same for one in dvc.tracked(folder / "dvc.lock")}
    entries |= {one.path: one.same for one in dvc.tracked(folder / "raw.bin.dvc")}
    assert [path for path, same in entries.items() if not same] == [changed.partition("/")[0]]


def test_the_stages_are_the_cells_that_dvc_ran(folder):
    found = dvc.read(folder / "dvc.lock")
    assert [cell.name for cell in found.cells] == ["clean", "count"]
    assert sorted(source.name for source in found.sources) == ["data", "dos.csv"]
    assert {(e.parent.rpartition("/")[2], e.child.rpartition("/")[2]) for e in found.edges} == {
        ("data", "clean.csv"), ("dos.csv", "clean.csv"), ("clean.csv", "counts"),
    }  # fmt: skip
