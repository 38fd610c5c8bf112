"""Influence table: the training rows behind one prediction, with the way to their file lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from traceprop_nb.payloads.influence_table import InfluencePayload
from traceprop_nb.payloads.twins.influence_html import influence_html
from traceprop_nb.widgets.questions import Question
from traceprop_nb.widgets.widget import Export, TracepropWidget

Detail = Callable[[int], Mapping[str, Any]]


class InfluenceWidget(TracepropWidget):
    """Draws payloads.influence_table; ``picked`` is a training row."""

    KIND = "influence"

    def __init__(
        self,
        payload: InfluencePayload,
        *,
        detail: Detail | None = None,
        export: Export | None = None,
        formats: tuple[str, ...] = ("csv",),
        text: str = "",
    ) -> None:
        """Draw a table of influences.

        Args:
            payload: The table.
            detail: Training row -> what the drill-down shows beyond the table: any of ``text``
                (the file line), ``path``, ``values`` (name -> text).
            export: Makes a file of a format.
            formats: Formats that ``export`` knows.
            text: What a plain terminal shows.
        """
        self._detail = detail
        questions = {} if detail is None else {"detail": Question(self._details, {"row": int})}
        super().__init__(payload, questions=questions, export=export, formats=formats, text=text)

    def twin(self, payload: Mapping[str, Any]) -> str:
        """The table with inline bars."""
        return influence_html(cast(InfluencePayload, payload))

    def _details(self, row: int) -> dict[str, Any]:
        known = self._detail(row) if self._detail else {}
        detail: dict[str, Any] = {k: str(known[k]) for k in ("text", "path") if k in known}
        if "values" in known:
            detail["values"] = [[str(name), str(v)] for name, v in known["values"].items()]
        return detail
