"""The record of an erasure: where a person's data went, what was erased, and what remains."""

from __future__ import annotations

from traceprop_nb.reports.erasure_record.done import DONE
from traceprop_nb.reports.erasure_record.places import PLACES
from traceprop_nb.reports.erasure_record.request import REQUEST
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.integrity import INTEGRITY
from traceprop_nb.reports.session_record.lineage import LINEAGE
from traceprop_nb.reports.session_record.privacy import PRIVACY
from traceprop_nb.reports.session_record.training import TRAINING
from traceprop_nb.reports.session_record.unlearning import UNLEARNING

SECTIONS: tuple[Section, ...] = (
    REQUEST,
    PLACES,
    DONE,
    UNLEARNING,
    TRAINING,
    PRIVACY,
    LINEAGE,
    INTEGRITY,
)
