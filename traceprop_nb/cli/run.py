"""``traceprop-nb run``: a plain script, traced the way a cell is."""

from __future__ import annotations

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which script, with which words of its own, and where its log goes."""
    parser.add_argument(
        "--store", metavar="STORE", help="keep log and lineage in this store; made if need be"
    )
    parser.add_argument("script", metavar="SCRIPT", help="the script")
    parser.add_argument(
        "words", metavar="...", nargs=argparse.REMAINDER, help="what follows is the script's own"
    )


def run(options: argparse.Namespace) -> int:
    """Run it; returns the script's own exit code."""
    from traceprop_nb.session import current
    from traceprop_nb.session.script import run_script

    session = current()
    storage = session.open(options.store) if options.store else None
    try:
        return run_script(session, options.script, options.words)
    finally:
        if storage is not None:
            storage.close()
