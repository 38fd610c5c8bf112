"""A record: canonical bytes that cannot be changed, written as JSON, HTML or PDF, and re-checked.

The digest is the SHA-256 of the RFC 8785 canonical JSON of the record without its member
``digest``. The JSON file is the canonical JSON with that member; the HTML file shows the same
record, prints the same digest and carries the same JSON as escaped text; the PDF file does so as
an attachment.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from traceprop_nb.errors import OptionError, RecordError
from traceprop_nb.reports.canonical import canonical, digest, read
from traceprop_nb.reports.finding import STATES
from traceprop_nb.reports.html import EMBEDDED, document
from traceprop_nb.reports.pdf_attachment import attached
from traceprop_nb.reports.schema import require_valid
from traceprop_nb.reports.verify import Verification, inconsistencies, verification

DIGEST_OF = "sha256 of the canonical UTF-8 bytes of this record without its member 'digest'"


@dataclass(frozen=True)
class Record:
    """What a session shows, in one of six states a field.

    Attributes:
        body: Canonical JSON with the digest.
        locations: Evidence id of a source -> its file, for `verify`; never written out.
        companions: Gives what a bundle holds beside the record, by file name: the log.
    """

    body: bytes = field(repr=False)
    locations: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    companions: Callable[[], Mapping[str, bytes]] = field(default=dict, repr=False, compare=False)

    @classmethod
    def of(cls, content: Mapping[str, Any], locations: Mapping[str, str]) -> Self:
        """Seal the content with its digest.

        Raises:
            RecordError: where the schema refuses it, or it contradicts itself.
        """
        sealed = {**content, "digest": digest(dict(content))}
        require_valid(sealed)
        if wrong := inconsistencies(sealed):
            raise RecordError(f"the record contradicts itself: {wrong[0]}")
        return cls(canonical(sealed), dict(locations))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved ``.json``, ``.html`` or ``.pdf`` record or a bundle; `verify` checks it.

        Raises:
            RecordError: where the file holds no record.
        """
        text = _text(Path(path))
        try:
            parsed = read(text)
        except ValueError as error:
            raise RecordError(f"{path} holds no record: {error}") from error
        if not isinstance(parsed, dict):
            raise RecordError(f"{path} holds no record but a JSON {type(parsed).__name__}")
        return cls(canonical(parsed))

    @property
    def digest(self) -> str:
        """``"sha256:..."`` as printed in the record."""
        return str(self.to_dict().get("digest"))

    def to_dict(self) -> dict[str, Any]:
        """The record as new, plain dicts and lists."""
        return cast(dict[str, Any], read(self.body))

    def to_json(self) -> str:
        """The canonical JSON (RFC 8785), on one line."""
        return self.body.decode("utf-8")

    def to_html(self) -> str:
        """One self-contained page: no network, no scripts, the JSON inside."""
        return document(self.to_dict(), self.to_json())

    def to_pdf(self) -> bytes:
        """The same record on pages, PDF/A-3a and PDF/UA-1, the JSON attached.

        Raises:
            MissingFrameworkError: typst is not installed; ``traceprop_nb[pdf]`` brings it.
        """
        from traceprop_nb.reports.pdf import pdf

        return pdf(self.to_dict(), self.to_json())

    def save(self, path: str | Path) -> Path:
        """Write the record by the suffix of the path, and return the path.

        A ``.zip`` is a bundle: the record, its log and a verifier that stands alone.

        Raises:
            OptionError: for a suffix other than .json, .html, .pdf and .zip.
            MissingFrameworkError: for .pdf where typst is not installed.
        """
        target = Path(path)
        writers: dict[str, Callable[[], str | bytes]] = {
            ".json": self.to_json, ".html": self.to_html, ".htm": self.to_html,
            ".pdf": self.to_pdf, ".zip": self.to_bundle,
        }  # fmt: skip
        if target.suffix.lower() not in writers:
            raise OptionError(
                f"cannot save a record as {target.suffix or 'a file without suffix'!r}; "
                "use .json, .html, .pdf or .zip"
            )
        written = writers[target.suffix.lower()]()
        target.write_bytes(written.encode("utf-8") if isinstance(written, str) else written)
        return target

    def to_bundle(self) -> bytes:
        """A zip with the record, its log, its heads, the public keys and the verifier."""
        from traceprop_nb.reports.bundle.write import bundle

        return bundle(self)

    def bundle(self, path: str | Path) -> Path:
        """Write the bundle, whatever the path's suffix, and return the path."""
        Path(path).write_bytes(self.to_bundle())
        return Path(path)

    def verify(self, folder: str | Path = ".") -> Verification:
        """Check the record against its schema, its digests, itself and the source files.

        Args:
            folder: Where paths of sources start, for a record that was loaded.
        """
        return verification(self.to_dict(), self.locations, Path(folder))

    def __repr__(self) -> str:
        content = self.to_dict()
        counts = [
            f"{content['summary'][state]} {state.replace('_', ' ')}"
            for state in STATES
            if content["summary"][state]
        ]
        wrong = [
            f"[!] {found['label']}: {found['check']['detail']}"
            for section in content["sections"]
            for found in section["fields"]
            if found["state"] == "contradicted"
        ]
        head = f"{content['kind'].capitalize()} record of {content['generated_at']}"
        return "\n".join([head, ", ".join(counts), *wrong, self.digest])


def _text(path: Path) -> str:
    """The record's JSON in one of its forms; empty where a page has none."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return (path / "record.json").read_text("utf-8")
    if suffix == ".zip":
        return _packed(path)
    content = path.read_bytes()
    if suffix == ".pdf":
        return attached(content).decode("utf-8")
    text = content.decode("utf-8")
    if suffix not in (".html", ".htm"):
        return text
    found = re.search(EMBEDDED, text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def _packed(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            return packed.read("record.json").decode("utf-8")
    except (KeyError, zipfile.BadZipFile) as error:
        raise RecordError(f"{path} holds no record: {error}") from error
