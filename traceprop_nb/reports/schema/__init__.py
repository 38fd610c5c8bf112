"""The record's JSON Schema (2020-12), shipped with the package; no record leaves without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from traceprop_nb.errors import RecordError

SCHEMA_ID = "urn:traceprop-nb:schema:record:1"


@cache
def schema() -> Mapping[str, Any]:
    """The schema, parsed."""
    text = (files("traceprop_nb.reports.schema") / "record-1.json").read_text("utf-8")
    parsed: Mapping[str, Any] = json.loads(text)
    return parsed


@cache
def _validator() -> Any:  # jsonschema has no types of its own
    from jsonschema import Draft202012Validator  # its optional formats take seconds to import

    return Draft202012Validator(schema())


def complaint(record: object) -> str:
    """The first thing that the schema refuses, with its place; empty when there is none."""
    errors = sorted(_validator().iter_errors(record), key=lambda error: list(map(str, error.path)))
    if not errors:
        return ""
    place = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in errors[0].path)
    return f"record{place}: {errors[0].message[:300]}"


def require_valid(record: object) -> None:
    """Let a valid record pass.

    Raises:
        RecordError: with the first thing that the schema refuses.
    """
    if found := complaint(record):
        raise RecordError(f"the record's schema refuses it: {found}")
