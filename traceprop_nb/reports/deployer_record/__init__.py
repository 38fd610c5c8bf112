"""The deployer's record: each duty in operation, what a session shows of it, and what it cannot."""

from __future__ import annotations

from traceprop_nb.reports.deployer_record.duties import DUTIES
from traceprop_nb.reports.deployer_record.impact import IMPACT
from traceprop_nb.reports.deployer_record.shown import SHOWN
from traceprop_nb.reports.deployer_record.value import VALUE
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.integrity import INTEGRITY
from traceprop_nb.reports.session_record.lineage import LINEAGE
from traceprop_nb.reports.session_record.privacy import PRIVACY
from traceprop_nb.reports.session_record.sources import SOURCES
from traceprop_nb.reports.session_record.system import SYSTEM
from traceprop_nb.reports.session_record.training import TRAINING

SECTIONS: tuple[Section, ...] = (
    SYSTEM,
    VALUE,
    DUTIES,
    SHOWN,
    IMPACT,
    SOURCES,
    PRIVACY,
    LINEAGE,
    TRAINING,
    INTEGRITY,
)
