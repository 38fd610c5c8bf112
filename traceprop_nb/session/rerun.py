"""A cell run again on copies, so that nothing the user holds is touched: for ``verify``.

Random streams are put back afterwards and output is dropped. What the cell does to the world
outside the process (files, requests) happens again.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.tracing.callables import names_read

SHIFTS = (1.0, -0.37, 1e-6, 1000.0, -1000.0)
"""What is added to the numbers of a row, in turn."""


def code_of(source: str, cell: int) -> ast.Module:
    """The cell's tree without our header.

    Raises:
        OptionError: It has magics or shell lines, which are not run again.
    """
    lines = source.splitlines(keepends=True)
    kept = ["\n" if line.startswith(("%%trace", "%%train")) else line for line in lines]
    try:
        return ast.parse("".join(kept))
    except SyntaxError as error:
        raise OptionError(
            f"cell {cell} can't be verified: line {error.lineno} is no plain Python (magics and "
            "shell commands are not run a second time); move it to a cell of its own"
        ) from None


def reads(tree: ast.Module, known: Mapping[str, Any]) -> list[str]:
    """Names of the user's that a cell reads, or a function that it reads, and so on."""
    waiting = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            if _own(known[name]):
                waiting |= set(names_read(known[name].__code__))
    return [name for name in known if name in found]


def copies(names: Mapping[str, Any]) -> dict[str, Any]:
    """Copies that share among themselves what the originals share.

    The user's functions see the copies; modules, classes and libraries stay themselves.
    """
    memo: dict[int, Any] = {}
    found: dict[str, Any] = {"__name__": "__main__"}
    for name, value in names.items():
        if _own(value):
            found[name] = _over(value, found)
            continue
        if isinstance(value, ModuleType | FunctionType | type):
            found[name] = value
            continue
        try:
            found[name] = copy.deepcopy(value, memo)
        except Exception:  # noqa: BLE001  # what can't be copied (a lock, a file) is shared
            found[name] = value
    return found


def _own(value: Any) -> bool:
    return isinstance(value, FunctionType) and value.__module__ == "__main__"


def _over(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    """The same function over other globals."""
    made = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__, made.__dict__ = function.__kwdefaults__, dict(function.__dict__)
    return made


@contextlib.contextmanager
def quietly(seed: int = 0) -> Iterator[None]:
    """Nothing is shown, random numbers begin at ``seed`` and go on afterwards where they were."""
    states = [(random.setstate, random.getstate())]
    numbers: Any = np.random.mtrand
    states.append((numbers.set_state, numbers.get_state()))
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        states.append((torch.set_rng_state, torch.get_rng_state()))
        torch.manual_seed(seed)
    random.seed(seed)
    numbers.seed(seed)
    sink = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(sink),
            contextlib.redirect_stderr(sink),
            warnings.catch_warnings(action="ignore"),
        ):
            yield
    finally:
        for put_back, state in states:
            put_back(state)


def altered(value: Any, row: int, way: int) -> bool:
    """Change one row of a copy in place; whether that could be done."""
    shift = SHIFTS[way % len(SHIFTS)]
    places = getattr(value, "iloc", None)
    try:
        if places is None:
            value[row] = _other(value[row], shift)
            return True
        if len(value.shape) == 1:
            places[row] = _other(places[row], shift)
            return True
        return sum(_cell(places, row, at, shift) for at in range(value.shape[1])) > 0
    except (TypeError, ValueError, IndexError, AttributeError):
        return False


def _cell(places: Any, row: int, column: int, shift: float) -> bool:
    try:
        with warnings.catch_warnings(action="error"):  # a column that would change its type
            places[row, column] = _other(places[row, column], shift)
    except (TypeError, ValueError, Warning):
        return False
    return True


def _other(value: Any, shift: float) -> Any:
    """Another value of the same type."""
    if isinstance(value, str):
        return value + "'"
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, int | np.integer):
        return type(value)(value + max(1, round(abs(shift))))
    if isinstance(value, float | np.floating):
        return value + shift if value == value else type(value)(shift)
    if hasattr(value, "toarray"):
        return value * 3  # what is not stored in a sparse row stays zero
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return ~value if kind == "b" else value + (shift if kind == "f" else max(1, round(shift)))


def _dense(value: Any) -> Any:
    for way in ("toarray", "detach"):  # of what is sparse, of what has a gradient
        value = getattr(value, way)() if hasattr(value, way) else value
    return np.asarray(value)


def rows_that_differ(before: Any, after: Any) -> Ints | None:
    """Rows of two results that are not equal; None where the two can't be compared by row."""
    left, right = _dense(before), _dense(after)
    if left.shape != right.shape or left.dtype.kind != right.dtype.kind:
        return None
    if left.ndim == 0:
        left, right = left.reshape(1), right.reshape(1)
    same = (left == right) | ((left != left) & (right != right))
    if not isinstance(same, np.ndarray) or same.shape != left.shape:
        return None
    return np.flatnonzero(~same.reshape(len(left), -1).all(axis=1))
