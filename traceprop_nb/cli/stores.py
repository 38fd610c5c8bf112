"""Stores as the command line opens them: to look and change nothing, or as a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING

from traceprop_nb.errors import StoreError, unknown_name

if TYPE_CHECKING:
    from traceprop_nb.session import Session
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Store


@contextmanager
def looking(where: str) -> Iterator[Store]:
    """The store at a path or address, to read; neither made nor migrated.

    Raises:
        StoreError: There is none, or it cannot be read.
    """
    from traceprop_nb.stores import read_store

    store = read_store(where, metadata.version("traceprop_nb"))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def visiting(where: str) -> Iterator[Storage]:
    """The store, open to a new session in which what the command does is logged.

    Raises:
        StoreError: There is none, or it cannot be written.
    """
    with sitting(where) as session:
        assert session.storage is not None
        yield session.storage


@contextmanager
def sitting(where: str, **how: str) -> Iterator[Session]:
    """A new session of the store, in which what the command does is logged.

    Args:
        where: Path or address.
        **how: As ``Session.open`` takes it.

    Raises:
        StoreError: There is none, or it cannot be written.
    """
    from traceprop_nb.session import Session

    with looking(where) as store:
        reading = store.database.where
    session = Session()
    storage = session.open(where, **how)
    try:
        yield session
    finally:
        storage.close()
        session.close()
    if storage.waiting:
        raise StoreError(f"{reading} took nothing: {storage.trouble}")


def whole_id(store: Store, beginning: str | None) -> str | None:
    """The id of the one session that begins so; None for None.

    Raises:
        UnknownNameError: There is none.
        StoreError: There are several.
    """
    if beginning is None:
        return None
    known = [one.id for one in store.sessions()]
    found = [name for name in known if name.startswith(beginning.upper())]
    if not found:
        raise unknown_name("session", beginning, known)
    if len(found) > 1:
        raise StoreError(f"{len(found)} sessions begin with {beginning!r}; give more of the id")
    return found[0]
