"""Heads of a store kept outside it: in a file, a git note, or under a time stamp.

Whoever owns a store and the key can rewrite both; what they cannot rewrite is a copy that left. An
anchor is a short document with the head of every session. What was anchored where is also kept
beside the signing key, so that a check finds it without trusting the store.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError, RecordError, TrustError
from traceprop_nb.reports.canonical import canonical, read
from traceprop_nb.reports.files import shown_path
from traceprop_nb.reports.trust import keys
from traceprop_nb.session.checkpoints import checkpoint

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Store

SCHEMA = "urn:traceprop-nb:heads:1"
NOTES = "traceprop"
"""The git notes that heads are written to."""

KNOWN = "anchors.jsonl"
"""In the folder of keys: what was anchored where."""


@dataclass(frozen=True)
class Anchor:
    """Heads that were kept outside the store.

    Attributes:
        how: ``"file"``, ``"git"`` or ``"rfc3161"``.
        where: Which one, as it may be shown.
        time: When, by the host's clock, or by the authority for a time stamp.
        claims: (session, number of events, head).
        wrong: What of the anchor itself does not hold, in words.
        note: What of it was not checked; empty if nothing.
    """

    how: str
    where: str
    time: str
    claims: tuple[tuple[str, int, str], ...]
    wrong: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        n = len(self.claims)
        text = (
            f"heads of {n} session{'' if n == 1 else 's'} in {self.how} {self.where}, {self.time}"
        )
        return text + (f" ({self.note})" if self.note else "")


def anchor(storage: Storage, how: str | Path, *, url: str | None = None) -> Anchor:
    """Keep the heads of every session outside the store.

    Args:
        storage: A session that is stored.
        how: ``"git"``, ``"rfc3161"``, or the path of a file, which is added to.
        url: Of the time-stamping authority; it is sent a digest, and that is logged.

    Raises:
        TrustError: It cannot be kept there; says why.
        OptionError: A URL that is missing or not needed.
        StoreError: The store cannot be read.
    """
    if (how == "rfc3161") != (url is not None):
        raise OptionError("url= names a time-stamping authority, for 'rfc3161' and nothing else")
    checkpoint(storage.log, storage, "anchor")
    document = _document(storage)
    kept: dict[str, Any] = {"how": "file", "store": _place(storage.store)}
    if how == "git":
        kept |= {"how": "git", "where": _note(document)}
    elif how == "rfc3161":
        from traceprop_nb.session.time_stamps import stamped

        token = base64.b64encode(stamped(document, str(url))).decode("ascii")
        kept |= {"how": "rfc3161", "where": str(url), "token": token, "document": document}
    else:
        kept["where"] = str(_file(Path(how), document))
    _remember(kept)
    shown = _shown(kept)
    digest = "sha256:" + hashlib.sha256(document.encode()).hexdigest()
    told = {name: kept.get(name) for name in ("token", "document")} if how == "rfc3161" else {}
    storage.record_signed("anchored", how=kept["how"], where=shown, heads=digest, **told)
    return _read(kept["how"], shown, document)


def _document(storage: Storage) -> str:
    told = {
        "schema": SCHEMA,
        "store": _place(storage.store),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "heads": [[name, *head] for name, head in sorted(storage.heads().items())],
    }
    return canonical(told).decode("utf-8")


def _place(store: Store) -> str:
    """The store's place as a digest: the place itself may name a person."""
    where = store.database.where
    place = where if "://" in where else str(Path(where).absolute())
    return "sha256:" + hashlib.sha256(place.encode("utf-8", "backslashreplace")).hexdigest()


def _shown(kept: dict[str, Any]) -> str:
    where = str(kept["where"])
    return where if kept["how"] != "file" else shown_path(where, str(Path.cwd())) or ""


def _file(path: Path, document: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(document + "\n")
    except OSError as error:
        raise TrustError(f"the heads cannot be kept in {path}: {error.strerror}") from error
    return path.absolute()


def _git(*words: str, given: str | None = None) -> str:
    try:
        done = subprocess.run(
            ["git", *words], input=given, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TrustError(f"git cannot be asked: {error}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise TrustError(f"git {words[0]}: {said[-1] if said else 'it failed'}")
    return done.stdout


def _note(document: str) -> str:
    """Add a note to the commit that is checked out; returns the commit."""
    commit = _git("rev-parse", "--verify", "HEAD").strip()
    _git("notes", f"--ref={NOTES}", "append", "-F", "-", commit, given=document + "\n")
    return commit


def _remember(kept: dict[str, Any]) -> None:
    """Keep it beside the key; the anchor is there whether this can be written or not."""
    with contextlib.suppress(OSError):
        folder = keys.folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / KNOWN).open("a", encoding="utf-8") as file:
            file.write(json.dumps(kept) + "\n")


def found_anchors(store: Store) -> list[Anchor]:
    """Every anchor of this store: beside the key, in the repository around, in the log."""
    place, sessions = _place(store), {one.id for one in store.sessions()}
    out = {}
    for document, one in _candidates(store, place):
        told = _told(document)
        mine = told.get("store") == place or any(name in sessions for name, *_ in one.claims)
        if one.wrong or mine:
            out[one.how, document] = one
    return list(out.values())


def _candidates(store: Store, place: str) -> Iterator[tuple[str, Anchor]]:
    for kept in _remembered(store, place):
        if kept.get("how") == "file":
            yield from _from_file(Path(str(kept.get("where"))), _shown(kept))
        elif kept.get("how") == "rfc3161":
            document = str(kept.get("document"))
            yield document, _stamped(document, kept)
    yield from _from_notes()


def _remembered(store: Store, place: str) -> Iterator[dict[str, Any]]:
    try:
        lines = (keys.folder() / KNOWN).read_text("utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        told = _told(line)
        if told.get("store") == place:
            yield told
    for one in store.sessions():
        for row in store.events(one.id):
            if row.kind == "anchored":
                told = _told(row.body)
                if told.get("how") == "rfc3161":
                    yield told


def _from_file(path: Path, shown: str) -> Iterator[tuple[str, Anchor]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        gone = f"the file of heads {shown} cannot be read any more"
        yield "", Anchor("file", shown, "", (), (gone,))
        return
    for line in lines:
        yield line, _read("file", shown, line)


def _from_notes() -> Iterator[tuple[str, Anchor]]:
    try:
        listed = _git("notes", f"--ref={NOTES}", "list").split()
        for note, commit in zip(listed[::2], listed[1::2], strict=True):
            for line in _git("cat-file", "-p", note).splitlines():
                if _told(line).get("schema") == SCHEMA:
                    yield line, _read("git", commit, line)
    except (TrustError, ValueError):
        return  # no git, no repository, no notes: there is no such anchor


def _stamped(document: str, kept: dict[str, Any]) -> Anchor:
    from traceprop_nb.session.time_stamps import looked_at

    read_ = _read("rfc3161", str(kept.get("where")), document)
    when, wrong, note = looked_at(document, str(kept.get("token")))
    return Anchor("rfc3161", read_.where, when, read_.claims, (*read_.wrong, *wrong), note)


def _read(how: str, where: str, document: str) -> Anchor:
    told = _told(document)
    try:
        claims = tuple((str(name), int(n), str(head)) for name, n, head in told["heads"])
        return Anchor(how, where, str(told["time"]), claims)
    except (KeyError, TypeError, ValueError):
        return Anchor(how, where, "", (), (f"{how} {where} holds no heads that can be read",))


def _told(text: str) -> dict[str, Any]:
    try:
        found = read(text)
    except (ValueError, RecordError):
        return {}
    return found if isinstance(found, dict) else {}
