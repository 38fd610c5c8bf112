"""Record viewer: the sections of an evidence record, and its files to take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from traceprop_nb.payloads.record import RecordPayload
from traceprop_nb.payloads.twins.record_html import record_html
from traceprop_nb.widgets.widget import TracepropWidget


class RecordWidget(TracepropWidget):
    """Draws payloads.record; ``export`` gives the record's own JSON and HTML bytes."""

    KIND = "record"

    def twin(self, payload: Mapping[str, Any]) -> str:
        """The states at a glance, then the fields."""
        return record_html(cast(RecordPayload, payload))
