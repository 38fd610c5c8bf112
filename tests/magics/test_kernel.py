"""The same through a real ipykernel and its messages, as a notebook sees it."""

from __future__ import annotations

import pathlib
import re

import pytest

jupyter = pytest.importorskip("jupyter_client.manager")

WIDGET = "application/vnd.jupyter.widget-view+json"
ROOT = pathlib.Path(__file__).parents[2]
DATA = "u,v,y\n" + "".join(f"{k % 7},{k % 5},{int(k % 7 > k % 5)}\n" for k in range(40))
TRAIN = """%%train clf
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv('a.csv')
X, y = df[['u', 'v']].to_numpy(), df['y'].to_numpy()
model = LogisticRegression().fit(X, y)
"""


class Kernel:
    """A kernel with the extension loaded; keeps the messages of the last cell."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.manager, self.client = jupyter.start_new_kernel(kernel_name="python3", cwd=str(folder))
        self.messages: list[dict] = []

    def __call__(self, code: str, **options) -> dict:
        """Run a cell; returns its reply."""
        while True:  # after an error the kernel may still be clearing its queue
            self.messages = []
            reply = self.client.execute_interactive(
                code, timeout=60, stop_on_error=False, output_hook=self.messages.append, **options
            )["content"]
            if reply["status"] != "aborted":
                return reply

    def interrupted(self, code: str) -> dict:
        """Run a cell, interrupt it when it has printed; returns its reply."""
        self.client.execute(code, stop_on_error=False)
        while self.client.get_iopub_msg(timeout=30)["header"]["msg_type"] != "stream":
            pass
        self.manager.interrupt_kernel()
        return self.client.get_shell_msg(timeout=30)["content"]

    def of(self, kind: str) -> list[dict]:
        """What the last cell sent of one kind."""
        return [m["content"] for m in self.messages if m["header"]["msg_type"] == kind]

    def text(self) -> str:
        """The last cell's streams."""
        return "".join(m["text"] for m in self.of("stream"))

    def shown(self) -> list[dict]:
        """The MIME bundles that the last cell displayed."""
        both = [m for m in self.messages if m["header"]["msg_type"] in SHOWING]
        return [m["content"]["data"] for m in both]

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


SHOWING = ("display_data", "execute_result")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "a.csv").write_text(DATA, encoding="utf-8")
    kernel = Kernel(folder)
    assert kernel(f"import sys; sys.path.insert(0, {str(ROOT)!r})")["status"] == "ok"
    assert kernel("%load_ext traceprop_nb")["status"] == "ok"
    yield kernel
    kernel.close()


def plain(traceback: list[str]) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))


def test_loading_says_nothing_and_loading_again_says_so(kernel):
    assert kernel("%load_ext traceprop_nb")["status"] == "ok"
    assert "already loaded" in kernel.text()


def test_await_result_and_semicolon_are_native(kernel):
    assert (
        kernel("%%trace --quiet\nimport asyncio\nawait asyncio.sleep(0.01)\n6 * 7")["status"]
        == "ok"
    )
    assert [m["data"]["text/plain"] for m in kernel.of("execute_result")] == ["42"]
    kernel("%%trace --quiet\n6 * 7;")
    assert kernel.shown() == []


def test_an_error_is_one_native_traceback_and_stops_run_all(kernel):
    first = kernel.client.execute("%%trace\nx = 1\n\nx / 0\n", stop_on_error=True)
    second = kernel.client.execute("reached = True")
    replies = {}
    while len(replies) < 2:
        message = kernel.client.get_shell_msg(timeout=60)
        replies[message["parent_header"]["msg_id"]] = message["content"]
    assert replies[first]["ename"] == "ZeroDivisionError"
    text = plain(replies[first]["traceback"])
    assert "----> 4 x / 0" in text
    assert text.count("ZeroDivisionError: division by zero") == 1
    assert "traceprop" not in text
    assert replies[second]["status"] == "aborted"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("%%trace --quite\nx = 1", "UsageError"),
        ("%%train clf\nx = 1", "NoModelError"),
        ("%influence X[0] --run nothing", "NoRunError|UnknownNameError"),
    ],
)
def test_what_we_refuse_is_an_error_of_one_line(kernel, cell, name):
    kernel("X = [[0, 0]]")
    reply = kernel(cell)
    assert reply["status"] == "error"
    assert re.fullmatch(name, reply["ename"])
    said = kernel.text() + "".join(plain(e["traceback"]) for e in kernel.of("error"))
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("sleep", "error"),
    [
        ("import time\nfor _ in range(600):\n    time.sleep(0.05)\n", "KeyboardInterrupt"),
        ("import asyncio\nfor _ in range(600):\n    await asyncio.sleep(0.05)\n", "CancelledError"),
    ],
)
def test_an_interrupt_ends_the_cell_and_keeps_what_it_did(kernel, sleep, error):
    reply = kernel.interrupted(f"%%trace\nkept = [1]\nprint('now')\n{sleep}kept = [2]\n")
    assert reply["ename"] == error
    kernel("import traceprop_nb as tp\n(kept, tp.session().cells[-2].error)")
    assert kernel.shown()[0]["text/plain"] == f"([1], {error!r})"
    assert kernel("%%trace --quiet\nx = 1")["status"] == "ok"


def test_a_traced_cell_shows_its_line_and_the_explorer(kernel):
    kernel("%%trace load\nimport pandas as pd\ndf = pd.read_csv('a.csv')\nkept = df[df.v > 1]\n")
    line, static, widget = kernel.shown()
    assert line["text/plain"].startswith("trace load · ")
    assert "a.csv" in static["text/html"]
    assert "model_id" not in static["text/html"]
    assert WIDGET in widget
    kernel("%%trace load --quiet\ndf = pd.read_csv('a.csv')\n")
    assert kernel.shown() == []


def test_every_answer_is_a_static_page_and_then_a_widget(kernel):
    assert kernel(TRAIN)["status"] == "ok", kernel.text()
    assert "run 'clf': 40 training rows" in kernel.shown()[0]["text/plain"]
    for question in ("%influence X[3]", "%lineage X", "%unlearn --rows 1-3 --gold", "%report"):
        assert kernel(question)["status"] == "ok", question
        assert not kernel.of("error"), plain(kernel.of("error")[0]["traceback"])
        assert kernel.text() == ""
        static, widget = kernel.shown()
        assert "data-tp-static" in static["text/html"], question
        assert WIDGET in widget, question
        assert kernel(question + " ;")["status"] == "ok"
        assert kernel.shown() == []
    kernel("%lineage X --row 3")
    assert "a.csv: record 3, line 5" in kernel.shown()[0]["text/plain"]


def test_an_answer_is_text_where_widgets_are_switched_off(kernel):
    kernel(TRAIN)
    kernel("%config TracepropMagics.widget = False")
    kernel("%influence X[3] -k 2")
    assert [set(bundle) for bundle in kernel.shown()] == [{"text/plain"}]
    kernel("%config TracepropMagics.widget = True")


def test_tab_offers_options_through_the_kernel(kernel):
    code = "%%trace --gr"
    found = kernel.client.complete(code, len(code), reply=True, timeout=20)["content"]
    assert found["matches"] == ["--granularity"]
    assert code[found["cursor_start"] : found["cursor_end"]] == "--gr"
    code = "x = 1\n%unlearn --sou"
    found = kernel.client.complete(code, len(code), reply=True, timeout=20)["content"]
    assert found["matches"] == ["--source"]


def test_help_is_found_through_the_kernel(kernel):
    found = kernel.client.inspect("%influence", 5, reply=True, timeout=20)["content"]
    assert "--method" in found["data"]["text/plain"]


def test_silent_requests_are_not_cells(kernel):
    kernel("import traceprop_nb as tp\nbefore = len(tp.session().cells)")
    kernel("y = 1", silent=True)
    kernel("len(tp.session().cells) - before")
    assert kernel.of("execute_result")[0]["data"]["text/plain"] == "1"


def test_unloading_restores_plain_cells(kernel):
    assert kernel("%unload_ext traceprop_nb")["status"] == "ok"
    assert kernel("%%trace\n1")["status"] == "error"
    assert kernel("%load_ext traceprop_nb")["status"] == "ok"
    assert kernel("%%trace --quiet\n1")["status"] == "ok"
