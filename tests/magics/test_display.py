"""Answers as widgets: one a query, with the files and questions that belong to them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from IPython.utils.capture import capture_output

widgets = pytest.importorskip("ipywidgets")

VIEW = "application/vnd.jupyter.widget-view+json"
SETUP = """%%train clf
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv('a.csv')
X, y = df[['u', 'v']].to_numpy(), df['y'].to_numpy()
model = LogisticRegression().fit(X, y)
"""


@pytest.fixture
def browser(shell, tmp_path, monkeypatch):
    """A shell that believes in a browser; returns the widgets that a line displays."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{k % 7},{k % 5},{int(k % 7 > k % 5)}\n" for k in range(40))
    (tmp_path / "a.csv").write_text("u,v,y\n" + rows, encoding="utf-8")
    assert shell(SETUP).success
    shell.ip.kernel = object()

    def shown(line: str) -> list:
        with capture_output() as seen:
            assert shell.ip.run_cell(line).success
        views = [output.data[VIEW]["model_id"] for output in seen.outputs if VIEW in output.data]
        return [widgets.widget._instances[model] for model in views]

    yield shown
    del shell.ip.kernel
    widgets.Widget.close_all()


def file(widget, form: str) -> str:
    """What the browser gets when it asks for a file."""
    reply, buffers = widget.ask({"question": "export", "args": {"format": form}}, [])
    assert "ok" in reply, reply
    return bytes(buffers[0]).decode()


def test_an_influence_answer_is_a_table_a_query(browser):
    first, second = browser("%influence X[[3, 8]] -k 5")
    assert first.payload["title"] == "X[[3, 8]], query 0"
    assert second.payload["title"] == "X[[3, 8]], query 1"
    for table in (first, second):
        rows = list(csv.DictReader(io.StringIO(file(table, "csv"))))
        assert [int(r["rank"]) for r in rows] == [1, 2, 3, 4, 5]
        scores = [r["influence"] for r in table.payload["rows"]]
        assert [float(r["influence"]) for r in rows] == pytest.approx(scores)
    assert len(browser("%influence X[:9]")) == 5


def test_the_explorer_finds_what_a_record_reached_and_gives_its_files(browser, session):
    (explorer,) = browser("%lineage X")
    reply, _ = explorer.ask({"question": "locate", "args": {"source": "a.csv", "row": 3}}, [])
    assert reply == {"ok": list(session.impact("a.csv", 3).nodes)}
    assert file(explorer, "svg").startswith("<?xml")
    assert json.loads(file(explorer, "json"))["focus"] == explorer.payload["focus"]
    assert "digraph" in file(explorer, "dot")
    assert "<html" in file(explorer, "html")


def test_the_record_viewer_gives_the_records_own_files(browser, shell):
    (viewer,) = browser("r = %report\nr")
    record = shell.ip.user_ns["r"]
    assert file(viewer, "json") == record.to_json()
    assert file(viewer, "html") == record.to_html()
    _, buffers = viewer.ask({"question": "export", "args": {"format": "pdf"}}, [])
    assert bytes(buffers[0]) == record.to_pdf()
    reply, buffers = viewer.ask({"question": "export", "args": {"format": "zip"}}, [])
    assert reply["ok"] == {"name": "record.zip", "mime": "application/zip"}
    assert bytes(buffers[0]) == record.to_bundle()


def test_the_unlearning_panel_shows_what_was_forgotten(browser):
    (panel,) = browser("%unlearn --rows 1-3 --gold")
    assert panel.payload["forgotten"] == 3
    assert panel.payload["verified"] is True


def test_a_traced_cell_shows_the_explorer_unless_switched_off(browser, shell):
    (explorer,) = browser("%%trace\nZ = X + 1")
    assert explorer.payload["focus"] is None
    shell.ip.run_line_magic("config", "TracepropMagics.widget = False")
    assert browser("%%trace\nZ = X + 1") == []
    assert browser("%lineage X") == []
