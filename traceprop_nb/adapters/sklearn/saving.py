"""Models that joblib writes to a file: the file is known by its digest from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import joblib

from traceprop_nb.tracing.files import written
from traceprop_nb.tracing.plan import argument
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.saving(_dumped, joblib.dump)


def _dumped(recorder: Recorder, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    value, target = argument(args, kwargs, 0, "value"), argument(args, kwargs, 1, "filename")
    written(recorder, target, recorder.identity.node(value), "joblib")
