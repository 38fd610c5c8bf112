"""Who opened, read, exported or reported what: an event each, in a session that is stored.

The name is the operating system's and the one that was configured; nobody checked either, and the
events say so.
"""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.storage import Storage

SWITCH = "TRACEPROP_NB_ACCESS_LOG"
"""Environment variable; ``off`` keeps no access log."""

IDENTITY = "TRACEPROP_NB_IDENTITY"
"""Environment variable with the name by which somebody wants to be known."""

ACCESSED = "accessed"
ACTS = ("opened", "queried", "exported", "reported", "erased", "key_used")


def who() -> dict[str, object]:
    """The user as the system and the configuration name them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name
        user = str(os.getuid()) if hasattr(os, "getuid") else ""
    return {
        "user": user, "identity": os.environ.get(IDENTITY) or None, "checked": "unauthenticated",
    }  # fmt: skip


def switched_on() -> bool:
    """Whether accesses are logged."""
    return os.environ.get(SWITCH) != "off"


def accessed(session: Session, act: str, scope: object) -> None:
    """Log an access to what a session knows, if it is stored and the log is on.

    Args:
        session: The current one.
        act: One of ``ACTS``.
        scope: What it was about, in names and counts.
    """
    if session.storage is not None:
        access(session.storage, act, scope)


def access(storage: Storage, act: str, scope: object) -> None:
    """Log an access to a store."""
    if storage.access_log and switched_on():
        storage.record(ACCESSED, act=act, scope=scope, by=who())
