"""A file that one session wrote and another read leads its records on to where they came from."""

from __future__ import annotations

import contextlib
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import text

from tests.merged import CLEAN
from tests.stores.stored import closed, opened, plain
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import written


@pytest.fixture(autouse=True)
def raw(files):
    rows = "".join(f"{k},{k * k},{k % 3}\n" for k in range(30))
    (files / "raw.csv").write_text("k,v,c\n" + rows)


PREPARE = """
import numpy as np
import pandas as pd
d = pd.read_csv("raw.csv")
d = d[d.c != 1].sort_values("v", ascending=False)
"""
KEPT = [k for k in range(29, -1, -1) if k % 3 != 1]
"""Records of raw.csv in the order of the rows of ``d``."""
WAYS = {
    "csv": ("d.to_csv('f.csv', index=False)", "f = pd.read_csv('f.csv')"),
    "csv of a temporary": ("d[d.k >= 0].to_csv('f.csv')", "f = pd.read_csv('f.csv', index_col=0)"),
    "csv of a column": ("d['k'].to_csv('f.csv', index=False)", "f = pd.read_csv('f.csv')"),
    "csv packed": ("d.to_csv('f.csv.gz')", "f = pd.read_csv('f.csv.gz')"),
    "csv without a header": (
        "d.to_csv('f.csv', header=False, index=False, sep=';')",
        "f = pd.read_csv('f.csv', header=None, names=['k', 'v', 'c'], sep=';')",
    ),
    "parquet": ("d.to_parquet('f.parquet')", "f = pd.read_parquet('f.parquet')"),
    "feather": (
        "d.reset_index(drop=True).to_feather('f.feather')", "f = pd.read_feather('f.feather')",
    ),
    "npy": ("np.save('f', d.to_numpy())", "f = np.load('f.npy')"),
    "torch": ("import torch\ntorch.save(torch.as_tensor(d.to_numpy()), 'f.pt')",
              "import torch\nf = torch.load('f.pt').numpy()"),
    "joblib": ("import joblib\nimport sklearn\nX = d.to_numpy()\njoblib.dump(X, 'f.jl')",
               "import joblib\nimport sklearn\nf = joblib.load('f.jl')"),
    "npy of a name": ("X = d['k'].to_numpy()\nnp.save('f.npy', X)", "f = np.load('f.npy')"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_records_of_a_file_are_rows_of_what_was_written(files, way):
    write, read = WAYS[way]
    one = opened("s.db")
    one(PREPARE + write)
    first = closed(one)
    two = opened("s.db")
    two("import numpy as np\nimport pandas as pd\n" + read + "\nlast = f[::-1]")
    assert two.swallowed() == {}
    values = np.asarray(two.names["last"])
    ids = values[:, 0] if values.ndim == 2 else values
    ids = np.asarray(two.names["last"]["k"]) if way == "csv packed" else ids
    for row in (0, 3, len(values) - 1):
        answer = two.session.rows(two.names["last"], row)
        assert answer.status == Status.EXACT
        assert plain(answer)["sources"] == {"raw.csv": [int(ids[row])]}
        assert plain(answer)["lines"] == {"raw.csv": [int(ids[row]) + 2]}
        operations = [step[0] for step in answer.path]
        assert operations[0] == "read_csv"
        assert any(f"was written by session {first}" in step for step in operations)
        assert "sort_values" in operations
    why = two.session.why(two.names["last"])
    assert (why.status, why.doubts) == (Status.EXACT, [])
    assert "was written by session" in why.notes[0]
    assert "note" in repr(why)


def test_a_colleague_on_a_server_reads_on(files, where):
    one = opened(where)
    one(PREPARE + "d.to_csv('clean.csv', index=False)")
    closed(one)
    two = opened(where)
    two("import pandas as pd\ne = pd.read_csv('clean.csv')\ne = e[e.k > 10]\n"
        "e.to_parquet('late.parquet')")  # fmt: skip
    closed(two)
    three = opened(where)
    three("import pandas as pd\nz = pd.read_parquet('late.parquet')")
    answer = three.session.rows("z", 2)
    assert plain(answer)["sources"] == {"raw.csv": [KEPT[2]]}
    steps = [step[0] for step in answer.path]
    writers = [step for step in steps if "was written by" in step]
    assert [w.split()[0] for w in writers] == ["clean.csv", "late.parquet"]
    assert three.session.storage.check() == []


def test_a_file_whose_bytes_changed_is_a_source_of_its_own_and_why_says_so(files):
    one = opened("s.db")
    one(PREPARE + "d.to_csv('clean.csv', index=False)")
    first = closed(one)
    whole = (files / "clean.csv").read_text()
    (files / "clean.csv").write_text(whole.replace("841", "842"))
    two = opened("s.db")
    two("import pandas as pd\nz = pd.read_csv('clean.csv')")
    answer = two.session.rows("z", 2)
    assert plain(answer)["sources"] == {"clean.csv": [2]}
    assert answer.status == Status.EXACT
    [note] = two.session.why("z").notes
    assert f"clean.csv is not the file that session {first} wrote in cell 1" in note
    (files / "clean.csv").write_text(whole)
    two("z = pd.read_csv('clean.csv')")
    assert plain(two.session.rows("z", 2))["sources"] == {"raw.csv": [KEPT[2]]}
    assert "was written by" in two.session.why("z").notes[0]


def test_a_file_that_changes_before_its_digest_is_taken_is_nobodys(files, monkeypatch):
    monkeypatch.setattr(written, "_SMALL", -1)
    one = opened("s.db")
    later = []
    monkeypatch.setattr(
        written, "_digest", lambda write, own=written._digest: later.append(write) or own(write)
    )
    one(PREPARE + "d.to_csv('clean.csv', index=False)\n"
        "with open('clean.csv', 'a') as more:\n    more.write('1,1,1\\n')")  # fmt: skip
    one.session.storage.end()
    assert len(later) == 1
    two = opened("s.db")
    two("import pandas as pd\nz = pd.read_csv('clean.csv')")
    assert plain(two.session.rows("z", 2))["sources"] == {"clean.csv": [2]}


@pytest.mark.parametrize(
    ("write", "read", "why"),
    [
        ("d.to_csv('f', index=False)", "pd.read_csv('f', skiprows=3)", "17 records"),
        ("d.to_csv('f', index=False)", "pd.read_csv('f', header=None)", "21 records read"),
        ("d.to_csv('f', index=False)", "pd.read_csv('f', names=list('kvc'), skipfooter=1, "
         "engine='python')", "read with skipfooter"),
        ("d.to_csv('f', index=False)", "pd.read_csv('f', skiprows=[2], names=list('kvc'))",
         "read with .*skiprows"),
        ("d.to_csv('f', index=False, quoting=1)", "pd.read_csv('f')", "options that may move"),
        ("d.to_csv('f', index=False)", "pd.read_csv('f', sep=';')", "different separators"),
    ],
)  # fmt: skip
def test_what_may_have_moved_rows_is_marked_and_no_row_is_missed(files, write, read, why):
    one = opened("s.db")
    one(PREPARE + write)
    closed(one)
    two = opened("s.db")
    two(f"import pandas as pd\nz = {read}")
    answer = two.session.rows("z", 2)
    assert answer.status == Status.INEXACT
    assert plain(answer)["sources"] == {"raw.csv": sorted(KEPT)}
    told = two.session.why("z")
    assert told.status == Status.INEXACT
    assert re.search(why, told.doubts[-1].text or told.doubts[-1].operation), told


def test_a_file_that_was_added_to_is_a_source_of_its_own(files):
    (files / "f.csv").write_text("k,v,c\n")
    one = opened("s.db")
    one(PREPARE + "d.to_csv('f.csv', index=False, header=False, mode='a')\ntext = d.to_csv()")
    assert not [e for e in one.session.events if e.kind == "wrote_file"]
    closed(one)
    two = opened("s.db")
    two("import pandas as pd\nz = pd.read_csv('f.csv')")
    assert plain(two.session.rows("z", 1))["sources"] == {"f.csv": [1]}


def test_a_file_that_a_session_reads_back_itself_leads_on_in_it(files):
    work = opened("s.db")
    work(PREPARE + "d.to_csv('own.csv', index=False)\nz = pd.read_csv('own.csv')")
    work("z2 = z[::-1]")
    answer = work.session.rows("z2", 0)
    assert plain(answer)["sources"] == {"raw.csv": [KEPT[-1]]}
    assert [step[0] for step in answer.path][-2:] == ["read_csv", "[]"]


def test_the_same_bytes_written_again_and_again_end_at_their_first_origin(files):
    for _ in range(3):
        work = opened("s.db")
        work("import pandas as pd\nr = pd.read_csv('raw.csv')\nr.to_csv('raw.csv', index=False)")
        last = work
        if _ < 2:
            closed(work)
    assert plain(last.session.rows("r", 4))["sources"] == {"raw.csv": [4]}
    assert last.session.rows("r", 4).status == Status.EXACT


def test_two_files_of_one_name_keep_apart(files):
    one = opened("s.db")
    one(CLEAN + "\nd.to_parquet('mid.parquet')")
    first = closed(one)
    (files / "a.csv").write_text("k,q\n1,5\n2,6\n3,7\n")
    two = opened("s.db")
    two("import pandas as pd\nm = pd.read_parquet('mid.parquet')\na = pd.read_csv('a.csv')\n"
        "j = pd.concat([m.reset_index(drop=True), a.iloc[:len(m)]], axis=1)")  # fmt: skip
    names = set(two.session.rows("j", 0).sources)
    assert "a.csv" in names
    assert any(name.startswith(f"a.csv (session {first}") for name in names)


def test_a_writer_that_cannot_be_read_leaves_the_file_unknown_and_says_which_part(files):
    one = opened("s.db")
    one(PREPARE + "d.to_csv('clean.csv', index=False)")
    closed(one)
    two = opened("s.db")
    two("import pandas as pd\nz = pd.read_csv('clean.csv')")
    with two.session.storage.store.database.begin() as connection:
        connection.execute(text("DELETE FROM segments WHERE kind = 'lineage'"))
    answer = two.session.rows("z", 1)
    assert answer.status == Status.UNKNOWN
    assert plain(answer)["sources"] == {"clean.csv": [1]}
    assert any("sha256:" in note and "is missing" in note for note in answer.notes)


# -- law -------------------------------------------------------------------------------------------

cells = st.sampled_from(
    ["", " ", "a", "b,c", 'q"q', '"', "x\ny", "\n", ";", "1;2", "#", None, "é\t"]
)
reading = st.fixed_dictionaries(
    {},
    optional={
        "sep": st.sampled_from([",", ";"]), "header": st.sampled_from([0, None]),
        "skiprows": st.sampled_from([0, 1]), "nrows": st.integers(1, 4),
        "names": st.just(["t", "_a"]), "skip_blank_lines": st.booleans(),
        "keep_default_na": st.booleans(), "comment": st.just("#"),
    },
)  # fmt: skip
writing = st.fixed_dictionaries(
    {},
    optional={
        "sep": st.sampled_from([",", ";"]), "header": st.booleans(), "na_rep": st.just("NA"),
        "columns": st.sampled_from([["t", "_a"], ["_a", "t"]]), "lineterminator": st.just("\r\n"),
        "quoting": st.sampled_from([0, 1, 2]), "encoding": st.just("utf-8"),
    },
)  # fmt: skip


@settings(max_examples=25, deadline=None, database=None)
@given(st.lists(cells, min_size=1, max_size=6), writing, reading, st.integers(0, 2**16))
def test_law_an_exact_record_is_its_row(tmp_path_factory, texts, to, back, seed):
    with contextlib.chdir(tmp_path_factory.mktemp("law")):
        hand_over(texts, to, back, np.random.default_rng(seed).permutation(len(texts)))


def hand_over(texts, to, back, order):
    """Write a frame that carries its row ids in one session, read it in another, and compare."""
    one = opened("law.db")
    one.source("A", pd.DataFrame({"t": pd.Series(texts, dtype=object), "_a": range(len(texts))}))
    one.names |= {"order": order, "to": to}
    one("d = A.iloc[order]\nd.to_csv('f.csv', index=False, **to)")
    closed(one)
    two = opened("law.db")
    two.names["back"] = back
    with contextlib.suppress(Exception):  # a file that cannot be read that way hands nothing over
        two("import pandas as pd\nz = pd.read_csv('f.csv', **back)")
    z = two.names.get("z", pd.DataFrame())
    ids = list(z["_a"]) if "_a" in z.columns else []
    for record, carried in enumerate(ids):
        answer = two.session.rows(z, record)
        if "A" not in answer.sources or not str(carried).isdigit():
            continue
        rows = answer.sources["A"].tolist()
        assert int(carried) in rows, (to, back)
        assert len(rows) == 1 or answer.status == Status.INEXACT, (to, back)
    closed(two)
