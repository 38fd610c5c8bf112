"""A bundle checked by this package; ``verify.py`` in the bundle does the same on its own."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceprop_nb.errors import RecordError
from traceprop_nb.reports.bundle.write import LISTED
from traceprop_nb.reports.canonical import canonical, read
from traceprop_nb.reports.html import EMBEDDED
from traceprop_nb.reports.trust.dsse import MANIFEST, digest_of_bytes, key_id, opened
from traceprop_nb.reports.trust.keys import succession
from traceprop_nb.reports.trust.log_check import LogCheck, check_log
from traceprop_nb.reports.verify import Rechecked, Result, Verification, verification


@dataclass(frozen=True)
class Line:
    """One event of a log file."""

    session: str
    number: int
    time: str
    kind: str
    body: str
    before: str
    digest: str


def check_bundle(path: str | Path) -> Verification:
    """Check the files, the record, the log and the signatures of a bundle.

    A check that could not be made is "not run".

    Args:
        path: A zip, or the folder that it was unpacked to.

    Raises:
        RecordError: It cannot be read as either.
    """
    files = _files(Path(path))
    keys = _object(files.get("keys.json", b""))
    checks = [*_manifest(files, keys), *_record(files)]
    if not any(check.result == "fail" for check in checks):
        checks += _log(files, keys)
    return Verification(tuple(checks))


def outcome(checked: Verification) -> int:
    """The verifier's exit code: 0 ok, 1 tampered, 2 cannot tell."""
    results = {check.result for check in checked.checks}
    return 1 if "fail" in results else 2 if "not run" in results else 0


def _files(path: Path) -> dict[str, bytes]:
    try:
        if path.is_dir():
            found = [p for p in sorted(path.rglob("*")) if p.is_file()]
            return {
                p.relative_to(path).as_posix(): p.read_bytes()
                for p in found
                if "__pycache__" not in p.parts
            }
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            if len(set(names)) < len(names):
                raise RecordError(f"{path.name} is no bundle: a name comes twice in it")
            return {name: packed.read(name) for name in names}
    except (OSError, zipfile.BadZipFile) as error:
        raise RecordError(f"{path.name} is no bundle that can be read: {error}") from error


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = read(data)
    except (ValueError, RecordError):
        return {}
    return found if isinstance(found, dict) else {}


def _check(name: str, wrong: str, good: str = "") -> Rechecked:
    return Rechecked(name, "fail" if wrong else "pass", wrong or good)


def _manifest(files: Mapping[str, bytes], keys: Mapping[str, Any]) -> Iterator[Rechecked]:
    if not isinstance(keys.get("keys"), list):
        yield Rechecked("keys", "fail", "they are missing or cannot be read")
    told = _object(files.get(LISTED, b""))
    public = _signer(told, keys)
    payload = None if public is None else opened(told, MANIFEST, public)
    listed = _listed(told)
    now = {name: digest_of_bytes(data) for name, data in files.items() if name != LISTED}
    differ = sorted({name for name, _ in now.items() ^ listed.items()})
    yield _check("files", f"not as listed: {', '.join(differ)}" if differ else "")
    if told and not told.get("signatures"):
        yield Rechecked("manifest", "not run", "it is not signed")
    else:
        yield _check("manifest", "" if payload else "its signature does not hold")


def _signer(told: Mapping[str, Any], keys: Mapping[str, Any]) -> str | None:
    """The public key that the manifest says signed it."""
    try:
        named = told["signatures"][0]["keyid"]
        return {key_id(bytes.fromhex(one)): str(one) for one in keys["keys"]}[named]
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _listed(told: Mapping[str, Any]) -> dict[str, str]:
    import base64

    try:
        found = read(base64.b64decode(str(told["payload"]), validate=True))
        return {str(k): str(v) for k, v in found["files"].items()}  # type: ignore[index]  # TypeError
    except (KeyError, ValueError, TypeError, AttributeError, RecordError):
        return {}


def _record(files: Mapping[str, bytes]) -> Iterator[Rechecked]:
    text = files.get("record.json", b"")
    content = _object(text)
    if not content:
        yield Rechecked("record", "fail", "it is missing or cannot be read")
        return
    found = verification(content, {}, Path())
    wrong = [f"{one.name}: {one.detail}" for one in found.checks if one.result == "fail"]
    wrong += [] if canonical(content) == text else ["it is not written as it was sealed"]
    yield _check("record", "; ".join(wrong))
    if "record.html" in files:
        page = re.search(EMBEDDED, files["record.html"].decode("utf-8", "replace"), re.DOTALL)
        same = page is not None and html.unescape(page[1]).encode("utf-8") == text
        yield _check("page", "" if same else "it shows another record")


def _log(files: Mapping[str, bytes], keys: Mapping[str, Any]) -> Iterator[Rechecked]:
    told = _object(files["record.json"])["integrity"]["log"]
    if "log.jsonl" not in files:
        yield Rechecked("log", "not run", "the bundle holds none")
        return
    lines, wrong = _lines(files["log.jsonl"])
    names = {line.session for line in lines}
    checked = check_log(next(iter(names)), lines) if len(names) == 1 else None
    if checked is None or wrong or checked.wrong:
        yield Rechecked("log", "fail", wrong or str(checked and checked.wrong) or "many sessions")
        return
    yield _check("log", "", f"{checked.events} events, {len(checked.sealed)} checkpoints")
    now = (checked.session, checked.events, checked.head)
    same = told and now == (told["session"], told["events"], told["head"])
    same = same and _same_checkpoint(told["checkpoint"], checked)
    yield _check("record and log", "" if same else "the record speaks of another log")
    public = checked.sealed[-1].public_key if checked.sealed else None
    signed: Result = "pass" if public else "not run"
    yield Rechecked("signatures", signed, key_id(bytes.fromhex(public)) if public else "none")
    yield _same_signer(_signer(_object(files[LISTED]), keys), public, keys)


def _same_checkpoint(told: Mapping[str, Any] | None, checked: LogCheck) -> bool:
    """Whether the record's checkpoint is the log's last one."""
    body = checked.sealed[-1].body if checked.sealed else {}
    names = ("head", "tree", "sessions", "root", "key", "public_key", "signature")
    return all((told or {}).get(name) == body.get(name) for name in names)


def _same_signer(manifest: str | None, log: str | None, keys: Mapping[str, Any]) -> Rechecked:
    """The key of the manifest is the log's, or one that this named to follow it."""
    followed = succession(keys.get("rotations") or ())
    known: list[str | None] = [log]
    while (after := followed.get(str(known[-1]))) and after not in known:
        known.append(after)
    wrong = manifest and log and manifest not in known
    return _check("keys", "the manifest is signed by a key that the log's did not name"
                  if wrong else "")  # fmt: skip


def _lines(data: bytes) -> tuple[list[Line], str]:
    """The events of a log file, and what is wrong with how they are written."""
    out: list[Line] = []
    *lines, rest = data.split(b"\n")
    for place, text in enumerate(lines, 1):
        told = _object(text)
        try:
            if canonical(told) != text:
                return out, f"line {place} is not written as it was appended"
            body = canonical(told["body"]).decode("utf-8")
            out.append(Line(**{**told, "body": body}))
        except (KeyError, TypeError, RecordError):
            return out, f"line {place} is no event"
    return out, "the last line is cut off" if rest else ""
