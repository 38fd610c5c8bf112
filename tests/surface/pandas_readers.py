"""A call of every reader: what it gives is a source, so that no input of the setting is behind."""

from __future__ import annotations

from tests.surface.witness import Witness

_TEXT = "import io, sqlite3, tempfile, os\nat = tempfile.mkdtemp() + '/f'\n"
_WRITTEN = {
    "csv": "pd.read_csv(io.StringIO('a,b\\n1,2\\n3,4\\n'))",
    "table": "pd.read_table(io.StringIO('a\\tb\\n1\\t2\\n'))",
    "fwf": "pd.read_fwf(io.StringIO('a b\\n1 2\\n'))",
    "json": 'pd.read_json(io.StringIO(\'[{"a": 1}, {"a": 2}]\'))',
    "html": "pd.read_html(io.StringIO('<table><tr><td>1</td></tr></table>'))[0]",
    "xml": "pd.read_xml(io.StringIO('<r><x><a>1</a></x><x><a>2</a></x></r>'))",
}
_FILES = {"parquet": "to_parquet", "feather": "to_feather", "orc": "to_orc", "pickle": "to_pickle",
          "excel": "to_excel", "stata": "to_stata"}  # fmt: skip
_ENDS = {"excel": ".xlsx"}
_QUERY = "con = sqlite3.connect(':memory:')\npd.DataFrame({'a': [1, 2]}).to_sql('t', con)\n"
_CALLS = {f"read_{kind}": call for kind, call in _WRITTEN.items()} | {
    f"read_{kind}": f"at += {_ENDS.get(kind, '')!r}\npd.DataFrame({{'a': [1, 2]}}).{writer}(at)\nout = pd.read_{kind}(at)"
    for kind, writer in _FILES.items()
} | {
    name: f"{_QUERY}out = pd.{name}('select * from t', con)\ncon.close()"
    for name in ("read_sql", "read_sql_query")
} | {
    "read_sql_table": "import sqlalchemy\nurl = 'sqlite:///' + at\n"
    "pd.DataFrame({'a': [1, 2]}).to_sql('t', url)\nout = pd.read_sql_table('t', url)"
}  # fmt: skip
READERS = [
    Witness(f"pandas.{name}", _TEXT + (call if "out =" in call else f"out = {call}"),
            loose="a source of its own")
    for name, call in _CALLS.items()
]  # fmt: skip
