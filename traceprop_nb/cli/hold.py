"""``traceprop-nb hold``: keep a session whatever the rules say, or end that."""

from __future__ import annotations

import argparse

from traceprop_nb.cli.parser import say, session_option, store_option
from traceprop_nb.cli.stores import looking, visiting, whole_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is held, why and by whom; or what no longer is."""
    store_option(parser)
    session_option(parser, "this session; every one without it")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why")
    parser.add_argument("--by", metavar="WHO", default="", help="who says so")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--release", action="store_true", help="end the hold instead")
    what.add_argument("--list", action="store_true", help="only say what is held")


def run(options: argparse.Namespace) -> int:
    """Hold, release or list."""
    from traceprop_nb.session.retention import holds

    if options.list:
        with looking(options.store) as store:
            say("\n".join(map(str, holds(store))) or "nothing is held")
        return 0
    with visiting(options.store) as storage:
        name = whole_id(storage.store, options.session)
        change = storage.release if options.release else storage.hold
        change(name, reason=options.reason, by=options.by)
    say(f"{name or 'every session'} is {'no longer held' if options.release else 'held'}")
    return 0
