"""``traceprop-nb backup``: a copy of a store, consistent whoever writes meanwhile."""

from __future__ import annotations

import argparse
from pathlib import Path

from traceprop_nb.cli.parser import say, store_option
from traceprop_nb.cli.stores import looking


def arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and to where."""
    store_option(parser)
    parser.add_argument("to", metavar="FILE", help="a file that is not there yet")


def run(options: argparse.Namespace) -> int:
    """Write the copy."""
    with looking(options.store) as store:
        store.backup(Path(options.to))
        number = len(store.sessions())
    say(f"{options.to}: {number:,} sessions")
    return 0
