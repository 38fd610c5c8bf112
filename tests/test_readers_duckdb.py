"""What DuckDB gives is a source named by its query, and never one if a variable was read."""

from __future__ import annotations

import pytest

from tests.traced import Notebook, rows
from traceprop_nb.lineage.nodes import Status

duckdb = pytest.importorskip("duckdb", minversion="2.0")


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notebook = Notebook()
    notebook("import duckdb, pandas as pd\ncon = duckdb.connect('p.db')\n"
             "con.execute('create table t as select * from range(3) x(a)')\n"
             "con.execute(\"copy t to 'f.csv'\")\nd = pd.DataFrame({'a': [1, 2]})")  # fmt: skip
    yield notebook
    notebook.names["con"].close()
    notebook.session.close()


@pytest.mark.parametrize(
    ("expression", "name", "n"),
    [
        ("con.sql('select  * from t').df()", "select * from t", 3),
        ("con.sql('select * from t where a > 0').to_df()", "select * from t where a > 0", 2),
        ("con.table('t').df()", 'SELECT * FROM "t"', 3),
        ("con.sql(\"select * from 'f.csv'\").fetchdf()", "select * from 'f.csv'", 3),
        ("pd.read_sql('select a from t', con)", "select a from t", 3),
    ],
)
@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
def test_a_query_of_tables_and_files_is_a_source(read, expression, name, n):
    read(f"out = {expression}")
    assert read.behind("out", name) == rows(*range(n))
    assert read.status("out") == Status.EXACT
    assert not read.swallowed()


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
@pytest.mark.parametrize(
    "expression",
    ["con.sql('select * from d').df()", "con.sql('select * from d').filter('a > 1').df()",
     "con.sql('select * from t join d using (a)').df()", "con.from_df(d).df()",
     "con.execute('select * from d').df()"],
)  # fmt: skip
def test_a_query_of_the_users_own_frames_is_no_source(read, expression):
    read(f"out = {expression}")
    assert read.status("out") == Status.UNKNOWN
    assert not read.swallowed()
