"""One kernel's session: wires the layers together, and knows no notebook.

Light until it is used: ``import traceprop_nb`` comes through here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.session.answers import ImpactAnswer, LineageAnswer, RowAnswer, WhyAnswer
    from traceprop_nb.session.cells import CellSummary, TraceStatus
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.forgotten import UnlearnAnswer
    from traceprop_nb.session.learnt import InfluenceAnswer
    from traceprop_nb.session.subject import SubjectAnswer
    from traceprop_nb.session.valued import ValuationAnswer

__all__ = [
    "CellSummary",
    "ImpactAnswer",
    "InfluenceAnswer",
    "LineageAnswer",
    "RowAnswer",
    "Session",
    "SubjectAnswer",
    "TraceStatus",
    "UnlearnAnswer",
    "ValuationAnswer",
    "WhyAnswer",
    "current",
]
_HOMES = {
    "CellSummary": "cells",
    "TraceStatus": "cells",
    "Session": "core",
    "SubjectAnswer": "subject",
    "ValuationAnswer": "valued",
    "InfluenceAnswer": "learnt",
    "UnlearnAnswer": "forgotten",
}
_CURRENT: list[Session] = []


def current() -> Session:
    """The session of this process; made when it is first asked for."""
    if not _CURRENT:
        from traceprop_nb.session.core import Session

        _CURRENT.append(Session())
    return _CURRENT[0]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"traceprop_nb.session.{_HOMES.get(name, 'answers')}")
    return getattr(home, name)
