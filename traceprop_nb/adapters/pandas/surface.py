"""What no rule follows, and why; and what has no rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.core.groupby.generic import DataFrameGroupBy, SeriesGroupBy
from pandas.core.groupby.groupby import GroupBy
from pandas.core.resample import Resampler
from pandas.core.window import Expanding, ExponentialMovingWindow, Rolling

from traceprop_nb.tracing.rules import RuleTable

_FRAMES = (pd.DataFrame, pd.Series)
_LABELS = (
    "all any append argmax argmin argsort asof asof_locs astype copy delete diff difference drop "
    "drop_duplicates droplevel dropna duplicated factorize fillna get_level_values groupby "
    "infer_objects insert intersection isin isna isnull item join map max min notna notnull "
    "nunique putmask ravel reindex rename repeat replace round set_names shift sort_values "
    "sortlevel str symmetric_difference take to_flat_index to_frame to_numpy to_series transpose "
    "union unique value_counts values view where T"
)
_PLACES = (
    "equals get_indexer get_indexer_for get_indexer_non_unique get_loc get_slice_bound identical "
    "is_ memory_usage searchsorted slice_indexer slice_locs to_list tolist"
)
_OPAQUE: dict[str, str] = {
    "transpose T": "columns become rows: which cells stay together nobody says",
    "mode unique": "one value stands for every row that has it",
    "interpolate": "a gap is filled from rows around it, by a method of many",
    "asof": "the last row without a gap is looked up by label",
    "transform": "a function may look at any row of its column",
    "case_when": "conditions and values may be functions",
    "searchsorted": "a place in an order is no row",
    "reindex_like": "labels are matched by another object's",
    "from_arrow": "a table of another library",
    "select": "expressions may look at any row",
    "combine": "a function is given whole columns",
    "pop": "one cell leaves the series",
}
_FUNCTIONS_OPAQUE: dict[str, str] = {
    "eval": "the text of an expression may name any variable",
    "unique": "one value stands for every row that has it",
    "lreshape": "blocks of columns are dropped where they have gaps",
    "read_clipboard": "nobody else can read it again",
    "read_iceberg": "a table of many files",
    "read_hdf": "many objects in one file",
    "read_sas": "its records have not been compared with this reader's rows",
    "read_spss": "its records have not been compared with this reader's rows",
    "json_normalize": "nested records become rows of their own",
}
_NO_ROWS = (
    "equals first_valid_index last_valid_index info memory_usage keys plot hist boxplot str dt "
    "cat list struct sparse itertuples to_clipboard to_csv to_dict to_excel to_feather to_hdf "
    "items iterrows "
    "to_html to_iceberg to_json to_latex to_list tolist to_markdown to_orc to_parquet to_pickle "
    "to_records to_sql to_stata to_string to_xarray to_xml"
)
_FUNCTIONS_NO_ROWS = (
    "array bdate_range col date_range describe_option get_option infer_freq interval_range "
    "option_context period_range reset_option set_eng_float_format set_option show_versions test "
    "timedelta_range to_pickle"
)


def install(table: RuleTable) -> None:
    """Fill the table, without taking a rule's place."""
    for names, why in _OPAQUE.items():
        for kind in _FRAMES:
            _opaque(table, why, kind, names)
    for name, why in _FUNCTIONS_OPAQUE.items():
        if hasattr(pd, name):
            table.opaque(why, getattr(pd, name))
    for kind in _FRAMES:
        _rowless(table, kind, _NO_ROWS)
    _opaque(table, "row labels are not followed as values", pd.Index, _LABELS)
    _rowless(table, pd.Index, _PLACES)
    table.no_rows(*(getattr(pd, n) for n in _FUNCTIONS_NO_ROWS.split() if hasattr(pd, n)))
    _of_groups(table)


def _of_groups(table: RuleTable) -> None:
    for kind in (DataFrameGroupBy, SeriesGroupBy, GroupBy):
        _opaque(table, "a function of the groups themselves", kind, "pipe resample")
        _rowless(table, kind, "plot hist boxplot")
    _opaque(table, "values within groups", SeriesGroupBy, "unique")
    for kind in (DataFrameGroupBy, SeriesGroupBy):
        _opaque(table, "rows of a group are taken by place", kind, "take")
    _opaque(table, "gaps between times are filled by a method of many", Resampler, "interpolate")
    _opaque(table, "one bin's rows, sorted by time", Resampler, "get_group")
    _opaque(table, "a function of the bins themselves", Resampler, "pipe")
    for kind in (Rolling, Expanding, ExponentialMovingWindow):
        _opaque(table, "pairs of columns over each window", kind, "corr cov")
        _opaque(table, "a function of the windows themselves", kind, "pipe online")


def _opaque(table: RuleTable, why: str, kind: type, names: str) -> None:
    table.opaque(why, *_owned(table, kind, names))


def _rowless(table: RuleTable, kind: type, names: str) -> None:
    table.no_rows(*_owned(table, kind, names))


def _owned(table: RuleTable, kind: type, names: str) -> list[Any]:
    """Those of the names that the type has and no rule takes."""
    which = [(kind, name) for name in names.split() if hasattr(kind, name)]
    return [key for key in which if table.treatment(key) is None]
