"""Signed statements: an Ed25519 signature over a payload and over what kind of payload it is.

The envelope is DSSE, as in-toto uses it: what is signed is the type and the body with their
lengths, so that a signature of one kind of statement never passes for one of another. Ed25519 is
RFC 8032 (doi:10.17487/RFC8032).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from traceprop_nb.reports.canonical import canonical

CHECKPOINT = "application/vnd.traceprop-nb.checkpoint+json"
ROTATION = "application/vnd.traceprop-nb.rotation+json"
MANIFEST = "application/vnd.traceprop-nb.manifest+json"


def encoded(kind: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    name = kind.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def digest_of_bytes(data: bytes) -> str:
    """``"sha256:"`` and the SHA-256 of the bytes, in hex."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def key_id(public: bytes) -> str:
    """Name of a public key: the beginning of the SHA-256 of its 32 bytes, in hex."""
    return "ed25519:" + hashlib.sha256(public).hexdigest()[:32]


def verified(public: str, signature: str, kind: str, payload: bytes) -> bool:
    """Whether a signature (base64) is that key's (hex) over that statement."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(base64.b64decode(signature, validate=True), encoded(kind, payload))
    except (InvalidSignature, ValueError, binascii.Error, TypeError):
        return False
    return True


def envelope(kind: str, payload: object, public: bytes, signature: str) -> dict[str, Any]:
    """A DSSE envelope around a JSON payload."""
    return {
        "payloadType": kind,
        "payload": base64.b64encode(canonical(payload)).decode("ascii"),
        "signatures": [{"keyid": key_id(public), "sig": signature}],
    }


def opened(found: Mapping[str, Any], kind: str, public: str) -> bytes | None:
    """The payload of an envelope that this key (hex) signed; None if it did not."""
    try:
        payload = base64.b64decode(found["payload"], validate=True)
        signature = found["signatures"][0]["sig"]
        told = found["payloadType"]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return payload if told == kind and verified(public, signature, kind, payload) else None
