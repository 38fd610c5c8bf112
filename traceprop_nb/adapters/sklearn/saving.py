"""What joblib writes to a file and reads again: tables row for row, models by the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import joblib

from traceprop_nb.tracing.files import How, parts_entered, written, wrote_parts
from traceprop_nb.tracing.plan import argument
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.saving(_dumped, joblib.dump)
    table.function(_loaded, joblib.load)


def _dumped(recorder: Recorder, args: Sequence[Any], kwargs: Mapping[str, Any], site: int) -> None:
    value, target = argument(args, kwargs, 0, "value"), argument(args, kwargs, 1, "filename")
    how = How("joblib", site=site)
    if type(value) not in recorder.table.recorded:  # a table is told of once, row for row
        written(recorder, target, recorder.identity.node(value), how)
    wrote_parts(recorder, target, value, how)


def _loaded(call: Call) -> bool | None:
    return parts_entered(call, call.argument(0, "filename"), "joblib")
