"""Files that recorded code writes and reads: which value went into one, as which records.

What is written is told to the session, which takes the file's digest: another session that reads
the same bytes can go on from there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.tracing.filewrite import FileWrite
from traceprop_nb.tracing.rules import Call

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder


@dataclass(frozen=True)
class How:
    """How a value is written to a file.

    Attributes:
        format: Such as ``"csv"``.
        separator: Between the cells of a record; empty where the format has none.
        exact: Whether record i of the file is row i, whatever plain reader reads it.
        part: Which part of the file it is; empty for all of it.
        site: Of the call.
    """

    format: str
    separator: str = ""
    exact: bool = False
    part: str = ""
    site: int = -1


def wrote(
    call: Call, target: Any, node: int | None, form: str, *, separator: str = "", exact: bool = True
) -> bool:
    """Say that a call wrote a value to a file; what is no file on this machine is left alone."""
    written(call.recorder, target, node, How(form, separator, exact, site=call.site))
    return True


def written(recorder: Recorder, target: Any, node: int | None, how: How) -> None:
    """Say that a value was written to a file just now, whatever call did it."""
    path = path_of(target)
    if node is None or path is None:
        return
    stat, rows = os.stat(path), recorder.graph.rows(node)
    line = recorder.graph.sites[how.site].line if how.site >= 0 else 0
    wrote = FileWrite(
        node, path, stat.st_size, stat.st_mtime_ns, how.format, rows, how.separator, how.exact,
        how.part, recorder.cell, line,
    )  # fmt: skip
    recorder.written[path, how.part] = wrote
    recorder.on_write(wrote)


def entered(call: Call, target: Any, reader: str) -> bool:
    """Record that a call's result was read from a file, or from something that is none."""
    return came_in(call, call.out, path_of(target), reader=reader)


def came_in(
    call: Call, out: Any, path: str | None, suffix: str = "", name: str = "", **detail: Any
) -> bool:
    """Record that a value, the result of a call or a part of it, came from outside.

    Args:
        call: What read it.
        out: The value.
        path: Absolute path of the file, or None where it is none.
        suffix: What tells it from other values of the same file, such as a sheet.
        name: What it is called; a file by its own name where this is empty.
        **detail: How it was read: ``reader``, ``options``, ``unusual``.
    """
    recorder = call.recorder
    if path is None:
        name = name or f"{call.name} in cell {recorder.cell}"
        recorder.source(out, name + suffix, "table", site=call.site, **detail)
        return True
    stat = os.stat(path)
    recorder.source(
        out, (name or Path(path).name) + suffix, "file", path=path, site=call.site,
        size=stat.st_size, mtime_ns=stat.st_mtime_ns, **detail,
    )  # fmt: skip
    return True


def path_of(target: Any) -> str | None:
    """The absolute path of a file on this machine, or None for buffers and addresses."""
    if not isinstance(target, str | os.PathLike):
        return None
    try:
        path = os.path.abspath(os.fsdecode(target))
        return path if os.path.isfile(path) else None
    except (TypeError, ValueError):
        return None


PARTS = 10_000
"""Values of one file that are told apart at most: a file of more is no collection of tables."""


def parts(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """What a value consists of, each with what leads to it, such as ``"['x'][0]"``."""
    members: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list | tuple):
        members = enumerate(value)
    else:
        yield name, value
        return
    for key, member in members:
        yield from parts(member, f"{name}[{key!r}]")


def wrote_parts(recorder: Recorder, target: Any, value: Any, how: How) -> None:
    """Say that a file now holds a value, or a collection of some, row for row."""
    for part, member in islice(parts(value), PARTS):
        if type(member) in recorder.table.recorded:
            node = recorder.identity.node(member)
            written(recorder, target, node, replace(how, exact=True, part=part))


def parts_entered(call: Call, target: Any, reader: str) -> bool | None:
    """Record that a call's result, or each value in it, was read from a file."""
    path, found = path_of(target), None
    for part, member in islice(parts(call.out), PARTS):
        if path is not None and type(member) in call.recorder.table.recorded:
            found = came_in(call, member, path, part, reader=reader, part=part)
    return found
