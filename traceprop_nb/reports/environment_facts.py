"""What a record draws on about the machine and its packages, and the seeds that were set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LockFact:
    """A file beside the notebook that fixes versions.

    Attributes:
        name: Of the file.
        digest: Of its bytes.
        compared: Imported packages that it fixes; None = it could not be read.
        different: Those of another version than it says, each in words.
    """

    name: str
    digest: str | None
    compared: int | None = None
    different: tuple[str, ...] = ()


@dataclass(frozen=True)
class Environment:
    """Interpreter, platform and the packages in use; None = not queried.

    Attributes:
        packages: Version of each package that has been imported, by name.
        locks: Files that fix versions; empty = looked for, and none found.
        switches: Settings on which it depends whether a run repeats, by name.
    """

    python: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] | None = None
    hardware: Mapping[str, Any] | None = None
    locks: tuple[LockFact, ...] | None = None
    switches: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SeedFact:
    """A call that set a seed, such as ``numpy.random.default_rng``."""

    call: str
    value: int | None
    cell: int | None = None
