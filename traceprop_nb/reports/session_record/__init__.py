"""The record of one session: its sections, in the order in which they are read."""

from __future__ import annotations

from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.attribution import ATTRIBUTION
from traceprop_nb.reports.session_record.code import CODE
from traceprop_nb.reports.session_record.deployer import DEPLOYER
from traceprop_nb.reports.session_record.environment import ENVIRONMENT
from traceprop_nb.reports.session_record.evaluation import EVALUATION
from traceprop_nb.reports.session_record.groups import GROUPED
from traceprop_nb.reports.session_record.integrity import INTEGRITY
from traceprop_nb.reports.session_record.lineage import LINEAGE
from traceprop_nb.reports.session_record.privacy import PRIVACY
from traceprop_nb.reports.session_record.sources import SOURCES
from traceprop_nb.reports.session_record.system import SYSTEM
from traceprop_nb.reports.session_record.training import TRAINING
from traceprop_nb.reports.session_record.unlearning import UNLEARNING

SECTIONS: tuple[Section, ...] = (
    SYSTEM,
    SOURCES,
    PRIVACY,
    LINEAGE,
    TRAINING,
    EVALUATION,
    GROUPED,
    ATTRIBUTION,
    UNLEARNING,
    CODE,
    ENVIRONMENT,
    DEPLOYER,
    INTEGRITY,
)
