"""The record of one decision about one person: its sections, in the order in which they are read.

It answers what was decided, by which model, why and what would have changed it; the training rows
behind it are kept apart. What was said to the person only people can state.
"""

from __future__ import annotations

from traceprop_nb.reports.decision_record.change import CHANGE
from traceprop_nb.reports.decision_record.decision import DECISION
from traceprop_nb.reports.decision_record.diagnosis import DIAGNOSIS
from traceprop_nb.reports.decision_record.person import NOTICE, PROCEDURE
from traceprop_nb.reports.decision_record.reasons import REASONS
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.integrity import INTEGRITY
from traceprop_nb.reports.session_record.privacy import PRIVACY
from traceprop_nb.reports.session_record.sources import SOURCES
from traceprop_nb.reports.session_record.system import SYSTEM
from traceprop_nb.reports.session_record.training import TRAINING

SECTIONS: tuple[Section, ...] = (
    DECISION,
    REASONS,
    CHANGE,
    PROCEDURE,
    NOTICE,
    DIAGNOSIS,
    SYSTEM,
    SOURCES,
    TRAINING,
    PRIVACY,
    INTEGRITY,
)
