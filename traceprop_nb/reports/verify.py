"""Re-checking a record: by its schema, by its digests, against itself, against the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from traceprop_nb.reports.canonical import digest
from traceprop_nb.reports.files import file_digest
from traceprop_nb.reports.finding import STATES
from traceprop_nb.reports.plain import listed
from traceprop_nb.reports.schema import complaint
from traceprop_nb.reports.stated_facts import read_back, signed
from traceprop_nb.reports.trust.checkpoint import statement
from traceprop_nb.reports.trust.dsse import CHECKPOINT, key_id, verified

Result = Literal["pass", "fail", "not run"]


@dataclass(frozen=True)
class Rechecked:
    """One check, how it ended, and what was seen."""

    name: str
    result: Result
    detail: str = ""


@dataclass(frozen=True)
class Verification:
    """Every check; `ok` where none failed. A check that was not run is not a pass."""

    checks: tuple[Rechecked, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(check.result != "fail" for check in self.checks)

    def __repr__(self) -> str:
        lines = [
            f"{c.result:<8} {c.name}" + (f": {c.detail}" if c.detail else "") for c in self.checks
        ]
        return "\n".join(lines)


def verification(
    record: Mapping[str, Any], locations: Mapping[str, str], folder: Path
) -> Verification:
    """Run every check; those that need a well-formed record are not run without one."""
    shape = complaint(record)
    checks = [_outcome("schema", shape), _outcome("digest", _wrong_digest(record))]
    if shape:
        unread = "the schema refuses the record"
        unseen = (
            "consistency", "signature of the log", "signatures of statements", "source files",
        )  # fmt: skip
        checks += [Rechecked(name, "not run", unread) for name in unseen]
    else:
        checks.append(_outcome("consistency", "; ".join(inconsistencies(record)[:5])))
        checks.append(_signature(record["integrity"]["log"]))
        checks.append(_statements(record["evidence"]))
        checks += _files(record, locations, folder)
    return Verification(tuple(checks))


def inconsistencies(record: Mapping[str, Any]) -> list[str]:
    """What a schema cannot see: counters, references, digests of facts."""
    return [*_counters(record), *_references(record), *_quoted(record), *_facts(record)]


def _outcome(name: str, wrong: str) -> Rechecked:
    return Rechecked(name, "fail" if wrong else "pass", wrong)


def _wrong_digest(record: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in record.items() if key != "digest"}
    found = digest(rest)
    return "" if record.get("digest") == found else f"the content's digest is {found}"


def _signature(log: Mapping[str, Any] | None) -> Rechecked:
    """The signature of the log's last checkpoint, with the public key in the record."""
    name, last = "signature of the log", log and log["checkpoint"]
    if not log or not last:
        return Rechecked(name, "not run", "the record has no checkpoint of a log")
    if last["key"] is None:
        return Rechecked(name, "not run", last["unsigned"])
    told = statement({**last, "session": log["session"], "events": last["event"]})
    public, signature = last["public_key"], last["signature"]
    good = verified(public, signature, CHECKPOINT, told) and last["key"] == key_id(
        bytes.fromhex(public)
    )
    return Rechecked(name, "pass" if good else "fail", f"by {last['key']}; compare this id")


def _statements(evidence: Sequence[Mapping[str, Any]]) -> Rechecked:
    """The signatures of statements, with the public keys in the record."""
    name = "signatures of statements"
    facts = [entry["fact"] for entry in evidence if entry["id"].startswith("ev:statement/")]
    signed_ones = [fact for fact in facts if fact.get("signature") is not None]
    if not signed_ones:
        return Rechecked(name, "not run", "the record has no signed statement")
    wrong = [str(fact.get("about")) for fact in signed_ones if not signed(read_back(fact))]
    if wrong:
        return Rechecked(name, "fail", f"not by the key that they name: {listed(wrong)}")
    return Rechecked(name, "pass", listed(sorted({str(fact["key"]) for fact in signed_ones})))


def _fields(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [field for section in record["sections"] for field in section["fields"]]


def _counters(record: Mapping[str, Any]) -> Iterator[str]:
    counted = Counter(field["state"] for field in _fields(record))
    for state in STATES:
        if record["summary"][state] != counted[state]:
            said = record["summary"][state]
            yield f"{counted[state]} fields are {state}, the summary says {said}"
    repeated = [at for at, n in Counter(field["id"] for field in _fields(record)).items() if n > 1]
    if repeated:
        yield f"field ids are repeated: {listed(repeated)}"


def _references(record: Mapping[str, Any]) -> Iterator[str]:
    indexed = {entry["id"] for entry in record["evidence"]}
    known = {row["id"] for pack in record["law"] for row in pack["provisions"]}
    for field in _fields(record):
        quoted = {one for one in [field.get("stated_by", {}).get("evidence")] if one}
        if absent := {*field.get("evidence", ()), *quoted} - indexed:
            yield f"{field['id']} rests on evidence that is not here: {listed(sorted(absent))}"
        if absent := set(field["provisions"]) - known:
            yield f"{field['id']} names provisions that are not here: {listed(sorted(absent))}"


def _quoted(record: Mapping[str, Any]) -> Iterator[str]:
    """A field that quotes a logged statement says what was stated there."""
    logged = {entry["id"]: entry["fact"] for entry in record["evidence"]}
    for field in _fields(record):
        fact = logged.get(field.get("stated_by", {}).get("evidence"))
        if fact and "value" in field and digest(field["value"]) != fact.get("value_digest"):
            yield f"{field['id']} is not what was stated"


def _facts(record: Mapping[str, Any]) -> Iterator[str]:
    for entry in record["evidence"]:
        if digest(entry["fact"]) != entry["digest"]:
            yield f"{entry['id']} is not what its digest says"


def _files(
    record: Mapping[str, Any], locations: Mapping[str, str], folder: Path
) -> list[Rechecked]:
    sources = [e for e in record["evidence"] if e["id"].startswith("ev:source/")]
    hashed = [entry for entry in sources if entry["fact"].get("digest")]
    if not hashed:
        return [Rechecked("source files", "not run", "the record has no digest of a source")]
    return [_file(entry, locations, folder) for entry in hashed]


def _file(entry: Mapping[str, Any], locations: Mapping[str, str], folder: Path) -> Rechecked:
    fact = entry["fact"]
    name = f"source file {fact.get('name')}"
    place = locations.get(entry["id"]) or _inside(folder, fact.get("path"))
    found = file_digest(place) if place else None
    if found is None:
        return Rechecked(name, "not run", "the file is not there")
    if found != fact["digest"]:
        return Rechecked(name, "fail", f"changed since it was read: now {found}")
    return Rechecked(name, "pass")


def _inside(folder: Path, path: object) -> Path | None:
    """The path below the folder; a record that was loaded may not point anywhere else."""
    if not isinstance(path, str) or "\0" in path:
        return None
    place = (folder / path).resolve()
    return place if place.is_relative_to(folder.resolve()) else None
