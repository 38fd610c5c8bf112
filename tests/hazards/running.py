"""Runs one program plainly and traced, and keeps everything that can be seen of it."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import linecache
import traceback
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

_NAMES = itertools.count()
HIDDEN = {"np", "pd", "__builtins__", "__warningregistry__", "__tp__"}
"""``__tp__`` is the one name a traced cell with functions adds: they must find it when pickled."""


@dataclass(frozen=True)
class Seen:
    """What a program left behind.

    Attributes:
        names: Its global names, in order, with a picture of each value.
        error: The formatted traceback of what it raised, or None.
        printed: What it wrote to standard output and error.
        warned: Category, text and line of every warning.
    """

    names: dict[str, object]
    error: str | None
    printed: str
    warned: list[tuple[str, str, int]]


def run(source: str, rewrite=None) -> Seen:
    """Run a program in a namespace of its own, rewritten or not."""
    name = "<program>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = ast.parse(source, name)
    if rewrite is not None:
        tree = rewrite(tree)
    names = {"__name__": "__main__", "np": np, "pd": pd, "log": []}
    output, error = io.StringIO(), None
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        try:
            exec(compile(tree, name, "exec"), names)
        except BaseException as raised:  # noqa: BLE001  # whatever it is, both runs must raise it
            error = "".join(traceback.format_exception(raised.with_traceback(_own(raised))))
    told = [(w.category.__name__, str(w.message), w.lineno) for w in warned]
    pictures = {k: picture(v) for k, v in names.items() if k not in HIDDEN}
    return Seen(pictures, error, output.getvalue(), told)


def _own(error: BaseException):
    return error.__traceback__.tb_next if error.__traceback__ else None


def picture(value: object, depth: int = 0) -> object:
    """A value as plain data that two runs can compare: types, dtypes, contents, no addresses."""
    kind = type(value).__qualname__
    for types, draw in _PICTURES:
        if isinstance(value, types) and depth < 7:
            return kind, draw(value, depth + 1)
    if isinstance(value, type) or callable(value):
        return kind, getattr(value, "__qualname__", kind)
    own = type(value).__module__ == "__main__"
    return kind, picture(getattr(value, "__dict__", None), depth + 1) if own else None


def _array(value, depth: int) -> object:
    items = [picture(v, depth) for v in value.ravel()] if value.dtype.hasobject else None
    return value.dtype.str, value.shape, items or value.tobytes()


_PLAIN = (str, bytes, int, float, complex, type(None), type(...), set, frozenset, range, slice)
_PICTURES = (
    ((np.ndarray, np.generic), _array),
    ((pd.DataFrame, pd.Series, pd.Index), lambda v, d: (repr(v), str(getattr(v, "dtypes", "")))),
    (dict, lambda v, d: [(picture(k, d), picture(x, d)) for k, x in v.items()]),
    ((list, tuple), lambda v, d: [picture(x, d) for x in v]),
    (_PLAIN, lambda v, d: repr(v)),
)
