"""Columns: what a change of a source column reaches names it; what is exact names no other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.lineage import cells
from traceprop_nb.lineage.nodes import Status

PEOPLE = pd.DataFrame(
    {"id": [1, 2, 3, 4, 5, 6], "age": [30, 41, 25, 67, 52, 38],
     "pay": [1.0, 5.0, 3.5, 2.0, 9.0, 4.0], "city": ["A", "B", "A", "C", "C", "B"]}
)  # fmt: skip
VISITS = pd.DataFrame(
    {"id": [1, 1, 3, 6, 5], "pay": [7.0, 8.0, 9.0, 3.0, 2.0], "w": [1, 2, 3, 4, 5]}
)
SETUP = """
import numpy as np, pandas as pd, torch
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, FeatureUnion
from sklearn.preprocessing import OneHotEncoder, StandardScaler, PolynomialFeatures
"""
PARTS = ("identity", "transformation", "aggregation")


@pytest.fixture
def nb(notebook):
    notebook(SETUP)
    notebook.source("people", PEOPLE.copy())
    notebook.source("visits", VISITS.copy())
    notebook.source("X", np.random.default_rng(0).normal(size=(6, 4)))
    return notebook


def behind(nb, name, place, *, aside=False):
    """Source columns in a column, or those that only decided over it."""
    graph = nb.session.graph
    found = cells.origins(graph, nb.node(name), place)
    named = nb.session.files.names()
    out = set()
    for (source, at), hows in found.columns.items():
        if bool(hows & set(PARTS)) != aside:
            labels = graph.column_table.labels(source)
            out.add((named[source], labels[at] if isinstance(labels, tuple) else at))
    return out, found.status


def p(*names):
    return {("people", n) for n in names}


def x(*places):
    return {("X", n) for n in places}


EXACT = {
    "out = people['age']": [p("age")],
    "out = people[['pay', 'age']]": [p("pay"), p("age")],
    "out = people.age": [p("age")],
    "out = people[people['age'] > 30][['pay']]": [p("pay")],
    "out = people.loc[people.age > 30, ['city', 'id']]": [p("city"), p("id")],
    "out = people.drop(columns=['id', 'city'])": [p("age"), p("pay")],
    "out = people['age'] - people['pay']": [p("age", "pay")],
    "out = (people['age'] * 2).to_frame('double')": [p("age")],
    "out = people.rename(columns={'age': 'years', 'pay': 'age'})[['years', 'age']]": [
        p("age"),
        p("pay"),
    ],
    "out = people[['age', 'pay']].add_prefix('x_')": [p("age"), p("pay")],
    "out = people.assign(ratio=people.pay / people.age)[['ratio', 'age']]": [
        p("pay", "age"),
        p("age"),
    ],
    "d = people.copy()\nd['ratio'] = d['pay'] / d['age']\nout = d[['ratio', 'city']]": [
        p("pay", "age"),
        p("city"),
    ],
    "d = people.copy()\nd['age'] = d['pay'] * 2\nout = d[['age', 'pay']]": [p("pay"), p("pay")],
    "d = people.copy()\nd.loc[d.age > 40, 'pay'] = d['id']\nout = d[['pay', 'age']]": [
        p("pay", "id"),
        p("age"),
    ],
    "d = people.copy()\nd['pay'] += d['age']\nout = d[['pay']]": [p("pay", "age")],
    "d = people[['age']].copy()\nd.insert(0, 'z', people['pay'])\nout = d": [p("pay"), p("age")],
    "out = people.merge(visits, on='id')[['age', 'pay_x', 'pay_y', 'w']]": [
        p("age"),
        p("pay"),
        {("visits", "pay")},
        {("visits", "w")},
    ],
    "out = pd.merge(people, visits, left_on='age', right_on='w', how='left', suffixes=('', '_v'))"
    "[['pay', 'pay_v', 'w']]": [p("pay"), {("visits", "pay")}, {("visits", "w")}],
    "out = people.groupby('city')[['pay', 'age']].mean()": [p("pay"), p("age")],
    "out = people.groupby('city', as_index=False).agg(total=('pay', 'sum'), n=('id', 'count'))"
    "[['total', 'n']]": [p("pay"), p("id")],
    "out = people.groupby('city')['pay'].transform('mean')": [p("pay")],
    "out = people.groupby('city')['pay'].sum().reset_index()": [p("city"), p("pay")],
    "out = people.set_index('id')[['pay']].reset_index()": [p("id"), p("pay")],
    "out = people.sort_values('age')[['pay']]": [p("pay")],
    "out = people.drop_duplicates('city')[['pay']]": [p("pay")],
    "out = people.query('age > 30 and city != \"A\"')[['pay']]": [p("pay")],
    "out = pd.get_dummies(people[['age', 'city']])": [p("age"), p("city"), p("city"), p("city")],
    "out = people[['id', 'age', 'pay']].melt(id_vars='id')[['id', 'value']]": [
        p("id"),
        p("age", "pay"),
    ],
    "out = people.pivot(index='id', columns='city', values='pay')": [p("pay")] * 3,
    "out = people.pivot_table(index='city', values=['pay', 'age'], aggfunc='sum')": [
        p("age"),
        p("pay"),
    ],
    "out = pd.concat([people[['age']], people[['pay']]], axis=1)": [p("age"), p("pay")],
    "out = pd.concat([people[['age', 'pay']], people[['pay', 'age']]])": [p("age"), p("pay")],
    "out = people[['age', 'pay']].to_numpy()": [p("age"), p("pay")],
    "out = people[['age', 'pay']].to_numpy()[:, 1]": [p("pay")],
    "out = pd.DataFrame(X[:, :2], columns=['a', 'b'])": [x(0), x(1)],
    "out = pd.DataFrame({'u': people['pay'], 'v': people['age'] + 1})": [p("pay"), p("age")],
    "out = people[['age', 'pay']].sum(axis=1)": [p("age", "pay")],
    "out = people['city'].str.lower()": [p("city")],
    "out = people[['age']].fillna(0).astype(float).round(1)": [p("age")],
    "out = X[:, [2, 0]]": [x(2), x(0)],
    "out = X[::2, 1:3]": [x(1), x(2)],
    "out = X[X[:, 3] > 0]": [x(0), x(1), x(2), x(3)],
    "out = X[:, np.array([True, False, False, True])]": [x(0), x(3)],
    "out = np.log(np.abs(X)) + 1": [x(0), x(1), x(2), x(3)],
    "out = np.hstack([X[:, :1], X[:, 3:]])": [x(0), x(3)],
    "out = np.column_stack([X[:, 2], people['age']])": [x(2), p("age")],
    "out = np.c_[X[:, 2], people['age'].to_numpy()]": [x(2), p("age")],
    "out = np.concatenate([X[:2], X[3:]])[:, :2]": [x(0), x(1)],
    "out = np.delete(X, [0, 1], axis=1)": [x(2), x(3)],
    "out = np.take(X, [3, 1], axis=1)": [x(3), x(1)],
    "out = X.sum(axis=1)": [x(0, 1, 2, 3)],
    "out = X @ np.ones((4, 2))": [x(0, 1, 2, 3)] * 2,
    "Z = X.copy()\nZ[:, 1] = people['age']\nout = Z": [x(0), p("age"), x(2), x(3)],
    "Z = X.copy()\nZ[Z[:, 0] > 0, 1] = 0.0\nout = Z": [x(0), x(1), x(2), x(3)],
    "Z = X.copy()\nZ[:, [0, 2]] = X[:, [2, 0]]\nout = Z": [x(2), x(1), x(0), x(3)],
    "out = torch.from_numpy(X.copy())[:, 1:3].float() * 2": [x(1), x(2)],
    "t = torch.from_numpy(X.copy())\nout = torch.cat([t[:, :1], t[:, 3:]], dim=1)": [x(0), x(3)],
    "out = StandardScaler().fit_transform(X)": [x(0), x(1), x(2), x(3)],
    "out = PCA(2).fit_transform(X)": [x(0, 1, 2, 3)] * 2,
    "out = PolynomialFeatures(2, include_bias=False).fit_transform(X[:, :2])": [
        x(0),
        x(1),
        x(0),
        x(0, 1),
        x(1),
    ],
    "out = SelectKBest(k=2).fit(X, [0, 1, 0, 1, 1, 0])\nk_ = out.get_support(indices=True)\n"
    "out = out.transform(X)": None,
    "out = OneHotEncoder(sparse_output=False).fit_transform(people[['city', 'id']])": [p("city")]
    * 3
    + [p("id")] * 6,
    "c = ColumnTransformer([('n', StandardScaler(), ['pay', 'age']),"
    " ('c', OneHotEncoder(), ['city'])], sparse_threshold=0)\nout = c.fit_transform(people)": [
        p("pay"),
        p("age"),
    ]
    + [p("city")] * 3,
    "c = ColumnTransformer([('n', Pipeline([('i', SimpleImputer()),"
    " ('s', StandardScaler())]), ['age'])], remainder='passthrough')\n"
    "out = c.fit_transform(people[['age', 'pay', 'id']])": [
        p("age"),
        p("pay"),
        p("id"),
    ],
    "out = FeatureUnion([('a', StandardScaler()), ('b', PCA(1))]).fit_transform(X)": [
        x(0),
        x(1),
        x(2),
        x(3),
        x(0, 1, 2, 3),
    ],
    "m = LogisticRegression().fit(X, [0, 1, 0, 1, 1, 0])\nout = m.predict_proba(X)": [x(0, 1, 2, 3)]
    * 2,
}


@pytest.mark.parametrize("source", EXACT)
def test_a_column_names_the_columns_that_are_in_it(nb, source):
    nb(source)
    assert nb.swallowed() == {}
    width = nb.session.graph.column_table.width(nb.node("out"))
    found = [behind(nb, "out", k) for k in range(width)]
    expected = EXACT[source]
    if expected is None:
        expected = [x(int(k)) for k in nb.names["k_"]]
    assert [columns for columns, _ in found] == expected
    assert {status for _, status in found} == {Status.EXACT}


DECIDED = {
    "out = people[people['age'] > 30][['pay']]": {("age", "filter")},
    "out = people.query('age > 30 and city != \"A\"')[['pay']]": {
        ("age", "filter"),
        ("city", "filter"),
    },
    "out = people.sort_values(['age', 'id'])[['pay']]": {("age", "sort"), ("id", "sort")},
    "out = people.drop_duplicates('city')[['pay']]": {("city", "filter")},
    "out = people.dropna(subset=['age'])[['pay']]": {("age", "filter")},
    "out = people.merge(visits, on='id')[['pay_x']]": {("id", "join")},
    "out = people.groupby('city')[['pay']].mean()": {("city", "group by")},
    "out = people.nlargest(2, 'age')[['pay']]": {("age", "sort")},
    "d = people.copy()\nd.loc[d.age > 40, 'pay'] = 0.0\nout = d[['pay']]": {("age", "conditional")},
}


@pytest.mark.parametrize("source", DECIDED)
def test_a_column_names_what_only_decided_over_it(nb, source):
    nb(source)
    answer = nb.session.rows(nb.names["out"], 0, "pay_x" if "merge" in source else "pay")
    decided = {(c, how) for c, how in answer.columns["people"].items() if how not in PARTS}
    assert decided == DECIDED[source]


def test_what_decided_over_one_column_leaves_the_others_alone(nb):
    nb("d = people.copy()\nd.loc[d.age > 40, 'pay'] = 0.0\nout = d[['id']]")
    answer = nb.session.rows(nb.names["out"], 0, "id")
    assert answer.columns == {"people": {"id": "identity"}}


@pytest.mark.parametrize("source", [*EXACT, *DECIDED])
def test_a_column_that_changes_with_a_source_column_names_it(nb, source):
    """Perturbation: one source column changes as a whole, and the result keeps its shape."""
    nb(source)
    whole = table(nb.names["out"])
    for name, frame in (("people", PEOPLE), ("visits", VISITS), ("X", None)):
        columns = range(4) if frame is None else [c for c in frame.columns if c != "city"]
        for column in columns:
            names = {n: nb.names[n].copy() for n in ("people", "visits", "X")}
            names[name] = bumped(names[name], column)
            try:
                exec(SETUP + source, names)
            except ValueError:  # no input that it takes
                continue
            again = table(names["out"])
            if again.shape != whole.shape:
                continue
            moved = [k for k in range(whole.shape[1]) if not same(whole[:, k], again[:, k])]
            for k in moved:
                named = behind(nb, "out", k)[0] | behind(nb, "out", k, aside=True)[0]
                assert (name, column) in named, (k, column)


def bumped(value, column):
    if isinstance(value, pd.DataFrame):
        value[column] = value[column] + 1
    else:
        value[:, column] += 0.5
    return value


def table(out):
    array = np.asarray(out)
    return array.reshape(len(array), -1)


def same(a, b):
    return all(x == y or (x != x and y != y) for x, y in zip(a.tolist(), b.tolist(), strict=True))


def test_an_answer_is_a_cell_of_a_file(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PEOPLE.to_csv("people.csv", index=False)
    VISITS.to_csv("visits.csv", index=False)
    notebook("import pandas as pd\n"
             "people, visits = pd.read_csv('people.csv'), pd.read_csv('visits.csv')\n"
             "both = people.merge(visits, on='id', suffixes=('', '_v'))\n"
             "both['rate'] = both['pay_v'] / both['age']\nout = both.sort_values('w')")  # fmt: skip
    answer = notebook.session.rows(notebook.names["out"], 2, column="rate")
    assert answer.cells == (("people.csv", 2, 4, "age"), ("visits.csv", 2, 4, "pay"))
    assert answer.status == Status.EXACT
    assert answer.sources["visits.csv"].tolist() == [2]
    assert "columns  people.csv: id (join, sort), age (transformation)" in repr(answer)
    left = notebook.session.rows(notebook.names["out"], 2, column="city")
    assert left.cells == (("people.csv", 2, 4, "city"),)


def test_a_column_that_came_back_from_row_labels_has_its_rows(nb):
    nb("out = people.groupby('city')['pay'].sum().reset_index()")
    answer = nb.session.rows(nb.names["out"], 1, column="city")
    assert answer.cells == (("people", 1, None, "city"), ("people", 5, None, "city"))


def test_columns_of_a_whole_value_in_words(nb):
    from traceprop_nb.session import cell_answers

    nb("out = people.assign(r=people.pay / people.age)[['r', 'city']]")
    found = cell_answers.columns(nb.session, nb.names["out"])
    assert found.columns["city"] == {"people": {"city": "identity"}}
    assert found.columns["r"] == {"people": {"age": "transformation", "pay": "transformation"}}
    assert repr(found).splitlines()[0] == "out: 2 columns, EXACT"


def test_what_is_not_known_counts_in_full_and_says_so(nb):
    nb("out = people[['age', 'pay']].apply(lambda r: r['age'], axis=1)")
    columns, status = behind(nb, "out", 0)
    assert p("age") <= columns
    assert status == Status.INEXACT


def test_bad_columns_are_named(nb):
    nb("out = people[['age']]\nm = X[:, :2]\nc = X[None]")
    with pytest.raises(UnknownNameError, match="did you mean 'age'"):
        nb.session.rows(nb.names["out"], 0, "aeg")
    with pytest.raises(OptionError, match="column 7 is none of the 2 columns"):
        nb.session.rows(nb.names["m"], 0, 7)
    with pytest.raises(OptionError, match="no columns that are followed"):
        nb.session.rows(nb.names["c"], 0, 0)
