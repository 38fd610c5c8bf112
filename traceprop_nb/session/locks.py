"""Files that fix versions, found beside the notebook or at the root of its work tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from traceprop_nb.reports.environment_facts import LockFact
from traceprop_nb.reports.files import file_digest

NAMES = ("uv.lock", "poetry.lock", "pixi.lock", "conda-lock.yml", "requirements*.txt")
MOST = 10
LARGEST = 20_000_000
"""Bytes of a file up to which it is read."""
_PINNED = re.compile(
    r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([\w.+!-]+)\s*(?:\\|#.*)?$", re.M
)
"""``name==version`` alone on its line: with a marker it may not be meant for this machine."""
_TABLE = re.compile(r'^name = "([^"]+)"\nversion = "([^"]+)"$', re.M)
"""A package in the lock files of uv and Poetry."""


def locks(packages: Mapping[str, str]) -> tuple[LockFact, ...]:
    """The lock files, each compared with the packages in use.

    Args:
        packages: Version by name of each package in use.
    """
    used = {_plain(name): (name, version) for name, version in packages.items()}
    return tuple(_compared(path, used) for path in list(_files(Path.cwd()))[:MOST])


def _files(here: Path) -> Iterator[Path]:
    above = (folder for folder in here.parents if (folder / ".git").exists())
    root = here if (here / ".git").exists() else next(above, here)
    for folder in dict.fromkeys((here, root)):
        for name in NAMES:
            yield from (path for path in sorted(folder.glob(name)) if path.is_file())


def _compared(path: Path, used: Mapping[str, tuple[str, str]]) -> LockFact:
    fixed = _fixed(path)
    if fixed is None:
        return LockFact(path.name, file_digest(path))
    both = sorted(fixed.keys() & used.keys())
    different = (_difference(*used[name], fixed[name]) for name in both)
    return LockFact(path.name, file_digest(path), len(both), tuple(filter(None, different)))


def _fixed(path: Path) -> dict[str, set[str]] | None:
    """Versions that a file fixes, by name; None where its form is not read."""
    pattern = {".txt": _PINNED, ".lock": _TABLE}.get(path.suffix)
    if pattern is None or path.name == "pixi.lock":
        return None
    try:
        if path.stat().st_size > LARGEST:
            return None
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found: dict[str, set[str]] = {}
    for name, version in pattern.findall(text):
        found.setdefault(_plain(name), set()).add(version)
    return found


def _difference(name: str, version: str, fixed: set[str]) -> str:
    """What differs, in words; a build such as ``+cpu`` is one of the version that has none."""
    if version in fixed or version.partition("+")[0] in fixed:
        return ""
    return f"{name} {version}, fixed as {' or '.join(sorted(fixed))}"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
