"""The session's log on disk: SQLite or PostgreSQL, appended to and never edited."""

from traceprop_nb.stores.segments import Segment
from traceprop_nb.stores.store import Damage, Entry, Recorded, Store, open_store, read_store

__all__ = ["Damage", "Entry", "Recorded", "Segment", "Store", "open_store", "read_store"]
