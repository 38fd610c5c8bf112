"""The technical record of a model: what a session shows, and each point that people answer."""

from __future__ import annotations

from traceprop_nb.reports.model_record.design import DESIGN
from traceprop_nb.reports.model_record.general import GENERAL
from traceprop_nb.reports.model_record.lifecycle import LIFECYCLE
from traceprop_nb.reports.model_record.performance import PERFORMANCE
from traceprop_nb.reports.model_record.versions import VERSIONS
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.attribution import ATTRIBUTION
from traceprop_nb.reports.session_record.code import CODE
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
    GENERAL,
    VERSIONS,
    SOURCES,
    PRIVACY,
    LINEAGE,
    TRAINING,
    DESIGN,
    EVALUATION,
    GROUPED,
    PERFORMANCE,
    ATTRIBUTION,
    UNLEARNING,
    LIFECYCLE,
    CODE,
    ENVIRONMENT,
    INTEGRITY,
)
