"""What ``%policy`` does with its words."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from traceprop_nb.session import Session


def policy(session: Session, given: argparse.Namespace) -> Any:
    """Answer a line of ``%policy``.

    Raises:
        UsageError: Words are missing, or too many.
        TracepropError: What the session says to them.
    """
    what, words = given.what or "list", given.words
    needs = {"on": "a pack", "check": "the number of a cell", "reason": "a rule and your words"}
    enough = {"on": 1, "check": 1, "reason": 2}.get(what, 0)
    fits = len(words) == enough or (what == "reason" and len(words) > enough)
    if not fits or (what == "check" and not words[0].isdigit()):
        raise UsageError(f"%policy {what} takes {needs.get(what, 'nothing')} (%policy? explains)")
    rules = session.guard.policies
    match what:
        case "on":
            return rules.on(words[0])
        case "off":
            return rules.off()
        case "check":
            return rules.check_cell(int(words[0]))
        case "replay":
            return rules.replay()
        case "reason":
            return rules.reason(words[0], " ".join(words[1:]))
    return rules
