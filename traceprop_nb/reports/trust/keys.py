"""The user's signing key: one file in their configuration folder, and its predecessors.

A key in the same account shows that the same account signed, and no more. Where no key can be read
or written, nothing is signed, and what would have been signed says why.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import TrustError
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.reports.trust.dsse import ROTATION, encoded, envelope, key_id, opened

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER = "TRACEPROP_NB_KEYS"
"""Environment variable that names the folder of keys; ``off`` signs nothing."""

NAME = "signing.key"
ROTATIONS = "rotations.json"


@dataclass(frozen=True)
class Key:
    """A key that can sign.

    Attributes:
        id: Its name, from its public half.
        public: 32 bytes.
    """

    id: str
    public: bytes
    _private: Ed25519PrivateKey

    def sign(self, kind: str, payload: bytes) -> str:
        """Base64 of the signature over a payload of that kind (see ``dsse``)."""
        return base64.b64encode(self._private.sign(encoded(kind, payload))).decode("ascii")


def folder() -> Path:
    """Where keys lie."""
    if (named := os.environ.get(FOLDER, "off")) != "off":
        return Path(named)
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "traceprop_nb" / "keys"


_known: dict[Path, Key] = {}  # read once: a session signs with one key, unless it rotates it itself


def own_key(where: Path | None = None) -> Key:
    """The user's key, made where there is none.

    Args:
        where: Folder of keys; the user's own if None.

    Raises:
        TrustError: It can be neither read nor made, or signing is switched off.
    """
    if where is None and os.environ.get(FOLDER) == "off":
        raise TrustError(f"signing is switched off by {FOLDER}=off")
    path = (where or folder()) / NAME
    if path not in _known:
        _known[path] = _read_or_make(path)
    return _known[path]


def _read_or_make(path: Path) -> Key:
    try:
        if not path.exists():
            with contextlib.suppress(FileExistsError):  # somebody else was first: theirs is read
                _write(path, _seed())
        return _key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrustError(f"the signing key at {path.name} cannot be had: {_said(error)}") from error


def _said(error: Exception) -> str:
    """An error's words without the path: it names the user's home."""
    return getattr(error, "strerror", None) or str(error)


def _seed() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate().private_bytes_raw()


def _write(path: Path, seed: bytes) -> None:
    """Put a new key in its place, whole or not at all, for nobody else to read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, seed)
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)  # fails where there is one, so that no key is ever lost
    finally:
        os.unlink(fresh)


def _key(seed: bytes) -> Key:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    return Key(key_id(public), public, private)


def rotate(where: Path | None = None) -> dict[str, Any]:
    """Make a new key; the old one signs that the new one follows it, and is kept aside.

    Returns:
        The signed statement, a DSSE envelope.

    Raises:
        TrustError: The old key cannot be had, or the new one not be written.
    """
    old, place = own_key(where), where or folder()
    fresh = _seed()
    new = _key(fresh)
    told = {
        "old": old.public.hex(), "new": new.public.hex(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    signed = envelope(ROTATION, told, old.public, old.sign(ROTATION, canonical(told)))
    try:
        _write_text(place / ROTATIONS, json.dumps([*rotations(place), signed], indent=1))
        os.replace(place / NAME, place / f"{old.id.partition(':')[2]}.key")
        _write(place / NAME, fresh)
    except OSError as error:
        raise TrustError(f"the new key cannot be written: {_said(error)}") from error
    _known[place / NAME] = new
    return signed


def _write_text(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    os.replace(fresh, path)


def rotations(where: Path | None = None) -> list[dict[str, Any]]:
    """Every statement by which a key named its successor, the oldest first."""
    try:
        found = json.loads(((where or folder()) / ROTATIONS).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def succession(statements: Sequence[Any]) -> Mapping[str, str]:
    """Public key (hex) -> the one (hex) that it named to follow it, where its signature holds."""
    out = {}
    for signed in statements:
        try:
            told = json.loads(base64.b64decode(signed["payload"]))
            old, new = str(told["old"]), str(told["new"])
        except (KeyError, TypeError, ValueError):
            continue
        if opened(signed, ROTATION, old) is not None:
            out[old] = new
    return out
