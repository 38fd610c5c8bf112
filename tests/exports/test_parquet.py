"""Parquet: another reader finds the rows and the footer, and the lineage in it comes back."""

import base64
import json
import zlib
from dataclasses import replace

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from tests.exports.pictures import hospital, pictures, row_lineages, texts, unordered
from traceprop_nb.errors import FormatError
from traceprop_nb.exports import parquet
from traceprop_nb.exports.loss import without
from traceprop_nb.exports.model import SessionGraph, Value


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("parquet") / "frame.parquet"


@st.composite
def framed(draw):
    """A picture whose one value is a frame, the frame, and which records are behind its rows."""
    picture = draw(pictures())
    names = draw(st.lists(texts.filter(lambda t: "\0" not in t), min_size=1, unique=True,
                          max_size=3))  # fmt: skip
    frame = pd.DataFrame({name: range(10) for name in names})
    rows = tuple(draw(row_lineages("", source.id)) for source in picture.sources)
    value = Value("", "frame", "concat", "", len(frame))
    return replace(picture, values=(value,), row_lineage=rows, column_lineage=()), frame


def came_back(footer: parquet.Footer) -> SessionGraph:
    """What a footer says, as a picture."""
    return SessionGraph(
        id=footer.session,
        sources=footer.sources,
        values=(Value("", rows=footer.rows),),
        row_lineage=footer.row_lineage,
    )


@given(framed())
@settings(max_examples=40, deadline=None)
def test_a_frame_and_its_rows_come_back_but_for_the_documented_losses(path, made):
    picture, frame = made
    parquet.write(frame, path, picture.id, picture.sources, picture.row_lineage)
    back, footer = parquet.read(path)
    assert back.equals(frame)
    kept = replace(picture, values=(Value("", rows=len(frame)),))  # the loss that depends
    assert unordered(came_back(footer)) == unordered(without(kept, parquet.LOSES))


def test_each_documented_loss_is_one(path):
    whole = replace(hospital(), detail="all")
    rows = tuple(replace(r, value="") for r in whole.row_lineage if r.value == "value/4")
    parquet.write(pd.DataFrame({"x": range(8)}), path, whole.id, whole.sources, rows)
    back = unordered(came_back(parquet.read(path)[1]))
    kept = replace(whole, values=(Value("", rows=8),), row_lineage=rows)
    assert back == unordered(without(kept, parquet.LOSES))
    for loss in parquet.LOSES:
        others = [one for one in parquet.LOSES if one != loss]
        lost = whole if loss.when else kept
        assert back != unordered(without(lost, others)), loss.part


@given(framed())
@settings(max_examples=25, deadline=None)
def test_another_reader_finds_the_rows_and_the_footer(path, made):
    picture, frame = made
    parquet.write(frame, path, picture.id, picture.sources, picture.row_lineage)
    with duckdb.connect() as database:
        rows = database.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        held = dict(
            database.execute(
                "SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]
            ).fetchall()
        )
    assert rows == list(map(tuple, frame.to_numpy().tolist()))
    footer = json.loads(zlib.decompress(base64.b64decode(held[parquet.KEY])))
    assert (footer["session"], footer["rows"]) == (picture.id, len(frame))
    assert len(footer["row_lineage"]) == len(picture.row_lineage)


def test_another_reader_refuses_what_is_no_parquet(path):
    path.write_bytes(b"PAR1 and nothing else")
    with duckdb.connect() as database, pytest.raises(duckdb.Error, match=r"(?i)parquet"):
        database.execute("SELECT * FROM read_parquet(?)", [str(path)])
    with pytest.raises(FormatError, match="is no Parquet file"):
        parquet.read(path)
