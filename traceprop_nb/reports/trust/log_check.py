"""What a stored log shows of itself: its chain computed again, and every checkpoint in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traceprop_nb.errors import RecordError
from traceprop_nb.reports.canonical import canonical, read
from traceprop_nb.reports.trust.chain import START, Row, digest_of_event
from traceprop_nb.reports.trust.checkpoint import KIND, WINDOW, Head, heads_root, statement
from traceprop_nb.reports.trust.dsse import CHECKPOINT, key_id, verified
from traceprop_nb.reports.trust.keys import succession
from traceprop_nb.reports.trust.merkle import GrowingTree, leaf_hash

ROTATED = "key_rotated"
"""The kind of event in which a key names its successor, in the member ``statement``."""


@dataclass(frozen=True)
class Sealed:
    """A checkpoint that holds.

    Attributes:
        number: Of its event.
        body: As it was appended.
        told: The heads that it and those before it in the session state.
    """

    number: int
    body: Mapping[str, Any]
    told: Mapping[str, Head]

    @property
    def public_key(self) -> str | None:
        """In hex; None if it is not signed."""
        return self.body.get("public_key")


@dataclass(frozen=True)
class LogCheck:
    """A session's log, checked.

    Attributes:
        session: Its id.
        events: How many it has.
        head: Digest of the last one.
        wrong: (event, in words) of the first thing that is not as it was appended; None if all is.
        sealed: The checkpoints before it, the oldest first.
    """

    session: str
    events: int
    head: str
    wrong: tuple[int, str] | None
    sealed: tuple[Sealed, ...]

    @property
    def signed(self) -> int:
        """How many events the last signed checkpoint covers, itself not counted."""
        return max((one.number for one in self.sealed if one.public_key), default=0)


class _Wrong(Exception):
    """What does not fit, in words."""


class _Keys:
    """The key that signs a log; it changes only where the old one named the new one."""

    def __init__(self) -> None:
        self._now: str | None = None
        self._followed: dict[str, str] = {}

    def rotated(self, body: Mapping[str, Any]) -> None:
        """A key names its successor."""
        try:
            self._followed |= succession([read(str(body.get("statement")))])
        except (ValueError, RecordError):
            return  # no statement: the next checkpoint's key will not be accepted

    def signed(self, place: int, body: Mapping[str, Any]) -> None:
        """Refuse a checkpoint whose signature does not hold, or is another key's."""
        if body.get("public_key") is None:
            return
        at, public = f"the checkpoint in event {place}", str(body["public_key"])
        if not verified(public, str(body.get("signature")), CHECKPOINT, statement(body)):
            raise _Wrong(f"{at} is not signed by the key that it names")
        if body.get("key") != key_id(bytes.fromhex(public)):
            raise _Wrong(f"{at} names its key wrongly")
        if self._now not in (None, public) and self._followed.get(str(self._now)) != public:
            raise _Wrong(f"{at} is signed by a key that the one before did not name")
        self._now = public


def check_log(session: str, rows: Sequence[Row], removed: Head = (0, "")) -> LogCheck:
    """Compute a session's chain and the roots and signatures of its checkpoints again.

    Args:
        session: Its id.
        rows: Its events as they are stored.
        removed: Of how many events, from the first, a statement says that they may be stubs, and
            the digest of the last of these.
    """
    length, head = removed
    if not (0 < length <= len(rows) and rows[length - 1].digest == head):
        length = 0  # the statement is about another log than this one
    before, tree, told = START, GrowingTree(), dict[str, Head]()
    sealed: list[Sealed] = []
    keys = _Keys()
    wrong = None
    for place, row in enumerate(rows):
        try:
            body = _linked(row, place, before, stubs=length)
            if row.kind == KIND:
                _placed(session, place, before, tree, body)
                keys.signed(place, body)
                told = _told(body, told)
                sealed.append(Sealed(place, body, told))
            elif row.kind == ROTATED:
                keys.rotated(body)
        except _Wrong as error:
            wrong = (place, str(error))
            break
        tree.add(leaf_hash(row.digest.encode("ascii")))
        before = row.digest
    return LogCheck(session, len(rows), rows[-1].digest if rows else START, wrong, tuple(sealed))


def _linked(row: Row, place: int, before: str, *, stubs: int) -> dict[str, Any]:
    """The event's body, if the event is what its digest says and follows the one before.

    Of an event that retention emptied, and that is among the first ``stubs``, none is left.
    """
    if row.number != place:
        raise _Wrong(f"event {place} is missing")
    if row.before != before:
        raise _Wrong(f"event {place} does not follow the one before")
    if row.body == "":
        if place >= stubs:
            raise _Wrong(f"event {place} was emptied, and no statement says why")
        return {}
    if row.digest != digest_of_row(row):
        raise _Wrong(f"event {place} is not what was appended")
    body = read(row.body)
    return body if isinstance(body, dict) else {}


def digest_of_row(row: Row) -> str:
    """An event's digest computed again; empty for a body that nobody here would have written."""
    try:
        body = read(row.body)
        if canonical(body) != row.body.encode("utf-8"):
            return ""  # another spelling of the same value is a changed byte all the same
        return digest_of_event(row.number, row.time, row.kind, body, row.before)
    except (ValueError, RecordError, RecursionError):
        return ""


def _placed(
    session: str, place: int, before: str, tree: GrowingTree, body: Mapping[str, Any]
) -> None:
    """Refuse a checkpoint that is not of this place in this log."""
    if body.get("session") != session:
        raise _Wrong(f"the checkpoint in event {place} is another session's")
    if (body.get("events"), body.get("head")) != (place, before):
        raise _Wrong(f"the checkpoint in event {place} is one of another place")
    if body.get("tree") != tree.root().hex():
        raise _Wrong(f"the checkpoint in event {place} has another root than the events before it")


def _told(body: Mapping[str, Any], told: Mapping[str, Head]) -> dict[str, Head]:
    """Heads after this checkpoint, if its root is over them."""
    try:
        fresh = {str(name): (int(n), str(head)) for name, n, head in body["told"]}
    except (KeyError, TypeError, ValueError) as error:
        raise _Wrong(f"the checkpoint in event {body.get('events')} tells no heads") from error
    now = dict(sorted({**told, **fresh}.items())[-WINDOW:])
    if heads_root(now) != (body.get("sessions"), body.get("root")):
        raise _Wrong(
            f"the checkpoint in event {body.get('events')} has another root than the heads it tells"
        )
    return now
