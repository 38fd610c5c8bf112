"""Law: every line number and text of a record is right, or there is none and a reason."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import pathlib
import tempfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from traceprop_nb.lineage.nodes import Source
from traceprop_nb.session.core import Session
from traceprop_nb.session.lines import LineIndex, index_of

cells = st.text(st.sampled_from("ab7 é☃,\"'\n"), max_size=5)
rows = st.lists(st.tuples(cells, cells), max_size=6)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def files(draw):
    """The text of a file, the options to read it with, and where its records really are.

    A record is written with a number of its own in the last column, so that what pandas reads
    says which record it is.
    """
    end = draw(ends)
    header = draw(st.booleans())
    comment = draw(st.sampled_from([None, None, "#"]))
    lines, line = [], 1
    where: dict[int, tuple[int, str]] = {}
    before = draw(st.integers(0, 2))
    for _ in range(before):
        lines.append("skipped")
        line += 1
    if header:
        lines.append("a,b,id")
        line += 1
    for number, row in enumerate(draw(rows)):
        while draw(st.integers(0, 4)) == 0:
            lines.append(draw(st.sampled_from(["", "  ", "#x,y", " # x"][: 4 if comment else 2])))
            line += 1
        text = written([*row, str(number)], end, draw(st.booleans()))
        where[number] = (line, text)
        lines.append(text)
        line += 1 + breaks(text, end)
    last = draw(st.booleans())
    text = end.join(lines) + (end if last and lines else "")
    options = {"header": "infer" if header else None, "skiprows": before or None}
    options["comment"] = comment
    if before and draw(st.booleans()):
        options["skiprows"] = list(range(before))
    elif header and draw(st.booleans()):
        options |= {"skiprows": None, "header": before}
    options["nrows"] = draw(st.none() | st.integers(0, 4))
    options["skip_blank_lines"] = draw(st.sampled_from([True, True, False]))
    bom = draw(st.booleans())
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode(), options, where


def written(row: list[str], end: str, every: bool) -> str:
    row = [cell.replace("\n", end) for cell in row]
    plain = [not every and not set(cell) & set(',"\r\n') for cell in row]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in row]
    return ",".join(cell if p else q for cell, p, q in zip(row, plain, quoted, strict=True))


def breaks(text: str, end: str) -> int:
    return text.count(end)


def read(data: bytes, options: dict, folder: pathlib.Path) -> tuple[pd.DataFrame, Session]:
    """Read the file in a traced cell; raises what pandas raises."""
    path = folder / "data.csv"
    path.write_bytes(data)
    session = Session()
    given = {k: v for k, v in options.items() if v is not None or k == "header"}
    names = {"pd": pd, "path": str(path), "given": given}
    session.begin_cell(1, "", traced=True)
    try:
        return pd.read_csv(**{"filepath_or_buffer": str(path), **given}), session
    finally:
        session.end_cell(True)
        session.close()
        del names


@settings(max_examples=700, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
@example((b'a,b,id\n"x\ny",2,0\n\n3,"4""5",1', {"header": "infer"}, {0: (2, '"x\ny",2,0'),
                                                             1: (5, '3,"4""5",1')}))  # fmt: skip
def test_lines_and_text_are_right_or_absent(made):
    data, options, where = made
    with tempfile.TemporaryDirectory() as folder:
        try:
            frame, session = read(data, options, pathlib.Path(folder))
        except (ValueError, pd.errors.ParserError):
            return  # pandas refuses the file itself
        node = next(iter(session.graph.sources), None)
        if node is None:
            return
        session.files.settled()
        placed = session.files.lines(node, range(len(frame)))
        if placed is None:
            assert session.files.why_no_lines(node)
            return
        assert not session.files.why_no_lines(node)
        for record in range(len(frame)):
            number = frame.iloc[record, -1]
            if not is_number(number):
                continue  # pandas made the record of something that we did not write
            line, text = where[int(number)]
            assert placed[record] == line
            assert session.files.text(node, record) == text


def is_number(value: object) -> bool:
    return str(value).removesuffix(".0").isdigit()


def source_of(data: bytes, folder: pathlib.Path, n_rows: int, **detail) -> Source:
    path = folder / "data.csv"
    path.write_bytes(data)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    options = detail.pop("options", {})
    return Source(0, "data.csv", "file", str(path), n_rows, digest, 1, 1,
                  {"reader": "csv", "options": options, **detail})  # fmt: skip


PLAIN = b"a,b\n1,2\n3,4\n"


def test_a_plain_file_counts_its_header_as_line_one(tmp_path):
    index = index_of(source_of(PLAIN, tmp_path, 2))
    assert isinstance(index, LineIndex)
    assert index.lines.tolist() == [2, 3]
    assert [index.text(k) for k in range(2)] == ["1,2", "3,4"]
    assert index.header == "a,b"


@pytest.mark.parametrize(
    ("data", "options", "lines"),
    [
        (b"1,2\n3,4\n", {"header": None}, [1, 2]),
        (b"x\ny\na,b\n1,2\n", {"skiprows": 2}, [4]),
        (b"a,b\r\n1,2\r\n3,4", {}, [2, 3]),
        (b"a,b\n\n1,2\n\n\n3,4\n", {}, [3, 6]),
        (b"a\n1\n\n2\n", {"skip_blank_lines": False}, [2, 3, 4]),
        (b"a,b\n1,2\n3,4\n5,6\n", {"nrows": 2}, [2, 3]),
        (b"\xef\xbb\xbfa,b\n1,2\n", {}, [2]),
        (b"a;b\n1;2\n", {"sep": ";"}, [2]),
        (b"a,b\r1,2\r3,4\r", {}, [2, 3]),
        (b'a,b\n"1\n2",3\n4,5\n', {}, [2, 4]),
        (b'a,b\n"1""\n2",3\n4,5\n', {}, [2, 4]),
        (b"a,b\n", {}, []),
        (b"#\na,b\n1,2\n#,\n3,4\n", {"comment": "#"}, [3, 5]),
        (b"a,b\n1,2\n3,4\n", {"header": 1}, [3]),
        (b"a,b\nc,d\n1,2\n3,4\n", {"header": [0, 1]}, [3, 4]),
        (b"a,b\n1,2\n3,4\n5,6\n", {"skiprows": [2]}, [2, 4]),
        (b"a,b\n1,2\n3,4\nsum,6\n", {"skipfooter": 1}, [2, 3]),
        (b"1,2\n3,4\n", {"names": ["a", "b"]}, [1, 2]),
        (gzip.compress(b"a,b\n1,2\n\n3,4\n", mtime=0), {"compression": "gzip"}, [2, 4]),
    ],
)
def test_lines_of_small_files(tmp_path, data, options, lines):
    assert index_of(source_of(data, tmp_path, len(lines), options=options)).lines.tolist() == lines


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"lineterminator": "~"}, "lineterminator"),
        ({"escapechar": "\\"}, "escapechar"),
        ({"quotechar": "'"}, "quotechar"),
        ({"quoting": 3}, "quoting"),
        ({"doublequote": False}, "doublequote"),
        ({"compression": "zstd"}, "compression"),
        ({"encoding": "utf-16"}, "encoding"),
    ],
)
def test_unusual_options_have_no_lines_and_are_named(tmp_path, options, word):
    assert index_of(source_of(PLAIN, tmp_path, 2, options=options)) == (
        f"read with {word}, so its lines are not known"
    )


def test_options_that_are_not_plain_values_are_named(tmp_path):
    source = source_of(PLAIN, tmp_path, 2, unusual=["skiprows"])
    assert index_of(source) == "read with skiprows, so its lines are not known"


def test_a_count_that_differs_from_what_was_read_gives_no_lines(tmp_path):
    assert index_of(source_of(PLAIN, tmp_path, 3)) == (
        "2 records were counted in 'data.csv' and 3 were read"
    )


def test_a_changed_a_missing_and_an_unhashed_file_have_no_lines(tmp_path):
    source = source_of(PLAIN, tmp_path, 2)
    pathlib.Path(source.path).write_bytes(PLAIN + b"5,6\n")
    assert index_of(source).endswith("data.csv is no longer the file that was read")
    pathlib.Path(source.path).unlink()
    assert index_of(source).endswith("cannot be read any more: No such file or directory")
    again = source_of(PLAIN, tmp_path, 2)
    unhashed = Source(0, "data.csv", "file", again.path, 2, None, 1, 1, again.detail)
    assert index_of(unhashed).endswith("changed while it was read, so its lines are not known")


def test_a_table_and_another_reader_have_no_lines(tmp_path):
    source = source_of(PLAIN, tmp_path, 2)
    other = Source(0, "t", "table", None, 2, None, 1, 1, {})
    assert index_of(other) == "'t' is not a text file with lines"
    packed = Source(0, "data.csv", "file", source.path, 2, None, 1, 1, {"reader": "parquet"})
    assert index_of(packed) == "'data.csv' is not a text file with lines"


def test_the_law_notices_a_line_that_is_one_off():
    lines = np.array([2, 3])
    assert not np.array_equal(lines, list(itertools.islice(itertools.count(3), 2)))
