"""Time stamps by an authority, RFC 3161 (doi:10.17487/RFC3161): only when the user asks for one.

The authority sees a SHA-256 digest and who asks, and no content.
"""

from __future__ import annotations

import base64
import hashlib
import os
import urllib.request
from pathlib import Path
from typing import Any

from traceprop_nb.errors import MissingFrameworkError, TrustError

ROOTS = "TRACEPROP_NB_TSA_ROOTS"
"""Environment variable that names a PEM file with the certificates of trusted authorities."""

SECONDS = 20.0
MOST = 1_000_000
"""Bytes of an answer that are read."""


def stamped(document: str, url: str) -> bytes:
    """The authority's answer for a document, DER.

    Raises:
        TrustError: It cannot be reached, or refuses, or stamps something else.
        MissingFrameworkError: rfc3161-client is not installed.
    """
    stamps = _library()
    builder = stamps.TimestampRequestBuilder().hash_algorithm(stamps.HashAlgorithm.SHA256)
    request = builder.data(document.encode()).build()
    asked = urllib.request.Request(
        url, request.as_bytes(), {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            found: bytes = answer.read(MOST)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        raise TrustError(f"the time-stamping authority at {url} did not answer: {why}") from error
    token = base64.b64encode(found).decode("ascii")
    _, wrong, _ = looked_at(document, token, nonce=request.nonce)
    if wrong:
        raise TrustError(f"the time-stamping authority at {url} gave no good stamp: {wrong[0]}")
    return found


def looked_at(
    document: str, token: str, *, nonce: int | None = None
) -> tuple[str, tuple[str, ...], str]:
    """A time stamp checked: its time, what is wrong with it, and what was not checked.

    Args:
        document: What was stamped.
        token: The authority's answer, base64.
        nonce: The request's, where that is still known.
    """
    try:
        stamps = _library()
    except MissingFrameworkError:
        return "", (), "the stamp was not checked: rfc3161-client is not installed"
    try:
        answer = stamps.decode_timestamp_response(base64.b64decode(token))
        told = answer.tst_info
        when = told.gen_time.isoformat(timespec="seconds")
        imprint = told.message_imprint.message
    except (ValueError, TypeError) as error:
        return "", (f"the time stamp cannot be read: {error}",), ""
    digest = hashlib.sha256(document.encode()).digest()
    if imprint != digest:
        return when, ("the time stamp is one of another document",), ""
    if nonce is not None and told.nonce != nonce:
        return when, ("the time stamp answers another request",), ""
    return when, *_signed(stamps, answer, digest)


def _signed(stamps: Any, answer: Any, digest: bytes) -> tuple[tuple[str, ...], str]:
    named = os.environ.get(ROOTS)
    if not named:
        return (), f"the authority's signature was not checked: {ROOTS} names no certificates"
    from cryptography.x509 import load_pem_x509_certificates

    builder = stamps.VerifierBuilder()
    try:
        for certificate in load_pem_x509_certificates(Path(named).read_bytes()):
            builder = builder.add_root_certificate(certificate)
        builder.build().verify(answer, digest)
    except (OSError, ValueError) as error:
        return (), f"the authority's signature was not checked: {error}"
    except stamps.VerificationError as error:
        return (f"the time stamp is not signed by an authority that is trusted here: {error}",), ""
    return (), ""


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise MissingFrameworkError(
            "time stamps need rfc3161-client; pip install 'traceprop_nb[anchor]'"
        ) from error
    return rfc3161_client
