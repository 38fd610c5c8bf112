"""What pandas reads is a source: its name, its digest, the record and the line behind each row."""

from __future__ import annotations

import sqlite3

import pandas as pd
import pytest

from tests.traced import Notebook
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.files import file_digest

TEXT = "# c\n\nid,v\n0,a\n# more\n1,b\n\n2,c\n3,d\n"
FRAME = pd.DataFrame({"id": range(4), "v": list("abcd")})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files of every format that pandas writes, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(TEXT)
    (tmp_path / "w.txt").write_text("id v\n 0 a\n 1 b\n 2 c\n 3 d\n")
    FRAME.to_csv("g.csv.gz", index=False)
    FRAME.to_parquet("p.parquet")
    FRAME.to_feather("f.feather")
    FRAME.to_pickle("k.pkl")
    FRAME.to_json("j.json")
    FRAME.to_json("l.jsonl", orient="records", lines=True)
    FRAME.to_xml("m.xml", index=False)
    FRAME.to_stata("s.dta", write_index=False)
    with pd.ExcelWriter("x.xlsx") as book:
        FRAME.to_excel(book, sheet_name="one", index=False)
        FRAME.to_excel(book, sheet_name="two", index=False, startrow=3)
    connection = sqlite3.connect("s.db")
    FRAME.to_sql("people", connection, index=False)
    connection.commit()
    connection.close()
    return tmp_path


C = "'a.csv', comment='#'"
READ = {
    f"pd.read_csv({C})": ("a.csv", 4, [4, 6, 8, 9]),
    f"pd.read_csv({C}, header=None)": ("a.csv", 5, [3, 4, 6, 8, 9]),
    f"pd.read_csv({C}, header=1)": ("a.csv", 3, [6, 8, 9]),
    f"pd.read_csv({C}, skiprows=[3])": ("a.csv", 3, [6, 8, 9]),
    f"pd.read_csv({C}, skiprows=lambda line: line == 3)": ("a.csv", 3, None),
    f"pd.read_csv({C}, nrows=2, names=['p', 'q'])": ("a.csv", 2, [3, 4]),
    f"pd.read_csv({C}, usecols=['v'])": ("a.csv", 4, [4, 6, 8, 9]),
    f"pd.read_csv({C}, index_col='id')": ("a.csv", 4, [4, 6, 8, 9]),
    f"pd.read_csv({C}, skipfooter=1, engine='python')": ("a.csv", 3, [4, 6, 8]),
    f"pd.concat(list(pd.read_csv({C}, chunksize=3)))": ("a.csv", 4, [4, 6, 8, 9]),
    f"with pd.read_csv({C}, iterator=True) as part:\n    out = part.get_chunk(2)":
        ("a.csv", 2, [4, 6]),
    "pd.read_csv('g.csv.gz')": ("g.csv.gz", 4, [2, 3, 4, 5]),
    "pd.read_table('g.csv.gz', sep=',')": ("g.csv.gz", 4, [2, 3, 4, 5]),
    "pd.read_fwf('w.txt')": ("w.txt", 4, [2, 3, 4, 5]),
    "pd.read_parquet('p.parquet')": ("p.parquet", 4, None),
    "pd.read_parquet(path='p.parquet', columns=['v'])": ("p.parquet", 4, None),
    "pd.read_feather('f.feather')": ("f.feather", 4, None),
    "pd.read_pickle('k.pkl')": ("k.pkl", 4, None),
    "pd.read_xml('m.xml')": ("m.xml", 4, None),
    "pd.read_stata('s.dta')": ("s.dta", 4, None),
    "pd.read_json('j.json')": ("j.json", 4, None),
    "pd.read_json('l.jsonl', lines=True)": ("l.jsonl", 4, [1, 2, 3, 4]),
    "pd.read_excel('x.xlsx')": ("x.xlsx", 4, [2, 3, 4, 5]),
    "pd.read_excel('x.xlsx', header=None)": ("x.xlsx", 5, [1, 2, 3, 4, 5]),
    "pd.read_excel('x.xlsx', sheet_name=None)['one']": ("x.xlsx[one]", 4, [2, 3, 4, 5]),
    "pd.read_excel('x.xlsx', 'two', header=3)": ("x.xlsx[two]", 4, [5, 6, 7, 8]),
    "pd.read_excel('x.xlsx', sheet_name='two', skiprows=3)": ("x.xlsx[two]", 4, None),
    "with pd.ExcelFile('x.xlsx') as book:\n    out = book.parse('one')":
        ("x.xlsx[one]", 4, [2, 3, 4, 5]),
    "pd.read_sql('people', 'sqlite:///s.db')": ("people", 4, None),
    "pd.read_sql_table('people', 'sqlite:///s.db')": ("people", 4, None),
    "pd.read_sql_query('select *\\nfrom people', con)":
        ("select * from people", 4, None),
    "pd.read_sql('select * from people where id > 1', 'sqlite:///s.db')":
        ("select * from people where id > 1", 2, None),
}  # fmt: skip


@pytest.fixture
def read(folder):
    notebook = Notebook()
    notebook("import sqlite3, pandas as pd\ncon = sqlite3.connect('s.db')")
    yield notebook
    notebook.names["con"].close()
    notebook.session.close()


@pytest.mark.filterwarnings("ignore:ExcelFile.parse is deprecated")  # from pandas 3.1 on
@pytest.mark.parametrize("expression", READ)
def test_every_row_has_its_record_and_its_line(read, expression):
    name, n, lines = READ[expression]
    read(expression if "out =" in expression else f"out = {expression}")
    assert len(read.names["out"]) == n
    assert read.behind("out", name) == [[i] for i in range(n)]
    answer = read.answer("out", list(range(n)))
    assert answer.lines.get(name, [None]).tolist() == lines if lines else name not in answer.lines
    assert answer.status == Status.EXACT
    assert not read.swallowed()


def test_a_file_has_its_digest_and_a_database_of_one_file_too(read, folder):
    read("a = pd.read_parquet('p.parquet')\nb = pd.read_sql('people', 'sqlite:///s.db')\n"
         "c = list(pd.read_csv('g.csv.gz', chunksize=1))")  # fmt: skip
    found = {s.name: s.digest for s in read.session.files.settled().values()}
    files = {"p.parquet": "p.parquet", "people": "s.db", "g.csv.gz": "g.csv.gz"}
    assert found == {name: file_digest(folder / file) for name, file in files.items()}


def test_rows_chosen_by_the_reader_are_records_of_that_choice(read):
    read("out = pd.read_parquet('p.parquet', filters=[('id', '>', 1)])")
    name = "p.parquet (filters=[('id', '>', 1)])"
    assert read.behind("out", name) == [[0], [1]]
    (source,) = read.session.graph.sources.values()
    assert source.detail["unusual"] == ["filters"]


def test_a_password_is_not_kept(read):
    read("out = pd.read_sql('people', 'sqlite:///s.db')")
    from traceprop_nb.adapters.pandas.reading import _database

    shown = _database("postgresql://me:secret@host/db")
    assert shown == {"database": "postgresql://host/db", "path": ""}


def test_chunks_of_a_buffer_are_tables_of_their_own(read):
    read("import io\nbuffer = io.StringIO('a\\n1\\n2\\n3\\n')")
    read("out = pd.concat(list(pd.read_csv(buffer, chunksize=2)))")
    assert read.status("out") == Status.EXACT
    assert len(read.session.graph.sources) == 2


def test_lines_of_two_readings_of_a_file_stand_beside_their_records(read):
    read("out = pd.concat([pd.read_csv('g.csv.gz', nrows=1), pd.read_csv('g.csv.gz').tail(1)])")
    answer = read.answer("out", [0, 1])
    assert answer.sources["g.csv.gz"].tolist() == [0, 3]
    assert answer.lines["g.csv.gz"].tolist() == [2, 5]
