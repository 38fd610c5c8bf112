"""Stands at pandas' writers while a policy is in force."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

WRITERS = (
    "to_csv to_json to_pickle to_excel to_sql to_hdf to_clipboard to_latex to_parquet to_feather "
    "to_stata to_orc to_html to_xml to_gbq"
).split()


class SinkTap:
    """The writers of frames and series, each told of before it writes."""

    def __init__(self, told: Callable[[str, str, Sequence[Any]], None]) -> None:
        self._told = told
        self._replaced: list[tuple[type, str, Any]] = []

    def install(self) -> None:
        if self._replaced:
            return
        owners = [kind for kind in pd.DataFrame.__mro__ + pd.Series.__mro__ if kind is not object]
        for owner in dict.fromkeys(owners):
            for name in WRITERS:
                if name in vars(owner):
                    self._stand_at(owner, name)

    def remove(self) -> None:
        while self._replaced:
            owner, name, plain = self._replaced.pop()
            setattr(owner, name, plain)

    def _stand_at(self, owner: type, name: str) -> None:
        plain, told = vars(owner)[name], self._told

        @functools.wraps(plain)
        def writer(frame: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            told("write", name, [frame])
            return plain(frame, *args, **kwargs)

        self._replaced.append((owner, name, plain))
        setattr(owner, name, writer)
