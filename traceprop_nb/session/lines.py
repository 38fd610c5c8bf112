"""Where the records of a text file begin: quoted line breaks, blank lines and headers heeded.

A newline ends a record when the quotes before it are balanced. The index is only used when it
counts as many records as the reader delivered; anything unusual (lines skipped by a function,
escapes) has no line numbers rather than wrong ones. A line of a packed file is one of its text; a
record of a sheet has its row there, and no text.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import hashlib
import lzma
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source

_PLAIN = {
    "lineterminator": (None,), "escapechar": (None,), "quotechar": ('"',), "quoting": (0,),
    "doublequote": (True,), "compression": ("infer", None, "gzip", "bz2", "xz"),
    "encoding": (None, "utf-8", "utf8", "utf-8-sig", "latin-1", "ascii"),
}  # fmt: skip
_UNPACK = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
_NAMED = {"gzip": ".gz", "bz2": ".bz2", "xz": ".xz"}
_PACKED = (".zip", ".zst", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz")
_ODD_COMMENT = b'%b[^\r\n]*"|(?:^|[\r\n])[ \t]+%b'
"""With quotes in it, or indented: engines of pandas read those in different ways."""
_READERS = ("csv", "fwf", "json", "excel")


@dataclass(frozen=True)
class LineIndex:
    """The records of a file.

    Attributes:
        lines: int64 (n,), physical line on which each record begins, from 1.
        starts: int64 (n,), byte on which it begins.
        ends: int64 (n,), byte after its last.
        data: The file.
        header: The header line, or empty.
        delimiter: Between the cells of a record.
        encoding: Of the text.
    """

    lines: Ints
    starts: Ints
    ends: Ints
    data: bytes
    header: str
    delimiter: str
    encoding: str

    def text(self, record: int) -> str:
        """One record as it stands in the file, without its line break."""
        raw = self.data[self.starts[record] : self.ends[record]]
        return raw.decode(self.encoding, errors="replace").rstrip("\r\n")


def index_of(source: Source) -> LineIndex | str:
    """The index of a source's file, or why there is none."""
    why = _unusual(source)
    if why:
        return why
    assert source.path is not None
    try:
        with open(source.path, "rb") as file:
            data = file.read()
    except OSError as error:
        return f"{source.path} cannot be read any more: {error.strerror}"
    if source.digest is None:
        return f"{source.path} changed while it was read, so its lines are not known"
    if "sha256:" + hashlib.sha256(data).hexdigest() != source.digest:
        return f"{source.path} is no longer the file that was read"
    return _of_sheet(source) if source.detail["reader"] == "excel" else _built(source, data)


def _unusual(source: Source) -> str:
    options, reader = source.detail.get("options", {}), source.detail.get("reader")
    text = reader in _READERS and (reader != "json" or options.get("lines"))
    if source.path is None or not text:
        return f"{source.name!r} is not a text file with lines"
    odd = list(source.detail.get("unusual", ()))
    odd += [k for k, allowed in _PLAIN.items() if k in options and options[k] not in allowed]
    if str(source.path).endswith(_PACKED):
        odd.append("compression")
    if options.get("comment") and reader == "fwf":
        odd.append("comment")
    if reader == "excel" and not odd and "first_row" not in options:
        odd.append("header")
    return f"read with {', '.join(sorted(set(odd)))}, so its lines are not known" if odd else ""


def _of_sheet(source: Source) -> LineIndex:
    lines = np.arange(source.n_rows) + int(source.detail["options"]["first_row"])
    none = np.zeros(source.n_rows, np.int64)
    return LineIndex(lines.astype(np.int64), none, none, b"", "", ",", "utf-8")


def _unpacked(source: Source, data: bytes) -> bytes:
    given = source.detail.get("options", {}).get("compression", "infer")
    ending = str(_NAMED.get(given)) if given != "infer" else str(source.path)
    unpack = next((f for end, f in _UNPACK.items() if ending.endswith(end)), None)
    return unpack(data) if unpack is not None else data


def _built(source: Source, data: bytes) -> LineIndex | str:
    options = source.detail.get("options", {})
    try:
        data = _unpacked(source, data)
    except (OSError, EOFError, lzma.LZMAError) as error:
        return f"{source.path} cannot be unpacked: {error}"
    encoding = options.get("encoding") or "utf-8-sig"
    quoted = source.detail["reader"] == "csv"
    comment = str(options.get("comment") or "").encode()
    if comment and re.search(_ODD_COMMENT % (re.escape(comment), re.escape(comment)), data):
        return f"{source.name!r} has comments of an unusual form, so its lines are not known"
    starts, ends, lines = _records(data, quoted=quoted)
    if data.startswith(codecs.BOM_UTF8):
        starts[:1] = len(codecs.BOM_UTF8)
    kept = _kept(data, starts, ends, options)
    before = _header_lines(options) if source.detail["reader"] != "json" else 0
    header = ""
    if before and len(kept) >= before:
        at = kept[before - 1]
        header = data[starts[at] : ends[at]].decode(encoding, errors="replace").rstrip("\r\n")
    kept = kept[before:]
    if options.get("nrows") is not None:
        kept = kept[: source.n_rows]
    if len(kept) != source.n_rows:
        return f"{len(kept)} records were counted in {source.name!r} and {source.n_rows} were read"
    delimiter = options.get("delimiter") or options.get("sep") or ","
    delimiter = delimiter if isinstance(delimiter, str) and len(delimiter) == 1 else ","
    text = "utf-8" if encoding == "utf-8-sig" else encoding
    return LineIndex(lines[kept], starts[kept], ends[kept], data, header, delimiter, text)


def _kept(data: bytes, starts: Ints, ends: Ints, options: Mapping[str, Any]) -> NDArray[np.intp]:
    """Which stretches are records or headers: not skipped, not blank, no comment."""
    kept = np.ones(len(starts), bool)
    skipped = options.get("skiprows") or 0
    if isinstance(skipped, int):
        kept[:skipped] = False
    else:
        kept[[row for row in skipped if row < len(kept)]] = False
    if options.get("skipfooter"):
        kept[len(kept) - int(options["skipfooter"]) :] = False
    bodies = [data[a:b].strip(b" \t\r\n") for a, b in zip(starts, ends, strict=True)]
    if options.get("skip_blank_lines", True):
        kept &= np.array([bool(body) for body in bodies], bool)
    comment = str(options.get("comment") or "").encode()
    if comment:
        kept &= np.array([not body.startswith(comment) for body in bodies], bool)
    return np.flatnonzero(kept)


def _header_lines(options: Mapping[str, Any]) -> int:
    """Lines up to the header's last, among those that are kept."""
    header = options.get("header", "infer")
    if header == "infer":
        header = 0 if options.get("names") is None else None
    if isinstance(header, list):
        header = max(header, default=None)
    return 0 if header is None else int(header) + 1


def _records(data: bytes, *, quoted: bool = True) -> tuple[Ints, Ints, Ints]:
    """Start, end and first line of each stretch between newlines outside quotes."""
    raw = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(raw == 10)
    if not len(newlines) and b"\r" in data:
        newlines = np.flatnonzero(raw == 13)
    quotes = np.flatnonzero(raw == 34) if quoted else np.empty(0, np.int64)
    balanced = np.searchsorted(quotes, newlines) % 2 == 0
    breaks = np.flatnonzero(balanced)
    cuts = newlines[breaks]
    starts = np.concatenate(([0], cuts + 1)).astype(np.int64)
    ends = np.concatenate((cuts, [len(data)])).astype(np.int64)
    lines = np.concatenate(([0], breaks + 1)).astype(np.int64) + 1
    kept = starts < len(data)
    return starts[kept], ends[kept], lines[kept]
