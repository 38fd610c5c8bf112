"""``traceprop-nb verify``: is a saved record, a bundle or a store what was written?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from traceprop_nb.cli.parser import say
from traceprop_nb.cli.stores import looking
from traceprop_nb.errors import OptionError
from traceprop_nb.reports import Record
from traceprop_nb.reports.printed import printed


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is to be checked, and against what."""
    parser.add_argument(
        "what", metavar="FILE|STORE", help="a saved record, a bundle (.zip, or its folder), a store"
    )
    parser.add_argument(
        "--heads", metavar="FILE", help="of a store: heads kept elsewhere, from log --heads"
    )
    parser.add_argument(
        "--sources", metavar="FOLDER", help="of a record: where its files lie; else beside it"
    )


def run(options: argparse.Namespace) -> int:
    """Check, say each check, and return 0 whole, 1 not, 2 cannot tell."""
    readers: dict[str, Callable[[argparse.Namespace], int]] = {
        ".json": _record, ".html": _record, ".htm": _record, ".pdf": _record, ".zip": _bundle,
    }  # fmt: skip
    path = Path(options.what)
    return readers.get(path.suffix.lower(), _bundle if path.is_dir() else _store)(options)


def _record(options: argparse.Namespace) -> int:
    path = Path(options.what)
    record = Record.load(path)
    found = record.verify(options.sources or path.parent)
    page = printed(path, record)
    say(repr(found))
    if page is not None:
        say(f"{page.result:<8} {page.name}" + (f": {page.detail}" if page.detail else ""))
    say(record.digest)
    whole = found.ok and (page is None or page.result != "fail")
    return 0 if whole else 1


def _bundle(options: argparse.Namespace) -> int:
    from traceprop_nb.reports.bundle.check import check_bundle, outcome

    checked = check_bundle(options.what)
    say(repr(checked))
    return outcome(checked)


def _store(options: argparse.Namespace) -> int:
    from traceprop_nb.session.stored_check import check_store

    with looking(options.what) as store:
        heads = None if options.heads is None else _heads(Path(options.heads))
        found = check_store(store, heads)
        for one in store.sessions():
            wrong = any(damage.session == one.id for damage in found)
            say(f"{'fail' if wrong else 'pass':<8} {one.id}: {one.events:,} events")
        for damage in found:
            say(f"fail     {damage.session or 'anchor'}: {damage.what}")
        for seen in found.seen:
            say(f"checked  {seen}")
        for unseen in found.unseen:
            say(f"not run  {unseen}")
    return 1 if found else 0


def _heads(path: Path) -> dict[str, tuple[int, str]]:
    """Heads as ``log --heads`` wrote them.

    Raises:
        OptionError: The file holds something else.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
        return {str(name): (int(number), str(head)) for name, (number, head) in told.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise OptionError(f"{path} holds no heads; traceprop-nb log --heads writes them") from error
