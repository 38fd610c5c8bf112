"""Unlearning panel: a slider over the trajectory, two charts, the verdict and the retraining."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import traitlets

from traceprop_nb.payloads.twins.unlearning_html import unlearning_html
from traceprop_nb.payloads.unlearning import UnlearningPayload
from traceprop_nb.widgets.questions import Question
from traceprop_nb.widgets.widget import TracepropWidget

PAUSE = 0.2
"""Seconds between two messages about how far a retraining is."""


class UnlearnWidget(TracepropWidget):
    """Draws payloads.unlearning; the slider moves in the browser alone.

    Attributes:
        progress: ``share`` (0 to 1) and ``seconds_left`` (or None) of a retraining that runs;
            None without one.
    """

    KIND = "unlearning"
    progress = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True, writer="python")

    def __init__(
        self,
        payload: UnlearningPayload,
        *,
        retrain: Callable[[], object] | None = None,
        cancel: Callable[[], object] | None = None,
        text: str = "",
    ) -> None:
        """Draw an unlearning.

        Args:
            payload: The panel's data.
            retrain: Begins to retrain, and comes back at once; None takes the button away.
            cancel: Stops it.
            text: What a plain terminal shows.
        """
        self._told = 0.0
        asked = {"retrain": retrain, "cancel": cancel}
        questions = {
            name: Question(_asking(act), {}) for name, act in asked.items() if act is not None
        }
        super().__init__(payload, questions=questions, text=text)

    def twin(self, payload: Mapping[str, Any]) -> str:
        """Both charts and the measurements."""
        return unlearning_html(cast(UnlearningPayload, payload))

    def tell(self, share: float, seconds_left: float | None) -> None:
        """Say how far the retraining is; from any thread, and no more often than can be seen."""
        now = time.monotonic()
        if now - self._told >= PAUSE:
            self._told = now
            self.progress = {"share": share, "seconds_left": seconds_left}

    def ended(self, payload: UnlearningPayload) -> None:
        """The retraining has ended, well or not: draw what is known now."""
        self.progress = None
        self.show(payload)


def _asking(act: Callable[[], object]) -> Callable[[], bool]:
    def answer() -> bool:
        act()
        return True

    return answer
