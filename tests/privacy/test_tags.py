"""Sensitivity travels with the lineage: never less than what flowed, and off by declaration."""

from __future__ import annotations

import contextlib
import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from tests.traced import Notebook
from traceprop_nb.errors import OptionError, UnknownNameError, UntracedError
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All
from traceprop_nb.session.privacy.declassify import declassify as take_off
from traceprop_nb.session.privacy.flow import Flow, flows
from traceprop_nb.session.privacy.levels import LEVELS, NOTHING, Mark, level_of

PEOPLE = "name,age,income,ward,y\n" + "".join(
    f"n{k},{20 + k},{1000 + 7 * k},{k % 3},{k % 2}\n" for k in range(30)
)
WARDS = "ward,beds\n0,5\n1,6\n2,7\n"


@pytest.fixture
def people(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "wards.csv").write_text(WARDS)
    notebook("import pandas as pd, numpy as np\ndf = pd.read_csv('people.csv')")
    notebook("w = pd.read_csv('wards.csv')")
    return notebook


def level(nb: Notebook, name: str) -> str:
    return nb.session.guard.tags.of(nb.names[name]).level


def tag(nb: Notebook, what, *tags, source=None, ahead=False):
    return nb.session.guard.tags.tag(what, tags, source, ahead)


# -- laws ------------------------------------------------------------------------------------------

nodes = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 2**16), st.booleans()), max_size=3),
        st.sampled_from([*LEVELS, "hipaa"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@given(nodes)
def test_a_value_has_the_tags_of_everything_behind_it_over_edges_of_both_kinds(drawn):
    graph, behind, settled, put = LineageGraph(), [], {}, {}
    for at, (parents, tag_, own) in enumerate(drawn):
        mark = frozenset({Mark(tag_, str(at))})
        if not at or not parents:
            put[graph.append_source(name=str(at), kind="file", n_rows=1)] = mark
            behind.append({at})
            continue
        edges = [(p % at, int(context)) for p, context in parents]
        flat = [v for p, kind in edges for v in (p, graph.map(All(1, 1)), kind * 4)]
        graph.append(graph.op("f"), -1, 0, 1, 0, flat)
        behind.append({at} if own else {s for p, _ in edges for s in behind[p]})
        if own:
            settled[at] = put[at] = mark
    found = flows(graph, lambda node: Flow(put[node]), settled, {}, [])
    for at, flow in enumerate(found):
        assert flow.whole == NOTHING.union(*(put[s] for s in behind[at]))


STEPS = [
    "{v} = {a}[['id', 'income']]", "{v} = {a}[['age', 'id']]", "{v} = {a}.drop(columns=['income'])",
    "{v} = {a}.assign(age={a}['income'] + 1)", "{v} = {a}.assign(z=lambda d: d.income)",
    "{a}['age'] = {b}['income']", "{a}['k'] = {b}['age'] * 2", "{a}['k'] = 5", "{v} = {a}.copy()",
    "{v} = {a}.rename(columns={{'age': 'income', 'income': 'age'}})",
    "{v} = {a}.rename(columns={{'income': 'pay'}})", "{v} = {a}[{a}.id > 2]",
    "{v} = {a}[({a}.id > 2) & ~({a}['id'] == 4)]", "{v} = {a}.sort_values('id')",
    "{v} = {a}.head(7)", "{a}.index = {b}['income']", "{a}.age = {b}.income", "{a}.age = 3",
    "{v} = {a}.merge({b}, on='id')", "{v} = {a}.merge({b}[['id', 'age']], on='id')",
    "{v} = pd.concat([{a}, {b}])", "{v} = {a}.set_index('income')[['id']]", "{v} = {a}[2:]",
    "{a}.loc[{a}.id > 3, 'age'] = {b}['income']", "{a}.loc[{a}.id > 3, 'age'] = 1",
    "{v} = {a}.loc[:, ['age', 'id']]", "{v} = {a}.iloc[:5]", "{v} = {a}.fillna(0)",
    "{a}[['age', 'k']] = {b}[['income', 'id']]", "{a}.columns = list({a}.columns)[::-1]",
    "{a}.insert(0, 'n' + str(len({a}.columns)), {b}['income'])", "{a}['age'] += {b}['income']",
    "{v} = {a}.eval('age = income + id')", "{v} = {a}.query('id > 1')",
    "{v} = {a}.groupby('id').mean().reset_index()", "{v} = {a}.dropna().sample(4, random_state=0)",
    "{v} = {a}.add_prefix('x')", "{v} = {a}.set_axis(list('abcdefghij')[:{a}.shape[1]], axis=1)",
    "{v} = {a}.pop('age').to_frame()", "{v} = {a}.T.T", "{v} = {a}.drop('age', axis=1)",
    "{v} = {a}.where({a}.id > 2, {b})", "{v} = {a}.update({b}) or {a}", "{v} = {a}.filter(['age'])",
    "{v} = {a}.reindex(columns=['age', 'id'])", "{v} = {a}.nlargest(3, 'id')",
]  # fmt: skip
FINALS = ["{a}[['age']]", "{a}['age']", "{a}.age", "{a}[['id']]", "{a}['id']", "{a}.to_numpy()",
          "{a}[['k']]", "{a}[['pay']]", "{a}.head(3)['age']"]  # fmt: skip
programs = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5
)


def runnable(drawn) -> list[str]:
    """The statements of a program that run, each alone in a try."""
    names, lines = ["p", "q"], []
    for k, (step, a, b) in enumerate(drawn):
        fresh = f"v{k}"
        line = step.format(v=fresh, a=names[a % len(names)], b=names[b % len(names)])
        lines.append(line)
        if line.startswith(fresh):
            names.append(fresh)
    return lines


def ran(lines: list[str], final: str, shift: float):
    """Values of the final expression over each table, with the tagged column moved."""
    names = {"pd": pd, "np": np}
    names["p"], names["q"] = table("p", shift), table("q", 0.0)
    with contextlib.suppress(Exception):
        for line in lines:
            exec(line, names)
    found = {}
    for name in [n for n, v in names.items() if isinstance(v, pd.DataFrame)]:
        with contextlib.suppress(Exception):
            found[name] = eval(final.format(a=name), names)
    return found


def table(name: str, shift: float) -> pd.DataFrame:
    rows = np.arange(8)
    columns = {"id": rows, "age": rows * 3.0 + (name == "q"), "income": rows * 10.0 + shift}
    return pd.DataFrame(columns)


@functools.cache
def same(lines: tuple[str, ...], final: str) -> dict[str, bool]:
    one, other = ran(list(lines), final, 0.0), ran(list(lines), final, 0.25)
    return {name: repr(value) == repr(other.get(name)) for name, value in one.items()}


@settings(max_examples=40, deadline=None)
@given(programs, st.sampled_from(FINALS))
def test_what_changes_with_a_tagged_column_carries_its_tag(drawn, final):
    lines = runnable(drawn)
    truth = same(tuple(lines), final)
    nb = Notebook()
    try:
        nb("import pandas as pd, numpy as np")
        nb.source("p", table("p", 0.0))
        nb.source("q", table("q", 0.0))
        tag(nb, "income", "special", source="p")
        with contextlib.suppress(Exception):
            for line in lines:
                nb(line)
        for name, unchanged in truth.items():
            with contextlib.suppress(Exception):
                nb(f"out_{name} = {final.format(a=name)}")
            if unchanged or f"out_{name}" not in nb.names:
                continue
            found = nb.session.guard.tags.of(nb.names[f"out_{name}"])
            assert found.level == "special" or found.unseen, (lines, final, name)
    finally:
        nb.session.close()


# -- examples --------------------------------------------------------------------------------------


def test_columns_are_told_apart_where_they_are_known(people):
    tag(people, "income", "special")
    tag(people, "age", "personal", "hipaa")
    people("""
a = df[['age', 'ward']]
b = df[df.age > 25].dropna().sort_values('age')[['ward']]
c = df.drop(columns=['income']).merge(w, on='ward')[['beds', 'age']]
d = df['income'] * 2
e = a.assign(t=d)
f = e[['ward']]
g = df.iloc[:, :2]
X = df[['age', 'ward']].to_numpy()
m = X.mean()
""")
    found = {name: level(people, name) for name in "abcdefgXmw"}
    assert found == {
        "a": "personal", "b": "none", "c": "personal", "d": "special", "e": "special", "f": "none",
        "g": "special", "X": "personal", "m": "personal", "w": "none",
    }  # fmt: skip
    answer = people.session.guard.tags.of(people.names["c"])
    assert answer.own == ("hipaa",)
    assert "hipaa" in answer
    assert answer.columns["beds"] == ()
    assert repr(answer).splitlines()[1] == "  hipaa (people.csv: age)"


def test_a_source_tags_all_of_it_and_the_higher_level_wins(people):
    tag(people, "people.csv", "internal")
    tag(people, "income", "personal")
    people("a = df[['ward']]\nb = df[['income']]\nc = a.merge(w, on='ward')")
    assert [level(people, n) for n in "abcw"] == ["internal", "personal", "internal", "none"]
    assert people.session.guard.tags.of("people.csv").level == "personal"
    assert people.session.guard.tags.of("income").marks == (
        Mark("internal", "people.csv"),
        Mark("personal", "people.csv", "income"),
    )


def test_a_tag_reaches_what_was_made_before_it_was_said_and_what_comes_after(people):
    people("a = df[['age']]")
    tag(people, "age", "personal")
    people("b = a * 2")
    assert [level(people, n) for n in "ab"] == ["personal", "personal"]


def test_a_tag_said_ahead_waits_for_its_source(people, tmp_path):
    tag(people, "late.csv", "special", ahead=True)
    assert people.session.guard.tags.of("late.csv").level == "special"
    (tmp_path / "late.csv").write_text("u\n1\n")
    people("late = pd.read_csv('late.csv')")
    assert level(people, "late") == "special"


def test_an_index_stays_with_every_column(people):
    tag(people, "name", "personal", ahead=True)
    people("i = pd.read_csv('people.csv', index_col='name')\na = i[['ward']]")
    assert level(people, "a") == "personal"


def test_a_value_and_a_model_can_be_tagged_themselves(people):
    people("from sklearn.linear_model import LogisticRegression")
    people("clf = LogisticRegression().fit(w[['beds']], [0, 1, 1])\np = clf.predict(w[['beds']])")
    tag(people, people.names["clf"], "internal")
    assert level(people, "p") == "internal"
    assert level(people, "w") == "none"


def test_a_model_carries_what_it_was_trained_on(people):
    tag(people, "income", "special")
    people("from sklearn.linear_model import LogisticRegression")
    people("clf = LogisticRegression().fit(df[['income', 'age']], df['y'])")
    people("p = clf.predict(w.assign(income=1, age=2)[['income', 'age']])")
    assert [level(people, n) for n in ("clf", "p")] == ["special", "special"]


def test_what_nobody_saw_is_said(people):
    people.names["stray"] = np.ones(3)
    people("a = stray * 2")
    found = people.session.guard.tags.of(people.names["a"])
    assert (found.level, found.unseen) == ("none", True)
    assert "more may be in it" in repr(found)


def test_a_tag_goes_on_record_with_names_only(people):
    tag(people, "income", "special", "hipaa")
    [event] = [e for e in people.session.events if e.kind == "tagged"]
    assert event.body == {"what": "income", "source": "", "tags": ["special", "hipaa"]}


def test_levels_are_suggested_and_nothing_is_tagged(people, tmp_path):
    (tmp_path / "m.csv").write_text("id,contact\n1,a@b.org\n2,c@d.org\n")
    people("mails = pd.read_csv('m.csv')")
    found = people.session.guard.tags.suggestions()
    assert ("people.csv", "income", "personal") in found
    assert ("m.csv", "contact", "personal") in found
    assert not people.session.guard.tags
    assert level(people, "df") == "none"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda nb: tag(nb, "incme", "special"), UnknownNameError, "did you mean 'income'"),
        (lambda nb: tag(nb, "income", "special", source="wrds.csv"), UnknownNameError, "wards"),
        (lambda nb: tag(nb, "income", "special", source="wards.csv"), UnknownNameError, "beds"),
        (lambda nb: tag(nb, "income"), OptionError, "no tag is given"),
        (lambda nb: tag(nb, "income", "a'b"), OptionError, "is no tag"),
        (lambda nb: tag(nb, np.ones(2), "special"), UntracedError, "nobody saw this ndarray"),
        (lambda nb: nb.session.guard.tags.of("nothing"), UnknownNameError, "no source or column"),
    ],
)
def test_what_cannot_be_tagged_is_refused(people, call, error, words):
    with pytest.raises(error, match=words):
        call(people)
    assert not people.session.guard.tags


# -- declassification ------------------------------------------------------------------------------


def declassify(nb: Notebook, name: str, how="aggregate", minimum=10, reason="published", **more):
    to, also = more.get("to", "none"), more.get("also", ())
    return take_off(nb.session, nb.names[name], how, minimum, reason, to, also)


def test_an_aggregate_of_enough_records_is_let_go_and_what_follows_with_it(people):
    tag(people, "people.csv", "special", "hipaa")
    people("g = df.groupby('ward')['income'].mean()\nh = g * 2\ni = df[['income']]")
    declassify(people, "g", to="internal")
    people("k = g + 1")
    assert [level(people, n) for n in "ghik"] == ["internal", "internal", "special", "internal"]
    assert people.session.guard.tags.of(people.names["g"]).own == ("hipaa",)
    [event] = [e for e in people.session.events if e.kind == "declassified"]
    assert event.body["smallest"] == 10
    assert (event.body["level"], event.body["to"]) == ("special", "internal")
    declassify(people, "g", also=("hipaa",))
    assert people.session.guard.tags.of(people.names["g"]).own == ()


def test_a_declaration_that_does_not_hold_is_refused(people):
    tag(people, "income", "special")
    people("g = df.groupby('ward')['income'].mean()\nh = df['income'] * 2\nn = w * 1")
    people("d = df.drop(columns=['income'])")
    people("all_but = df.assign(t=df.income).drop(columns=['income'])")
    for name, how, options, words in [
        ("g", "aggregate", {"minimum": 11}, "smallest group has 10 records"),
        ("h", "aggregate", {}, "smallest group has 1 records"),
        ("g", "aggregate", {"minimum": 1}, "would let single persons through"),
        ("h", "drop", {}, "has no columns"),
        ("df", "drop", {}, r"still has \['income'\]"),
        ("g", "anonymous", {}, "is none of 'aggregate'"),
        ("g", "aggregate", {"to": "public"}, "is none of 'none'"),
        ("g", "aggregate", {"reason": " "}, "comes off for a reason"),
        ("n", "keyed-hash", {}, "nothing to take off"),
    ]:
        with pytest.raises(OptionError, match=words):
            declassify(people, name, how, **options)
    assert level(people, "g") == "special"
    declassify(people, "all_but", "drop", reason="ask ada@example.org")
    assert level(people, "all_but") == "none"
    assert level(people, "d") == "none"
    assert people.session.events[len(people.session.events) - 1].body["reason"] == (
        "ask <e-mail address>"
    )


def test_a_level_is_the_highest_of_the_marks():
    assert level_of([Mark("internal", "a"), Mark("special", "b"), Mark("hipaa", "c")]) == "special"
    assert level_of([]) == "none"
