"""Changes every text inside a value, and nothing else of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ABSOLUTE = re.compile(r"(?<![\w./~\\-])(?:/|[A-Za-z]:\\)(?:[^\s/\\'\"<>|:]+[/\\])+")


def each_text(value: T, change: Callable[[str], str]) -> T:
    """The value with every text in it changed; digests, keys of mappings and arrays stay.

    Private fields of dataclasses stay too: they never leave the session.
    """
    found: T = _walk(value, change)
    return found


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if _DIGEST.fullmatch(value) else change(value)
    if isinstance(value, list | tuple):
        return type(value)(_walk(item, change) for item in value)
    if isinstance(value, Mapping):
        return {key: _walk(item, change) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            field.name: _walk(getattr(value, field.name), change)
            for field in dataclasses.fields(value)
            if not field.metadata.get("private")
        }
        return dataclasses.replace(value, **changes)
    return value


def shortened(text: str, names: Mapping[str, str]) -> str:
    """The text with absolute paths cut down to names.

    Args:
        text: May hold paths.
        names: Path -> what it is called instead; of any other path only the last part stays.
    """
    if "/" not in text and "\\" not in text:
        return text
    for path in sorted((p for p in names if p in text), key=len, reverse=True):
        text = text.replace(path, names[path])
    return _ABSOLUTE.sub("", text)


def tails(paths: list[str]) -> dict[str, str]:
    """Each path -> its shortest end that no other of the paths has."""
    found = {}
    for path in paths:
        parts = path.replace("\\", "/").split("/")
        for k in range(1, len(parts) + 1):
            tail = "/".join(parts[-k:])
            if sum(("/" + other.replace("\\", "/")).endswith("/" + tail) for other in paths) == 1:
                break
        found[path] = tail.lstrip("/")
    return found
