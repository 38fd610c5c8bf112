"""``traceprop-nb gc``: remove what events say of sessions whose time is over."""

from __future__ import annotations

import argparse

from traceprop_nb.cli.parser import say, session_option, store_option
from traceprop_nb.cli.stores import looking, visiting, whole_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which store, and whether it is meant."""
    store_option(parser)
    session_option(parser, "this session alone")
    parser.add_argument(
        "--remove", action="store_true", help="do it; without this it is only said what would go"
    )


def run(options: argparse.Namespace) -> int:
    """Plan, or remove."""
    from traceprop_nb.session.retention import plan

    if not options.remove:
        with looking(options.store) as store:
            say(repr(plan(store, whole_id(store, options.session))))
        return 0
    with visiting(options.store) as storage:
        name = whole_id(storage.store, options.session)
        say(repr(storage.gc(dry_run=False, session=name)))
    return 0
