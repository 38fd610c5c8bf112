"""A call of every public callable of pandas' frames and functions that has a rule."""

from __future__ import annotations

import pandas as pd

from tests.surface.library import Library
from tests.surface.pandas_parts import PARTS
from tests.surface.pandas_readers import READERS
from tests.surface.pandas_setting import SETTING, public
from tests.surface.witness import Witness

F, S = "pandas.DataFrame", "pandas.Series"
SPARE = "a filled cell hides what fills it"
PICKED = "one row's value is picked"
FIRST = "the first rows are missing values"


def _frame(calls: dict[str, list[str]], truth: str = "changed", loose: str = "") -> list[Witness]:
    """Calls on the numeric columns ``x`` of the frame, and on the column ``s``."""
    found = []
    for names, bodies in calls.items():
        for name in names.split():
            for body in bodies:
                call = body.replace("@", name)
                kind = S if call.startswith(("s.", "s =")) else F
                call = call.removeprefix("s = ").removeprefix("x = ")
                setup = "s = d['w']\nx = d[['v', 'w']]\n"
                cell = call if "out =" in call else f"out = {call}"
                found.append(Witness(f"{kind}.{name}", setup + cell, truth, loose))
    return found


_NUMBER = ["x.@(2)", "s.@(2)", "x.@([2, 3])", "x.@(pd.Series([2, 3], ['v', 'w']))"]
_ROWWISE = {
    "add sub mul div truediv pow radd rsub rmul rdiv rtruediv rpow multiply subtract divide":
        [*_NUMBER, "s.@(5 - d['w'] * s)"],
    "floordiv mod rfloordiv rmod": ["(x * 40).@(7)".replace("(x", "x = (x"), "s = (s * 40).@(7)"],
    "abs round copy": ["x.@()", "s.@()"],
    "rename": ["x.@(columns=str)", "s.@('t')", "x.@(index=str)"],
    "set_flags infer_objects convert_dtypes": ["x.@()", "s.@()"],
    "add_prefix add_suffix": ["x.@('y')", "s.@('y')"],
    "astype": ["x.@(str)", "s.@('float64')", "s = s.astype('double[pyarrow]')"],
    "reset_index": ["x.@()", "s.@()", "s.@(drop=True)"],
    "set_index": ["x.@(d['w'])", "d.@(['k', 'g'])", "x.@('w', append=True)"],
    "set_axis": ["x.@(list('abcdef'))", "s.@(list('abcdef'))", "x.@(list('ab'), axis=1)"],
    "rename_axis": ["x.@('y')", "s.@('y')"],
    "to_frame": ["s.@()"],
    "squeeze": ["s = d[['w']].@(axis=1)", "x = d[['w']].@()", "s.@()"],
    "select_dtypes": ["d.@('number')"],
    "insert": ["x = x.copy()\nx.@(0, 'y', d['w'] * 2)\nout = x"],
    "isetitem": ["x = x.copy()\nx.@(0, d['w'] * 2)\nout = x"],
    "pop": ["d = d.copy()\nout = d.@('w')"],
    "assign": ["x.@(y=d['w'] * 2)", "x.@(y=lambda t: t['w'] * 2)", "x.@(y=d['w'].mean())"],
    "eval": ["x.@('w * 2')"],
    "map": ["x.@(lambda c: c * 2)", "s.@(lambda c: c * 2)", ],
    "apply": ["x.@(lambda r: r['w'] * 2, axis=1)", "s.@(lambda c: c * 2)"],
    "pipe": ["x.@(lambda t: t * 2)", "s.@(lambda t: t[::-1] * 2)"],
    "to_numpy values": ["x.values", "s.values", "x.to_numpy()", "s.to_numpy()"],
    "droplevel": ["d.set_index(['k', 'g'])[['w']].@('k')", "s = d.set_index(['k', 'g'])['w'].@(0)"],
    "swaplevel": ["d.set_index(['k', 'g'])[['w']].@()", "s = d.set_index(['k', 'g'])['w'].@()"],
    "reorder_levels": ["d.set_index(['k', 'g'])[['w']].@([1, 0])",
                       "s = d.set_index(['k', 'g'])['w'].@([1, 0])"],
    "tz_localize": ["d.set_index('t')[['w']].@('UTC')", "s = d.set_index('t')['w'].@('UTC')"],
    "tz_convert": ["d.set_index('t')[['w']].tz_localize('UTC').@('CET')",
                   "s = d.set_index('t')['w'].tz_localize('UTC').@('CET')"],
    "to_period": ["d.set_index('t')[['w']].@('D')", "s = d.set_index('t')['w'].@('D')"],
    "to_timestamp": ["d.set_index('t')[['w']].to_period('D').@()",
                     "s = d.set_index('t')['w'].to_period('D').@()"],
    "divmod rdivmod": ["s = (s * 40).@(7)[0]", "s = (s * 40).@(7)[1]"],
    "dot": ["d[['w', 'w']].@(np.ones(2))", "s.@(np.arange(6.0) + 1)"],
    "rank": ["x.@()", "s.@()", "s.@(pct=True)"],
}  # fmt: skip
_COMPARED = {
    "eq ne lt le gt ge": ["x.@(0.2)", "s.@(0.2)", "s.@(d['v'])"],
    "isna isnull notna notnull": ["x.@()", "s = d['v'].@()"],
    "clip": ["x.@(-0.1, 0.1)", "s.@(-0.1, 0.1)", "s.@(upper=d['v'])"],
    "rank": ["x.@(axis=1)"],
    "duplicated": ["x = x.round(0).@()", "s = s.round(0).@()"],
    "map": ["s = (s > 0).@({True: 1, False: 0})"],
    "where mask": ["x.@(x > 0)", "s.@(s > 0, 9.0)", "s.@(s > 0, d['v'])"],
    "between": ["s.@(-0.3, 0.3)"],
    "isin": ["x.@([0.1])", "s.@([0.1])", "s.@(d['v'])"],
    "replace": ["x.@(0.1, 9.0)", "s.@(0.1, 9.0)"],
    "fillna": ["x.@(0.0)", "s = d['v'].@(1.0)", "s = d['v'].@(d['w'])", "x.@(x.mean())"],
    "ffill bfill": ["x.@()", "s = d['v'].@()", "s = d['v'].where(d['o'] > 1).@()",
                    "x.where(d[['o', 'o']].to_numpy() > 1).@()", "s.@()", "x.@(axis=1)",
                    "s = d['v'].where(d['o'] > 1).@(limit=1)"],
    "combine_first": ["d['v'].to_frame('z').@(e[['z']])", "s = d['v'].@(e['z'])"],
    "combine": ["s.@(e['z'], max)", "s.@(d['v'], lambda a, b: max(a, b), 0.0)"],
    "compare": ["x.@(x * 2)", "s.@(d['v'])"],
    "update": ["x = x.copy()\nx.@(d[['v']] * 2)\nout = x", "s = s.copy()\ns.@(d['v'])\nout = s"],
    "align": ["x.@(e[['z']])[0]", "x.@(e[['z']])[1]", "s.@(e['z'], join='inner')[0]",
              "s.@(e['z'])[1]"],
}  # fmt: skip
_STATISTICS = {
    "mean std sum var prod product skew kurt kurtosis sem": ["x.@()", "s.@()"],
    "mean std sum max median prod any all nunique count quantile idxmin": ["x.@(axis=1)"],
    "corr cov": ["x.@()", "s.@(d['v'])"],
    "corrwith": ["x.@(d['w'])"],
    "describe": ["x.@()", "s.@()"],
    "agg aggregate": ["x.@('mean')", "s.@(['sum', 'mean'])", "x.@({'v': 'mean', 'w': 'std'})",
                      "s.@('std')"],
    "autocorr": ["s.@()"],
    "argsort": ["s.@()"],
}  # fmt: skip
_PICKING = {
    "min max median any all nunique count quantile idxmin idxmax": ["x.@()", "s.@()"],
    "argmin argmax": ["s.@()"],
    "item": ["s = s.head(1).@()"],
}
_PREFIXES = {
    "cumsum cumprod": ["x.@()", "s.@()", "x.@(axis=1)", "x.@(axis=0)"],
    "cummax cummin": ["x.@()", "s.@()"],
    "diff": ["x.@()", "s.@()", "s.@(2)", "s.@(-2)", "x.@(periods=3)"],
    "pct_change": ["x.abs().@()".replace("x.abs", "x = x.abs"), "s.@()", "s.@(-1)"],
    "shift": ["x.@(1)", "s.@(-2)", "s.@()", "x.@(periods=2)", "s.@(1, fill_value=0.0)", "s.@(9)"],
    "rolling expanding": ["x.@(2).sum()", "s.@(3).mean()"],
    "ewm": ["x.@(2).mean()", "s.@(span=3).mean()"],
}
_MOVES = {
    "head tail": ["d.@(2)", "d['w'].@(2)".replace("d['w']", "s"), "d.@(-1)", "s.@(-2)", "d.@(9)"],
    "take": ["d.@([4, 0, 0])", "s.@([4, -1])"],
    "sample": ["d.@(3, random_state=1)", "s.@(frac=2, replace=True, random_state=2)"],
    "sort_values": ["d.@('o')", "s = d.set_index('w')['o'].@()", "d.@(['k', 'o'], ascending=False)"],
    "sort_index": ["d.@()", "s.@(ascending=False)", "u.@()"],
    "nlargest nsmallest": ["d.@(3, 'o')", "s = d.set_index('w')['o'].@(2)"],
    "drop": ["d.@(index=[9, 7])", "s.@([9])", "d.@(columns=['k'])"],
    "dropna": ["d.@()", "s = d['v'].@()", "d.@(subset=['v'], ignore_index=True)"],
    "drop_duplicates": ["d.@('k')", "d.@('g', keep='last')", "s = d.set_index('w')['g'].@()"],
    "filter": ["d.@(['k', 'w'])", "s.@([9, 7])"],
    "query": ["d.@('o > 2')", "u.@('w > 3001')"],
    "reindex": ["d.@([5, 7, 8])", "s.@([5, 7])"],
    "truncate": ["d.sort_index().@(2, 7)", "s = s.sort_index().@(2, 7)"],
    "explode": ["d.assign(k=[[1, 2], [], [3], 4, [5, 6], None]).@('k')",
                "s = d.assign(k=[[1, 2], [], [3], 4, [5, 6], None]).set_index('w')['k'].@()"],
    "at_time": ["d.set_index('t').@('06:00')", "s = d.set_index('t')['w'].@('06:00')"],
    "between_time": ["d.set_index('t').@('05:00', '13:00')",
                     "s = d.set_index('t')['w'].@('05:00', '13:00')"],
    "asfreq": ["d.set_index('t')[['w']].@('3h')", "s = d.set_index('t')['w'].@('3h')",
               "d.set_index('t')[['w']].@('3h', method='ffill')"],
    "xs": ["d[['w']].@(9)", "s.@(9)", "d.set_index(['k', 'o']).@('b')", "d.set_index(['k', 'o'])[['w']].@(('b', 4))",
           "d.set_index(['k', 'g']).@(3, level='g')"],
    "get": ["d.@('w')", "s.@(9)", "d.@(['w'])"],
    "loc at": ["d[['w']].loc[9]", "s.loc[[9, 7]]", "d.at[9, 'w']", "s.at[9]", "d.loc[3:1]",
               "d.loc[d['o'] > 2, ['w']]", "d.set_index(['k', 'o']).loc['b']",
               "d.set_index(['k', 'o'])[['w']].loc[('b', 4)]",
               "pd.concat([d, u], keys=['p', 'q']).loc['q']"],
    "iloc iat": ["d[['w']].iloc[2]", "s.iloc[[5, 0]]", "d.iat[2, 5]", "s.iat[2]", "d.iloc[::-2]"],
    "repeat": ["s.@(2)", "s.@([0, 1, 2, 0, 1, 1])"],
    "melt": ["d.assign(y=d['w']).@('k', ['w', 'y'])", "d[['w']].@()", "d.@(value_vars=['w'], ignore_index=False)"],
    "stack": ["d.assign(y=d['w'])[['w', 'y']].@()", "u.set_index('k').@()"],
    "unstack": ["d.set_index(['k', 'o'])[['w']].@()", "s = d.set_index(['k', 'o'])['w'].@()",
                "s = d.set_index(['k', 'o'])['w'].@(0)", "d.assign(y=d['w'])[['w', 'y']].@()"],
    "pivot": ["d.@(index='k', columns='o', values='w')", "d.@(columns='o', values='w')",
              "d.@(index=['k', 'g'], columns='o', values='w')"],
    "merge": ["d.@(e, on='k')", "d.@(e, on='k', how='left')", "d.@(e, on='k', how='outer')",
              "d.@(e, how='cross')", "d.@(e, left_index=True, right_index=True, how='right')",
              "d.@(e, on=['k', 'o'])", "d.@(e[['k', 'z']], on='k', how='outer', sort=True)"],
    "join": ["d.@(e[['z']])", "d.@(e[['z']], how='outer')", "d.@(e.set_index('o')[['z']], on='o')",
             "d.set_index('k')[['w']].@(e.set_index('k')[['z']], how='inner')"],
    "groupby": ["for name, it in d.@('k'): pass\nout = it", "out = dict(list(d.@('g')))[2]",
                "out = pd.concat([p for _, p in d.@('k')])", "s = s\nfor n, it in s.@(d['g']): pass\nout = it"],
}  # fmt: skip
_GROUPED = {
    "groupby": ["x.@(d['k']).mean()", "s.@(d['k']).sum()", "d.@('k')['w'].transform('mean')"],
    "resample": ["d.set_index('t')[['w']].@('12h').mean()", "s = d.set_index('t')['w'].@('D').sum()",
                 "d.sort_values('o')[['t', 'w']].@('12h', on='t').sum()"],
    "pivot_table": ["d.@('w', 'k')", "d.@('w', ['k', 'g'], 'o')", "d.@('w', 'k', 'g', 'sum')"],
}  # fmt: skip
_COUNTED = {"value_counts": ["s = d['k'].@()",
                             "d.@(['k', 'g'])", "d[['k']].@()", "s = d['k'].@(normalize=True)"]}  # fmt: skip
_FUNCTIONS = {
    "concat": ["pd.concat([d, e])", "pd.concat([d[['w']], e[['z']]], axis=1)",
               "pd.concat([u, d], ignore_index=True, join='inner')"],
    "merge": ["pd.merge(d, e, on='k')", "pd.merge(right=d, left=e, on='o', how='outer')"],
    "merge_asof": ["pd.merge_asof(d.sort_values('o'), e.sort_values('o'), on='o')",
                   "pd.merge_asof(d.sort_values('o'), e.sort_values('o'), on='o', by='k',"
                   " direction='nearest')"],
    "merge_ordered": ["pd.merge_ordered(d[['o', 'w']], e[['o', 'z']])",
                      "pd.merge_ordered(d[['o', 'w']], e[['o', 'z']], fill_method='ffill')"],
    "melt": ["pd.melt(d.assign(y=d['w']), 'k', ['w', 'y'])", "pd.melt(frame=d[['w']])"],
    "wide_to_long": ["pd.wide_to_long(d.assign(y2=d['w'])[['o', 'w', 'y2']].rename(columns={'w': 'y1'}), 'y',"
                     " i='o', j='n')"],
    "pivot": ["pd.pivot(d, columns='o', index='k', values='w')"],
}  # fmt: skip
_COMPUTED = {
    "pivot_table": ["pd.pivot_table(d, 'w', 'k')", "pd.pivot_table(data=d, values='w', index='g')"],
    "crosstab": ["pd.crosstab(d['k'], d['g'], d['w'], aggfunc='sum')"],
    "get_dummies": ["pd.get_dummies(d[['k', 'w']])", "pd.get_dummies(d['w'] > 0)"],
    "from_dummies": ["pd.from_dummies(pd.get_dummies((d['w'] > 0).astype(str)))"],
    "to_numeric": ["pd.to_numeric(d['w'].astype(str))"],
    "to_datetime to_timedelta": ["pd.@(d['w'] * 1e9)"],
    "isna isnull notna notnull": ["pd.@(d[['v']])", "pd.@(d['v'].to_numpy())"],
    "cut": ["pd.cut(d['w'], 3, labels=False)", "pd.cut(d['w'], [-9, 0, 9], labels=False)"],
    "qcut": ["pd.qcut(d['w'], 2, labels=False)"],
    "factorize": ["out = pd.factorize(d['w'].round(0))[0]"],
    "DataFrame": ["pd.DataFrame(d[['w']])", "pd.DataFrame({'a': d['w'], 'b': e['z']})",
                  "pd.DataFrame(d[['w']].to_numpy(), columns=['q'])"],
    "Series": ["pd.Series(d['w'])", "pd.Series(d['w'].to_numpy(), name='q')"],
}  # fmt: skip


def _functions(calls: dict[str, list[str]], truth: str, loose: str = "") -> list[Witness]:
    return [
        Witness(f"pandas.{name}", body.replace("@", name), truth, loose)
        for names, bodies in calls.items()
        for name in names.split()
        for body in bodies
    ]


_NEW = "a source of its own"
_MADE = [
    Witness(f"{F}.from_dict", "pd.DataFrame.from_dict({'a': [1, 2]})", loose=_NEW),
    Witness(f"{F}.from_records", "pd.DataFrame.from_records([(1, 2), (3, 4)])", loose=_NEW),
    *(Witness(f"{kind}.to_{form}", f"import tempfile\n{of}.to_{form}(tempfile.mkdtemp() + '/f')\n"
              f"out = {of}")
      for kind, of, form in ((F, "d", "csv"), (S, "d['w']", "csv"), (F, "d", "parquet"),
                             (F, "d", "feather"), (F, "d", "pickle"), (S, "d['w']", "pickle"))),
    Witness(f"{S}.factorize", "out = d['w'].round(0).factorize()[0]", loose=SPARE),
]  # fmt: skip
WITNESSES = [
    *_frame(_ROWWISE), *_frame(_COMPARED, loose=SPARE), *_frame(_STATISTICS, loose=SPARE),
    *_frame(_PICKING, loose=PICKED), *_frame(_PREFIXES, loose=FIRST), *_frame(_MOVES, "carried"),
    *_frame(_GROUPED, loose=SPARE), *_frame(_COUNTED, loose=SPARE),
    *_functions(_FUNCTIONS, "carried"), *_functions(_COMPUTED, "changed", SPARE), *_MADE,
    *PARTS, *READERS,
]  # fmt: skip
LIBRARY = Library("pandas", pd.__version__, public, SETTING, WITNESSES)
