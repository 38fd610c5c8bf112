"""Session lineage explorer: cells that open in place, focus, and the way of one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from traceprop_nb.errors import OptionError
from traceprop_nb.payloads.lineage_graph import LineagePayload
from traceprop_nb.payloads.twins.lineage_svg import description, lineage_html, lineage_svg
from traceprop_nb.widgets.questions import Question
from traceprop_nb.widgets.widget import Export, TracepropWidget

Locate = Callable[[str, int], Sequence[int]]


class LineageWidget(TracepropWidget):
    """Draws payloads.lineage_graph; ``picked`` is a node of the graph, ``expanded`` cells."""

    KIND = "lineage"

    def __init__(
        self,
        payload: LineagePayload,
        *,
        locate: Locate | None = None,
        export: Export | None = None,
        formats: tuple[str, ...] = ("svg",),
        text: str = "",
    ) -> None:
        """Draw a lineage.

        Args:
            payload: The graph.
            locate: (source name, record from 0) -> graph nodes that the record reached; makes
                the row probe appear.
            export: Makes a file of a format; the picture as SVG without it.
            formats: Formats that ``export`` knows.
            text: What a plain terminal shows.
        """
        self._locate = locate
        questions = (
            {}
            if locate is None
            else {"locate": Question(self.located, {"source": str, "row": int})}
        )
        super().__init__(
            payload,
            questions=questions,
            export=export or (lambda _: lineage_svg(cast(LineagePayload, self.payload))),
            formats=formats if export else ("svg",),
            text=text or f"<{description(payload)}>",
        )

    def twin(self, payload: Mapping[str, Any]) -> str:
        """The drawing with its tables."""
        return lineage_html(cast(LineagePayload, payload))

    def located(self, source: str, row: int) -> list[int]:
        """Graph nodes that a record of a source reached.

        Raises:
            OptionError: If the widget was made without ``locate``.
        """
        if self._locate is None:
            raise OptionError("this view cannot trace rows; make it with locate=")
        return [int(node) for node in self._locate(source, row)]

    def probe_row(self, source: str, row: int) -> None:
        """Light the operations that a record went through."""
        self.probe = {"source": source, "row": row, "nodes": self.located(source, row)}
