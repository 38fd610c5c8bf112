"""The bundle: a record, its log and the means to check both, in one zip of fixed bytes.

The same record, log and key give the same bytes: names are sorted, times are fixed, and nothing is
compressed, so that no version of a library shows.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import TrustError
from traceprop_nb.reports.bundle.crate import METADATA, crate
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.reports.trust.dsse import MANIFEST, digest_of_bytes, envelope
from traceprop_nb.reports.trust.keys import own_key, rotations

if TYPE_CHECKING:
    from traceprop_nb.reports.record import Record

SCHEMA = "urn:traceprop-nb:manifest:1"
LISTED = "manifest.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file: a zip cannot say that there is none."""

README = """# {title}

A record of one notebook session, with the log behind it.

- `record.html`: the record, to read; `record.json`: the same record, canonical JSON.
- `log.jsonl`: the session's events, one a line, each bound to the one before; checkpoints in it are
  signed. `heads.jsonl`: how far every session of the store had come.
- `keys.json`: public keys. `manifest.json`: the digests of all files, signed.
- `verify.py`: checks all of it with Python alone, and the signatures with `cryptography`.
- `ro-crate-metadata.json`: the same as an RO-Crate (Process Run Crate).

Check it:

    python verify.py

It exits with 0 if everything holds, 1 if something was changed, and 2 if it cannot tell. Take
`verify.py` from a place that you trust rather than from here, and compare the key's id with the one
that you were given: `python verify.py --key ID`. Heads that you kept earlier: `--heads FILE`.

Record: {digest}
Not shown by any of this:

{unshown}
"""


def bundle(record: Record) -> bytes:
    """The bytes of a record's bundle."""
    content = record.to_dict()
    found: dict[str, bytes] = {
        "record.json": record.body,
        "record.html": record.to_html().encode("utf-8"),
        "keys.json": canonical(_keys(content)),
        "verify.py": (files(__package__) / "verify.py").read_bytes(),
        "README.md": _readme(content).encode("utf-8"),
        **record.companions(),
    }
    found[METADATA] = json.dumps(crate(content, found), indent=1, ensure_ascii=False).encode()
    found[LISTED] = canonical(_manifest(found))
    return packed(found)


def packed(found: Mapping[str, bytes]) -> bytes:
    """A zip of files by name, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(found):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr, info.create_system = 0o100644 << 16, 3
            target.writestr(info, found[name])
    return out.getvalue()


def _readme(content: Mapping[str, Any]) -> str:
    title = f"{content['kind'].capitalize()} record, {content['generated_at']}"
    unshown = "\n".join(f"- {line}" for line in content["integrity"]["not_shown"])
    return README.format(title=title, digest=content["digest"], unshown=unshown)


def _keys(content: Mapping[str, Any]) -> dict[str, Any]:
    """The public keys that signed, and the statements by which one named the next."""
    log = content["integrity"]["log"] or {}
    known = {(log.get("checkpoint") or {}).get("public_key")} - {None}
    with contextlib.suppress(TrustError):  # nothing is signed then, and the manifest shows it
        known.add(own_key().public.hex())
    return {"keys": sorted(known), "rotations": rotations()}


def _manifest(found: Mapping[str, bytes]) -> dict[str, Any]:
    listed = {name: digest_of_bytes(data) for name, data in found.items()}
    told = {"schema": SCHEMA, "files": listed}
    try:
        key = own_key()
    except TrustError:
        return {**envelope(MANIFEST, told, b"", ""), "signatures": []}
    return envelope(MANIFEST, told, key.public, key.sign(MANIFEST, canonical(told)))
