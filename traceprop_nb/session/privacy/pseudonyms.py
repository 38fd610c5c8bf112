"""What people are called in the log: keyed hashes whose keys can be destroyed.

A plain hash of a patient number is guessed in a second. Here each value has a random key of its
own, which is found by a hash under the project's key; the log carries
HMAC-SHA256(key of the value, value), cut to 128 bits (RFC 2104, doi:10.17487/RFC2104). Without the
key nobody can tell whom a name in the log means, nor check a guess; with it, one can: these names
are pseudonyms.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterable, Sequence
from typing import Protocol

PROJECT = "project"
"""Where a ring keeps the project's key."""

WRITTEN = "\0value in an expression"
"""Stands for the column of a literal in an expression."""

HIDDEN = "~"
"""Begins what a hidden name is called."""

DIGITS = 32
"""Hexadecimal digits of 128 bits."""


class Ring(Protocol):
    """Where keys are kept: by id, each 32 random bytes."""

    def put(self, name: str, key: bytes) -> bytes:
        """Keep a key unless there is one of that id, and return the one that is kept."""

    def get(self, names: Sequence[str]) -> bytes | None:
        """The key of the first of these ids that has one, or None."""

    def drop(self, names: Sequence[str]) -> int:
        """Destroy keys; returns how many there were."""

    def projects(self) -> list[str]:
        """Ids of the keys of projects, the one in use first."""


class Memory:
    """A ring that ends with the session."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def put(self, name: str, key: bytes) -> bytes:
        """See ``Ring``."""
        return self.keys.setdefault(name, key)

    def get(self, names: Sequence[str]) -> bytes | None:
        """See ``Ring``."""
        return next((self.keys[name] for name in names if name in self.keys), None)

    def drop(self, names: Sequence[str]) -> int:
        """See ``Ring``."""
        return sum(self.keys.pop(name, None) is not None for name in names)

    def projects(self) -> list[str]:
        """See ``Ring``."""
        return sorted(name for name in self.keys if name.startswith(PROJECT))


class Pseudonyms:
    """Makes, finds and destroys the names of people.

    Attributes:
        ring: Where the keys are.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.ring: Ring = Memory()

    def person(self, column: str, keys: Iterable[object]) -> str:
        """The pseudonym of whom these cells of a column name; the same ones, the same pseudonym."""
        values = sorted({str(key) for key in keys})
        with self._lock:
            held = [self._held(column, value) for value in values]
            return _named(held, column, values)

    def known(self, column: str, keys: Iterable[object]) -> str | None:
        """The pseudonym, if the keys to it exist; makes none."""
        values = sorted({str(key) for key in keys})
        with self._lock:
            held = [self.ring.get(self._places(column, value)) for value in values]
            found = [key for key in held if key is not None]
            return _named(found, column, values) if len(found) == len(values) else None

    def count(self, column: str, keys: Iterable[object]) -> int:
        """How many keys ``destroy`` would destroy; makes none."""
        with self._lock:
            if not self.ring.projects():
                return 0
            return sum(self.ring.get([place]) is not None for place in self._all(column, keys))

    def destroy(self, column: str, keys: Iterable[object]) -> int:
        """Destroy the keys of these cells, in a column and as literals; returns how many."""
        with self._lock:
            return self.ring.drop(self._all(column, keys))

    def _all(self, column: str, keys: Iterable[object]) -> list[str]:
        """Where keys of these cells may be, in a column and as literals."""
        return [
            place
            for where in (column, WRITTEN)
            for value in sorted({str(key) for key in keys})
            for place in self._places(where, value)
        ]

    def literal(self, kind: str, written: str) -> str:
        """What stands for a literal in an expression: ``<text 3fa91c04d2b7>``."""
        value = written.lstrip("rRbBuUfFtT").strip("'\"") if kind == "text" else written
        return f"<{kind} {self.person(WRITTEN, [value])[:12]}>"

    def hidden(self, name: str) -> str:
        """What a name is called where names are hidden."""
        return HIDDEN + self.digest("name", name)

    def digest(self, what: str, text: str, digits: int = 12) -> str:
        """A text as digits that only this project can make, such as a hidden name."""
        with self._lock:
            return _hmac(self._project(), what, text)[:digits]

    def keep(self, ring: Ring) -> None:
        """Keep keys there from now on, and those made so far.

        A ring that has a project's key goes on with it; the one so far stays beside it, for what
        was named under it.
        """
        with self._lock:
            old, self.ring = self.ring, ring
            for name, key in (old.keys if isinstance(old, Memory) else {}).items():
                if ring.put(name, key) != key and name == PROJECT:
                    ring.put(f"{PROJECT} {_hmac(key)}", key)

    def _held(self, column: str, value: str) -> bytes:
        places = self._places(column, value)
        return self.ring.get(places) or self.ring.put(places[0], secrets.token_bytes(32))

    def _project(self) -> bytes:
        return self.ring.get([PROJECT]) or self.ring.put(PROJECT, secrets.token_bytes(32))

    def _places(self, column: str, value: str) -> list[str]:
        """Where a value's key may be: under the project's key, and under earlier ones."""
        self._project()
        keys = [self.ring.get([name]) for name in self.ring.projects()]
        return [f"subject {_hmac(key, column, value)}" for key in keys if key is not None]


def _named(held: Sequence[bytes], column: str, values: Sequence[str]) -> str:
    """Of several keys the loss of one is enough."""
    return _hmac(hashlib.sha256(b"".join(held)).digest(), column, *values)


def _hmac(key: bytes, *parts: str) -> str:
    told = json.dumps(parts, ensure_ascii=True).encode("ascii")
    return hmac.new(key, told, hashlib.sha256).hexdigest()[:DIGITS]
