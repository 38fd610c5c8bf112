"""``traceprop-nb retain``: how long events are kept."""

from __future__ import annotations

import argparse

from traceprop_nb.cli.parser import say, session_option, store_option
from traceprop_nb.cli.stores import visiting, whole_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """The rule, and for which session."""
    store_option(parser)
    parser.add_argument("--days", metavar="N", type=int, help="after a session's last event")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="a day; the later of both holds")
    session_option(parser, "for this session alone")
    parser.add_argument("--by", metavar="WHO", default="", help="who says so")


def run(options: argparse.Namespace) -> int:
    """Set the rule; nothing is removed."""
    with visiting(options.store) as storage:
        name = whole_id(storage.store, options.session)
        said = storage.retain(days=options.days, until=options.until, session=name, by=options.by)
    say(f"{name or 'every session'} is kept {said}; traceprop-nb gc removes what is older")
    return 0
