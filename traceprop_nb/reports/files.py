"""Looking at source files again: are they still the bytes that were read?"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from traceprop_nb.reports.evidence import Evidence, SourceFact


def file_digest(path: str | Path) -> str | None:
    """``"sha256:..."`` of a regular file's bytes, or None where there is none to read."""
    try:
        if not Path(path).is_file():  # a pipe or a device might never end
            return None
        with Path(path).open("rb") as stream:
            return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):  # ValueError: a path that no file can have
        return None


def looked_again(evidence: Evidence) -> Evidence:
    """The evidence with every source file that has a location and a digest hashed anew."""
    if evidence.sources is None:
        return evidence
    return dataclasses.replace(evidence, sources=tuple(map(_source, evidence.sources)))


def shown_path(path: str | Path, base: str | Path) -> str:
    """A path fit for a record: relative to ``base`` inside it, else only the file's name."""
    whole, root = Path(path).absolute(), Path(base).absolute()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.name


def _source(source: SourceFact) -> SourceFact:
    if source.location is None or source.digest is None:
        return source
    now = file_digest(source.location)
    return dataclasses.replace(source, digest_now=now, found=now is not None)
