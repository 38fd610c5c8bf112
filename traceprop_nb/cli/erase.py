"""``traceprop-nb erase``: make a person's name in a store's logs mean nobody."""

from __future__ import annotations

import argparse

from traceprop_nb.cli.parser import say, store_option
from traceprop_nb.cli.people import cells_asked, unsaid
from traceprop_nb.cli.stores import looking, sitting


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which store and column, and whether it is meant; the person comes by standard input."""
    store_option(parser)
    parser.add_argument("column", metavar="COLUMN", help="the column that identifies people")
    parser.add_argument(
        "--remove", action="store_true", help="do it; without this it is only said what would go"
    )
    parser.add_argument(
        "--keyed", action="store_true", help="the column's name is hidden in the log too"
    )


def run(options: argparse.Namespace) -> int:
    """Say what would be erased, or erase; 1 where a cell of the person's is still in a file."""
    from traceprop_nb.session.privacy import erasure

    with looking(options.store):  # before somebody types
        pass
    cells = cells_asked()
    with unsaid(cells):
        if not options.remove:
            with looking(options.store) as store:
                planned = erasure.plan(store, options.column, cells)
            say(f"{planned!r}\nnot erased  --remove does it")
            return 0
        with sitting(options.store, names="keyed" if options.keyed else "clear") as session:
            done = erasure.erase_subject(session, options.column, cells)
    say(repr(done))
    return 1 if done.found else 0
