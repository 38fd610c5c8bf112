"""Unlearning panel: a slider over the trajectory, two charts and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from traceprop_nb.payloads.twins.unlearning_html import unlearning_html
from traceprop_nb.payloads.unlearning import UnlearningPayload
from traceprop_nb.widgets.widget import TracepropWidget


class UnlearnWidget(TracepropWidget):
    """Draws payloads.unlearning; the slider moves in the browser alone."""

    KIND = "unlearning"

    def twin(self, payload: Mapping[str, Any]) -> str:
        """Both charts and the measurements."""
        return unlearning_html(cast(UnlearningPayload, payload))
