"""What a cell records, by every way in which it may be run."""

from __future__ import annotations

import pytest

from traceprop_nb import magics
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.lineage.nodes import Status

LOAD = "import pandas as pd, numpy as np\ndf = pd.read_csv('a.csv')\n"


@pytest.fixture
def work(shell, session, tmp_path, monkeypatch):
    """A shell in a folder with one file of which the middle row will be dropped."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("k,v\nx,1\ny,-2\nz,3\n", encoding="utf-8")
    return shell


def behind(shell, session, name: str, row: int = 1):
    """The answer for a row of a value."""
    return session.rows(shell.ip.user_ns[name], row)


def exact(shell, session, name: str = "kept", record: int = 2, row: int = 1):
    """Check that a row of a value came from exactly one record; returns the path."""
    answer = behind(shell, session, name, row)
    assert {k: v.tolist() for k, v in answer.sources.items()} == {"a.csv": [record]}
    assert answer.status == Status.EXACT
    assert answer.lines["a.csv"].tolist() == [record + 2]
    return answer.path


KEEP = "kept = df[df.v > 0]\n"
FIT = (
    "from sklearn.linear_model import LogisticRegression\n"
    "LogisticRegression().fit(df[['v']].to_numpy(), df.v > 0)\n"
)
INDENTED = "  import pandas as pd\n  df = pd.read_csv('a.csv')\n\n  kept = df[df.v > 0]\n"
NESTED, AWAIT = "# 1\n\n" + KEEP, "import asyncio\nawait asyncio.sleep(0)\n"
WAYS = {
    "a header": ("%%trace\n" + LOAD + KEEP, 4),
    "a header after blank lines": ("\n\n%%trace\n" + LOAD + KEEP, 4),
    "an indented cell": ("%%trace\n" + INDENTED, 5),
    "a timed cell": ("%%trace\n%%time\n" + LOAD + KEEP, 5),
    "a header below a timer": ("%%time\n%%trace\n" + LOAD + KEEP, 5),
    "a captured cell": ("%%trace\n%%capture\n" + LOAD + KEEP, 5),
    "a header below a capture": ("%%capture\n%%trace\n" + LOAD + KEEP, 5),
    "a timed line": ("%%trace\n" + LOAD + "%time " + KEEP, 4),
    "a timed value": ("%%trace\n" + LOAD + "kept = %time df[df.v > 0]\n", 4),
    "a repeated line": ("%%trace\n" + LOAD + "%timeit -n1 -r1 df[df.v > 0]\n" + KEEP, 5),
    "await in between": ("%%trace\n" + LOAD + AWAIT + KEEP, 6),
    "a nested cell": ("%%trace\n" + LOAD + f"get_ipython().run_cell({NESTED!r})", 3),
    "a call of the magic": (f"get_ipython().run_cell_magic('trace', '', {LOAD + KEEP!r})\n", 3),
    "unicode before it": ("%%trace\n" + LOAD + "größe = 'ä😀'; " + KEEP, 4),
    "a training header": ("%%train clf\n" + LOAD + KEEP + FIT, 4),
}  # fmt: skip
"""A cell, and the line on which its value is made."""


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_exact_and_the_step_names_its_line_and_text(work, session, way):
    source, line = WAYS[way]
    result = work(source)
    assert result.success, work.printed + work.errors
    path = exact(work, session)
    assert path[-1][1:] == (1, line)
    node = session.recorder.identity.node(work.ip.user_ns["kept"])
    assert session.graph.site(node).text == "df[df.v > 0]"
    assert not session.status().swallowed


def test_every_cell_is_traced_while_tracing_is_on(work, session):
    work("%trace on")
    work(LOAD)
    work("kept = df[df.v > 0]")
    exact(work, session)
    assert work.printed == ""
    work("%trace off")
    work("later = df[df.v > 0]")
    assert session.recorder.identity.node(work.ip.user_ns["later"]) is None
    assert repr(work.value("%trace")).startswith("tracing   off")


def test_lineage_goes_on_after_unloading_and_loading_again(work, session):
    work("%trace on")
    work(LOAD)
    magics.uninstall(work.ip)
    assert not session.tracing
    magics.install(work.ip)
    work("%%trace\nkept = df[df.v > 0]\n")
    exact(work, session)


def test_a_cell_on_another_thread_does_not_disturb_the_running_one(work, session):
    work("import threading\nt = threading.Thread(target=get_ipython().run_cell, args=('z = 1',))")
    work("%%trace\n" + LOAD + "t.start()\nt.join()\n%time " + KEEP)
    exact(work, session)
    assert [c.number for c in session.cells] == [1, 2]
    assert work.ip.user_ns["z"] == 1


def test_reset_forgets(work, session):
    work("%%trace\n" + LOAD)
    assert session.status().operations > 0
    work("%trace reset")
    assert session.status().operations == 0
    work("%%trace\n" + LOAD + "kept = df[df.v > 0]")
    exact(work, session)


def test_a_cell_is_verified_by_number_and_what_is_wrong_in_the_line_is_said(work, session):
    work("%%trace first\n" + LOAD + "kept = df[df.v > 0]")
    work("%%trace second\nagain = kept.sort_values('v')")
    for words in ("", " second", " 2"):
        assert work(f"found = %trace verify{words}").success
        found = work.ip.user_ns["found"]
        assert (found.holds, found.cell) == (True, 2)
        assert "again" in [one.name for one in found.results if one.carried]
    assert not work("%trace verify nine").success
    assert (
        "no traced cell nine ran to its end; there are: first, second" in work.printed + work.errors
    )
    assert not work("%trace verify 1 2").success
    assert "checks one cell" in work.printed + work.errors
    assert not work("%trace off now").success
    assert "takes nothing more" in work.printed + work.errors


def test_modules_are_named_in_the_line(work, session):
    assert work("%trace modules").success
    assert work("said = %trace modules nowhere.yet").success
    assert work.ip.user_ns["said"].names == ("nowhere.yet",)
    assert not work("%trace modules pandas").success
    assert "installed library" in work.printed + work.errors


def test_a_cell_run_twice_leaves_both_in_the_log_and_the_name_on_the_new(work, session):
    cell = "%%trace\n" + LOAD + "kept = df[df.v > 0]"
    work(cell)
    first = session.recorder.identity.node(work.ip.user_ns["kept"])
    before = len(session.graph)
    work(cell)
    assert session.recorder.identity.node(work.ip.user_ns["kept"]) > first
    assert session.graph.op_name(first) == "[]"
    assert len(session.graph) == 2 * before
    exact(work, session)
    assert [c.number for c in session.cells] == [1, 2]


def test_asking_does_not_make_a_value_less_certain(work, session):
    work("%%trace\n" + LOAD + "kept = df[df.v > 0]")
    for question in ("%lineage kept --row 1", "t = %lineage kept\nkept.head()", "%lineage kept;"):
        work(question)
    exact(work, session)


def test_what_an_untraced_cell_did_is_not_called_exact(work, session):
    work("%%trace\n" + LOAD + "kept = df[df.v > 0].copy()")
    work("%time kept.sort_values('v', inplace=True)")
    assert behind(work, session, "kept").status != Status.EXACT


def test_a_failed_cell_keeps_what_it_did_until_then(work, session):
    work("%%trace\n" + LOAD + "kept = df[df.v > 0]\n1 / 0\n")
    assert "ZeroDivisionError" in work.printed
    exact(work, session)
    assert session.cells[-1].ok is False
    assert session.cells[-1].error == "ZeroDivisionError"


def test_an_interrupted_cell_keeps_what_it_did_until_then(work, session):
    work("%%trace\n" + LOAD + "kept = df[df.v > 0]\nraise KeyboardInterrupt\n")
    exact(work, session)
    assert session.cells[-1].error == "KeyboardInterrupt"
    work("%%trace\nmore = kept.v * 2\n")
    exact(work, session, "more")


def test_a_syntax_error_is_a_failed_cell(work, session):
    work("%%trace\nx = = 1\n")
    assert session.cells[-1].error == "SyntaxError"
    work("%%trace\n" + LOAD + "kept = df[df.v > 0]\n")
    exact(work, session)


def test_a_script_run_inside_a_cell_is_not_seen_and_not_guessed(work, session, tmp_path):
    (tmp_path / "script.py").write_text(LOAD + "kept = df[df.v > 0]\n")
    work("%%trace\n%run script.py\n")
    assert session.recorder.identity.node(work.ip.user_ns["kept"]) is None


def test_code_that_stands_in_no_cell_is_not_seen_and_not_guessed(work, session):
    work("%%trace\n" + LOAD + "get_ipython().run_cell('kept = df[df.v > 0]', silent=True)\n")
    assert work.ip.user_ns["kept"].shape == (2, 2)
    assert session.recorder.identity.node(work.ip.user_ns["kept"]) is None


def test_a_value_displayed_through_a_magic_keeps_its_lineage(work, session):
    work("%%trace\n" + LOAD + "%time kept = df[df.v > 0]\nkept")
    work("%%trace\n%%time\nkept")
    work("%%trace\nagain = %time kept")
    exact(work, session, "again")


def test_a_header_that_cannot_be_read_stops_the_cell_in_one_line(work, session):
    assert not work("%%trace --granularity epochs\nran = True").success
    assert "ran" not in work.ip.user_ns
    assert "did you mean epoch" in work.printed + work.errors
    assert work.value("%%trace --quiet\n1 + 1") == 2


def test_a_setting_of_granularity_holds_for_cells_that_do_not_say(work, session):
    loop = "L = []\nfor k in range(3):\n    L.append(df.v * k)\n"
    work("%%trace\n" + LOAD)
    work("%config TracepropMagics.granularity = 'batch'")
    size = len(session.graph)
    work("%%trace\n" + loop)
    assert len(session.graph) == size
    work("%%trace --granularity op\n" + loop)
    assert len(session.graph) >= size + 6
    assert work("%config TracepropMagics.granularity = 'op'").success


def test_the_script_and_a_cell_of_a_value_are_asked_in_the_line(work, session, tmp_path):
    work("%%trace\n" + LOAD + "kept = df[df.v > 0].assign(w=df.v * 2)\nother = 1")
    work("made = %lineage kept --code --save made.py")
    text = work.ip.user_ns["made"].text
    assert "other" not in text
    names = {}
    exec((tmp_path / "made.py").read_text(), names)
    assert names["kept"].equals(work.ip.user_ns["kept"])
    work("found = %lineage kept --row 1 --column w")
    assert work.ip.user_ns["found"].cells == (("a.csv", 2, 4, "v"),)
    assert not work("%lineage kept --column w").success
    assert "--column needs a row" in work.printed + work.errors
    assert not work("%lineage --code").success
    assert "--code needs a value" in work.printed + work.errors


def test_the_session_knows_the_users_names_and_no_others(work, session):
    work("%%trace\n_hidden = 1\nshown = 2\nshown")
    assert {"shown"} <= set(session.namespace)
    assert not {"_hidden", "_", "In", "Out", "get_ipython"} & set(session.namespace)


def test_options_of_training_are_those_of_the_line_or_the_settings(work, session, monkeypatch):
    seen = []
    monkeypatch.setattr(session, "begin_train", lambda name, options: seen.append((name, options)))
    work("%config TracepropMagics.proj_dim = 64")
    work("%config TracepropMagics.checkpoints = 3")
    work("%%train a --sources a.csv b.csv,c.csv --model m --loss l\n")
    work("%%train b --proj-dim 8 --checkpoints 2\n")
    assert seen == [
        ("a", TrainOptions("m", "l", 64, 3, ("a.csv", "b.csv", "c.csv"))),
        ("b", TrainOptions(None, None, 8, 2, ())),
    ]


def test_training_without_a_model_stops_with_advice(work, session):
    result = work("%%train clf\n" + LOAD)
    assert not result.success
    assert type(result.error_in_exec).__name__ == "NoModelError"
    shown = (work.printed + work.errors).strip()
    assert shown.startswith("NoModelError: ")
    assert len(shown.splitlines()) == 1
    assert "df" in work.ip.user_ns
    result = work("get_ipython().run_cell_magic('train', 'clf', 'x = 1')")
    assert type(result.error_in_exec).__name__ == "NoModelError"


def test_a_failed_training_cell_shows_the_users_error_only(work, session):
    work("%%train clf\n1 / 0\n")
    assert "ZeroDivisionError" in work.printed
    assert "NoModelError" not in work.printed
    assert not session.runs
