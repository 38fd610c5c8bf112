"""Records of evidence: what a session shows, what people stated, and what stayed open."""

from __future__ import annotations

from traceprop_nb.reports.build import build
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.files import file_digest, looked_again, shown_path
from traceprop_nb.reports.kinds import KINDS
from traceprop_nb.reports.record import Record
from traceprop_nb.reports.verify import Verification

__all__ = [
    "KINDS",
    "Evidence",
    "Record",
    "Verification",
    "build",
    "file_digest",
    "looked_again",
    "shown_path",
]
