"""``traceprop-nb report``: a record that was saved, shown or written in another form."""

from __future__ import annotations

import argparse
from pathlib import Path

from traceprop_nb.cli.parser import say, session_option
from traceprop_nb.cli.stores import visiting, whole_id
from traceprop_nb.errors import OptionError, RecordError
from traceprop_nb.reports import Record

FORMS = (".json", ".html", ".htm", ".pdf")


def arguments(parser: argparse.ArgumentParser) -> None:
    """A saved record, or the kind of a new one from a stored session."""
    parser.add_argument(
        "what", metavar="FILE|KIND", nargs="?", default="session",
        help="a saved record; or which record to make of a stored session",
    )  # fmt: skip
    parser.add_argument("--store", metavar="STORE", help="where the session is stored")
    session_option(parser, "the stored session; the newest by default")
    parser.add_argument(
        "--as-of", metavar="DAY", dest="as_of", help="the law as it read on that day"
    )
    parser.add_argument("--save", metavar="FILE", help="write .json, .html or .pdf")


def run(options: argparse.Namespace) -> int:
    """Show the record, or save it."""
    record = _saved(Path(options.what)) if _is_file(options.what) else _stored(options)
    if options.save:
        say(f"{record.save(options.save)}: {record.digest}")
    else:
        say("\n".join(shown(record)))
    return 0


def _is_file(what: str) -> bool:
    return Path(what).suffix.lower() in FORMS


def _saved(path: Path) -> Record:
    """A record whose own digest fits: no page is made of one that was changed.

    Raises:
        RecordError: It was changed, or there is none.
    """
    record = Record.load(path)
    wrong = [check for check in record.verify(path.parent).checks[:3] if check.result != "pass"]
    if wrong:
        raise RecordError(
            f"{path} is not the record that was made ({wrong[0].name}: {wrong[0].detail}); see "
            f"traceprop-nb verify {path}"
        )
    return record


def _stored(options: argparse.Namespace) -> Record:
    """A record of what the store says of a session that has ended.

    Raises:
        OptionError: Neither a saved record nor a store is named.
    """
    from traceprop_nb.session.reported import report_stored

    if not options.store:
        raise OptionError(
            f"{options.what!r} is no saved record ({', '.join(FORMS)}); name one, or a kind of "
            "record together with --store"
        )
    with visiting(options.store) as storage:
        name = whole_id(storage.store, options.session)
        return report_stored(storage, name, options.what, options.as_of)


def shown(record: Record) -> list[str]:
    """Lines: the counts, then every field with its state."""
    lines = [repr(record)]
    for section in record.to_dict()["sections"]:
        lines += ["", section["title"]]
        lines += [f"  {f['state'].replace('_', ' '):<16} {f['label']}" for f in section["fields"]]
    return lines
