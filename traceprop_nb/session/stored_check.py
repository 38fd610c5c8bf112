"""A store checked: every session's own log, and what sessions and anchors say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from traceprop_nb.errors import RecordError, StoreError
from traceprop_nb.reports.canonical import read
from traceprop_nb.reports.trust.checkpoint import Head
from traceprop_nb.reports.trust.log_check import LogCheck, check_log
from traceprop_nb.session.chains import Removed, removals
from traceprop_nb.session.fact_keeping import FACTS
from traceprop_nb.session.feature_keeping import FEATURES
from traceprop_nb.session.keeping import LINEAGE
from traceprop_nb.session.others import members

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Damage, Entry, Store

Claim = tuple[str, int, str]
"""A session, how many events it had, and its head then."""

UNANCHORED = (
    "no head was kept outside the store: a rewrite by its owner, who also has the key, and a cut "
    "of the newest session could not be seen; keep one with stored.anchor(...)"
)


class Checked(list["Damage"]):
    """The damage found, and what could not have been seen.

    Attributes:
        seen: What was checked, in words.
        unseen: What would not have shown, in words.
    """

    def __init__(self, found: Iterable[Damage], seen: Iterable[str], unseen: Iterable[str]) -> None:
        super().__init__(found)
        self.seen, self.unseen = tuple(seen), tuple(unseen)

    def __repr__(self) -> str:
        lines = [f"[!] session {one.session}: {one.what}" for one in self]
        lines = lines or ["nothing was found that is not as it was appended"]
        lines += [f"checked: {what}" for what in self.seen]
        return "\n".join([*lines, *(f"not seen: {what}" for what in self.unseen)])


def check(storage: Storage, heads: Mapping[str, Head] | None = None) -> Checked:
    """What of a store is not as it was appended.

    Every chain, root and signature is computed again; what one session says of another, and every
    anchor that can be found, is compared with what is there.

    Args:
        storage: A session that is stored there.
        heads: From ``stored.heads()``, kept elsewhere.

    Raises:
        StoreError: The store cannot be read.
    """
    storage.flush()
    return check_store(storage.store, heads)


def check_store(store: Store, heads: Mapping[str, Head] | None = None) -> Checked:
    """The same of a store that no session of this process writes. See `check`."""
    from traceprop_nb.session.anchors import found_anchors
    from traceprop_nb.stores import Damage

    anchors = found_anchors(store)
    claims = [claim for anchor in anchors for claim in anchor.claims]
    at = damages(store, heads, claims)
    found = [*at.found, *(Damage("", None, why) for anchor in anchors for why in anchor.wrong)]
    found += _segments(store)
    seen = _seen(at.logs, anchors, heads) + [str(one) for one in at.removed]
    return Checked(dict.fromkeys(found), seen, _unseen(at.logs, anchors, heads))


def _segments(store: Store) -> list[Damage]:
    """Segments that an event names and that are gone, or are not what was written."""
    from traceprop_nb.stores import Damage

    found = []
    parts = [one for kind in (LINEAGE, FACTS, FEATURES) for one in store.events_of_kind(kind)]
    for session, row in parts:
        try:
            store.segment(session, str(members(row).get("segment")))
        except StoreError as error:
            found.append(Damage(session, row.number, str(error)))
    return found


@dataclass(frozen=True)
class Damages:
    """A store's events, checked.

    Attributes:
        found: What is not as it was appended.
        logs: Each session's log.
        removed: What retention took away, which is no damage.
    """

    found: list[Damage]
    logs: dict[str, LogCheck]
    removed: list[Removed]


def damages(
    store: Store, heads: Mapping[str, Head] | None = None, claims: Iterable[Claim] = ()
) -> Damages:
    """Check the events of a store; no session needs to run for it.

    Args:
        store: Open.
        heads: As somebody else kept them.
        claims: What anchors say.

    Raises:
        StoreError: The store cannot be read.
    """
    from traceprop_nb.stores import Damage

    removed = removals(store)
    stubs = {one.session: (one.length, one.head) for one in removed}
    rows = {one.id: store.events(one.id) for one in store.sessions()}
    logs = {name: check_log(name, r, stubs.get(name, (0, ""))) for name, r in rows.items()}
    found = [Damage(name, *log.wrong) for name, log in logs.items() if log.wrong]
    told = [(name, *head) for name, head in (heads or {}).items()]
    told += claims
    told += [claim for name, log in logs.items() for claim in _claims(log, rows[name])]
    return Damages(list(dict.fromkeys(found + _against(told, rows))), logs, removed)


def _claims(log: LogCheck, rows: list[Entry]) -> list[Claim]:
    """What a session says of others and of itself: when it was opened, and in its checkpoints."""
    told = [(name, *head) for one in log.sealed for name, head in one.told.items()]
    for row in rows:
        if row.kind == "opened_store":
            told += _named(row)
    return list(dict.fromkeys(told))


def _named(row: Entry) -> list[Claim]:
    try:
        body = read(row.body)
        named = body["named"] if isinstance(body, dict) else []
        members = [{m["name"]: m["value"] for m in one} for one in named]
        return [(str(m["session"]), int(m["events"]), str(m["head"])) for m in members]
    except (ValueError, RecordError, KeyError, TypeError):
        return []  # what is no JSON of ours is damage already


def _against(claims: Iterable[Claim], rows: Mapping[str, list[Entry]]) -> list[Damage]:
    """One finding a session: the worst that the claims about it show."""
    from traceprop_nb.stores import Damage

    by_name: dict[str, list[tuple[int, str]]] = {}
    for name, number, head in claims:
        by_name.setdefault(name, []).append((number, head))
    found = []
    for name, told in by_name.items():
        entries = rows.get(name)
        most = max(number for number, _ in told)
        if entries is None:
            found.append(Damage(name, None, "the session is gone"))
        elif len(entries) < most:
            gone = most - len(entries)
            found.append(Damage(name, len(entries), f"{gone} events are gone"))
        else:
            other = [n for n, head in told if n and entries[n - 1].digest != head]
            if other:
                what = "the head is not the one that was kept"
                found.append(Damage(name, min(other) - 1, what))
    return found


def _seen(logs: Mapping[str, LogCheck], anchors: Iterable[object], heads: object) -> list[str]:
    sealed = sum(len(log.sealed) for log in logs.values())
    out = [f"the chains of {len(logs)} sessions and {sealed} checkpoints"]
    out += [str(anchor) for anchor in anchors]
    return [*out, "heads that were given"] if heads else out


def _unseen(logs: Mapping[str, LogCheck], anchors: Iterable[object], heads: object) -> list[str]:
    out = [] if heads or list(anchors) else [UNANCHORED]
    bare = [name for name, log in logs.items() if log.events and not log.signed]
    if bare:
        out.append(f"who wrote {len(bare)} of {len(logs)} sessions: no signature is in them")
    others = sorted({str(one.body["key"]) for log in logs.values() for one in log.sealed
                     if one.public_key})  # fmt: skip
    if len(others) > 1:
        out.append(f"whose the {len(others)} keys are that signed: {', '.join(others[:8])}")
    return out
