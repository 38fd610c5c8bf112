"""The notebook's widgets: one payload down, one choice back, questions in between."""

from __future__ import annotations

from traceprop_nb.widgets.influence import InfluenceWidget
from traceprop_nb.widgets.lineage import LineageWidget
from traceprop_nb.widgets.record import RecordWidget
from traceprop_nb.widgets.runtime import use_bundle
from traceprop_nb.widgets.unlearning import UnlearnWidget
from traceprop_nb.widgets.valuation import ValuationWidget

__all__ = [
    "InfluenceWidget",
    "LineageWidget",
    "RecordWidget",
    "UnlearnWidget",
    "ValuationWidget",
    "use_bundle",
]
