"""What the browser may ask the kernel: named questions with typed arguments, nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from traceprop_nb.errors import OptionError, TracepropError, unknown_name

MIME = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "svg": "image/svg+xml",
}

Reply = tuple[dict[str, Any], list[bytes]]


@dataclass(frozen=True)
class Question:
    """One thing that may be asked.

    Attributes:
        answer: Called with the arguments by name; returns JSON, or a File.
        takes: Type of each argument; all are needed.
    """

    answer: Callable[..., Any]
    takes: Mapping[str, type]


@dataclass(frozen=True)
class File:
    """An answer that the browser saves: its name, and its bytes or text."""

    name: str
    content: bytes | str


class Questions:
    """Answers one question of one widget at a time.

    JupyterLab sends questions to a thread beside the one that runs cells, so answers are given
    under a lock and must not touch what only the main thread may.
    """

    def __init__(self, known: Mapping[str, Question]) -> None:
        self._known = dict(known)
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """What may be asked."""
        return sorted(self._known)

    def reply(self, message: Any) -> Reply:
        """``{"ok": answer}`` or ``{"error": {message, hint}}``, and the bytes of a File."""
        asked = message if isinstance(message, dict) else {}
        name = str(asked.get("question"))
        try:
            with self._lock:
                answer = self._answer(name, asked.get("args"))
        except TracepropError as error:
            return {"error": {"message": str(error), "hint": ""}}, []
        except Exception as error:  # the browser waits: it must hear of any error
            logging.getLogger(__name__).exception("answering %r", name)
            said = f"{type(error).__name__}: {error}"
            return {"error": {"message": said, "hint": "the kernel's log has more"}}, []
        if isinstance(answer, File):
            content = answer.content
            suffix = answer.name.rpartition(".")[2]
            mime = MIME.get(suffix, "application/octet-stream")
            data = content.encode("utf-8") if isinstance(content, str) else content
            return {"ok": {"name": answer.name, "mime": mime}}, [data]
        return {"ok": answer}, []

    def _answer(self, name: str, arguments: Any) -> Any:
        if name not in self._known:
            raise unknown_name("question", name, self._known)
        question = self._known[name]
        given = arguments if isinstance(arguments, dict) else {}
        if set(given) != set(question.takes):
            raise OptionError(f"{name} takes {sorted(question.takes)}, not {sorted(given)}")
        for argument, kind in question.takes.items():
            if type(given[argument]) is not kind:
                raise OptionError(
                    f"{name}: {argument} must be {kind.__name__}, not {given[argument]!r}"
                )
        return question.answer(**given)


def export_question(
    stem: str, formats: tuple[str, ...], export: Callable[[str], bytes | str]
) -> Question:
    """The question for a file in one of the formats, named ``stem.format``."""

    def answer(format: str) -> File:
        if format not in formats:
            raise unknown_name("format", format, formats)
        return File(f"{stem}.{format}", export(format))

    return Question(answer, {"format": str})
