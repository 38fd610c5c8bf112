"""A session's cells, sources and threads: what runs twice, files that change, what is forgotten."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from tests.merged import CLEAN, A, plain
from tests.traced import Notebook, rows
from traceprop_nb.errors import UnknownNameError, UntracedError
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.reports.files import file_digest
from traceprop_nb.session.core import Session


def test_a_cell_says_what_it_added(cells):
    summary = cells("f = np.partition(X, 1, axis=0)\nc = pd.read_csv('b.csv')\ng = f * 2", name="n")
    assert (summary.name, summary.cell, summary.sources) == ("n", 2, ("b.csv",))
    assert (summary.operations, summary.inexact, summary.opaque) == (3, ("partition",), ())
    cells.names["own"] = lambda x: x[::-1] + 0
    assert cells("h = own(X)").opaque == ("own",)


def test_a_cell_that_runs_twice_replaces_the_name_and_keeps_the_log(cells):
    before, length = cells.node("X"), len(cells.session.graph)
    cells(CLEAN)
    assert cells.node("X") > before
    assert len(cells.session.graph) == 2 * length
    assert cells.path("X")[-1] == "to_numpy"
    assert cells.answer("X", 0).path[-1] == ("to_numpy", 2, 6)
    assert cells.session.sources == ["a.csv", "b.csv"]
    assert plain(cells.answer("X", 0)) == {"a.csv": [2], "b.csv": [2]}


def test_a_file_read_twice_is_one_source_whose_records_are_joined(cells):
    cells("again = pd.read_csv('a.csv')\nboth = pd.concat([a, again]).sort_values('id')")
    assert cells.session.sources == ["a.csv", "b.csv"]
    answer = cells.answer("both", [0, 1, 2])
    assert plain(answer) == {"a.csv": [0, 1]}
    assert answer.lines["a.csv"].tolist() == [2, 3]
    names = {v.name for v in cells.session.impact("a.csv", 0).values}
    assert names >= {"a", "again", "both"}


def test_two_files_of_one_name_are_told_by_their_paths(cells, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.csv").write_text("id,v\nq,9\n")
    cells("o = pd.read_csv('other/a.csv')\nboth = pd.concat([a.head(1), o])")
    one, two = str(tmp_path / "a.csv"), str(tmp_path / "other" / "a.csv")
    assert plain(cells.answer("both", 1)) == {two: [0]}
    assert plain(cells.answer("both", 0)) == {one: [0]}
    assert cells.session.sources == [one, "b.csv", two]
    with pytest.raises(UnknownNameError, match=r"no source named 'a.cs'"):
        cells.session.impact("a.cs", 0)


def test_a_file_that_changed_after_reading_has_no_lines_but_its_records(cells, tmp_path):
    (tmp_path / "a.csv").write_text("new\n" + A)
    answer = cells.answer("X", 0)
    assert plain(answer) == {"a.csv": [2], "b.csv": [2]}
    assert set(answer.lines) == {"b.csv"}
    assert len(answer.notes) == 1
    assert answer.notes[0].endswith("a.csv is no longer the file that was read")
    assert "note     " in repr(answer)


def test_a_file_that_is_gone_has_no_lines_and_says_why(cells, tmp_path):
    cells.session.files.settled()
    (tmp_path / "b.csv").unlink()
    (note,) = cells.answer("X", 0).notes
    assert note.endswith("b.csv cannot be read any more: No such file or directory")


def test_a_changed_file_that_is_read_again_is_another_source(cells, tmp_path):
    cells.session.files.settled()
    (tmp_path / "a.csv").write_text("id,v,c\nz,1,x\n")
    cells("again = pd.read_csv('a.csv')")
    assert cells.session.sources == ["a.csv", "b.csv", "a.csv (as of cell 2)"]
    assert plain(cells.answer("again", 0)) == {"a.csv (as of cell 2)": [0]}
    assert cells.answer("again", 0).lines["a.csv (as of cell 2)"].tolist() == [2]


def test_a_source_knows_its_digest_kind_and_cell(cells, tmp_path):
    sources = list(cells.session.files.settled().values())
    assert [s.digest for s in sources] == [file_digest(tmp_path / n) for n in ("a.csv", "b.csv")]
    assert all(s.digest.startswith("sha256:") for s in sources)
    assert [(s.name, s.kind, s.n_rows, s.cell) for s in sources] == [
        ("a.csv", "file", 4, 1), ("b.csv", "file", 3, 1)
    ]  # fmt: skip
    cells.session.source(np.arange(3), "mine")
    cells("t = pd.DataFrame({'k': [1]})\nx = np.array([1, 2])")
    cells.names["stray"] = np.ones(2)
    cells("y = stray + 1")
    kinds = {s.name: s.kind for s in cells.session.graph.sources.values()}
    assert kinds["mine"] == "table"
    assert kinds["DataFrame in cell 2"] == "table"
    assert kinds["array in cell 2"] == "array"
    assert kinds["untraced ndarray"] == "unknown"


def test_a_record_is_shown_as_it_stands_in_the_file(cells):
    files, node = cells.session.files, cells.node("a")
    assert files.text(node, 2) == "c,3,x"
    assert files.fields(node, 1) == {"id": "b", "v": "", "c": "y"}
    assert files.lines(node, [0, 3]).tolist() == [2, 6]


def test_a_declared_source_is_given_back_and_named(notebook):
    frame = pd.DataFrame({"k": [1, 2]})
    assert notebook.session.source(frame, "mine") is frame
    notebook.names["f"] = frame
    notebook("import pandas as pd\ng = f[::-1]")
    assert notebook.behind("g", "mine") == rows(1, 0)


# -- sessions and threads --------------------------------------------------------------------------


def test_status_counts_what_there_is(cells):
    cells("f = np.partition(X, 1, axis=0)")
    status = cells.session.status()
    assert (status.cells, status.sources, status.runs) == (2, ("a.csv", "b.csv"), ())
    assert status.operations == len(cells.session.graph) == sum(status.by_status.values())
    assert status.by_status["inexact"] == 1
    assert not status.tracing
    cells.session.trace_on()
    assert "on: every cell is traced" in str(cells.session.status())
    cells.session.trace_off()
    assert "off: only cells under %%trace" in str(cells.session.status())
    assert status.bytes_log > 0


def test_functions_of_before_a_reset_are_traced_after_it(cells):
    cells("def half(x):\n    kept = x[::2]\n    return kept * 0.5")
    cells.session.reset()
    cells.source("a", np.arange(6.0).reshape(3, 2))
    cells("out = half(a)")
    assert cells.behind("out", "a") == [[0], [2]]
    assert cells.status("out") == Status.EXACT
    assert cells.swallowed() == {}
    assert not any("kept" in site.text for site in cells.session.graph.sites)


def test_a_reset_forgets_everything_but_whether_cells_are_traced(cells):
    cells.session.trace_on()
    cells.session.reset()
    assert len(cells.session.graph) == 0
    assert cells.session.sources == []
    assert cells.session.tracing
    with pytest.raises(UntracedError, match="UNKNOWN"):
        cells.answer("X", 0)
    cells(CLEAN)
    assert plain(cells.answer("X", 0)) == {"a.csv": [2], "b.csv": [2]}


def test_two_sessions_do_not_know_each_others_values(cells):
    other = Notebook()
    try:
        other("import numpy as np")
        other.source("s", np.arange(4))
        other("t = s[1:]")
        assert other.behind("t", "s") == rows(1, 2, 3)
        with pytest.raises(UntracedError, match="UNKNOWN"):
            other.session.rows(cells.names["X"], 0)
    finally:
        other.session.close()
    cells("Z = X + 1")
    assert cells.status("Z") == Status.EXACT


def test_a_granularity_that_there_is_not_is_refused(notebook):
    with pytest.raises(UnknownNameError, match="no granularity named 'column'"):
        notebook.session.begin_cell(1, "", traced=True, granularity="column")


def test_an_empty_session_answers_too():
    session = Session()
    assert session.status().operations == 0
    assert "sources   none yet" in str(session.status())
    assert repr(session.lineage()) == "lineage of the session: 0 operations, 0 sources"
    with pytest.raises(UnknownNameError, match="There is no source yet"):
        session.impact("a.csv", 0)


def test_threads_that_record_at_once_keep_every_node_whole(notebook):
    notebook("import numpy as np")
    notebook.source("a", np.arange(4.0))
    recorder, graph = notebook.session.recorder, notebook.session.graph
    parent, site = notebook.node("a"), -1
    kept: list[list[tuple[object, int]]] = [[] for _ in range(8)]

    def work(mine: list[tuple[object, int]], k: int) -> None:
        same = graph.identity(4)
        for j in range(400):
            out = np.arange(4.0) + j
            flat = [parent, same, int(Kind.DIRECT) * 4 + k % 3] * (1 + j % 3)
            mine.append((out, recorder.append(site, graph.op(f"op {k}"), out, 4, flat)))

    threads = [threading.Thread(target=work, args=(mine, k)) for k, mine in enumerate(kept)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nodes = [node for mine in kept for _, node in mine]
    assert sorted(nodes) == list(range(parent + 1, parent + 1 + 8 * 400))
    for k, mine in enumerate(kept):
        for j, (out, node) in enumerate(mine):
            assert recorder.identity.node(out) == node
            assert graph.op_name(node) == f"op {k}"
            edges = graph.edges(node)
            assert len(edges) == 1 + j % 3
            assert {(p, s) for p, _, _, s in edges} == {(parent, Status(k % 3))}


def test_a_cell_that_uses_threads_records_what_each_of_them_does(notebook):
    notebook("import numpy as np\nfrom concurrent.futures import ThreadPoolExecutor")
    notebook.source("a", np.arange(64.0).reshape(32, 2))
    notebook("def one(i):\n    for _ in range(20):\n        part = a[i:i + 1] * 2 + a[i:i + 1]\n"
             "    return part\nwith ThreadPoolExecutor(8) as pool:\n"
             "    parts = list(pool.map(one, range(32)))\nout = np.vstack(parts)")  # fmt: skip
    assert notebook.behind("out", "a") == rows(*range(32))
    assert notebook.status("out") == Status.EXACT
    assert not notebook.swallowed()
