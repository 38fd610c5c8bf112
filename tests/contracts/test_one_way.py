"""At run time too: a layer calls only what lies below it, but for the doors named here."""

import ast
import sys

import pytest

from tests.contracts.test_layers import HEIGHT
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.payloads.lineage_graph import lineage_graph
from traceprop_nb.session import Session

# "calling layer -> beginning of the function's full name". What stands behind each is handed down,
# as an argument or in a table; who calls it knows no name above itself.
DOORS = {
    "tracing -> traceprop_nb.adapters.": "rules and snapshots, registered in the table by type",
    "lineage -> traceprop_nb.adapters.": "labels of columns, read by a function of their type",
    "tracing -> traceprop_nb.session.core.Session.open_adapters": "the user imports something",
    "tracing -> traceprop_nb.session.sources.Sources.watch": "a file has entered",
    "tracing -> traceprop_nb.session.core.Session._fresh.<locals>": "a value went into a file",
    "tracing -> traceprop_nb.session.noticed.Noticed._seed": "a seed was set",
    "adapters -> traceprop_nb.session.noticed.Noticed._metric": "predictions were measured",
    "adapters -> traceprop_nb.session.training.Training._node_of": "the node of a live object",
    "adapters -> traceprop_nb.session.training.Training._lookup": "the object behind a name",
    "gradients -> traceprop_nb.adapters.": "an objective's framework encodes rows and labels",
}
READ = """
import pandas as pd
from sklearn.preprocessing import StandardScaler
table = pd.read_csv(folder + "/a.csv").dropna()
X = StandardScaler().fit_transform(table[["u", "v"]].to_numpy())
y = (table["u"] > 0.5).to_numpy()
table.to_csv(folder + "/kept.csv")
"""
FIT = """
from sklearn.linear_model import LogisticRegression
clf = LogisticRegression(random_state=0).fit(X, y)
clf.score(X, y)
"""


def height(frame) -> int | None:
    module = frame.f_globals.get("__name__", "").split(".")
    return HEIGHT.get(module[1]) if module[0] == "traceprop_nb" and len(module) > 1 else None


def name_of(frame) -> str:
    return f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}"


def layer(frame) -> str:
    return frame.f_globals["__name__"].split(".")[1]


def calls_upward(do) -> tuple[set[str], int]:
    """ "calling layer -> called function" of every call to a higher layer; and all calls seen."""
    found, seen = set(), 0

    def watch(frame, event, _):
        nonlocal seen
        if event != "call" or height(frame) is None:
            return
        above = frame.f_back
        while above is not None and height(above) is None:
            if above.f_code.co_filename.startswith("<cell"):
                return  # the user's own code stands above every layer
            above = above.f_back
        if above is not None:
            seen += 1
            if height(frame) > height(above):
                found.add(f"{layer(above)} -> {name_of(frame)}")

    sys.setprofile(watch)
    try:
        do()
    finally:
        sys.setprofile(None)
    return found, seen


def run_cell(session: Session, number: int, source: str, names: dict, train: str = "") -> None:
    session.begin_cell(number, source, traced=True)
    if train:
        session.begin_train(train, TrainOptions())
    exec(compile(session.rewrite(ast.parse(source)), f"<cell {number}>", "exec"), names)
    session.bind(names)
    if train:
        session.end_train(True)
    session.end_cell(True)


@pytest.fixture
def whole_way(tmp_path):
    rows = "\n".join(f"{i / 40},{(i * 7 % 11) / 11}" for i in range(40))
    (tmp_path / "a.csv").write_text(f"u,v\n{rows}\n,0.5\n")
    session, names = Session(), {"folder": str(tmp_path)}

    def do():
        run_cell(session, 1, READ, names)
        run_cell(session, 2, FIT, names, train="clf")
        session.rows(names["X"], 3)
        session.impact("a.csv", 3)
        session.influence(names["X"][3:4]).top(0)
        session.unlearn(rows=[1, 2], gold=True)
        lineage_graph(session.graph)
        session.report().to_html()

    yield do
    session.close()


def test_nothing_calls_up_but_through_a_door(whole_way):
    upward, seen = calls_upward(whole_way)
    assert not {call for call in upward if not call.startswith(tuple(DOORS))}
    assert seen > 500
    used = {door for door in DOORS if any(call.startswith(door) for call in upward)}
    assert len(used) >= len(DOORS) - 1  # names are looked up under %%train --model only


def test_the_check_above_can_fail():
    low = {"__name__": "traceprop_nb.lineage.fake", "up": Session}
    exec("def ask(): up()", low)
    upward, _ = calls_upward(low["ask"])
    assert "lineage -> traceprop_nb.session.core.Session.__init__" in upward
