"""Files that a recorded model was written to."""

from __future__ import annotations

from dataclasses import dataclass

RUNS_CODE = frozenset({"joblib", "torch", "pickle"})
"""Formats that run what they hold when they are read."""


@dataclass(frozen=True)
class ArtifactFact:
    """One file of one run's model.

    Attributes:
        name: As it may be shown.
        format: Such as "joblib".
        digest: Of its bytes right after it was written.
        size: Its bytes.
        digest_now: Of its bytes at the time of the record; None = it is gone, or was not looked at.
    """

    run: str
    name: str
    format: str
    digest: str
    size: int | None = None
    digest_now: str | None = None
    cell: int | None = None
