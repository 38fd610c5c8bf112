"""What a record of one decision is of, and what is stated about that decision alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.reports.finding import Human
from traceprop_nb.reports.stated import BY, named, speaker
from traceprop_nb.session.decisions.answer import DecisionAnswer

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

EVENT = "stated_of_decision"


def number_of(session: Session, of: Any) -> int | None:
    """The number of the decision that a record is of; None where none was made yet.

    Args:
        session: The current one.
        of: An answer of ``decision``, its number, or None for the last one.

    Raises:
        UnknownNameError: The session has no such decision.
    """
    made = session.training.decisions
    if of is None:
        return made[-1].number if made else None
    known = of.number if isinstance(of, DecisionAnswer) else of
    if isinstance(known, bool) or not isinstance(known, int) or not 1 <= known <= len(made):
        raise UnknownNameError(
            f"no decision {known!r}; this session has {len(made)}, numbered from 1: pass one of "
            "them, or what tp.decision returned"
        )
    return known


def apart(
    session: Session, humans: Sequence[Human], stated: Mapping[str, Any], number: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is stated of the session, and what of one decision alone.

    The first stands in the log for every later record. The second must not stand for the next
    person: it goes into this record, and the log has only who stated which field.

    Raises:
        UnknownNameError, OptionError: See ``reports.stated.named``; nothing was decided yet.
    """
    single = [human for human in humans if human.single]
    names = {name for human in single for name in (human.name, human.field.id)}
    of_session = {name: value for name, value in stated.items() if name not in names}
    own = {name: session.guard.shown(value) for name, value in stated.items() if name in names}
    found = named(single, own)
    named([human for human in humans if not human.single], of_session)
    if not own:
        return of_session, {}
    if number is None:
        raise OptionError(
            f"{next(iter(own))!r} is stated of a decision, and none was made in this session; ask "
            "about one with tp.decision(x, favourable=...)"
        )
    session.record_event(EVENT, number=number, fields=sorted(found), who=speaker(stated))
    return of_session, own | ({BY: stated[BY]} if BY in stated else {})
