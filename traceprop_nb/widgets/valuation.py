"""Table of values: what rows, sources and cleaning steps are worth, and the removal curve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from traceprop_nb.payloads.twins.valuation_html import valuation_html
from traceprop_nb.payloads.valuation import ValuationPayload, ValuedStep
from traceprop_nb.widgets.questions import Question
from traceprop_nb.widgets.widget import Export, TracepropWidget


class ValuationWidget(TracepropWidget):
    """Draws payloads.valuation."""

    KIND = "valuation"

    def __init__(
        self,
        payload: ValuationPayload,
        *,
        steps: Callable[[], Sequence[ValuedStep]] | None = None,
        export: Export | None = None,
        formats: tuple[str, ...] = ("csv",),
        text: str = "",
    ) -> None:
        """Draw values.

        Args:
            payload: The table.
            steps: Says what the steps are worth, when the reader asks.
            export: Makes a file of a format.
            formats: Formats that ``export`` knows.
            text: What a plain terminal shows.
        """
        questions = {} if steps is None else {"steps": Question(lambda: list(steps()), {})}
        super().__init__(payload, questions=questions, export=export, formats=formats, text=text)

    def twin(self, payload: Mapping[str, Any]) -> str:
        """Sources, curve and rows."""
        return valuation_html(cast(ValuationPayload, payload))
