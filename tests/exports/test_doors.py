"""The doors: a session is written by name or suffix, logged, and read back."""

import json

import pytest

import traceprop_nb as tp
from tests import merged
from tests.traced import Notebook
from traceprop_nb.errors import (
    FormatError,
    OptionError,
    UnknownNameError,
    UntracedError,
)
from traceprop_nb.exports import formats
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import exporting
from traceprop_nb.session.exporting import import_lineage

SPLIT = """
late = d.sort_values('v', ascending=False)[['id', 'v']]
means = d.groupby('c')['v'].mean().to_frame()
"""


@pytest.fixture
def traced(cells):
    cells(SPLIT)
    return cells


ABOUT_A_MODEL = ("model-card", "in-toto", "in-toto-signed")


@pytest.mark.parametrize("name", [n for n in formats.FORMATS if n not in ABOUT_A_MODEL])
def test_every_format_is_written_by_name_and_by_suffix(traced, tmp_path, name):
    suffix = formats.FORMATS[name].suffixes[0]
    by_name = exporting.export(traced.session, tmp_path / "plain.out", format=name)
    by_suffix = exporting.export(traced.session, tmp_path / f"x{suffix}", format=None)
    assert by_name.read_bytes() == by_suffix.read_bytes()
    assert b"a.csv" in by_name.read_bytes() or name == "opentelemetry"


def test_an_export_is_an_event_with_the_digest_of_the_file(traced, tmp_path):
    import hashlib

    path = exporting.export(traced.session, tmp_path / "x.prov.json", format=None, detail="all")
    event = traced.session.events[-1]
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert event.kind == "exported"
    assert event.body == {"format": "prov-json", "digest": digest, "scope": "all"}


@pytest.mark.parametrize("name", ["prov-json", "openlineage", "cyclonedx", "croissant"])
def test_what_is_read_back_is_found_by_its_content_alone(traced, tmp_path, name):
    path = exporting.export(traced.session, tmp_path / "plain.out", format=name)
    assert [s.name for s in import_lineage(path, None).sources] == ["a.csv", "b.csv"]


def test_the_picture_of_a_session_says_which_records_made_which_rows(traced, tmp_path):
    exporting.export(traced.session, "x.prov.json", format=None)
    found = import_lineage("x.prov.json", None)
    value = next(v for v in found.values if v.name == "d")
    rows = {r.source: r for r in found.row_lineage if r.value == value.id}
    names = {s.id: s.name for s in found.sources}
    told = {names[s]: (r.diagonal, r.fan) for s, r in rows.items()}
    assert told == {"a.csv": (((0, 2, 2),), ()), "b.csv": (((0, 2, 1), (1, 1, 1)), ())}


def test_all_detail_has_every_value(traced, tmp_path):
    for detail in ("named", "all"):
        exporting.export(traced.session, f"{detail}.prov.json", format=None, detail=detail)
    few, every = (import_lineage(f"{d}.prov.json", None) for d in ("named", "all"))
    assert len(every.values) > len(few.values)
    assert len(every.values) + len(every.sources) == len(traced.session.graph)


def test_a_frame_keeps_its_rows_through_parquet_in_the_same_session(traced, tmp_path):
    path = exporting.export_frame(traced.session, traced.names["late"], "late.parquet", None)
    back = exporting.import_frame(traced.session, path)
    assert back.equals(traced.names["late"])
    for row in range(len(back)):
        mine, before = (traced.session.rows(x, row) for x in (back, traced.names["late"]))
        assert merged.plain(mine) == merged.plain(before)
        assert {k: v.tolist() for k, v in mine.lines.items()} == {
            k: v.tolist() for k, v in before.lines.items()
        }
        assert mine.status == Status.EXACT


def test_a_frame_keeps_its_rows_through_parquet_in_another_session(traced, tmp_path):
    for name in ("late", "means", "a"):
        exporting.export_frame(traced.session, traced.names[name], f"{name}.parquet", None)
        other = Notebook()
        try:
            back = exporting.import_frame(other.session, f"{name}.parquet")
            for row in range(len(back)):
                mine = other.session.rows(back, row)
                before = traced.session.rows(traced.names[name], row)
                assert merged.plain(mine) == merged.plain(before)
                assert mine.status == before.status
        finally:
            other.session.close()


def test_lineage_goes_on_from_a_frame_that_was_read_back(traced):
    exporting.export_frame(traced.session, traced.names["late"], "late.parquet", None)
    other = Notebook()
    try:
        other.names["back"] = exporting.import_frame(other.session, "late.parquet")
        other("import pandas as pd\nhigh = back[back.v > 0]")
        assert other.behind("high", "a.csv") == [[2]]
    finally:
        other.session.close()


def test_rows_that_were_changed_under_the_footer_do_not_get_its_lineage(traced):
    import pyarrow.parquet as pq

    exporting.export_frame(traced.session, traced.names["late"], "late.parquet", None)
    table = pq.read_table("late.parquet")
    pq.write_table(table.take([1, 0]), "late.parquet")  # the footer comes along
    with pytest.raises(FormatError, match="are not the 2 that the lineage"):
        exporting.import_frame(traced.session, "late.parquet")
    pq.write_table(table.replace_schema_metadata(None), "late.parquet")
    with pytest.raises(FormatError, match="no lineage in its footer"):
        exporting.import_frame(traced.session, "late.parquet")


def test_a_frame_that_nobody_saw_made_is_refused(traced):
    traced("unseen = a.copy()", traced=False)
    with pytest.raises(UntracedError, match="unseen"):
        exporting.export_frame(traced.session, traced.names["unseen"], "x.parquet", None)


def test_wrong_names_and_paths_say_what_there_is(traced):
    with pytest.raises(UnknownNameError, match="did you mean 'prov-json'"):
        exporting.export(traced.session, "x", format="prov-jsn")
    with pytest.raises(OptionError, match=r"\.prov\.json \(prov-json\)"):
        exporting.export(traced.session, "x.zip", format=None)
    with pytest.raises(OptionError, match="neither 'named' nor 'all'"):
        exporting.export(traced.session, "x.ttl", format=None, detail="some")
    with pytest.raises(OptionError, match="lacks a path"):
        exporting.export(traced.session, traced.names["d"], format=None)
    with pytest.raises(OptionError, match=r"does not end in \.parquet"):
        exporting.export_frame(traced.session, traced.names["d"], "x.csv", None)
    exporting.export(traced.session, "x.ttl", format=None)
    with pytest.raises(OptionError, match="written and not read back"):
        import_lineage("x.ttl", None)
    with open("x.txt", "w") as file:
        file.write("hello")
    with pytest.raises(FormatError, match="none of the formats"):
        import_lineage("x.txt", None)


def test_the_python_door_writes_the_session_of_the_process(tmp_path):
    tp.session().reset()
    path = tp.export(tmp_path / "x.prov.json", person="A. Nurse")
    found = tp.import_lineage(path)
    assert [agent.name for agent in found.agents] == ["traceprop_nb", "A. Nurse"]
    assert json.loads(path.read_bytes())["actedOnBehalfOf"]
    tp.session().reset()


WORDS = ("compliant", "certified", "guarantee", "conforms")


def test_no_value_and_no_folder_of_anybody_s_leaves_in_any_format(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("north", "south"):  # two files of one name are told apart by their paths
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("id,v\nCANARY,1\nx,2\n")
    notebook(
        "import pandas as pd, os\nn = pd.read_csv('north/a.csv')\n"
        "s = pd.read_csv(os.path.abspath('south/a.csv'))\n"
        "kept = pd.concat([n, s]).query(\"id == 'CANARY'\")"
    )
    with pytest.raises(ValueError, match="CANARY"):
        notebook("raise ValueError('CANARY ' + kept.id.iloc[0])")
    for one in formats.FORMATS.values():
        if one.name not in ABOUT_A_MODEL:
            path = exporting.export(notebook.session, "out", format=one.name, detail="all")
            text = path.read_text().replace("conformsTo", "")  # Croissant's own member
            assert "CANARY" not in text
            assert str(tmp_path) not in text
            assert not [word for word in WORDS if word in text.lower()]


def test_a_footer_that_somebody_made_up_is_refused(traced):
    import base64
    import zlib

    import pyarrow.parquet as pq

    from traceprop_nb.exports import parquet

    exporting.export_frame(traced.session, traced.names["late"], "late.parquet", None)
    table = pq.read_table("late.parquet")
    held = json.loads(zlib.decompress(base64.b64decode(table.schema.metadata[parquet.KEY])))

    def rewritten(told, said):
        packed = base64.b64encode(zlib.compress(json.dumps(told).encode()))
        pq.write_table(table.replace_schema_metadata({parquet.KEY: packed}), "bad.parquet")
        with pytest.raises(FormatError, match=said):
            exporting.import_frame(traced.session, "bad.parquet")

    first, *rest = held["row_lineage"]
    outside = {**first, "diagonal": [[0, 10**6, 1]]}
    beyond = {**first, "diagonal": [[7, 0, 1]]}
    rewritten({**held, "version": 9}, "has version 9")
    rewritten({**held, "row_lineage": [outside, *rest]}, "leaves the 4 records")
    rewritten({**held, "row_lineage": [beyond, *rest]}, "row 7 is not among the 2 rows")
    rewritten({**held, "row_lineage": [{**first, "source": "source/99"}]}, "no source of its")
    rewritten({**held, "row_lineage": 3}, r"footer\.row_lineage: expected a list")


def test_a_file_of_the_same_name_and_other_bytes_is_another_source(traced):
    exporting.export_frame(traced.session, traced.names["late"], "late.parquet", None)
    with open("a.csv", "w") as file:
        file.write(merged.A.replace("-4", "-5"))
    other = Notebook()
    try:
        other("import pandas as pd\na = pd.read_csv('a.csv')")
        back = exporting.import_frame(other.session, "late.parquet")
        assert list(other.session.rows(back, 0).sources) != ["a.csv"]
        assert len([s for s in other.session.graph.sources.values() if s.name == "a.csv"]) == 2
    finally:
        other.session.close()
