"""``traceprop-nb migrate``: bring a store to the newest schema, a copy first."""

from __future__ import annotations

import argparse
from importlib import metadata
from pathlib import Path

from traceprop_nb.cli.parser import say, store_option
from traceprop_nb.cli.stores import looking
from traceprop_nb.errors import OptionError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which store, and where its copy goes."""
    store_option(parser)
    copy = parser.add_mutually_exclusive_group()
    copy.add_argument("--backup", metavar="FILE", help="where; else beside it, named by version")
    copy.add_argument("--no-backup", action="store_true", help="there is a copy already")


def run(options: argparse.Namespace) -> int:
    """Copy and migrate; nothing where it is the newest already."""
    from traceprop_nb.stores import open_store
    from traceprop_nb.stores.migrations import MIGRATIONS

    newest = len(MIGRATIONS)
    with looking(options.store) as store:
        found = store.version
        if found == newest:
            say(f"{store.database.where} has schema version {found} already, the newest")
            return 0
        if not options.no_backup:
            say(f"copied to {_copy(store, found, options)}")
    migrated = open_store(options.store, metadata.version("traceprop_nb"))
    say(f"{migrated.database.where}: schema version {found} is now {migrated.version}")
    migrated.close()
    return 0


def _copy(store: object, version: int, options: argparse.Namespace) -> Path:
    from traceprop_nb.stores import Store

    assert isinstance(store, Store)
    if store.database.mode == "server":
        raise OptionError(
            "a store on a server is copied by its own tools: pg_dump, then migrate --no-backup"
        )
    place = Path(options.store)
    target = Path(options.backup or place.with_name(f"{place.stem}.v{version}{place.suffix}"))
    store.backup(target)
    return target
