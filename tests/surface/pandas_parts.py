"""A call of everything public of groups, windows, bins and accessors that has a rule."""

from __future__ import annotations

from tests.surface.witness import Witness

SPARE = "a value can leave its group's result as it is"
_G = "g = d.groupby('k')[['v', 'w']]\n"
_ONE = "g = d.groupby('k')['w']\n"
_STATISTICS = "mean sum std var sem prod skew kurt"
_PICKING = "min max count size median first last nunique any all quantile idxmin idxmax"


def _calls(owner: str, setup: str, calls: dict[str, list[str]], **more: str) -> list[Witness]:
    found = []
    for names, bodies in calls.items():
        for name in names.split():
            for body in bodies:
                cell = body.replace("@", name)
                cell = setup + (cell if "out =" in cell else f"out = {cell}")
                found.append(Witness(f"pandas.{owner}.{name}", cell, **more))
    return found


_BOTH = {
    f"{_STATISTICS} {_PICKING} describe": ["g.@()"],
    "agg aggregate": ["g.@('mean')", "g.@(['sum', 'max'])", "g.@(lambda s: s.mean())"],
    "transform": ["g.@('mean')", "g.@(lambda s: s - s.mean())"],
    "cumsum cumprod cummax cummin rank": ["g.@()"],
    "cumcount ngroup": ["g.@()"],
    "shift diff": ["g.@()", "g.@(2)", "g.@(-1)"],
    "pct_change": ["g.@()"],
    "ffill bfill": ["g.@()"],
    "apply": ["g.@(lambda t: t.mean())", "g.@(lambda t: t * 2)", "g.@(lambda t: t.head(1))"],
    "value_counts": ["g.@()"],
}
_FRAME = {"corr cov": ["g.@()"], "corrwith": ["d.groupby('g')[['v']].@(d['w'])"]}
_SERIES = {"corr cov": ["g.@(d['v'])"], "nlargest nsmallest": ["g.@(1)"], "ohlc": ["g.@()"]}
_KEPT = {
    "head tail": ["d.groupby('k').@(1)", "d.groupby('g').@(-1)"],
    "nth": ["d.groupby('k').@(1)", "d.groupby('k').@(-1)"],
    "filter": ["d.groupby('k').@(lambda t: len(t) > 1)"],
    "get_group": ["d.groupby('k').@('b')"],
    "sample": ["d.groupby('k').@(1, random_state=0)"],
}
_KEPT_ONE = {
    "head tail": ["d.groupby('k')['w'].@(1)"],
    "nth": ["d.groupby('k')['w'].@(1)"],
    "filter": ["d.groupby('k')['w'].@(lambda t: len(t) > 1)"],
    "get_group": ["d.groupby('k')['w'].@('b')"],
    "sample": ["d.groupby('k')['w'].@(1, random_state=0)"],
}
_WINDOWED = {
    "mean sum std var median min max count": ["r.@()"],
    "nunique first last skew kurt sem rank": ["r.@()"],
    "quantile": ["r.@(.5)"],
    "agg aggregate": ["r.@('mean')", "r.@(['sum', 'max'])"],
    "apply": ["r.@(np.sum, raw=True)"],
}
_ROLLING = [
    "r = d[['v', 'w']].rolling(3)\n",
    "r = d['w'].rolling(4, min_periods=1, center=True)\n",
    "r = d.set_index('t')['w'].rolling('13h')\n",
    "r = d['w'].rolling(2, closed='left', min_periods=1)\n",
]
_BINNED = {
    "mean sum std var sem prod min max count size median first last nunique": ["r.@()"],
    "ohlc": ["r['w'].@()"],
    "quantile": ["r.@(.5)"],
    "agg aggregate apply": ["r.@('mean')"],
    "transform": ["r.@('mean')"],
}
_RESAMPLED = [
    "r = d.set_index('t')[['v', 'w']].resample('12h')\n",
    "r = d.assign(v=d['w'])[['t', 'v', 'w']].sort_values('v').resample('D', on='t')\n",
]
_BETWEEN = {"asfreq": ["r.@()"], "ffill bfill nearest": ["r.@()"]}
_TEXT_CALLS = {
    "capitalize casefold isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace istitle "
    "isupper len lower lstrip rstrip split rsplit strip swapcase title upper partition "
    "rpartition": "s.@()",
    "center ljust rjust zfill pad wrap repeat get slice": "s.@(9)",
    "contains count endswith find findall fullmatch match rfind startswith removeprefix removesuffix "
    "join": "s.@('1')",
    "index rindex": "(d['w'] * 0 + 1).astype(str).str.@('1')",
    "encode normalize": "s.@('utf-8' if '@' == 'encode' else 'NFC')",
    "decode": "s.encode('utf-8').str.@('utf-8')",
    "extract": "s.@(r'(\\d)')",
    "replace": "s.@('1', 'z')",
    "slice_replace": "s.@(0, 1, 'z')",
    "translate": "s.@({49: 'z'})",
}
_TEXT = [
    Witness(f"pandas.Series.str.{name}", f"s = d['w'].astype(str).str\nout = {body.replace('@', name)}",
            loose="a part of the text decides")
    for names, body in _TEXT_CALLS.items()
    for name in names.split()
]  # fmt: skip
_TEXT += [
    Witness("pandas.Series.str.cat", "d['w'].astype(str).str.cat(d['w'].round(1).astype(str), '-')"),
    Witness("pandas.Series.str.cat", "d['w'].astype(str).str.cat(e['z'].astype(str), na_rep='-')"),
    Witness("pandas.Series.str.get_dummies", "(d['w'] > 0).astype(str).str.get_dummies()",
            loose="two values only"),
    Witness("pandas.Series.str.extractall", "d['w'].astype(str).str.extractall('([12])')",
            loose="a part of the text decides"),
]  # fmt: skip
_TIME = (
    "date day day_name day_of_week day_of_year dayofweek dayofyear days_in_month daysinmonth hour "
    "is_leap_year is_month_end is_month_start is_quarter_end is_quarter_start is_year_end "
    "is_year_start isocalendar microsecond minute month month_name nanosecond normalize quarter "
    "second time timetz to_pydatetime weekday year"
)
_CALLED = frozenset(
    "day_name isocalendar month_name normalize to_pydatetime to_pytimedelta total_seconds".split()
)
_MOMENT = "(pd.Timestamp(0) + pd.to_timedelta(d['w'] * 3e16)).dt"
_SPAN = "pd.to_timedelta(d['w'] * 3e14).dt"
_PERIOD = "(pd.Timestamp(0) + pd.to_timedelta(d['w'] * 3e16)).dt.to_period('D').dt"
_MOMENTS = [
    (_MOMENT, name + "()" * (name in _CALLED)) for name in _TIME.split()
] + [
    (_MOMENT, "as_unit('s')"), (_MOMENT, "ceil('D')"), (_MOMENT, "floor('D')"),
    (_MOMENT, "round('D')"), (_MOMENT, "strftime('%Y-%m-%d')"), (_MOMENT, "to_period('D')"),
    (_MOMENT, "tz_localize('UTC')"), (_MOMENT, "tz_localize('UTC').dt.tz_convert('CET')"),
    (_SPAN, "components"), (_SPAN, "days"), (_SPAN, "seconds"), (_SPAN, "microseconds"),
    (_SPAN, "nanoseconds"), (_SPAN, "to_pytimedelta()"), (_SPAN, "total_seconds()"),
    (_PERIOD, "asfreq('M')"), (_PERIOD, "end_time"), (_PERIOD, "start_time"), (_PERIOD, "qyear"),
    (_PERIOD, "week"), (_PERIOD, "weekofyear"), (_PERIOD, "to_timestamp()"),
]  # fmt: skip
_DATES = [
    Witness(f"pandas.Series.dt.{call.rpartition('.')[2].partition('(')[0]}", f"{of}.{call}",
            loose="a part of the time decides")
    for of, call in _MOMENTS
]  # fmt: skip
_KINDS = {
    "add_categories": "['q']", "as_ordered": "", "as_unordered": "", "remove_categories": "['y']",
    "remove_unused_categories": "", "rename_categories": "['p', 'q']",
    "reorder_categories": "['y', 'x']", "set_categories": "['x']",
}  # fmt: skip
_CATEGORY = "d['w'].gt(0).map({True: 'x', False: 'y'}).astype(pd.CategoricalDtype(list('xy'))).cat"
_CATEGORIES = [
    Witness(f"pandas.Series.cat.{name}", f"{_CATEGORY}.{name}({given})", loose="two values only")
    for name, given in _KINDS.items()
] + [Witness("pandas.Series.cat.codes", f"{_CATEGORY}.codes", loose="two values only")]
_WINDOWS_IN_GROUPS = [
    Witness(f"pandas.{kind}.{name}", f"{of}out = g.{call}.{name}()", loose=SPARE)
    for kind, call in (("Rolling", "rolling(2)"), ("Rolling", "rolling(2, min_periods=1)"),
                       ("Rolling", "rolling(3, center=True)"), ("Expanding", "expanding()"))
    for name in ("mean", "sum", "max")
    for of in (_G, _ONE)
]  # fmt: skip
PARTS = [
    *_WINDOWS_IN_GROUPS,
    *_calls("GroupBy", _G, _BOTH | _FRAME, loose=SPARE),
    *_calls("SeriesGroupBy", _ONE, _BOTH | _SERIES, loose=SPARE),
    *_calls("GroupBy", "", {"ohlc": ["d.groupby('g')[['w']].@()"]}, loose=SPARE),
    *_calls("GroupBy", "", _KEPT, truth="carried"),
    *_calls("SeriesGroupBy", "", _KEPT_ONE, truth="carried"),
    *(w for r in _ROLLING for w in _calls("Rolling", r, _WINDOWED, loose=SPARE)),
    *_calls("Expanding", "r = d[['v', 'w']].expanding()\n", _WINDOWED, loose=SPARE),
    *_calls("ExponentialMovingWindow", "r = d[['v', 'w']].ewm(2)\n",
            {"mean sum std var": ["r.@()"], "agg aggregate": ["r.@('mean')"]}, loose=SPARE),
    *(w for r in _RESAMPLED for w in _calls("Resampler", r, _BINNED, loose=SPARE)),
    *_calls("Resampler", "r = d.set_index('t')[['w']].resample('3h')\n", _BETWEEN, truth="carried"),
    *_TEXT, *_DATES, *_CATEGORIES,
]  # fmt: skip
