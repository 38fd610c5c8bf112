"""``traceprop-nb export``: a stored session's lineage in another tool's format."""

from __future__ import annotations

import argparse

from traceprop_nb.cli.parser import say, session_option, store_option
from traceprop_nb.cli.stores import visiting, whole_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which session, how, and to where."""
    store_option(parser)
    session_option(parser, "the stored session; the newest with a lineage by default")
    parser.add_argument("--format", metavar="F", help="its name; else by the end of FILE")
    parser.add_argument(
        "--detail", metavar="named|all", default="named", help="values with a name, or every one"
    )
    parser.add_argument("--person", metavar="WHO", default="", help="who is responsible")
    parser.add_argument("to", metavar="FILE", help="the file to write")


def run(options: argparse.Namespace) -> int:
    """Write it; 1 where parts of the session are gone."""
    from traceprop_nb.session.exporting import export_stored

    with visiting(options.store) as storage:
        past = storage.lineage(whole_id(storage.store, options.session))
        whole = export_stored(
            past, options.to, format=options.format, detail=options.detail, person=options.person
        )
    say(f"{options.to}: {whole!r}")
    for what in past.damage:
        say(f"gone     {what}: what it held is unknown in the file")
    return 1 if past.damage else 0
