"""Files that recorded code writes and reads: which value went into one, as which records.

What is written is told to the session, which takes the file's digest: another session that reads
the same bytes can go on from there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.tracing.filewrite import FileWrite
from traceprop_nb.tracing.rules import Call

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder


def wrote(
    call: Call, target: Any, node: int | None, form: str, *, separator: str = "", exact: bool = True
) -> bool:
    """Say that a call wrote a value to a file; what is no file on this machine is left alone."""
    written(call.recorder, target, node, form, separator=separator, exact=exact)
    return True


def written(  # what FileWrite is made of
    recorder: Recorder, target: Any, node: int | None, form: str, *, separator: str = "",
    exact: bool = False,
) -> None:  # fmt: skip
    """Say that a value was written to a file just now, whatever call did it."""
    path = path_of(target)
    if node is None or path is None:
        return
    stat, rows = os.stat(path), recorder.graph.rows(node)
    recorder.on_write(
        FileWrite(node, path, stat.st_size, stat.st_mtime_ns, form, rows, separator, exact)
    )


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
