"""Sources under names of the caller's: plain arrays of which the session knows where they are from.

Nothing is wrapped: ``from_numpy`` gives back the array that it was given.
"""

from __future__ import annotations

import csv
import os
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import MissingFrameworkError, ShapeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def array(data: Any, dtype: Any = None, source_id: str | None = None, **how: Any) -> Any:
    """A new NumPy array, as ``np.array`` makes it, declared to be a source: row i is record i.

    Args:
        data: What the array is made of.
        dtype: Of the array.
        source_id: The source's name; "array" by default.
        **how: Other arguments of ``np.array``.
    """
    import numpy as np

    return _declared(np.array(data, dtype=dtype, **how), source_id)


def from_numpy(arr: NDArray[Any], source_id: str | None = None) -> NDArray[Any]:
    """The same array, declared to be a source of that name ("array" by default)."""
    return _declared(arr, source_id)


def from_torch(data: Any, source_id: str | None = None) -> Any:
    """``data`` as a PyTorch tensor, the same one if it is one, declared to be a source.

    Raises:
        MissingFrameworkError: PyTorch is not installed.
    """
    return _declared(_framework("torch").as_tensor(data), source_id)


def from_jax(data: Any, source_id: str | None = None) -> Any:
    """``data`` as a JAX array, declared to be a source.

    Raises:
        MissingFrameworkError: JAX is not installed.
    """
    return _declared(_framework("jax.numpy").asarray(data), source_id)


def _framework(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        extra = name.partition(".")[0]
        raise MissingFrameworkError(
            f"{extra} is not installed: pip install 'traceprop_nb[{extra}]'"
        ) from error


def _declared(value: Any, source_id: str | None) -> Any:
    from traceprop_nb.session import current

    return current().source(value, source_id or "array")


def from_csv(
    path: str | Path, dtype: Any = None, delimiter: str = ",", skip_header: bool = True,
    source_id: str | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """The numbers of a CSV file as an array; row i is record i of the file.

    An empty cell is NaN. A column with any other text is left out, and a warning names it: read the
    file with ``pandas.read_csv`` in a traced cell to keep it.

    Args:
        path: The file.
        dtype: Of the array, float64 by default.
        delimiter: Between cells.
        skip_header: Whether the first line holds names.
        source_id: The source's name; the file's by default.

    Returns:
        (records, numeric columns).

    Raises:
        ShapeError: A line has more or fewer cells than the first, or there are no numbers at all.
        OSError: The file cannot be read.
    """
    import numpy as np

    records = _records(path, delimiter)
    names = next(records, (1, []))[1] if skip_header else []
    lines = list(records)
    width = len(names) or (len(lines[0][1]) if lines else 0)
    for line, cells in lines:
        if len(cells) != width:
            raise ShapeError(f"line {line} of {path} has {len(cells)} cells, not {width}")
    columns = [_numbers(column) for column in zip(*(cells for _, cells in lines), strict=True)]
    _warn_of_text(path, names, columns)
    kept = [column for column in columns if column is not None]
    if lines and not kept:
        raise ShapeError(f"{path} has no column of numbers; read it with pandas.read_csv")
    made = np.array(kept, dtype=dtype or np.float64).T.copy() if kept else np.empty((0, width))
    _entered(made, path, delimiter, skip_header, source_id)
    return made


def _records(path: str | Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=delimiter)
        for cells in reader:
            if cells:
                yield reader.line_num, cells


def _numbers(column: tuple[str, ...]) -> list[float] | None:
    try:
        return [float(cell) if cell.strip() else float("nan") for cell in column]
    except ValueError:
        return None


def _warn_of_text(path: str | Path, names: list[str], columns: list[list[float] | None]) -> None:
    text = [k for k, column in enumerate(columns) if column is None]
    if text:
        called = [repr(names[k]) if names else str(k) for k in text]
        warnings.warn(
            f"{path}: no numbers in column {', '.join(called)}, which is left out",
            stacklevel=3,
        )


def _entered(
    made: Any, path: str | Path, delimiter: str, skip_header: bool, source_id: str | None
) -> None:
    from traceprop_nb.session import current

    session = current()
    session.open_adapters()
    full, stat = os.path.abspath(path), os.stat(path)
    session.recorder.source(
        made, source_id or os.path.basename(full), "file", path=full, size=stat.st_size,
        mtime_ns=stat.st_mtime_ns, reader="csv",
        options={"sep": delimiter, "header": 0 if skip_header else None},
    )  # fmt: skip
