"""DVC's files as sources: what ``.dvc`` and ``dvc.lock`` say, compared with what is there now.

MD5 is computed again, as DVC does (of a folder: of the JSON list of its files), and beside it a
SHA-256. A source has a digest here only if its bytes are those that DVC recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceprop_nb.errors import FormatError, MissingFrameworkError
from traceprop_nb.exports.model import Cell, Edge, SessionGraph, Source, Value

NAME = "dvc"


@dataclass(frozen=True)
class Tracked:
    """A file or folder that DVC tracks.

    Attributes:
        path: Relative to the file that says so.
        recorded: MD5 in hex; of a folder with ``.dir`` at its end.
        now: The same of what is there; None where there is nothing.
        digest: ``"sha256:..."`` of what is there; empty where there is nothing.
        size: In bytes, as DVC recorded it.
    """

    path: str
    recorded: str
    now: str | None
    digest: str
    size: int | None

    @property
    def same(self) -> bool:
        """Whether what is there is what DVC recorded."""
        return self.now == self.recorded


def tracked(path: Path) -> list[Tracked]:
    """Everything that a ``.dvc`` file or ``dvc.lock`` tracks, looked at again.

    Raises:
        FormatError: It is neither.
        MissingFrameworkError: PyYAML is not installed.
    """
    whole = _yaml(path)
    entries = [*_listed(whole, "outs"), *_listed(whole, "deps")]
    for stage in _stages(whole).values():
        entries += [*_listed(stage, "deps"), *_listed(stage, "outs")]
    found = {str(one["path"]): _looked(one, path.parent) for one in entries if "path" in one}
    return list(found.values())


def read(path: Path) -> SessionGraph:
    """Tracked files as sources, and stages of ``dvc.lock`` as cells that made them.

    What a stage made was made of everything it depends on, as a superset.

    Raises:
        FormatError: It is no file of DVC's.
        MissingFrameworkError: PyYAML is not installed.
    """
    whole = _yaml(path)
    known = {one.path: one for one in tracked(path)}
    stages = _stages(whole)
    made = {path: name for name, stage in stages.items() for path in _paths(stage, "outs")}
    edges = [
        Edge(_id(parent, made), _id(child, made), "direct", "inexact")
        for stage in stages.values()
        for child in _paths(stage, "outs")
        for parent in _paths(stage, "deps")
    ]
    return SessionGraph(
        id=f"dvc:{path.name}",
        sources=tuple(_source(one) for one in known.values() if one.path not in made),
        values=tuple(
            Value(f"dvc/value/{name}", name, "dvc stage", f"dvc/stage/{stage}", status="inexact")
            for name, stage in made.items()
        ),
        cells=tuple(Cell(f"dvc/stage/{name}", k, name, ok=True) for k, name in enumerate(stages)),
        edges=tuple(edges),
    )


def _paths(stage: Mapping[str, Any], name: str) -> list[str]:
    return [str(one["path"]) for one in _listed(stage, name) if "path" in one]


def _id(path: str, made: Mapping[str, str]) -> str:
    return f"dvc/value/{path}" if path in made else f"dvc/source/{path}"


def _source(one: Tracked) -> Source:
    kind = "folder" if one.recorded.endswith(".dir") else "file"
    digest = one.digest if one.same else ""
    return Source(f"dvc/source/{one.path}", one.path, kind, None, digest, one.size, one.path)


def _looked(entry: Mapping[str, Any], folder: Path) -> Tracked:
    path, recorded = str(entry["path"]), str(entry.get("md5", ""))
    size = entry.get("size")
    target = folder / path
    now, digest = None, ""
    if target.is_dir():
        now, digest = _folder(target)
    elif target.is_file():
        now, digest = _file(target, recorded, legacy=entry.get("hash") != "md5")
    return Tracked(path, recorded, now, digest, size if isinstance(size, int) else None)


def _file(path: Path, recorded: str, *, legacy: bool) -> tuple[str, str]:
    data = path.read_bytes()
    now = _md5(data)
    if legacy and now != recorded and b"\0" not in data[:512]:
        unix = _md5(data.replace(b"\r\n", b"\n"))  # DVC 2 and older hashed text so
        now = unix if unix == recorded else now
    return now, "sha256:" + hashlib.sha256(data).hexdigest()


def _folder(path: Path) -> tuple[str, str]:
    """MD5 of the list of files as DVC writes it, and SHA-256 of the same list with SHA-256."""
    names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
    read = {name: (path / name).read_bytes() for name in names}
    old = [{"md5": _md5(data), "relpath": name} for name, data in read.items()]
    new = [
        {"relpath": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in read.items()
    ]
    listed = json.dumps(old, sort_keys=True).encode()
    digest = hashlib.sha256(json.dumps(new, sort_keys=True).encode()).hexdigest()
    return f"{_md5(listed)}.dir", f"sha256:{digest}"


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _stages(whole: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    found = whole.get("stages", {})
    if not isinstance(found, dict) or not all(isinstance(s, dict) for s in found.values()):
        raise FormatError("no dvc.lock: 'stages' is not an object of stages by name")
    return found


def _listed(stage: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for one in stage.get(name) or ():
        if isinstance(one, dict):
            yield one


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise MissingFrameworkError(
            "DVC's files are read by PyYAML; pip install 'traceprop_nb[interop]'"
        ) from error
    try:
        whole = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        raise FormatError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(whole, dict) or not {"outs", "stages", "deps"} & set(whole):
        raise FormatError(f"{path.name} is no file of DVC's: it has neither outs nor stages")
    return whole
