"""Where the records of a text file begin: quoted line breaks, blank lines and headers heeded.

A newline ends a record when the quotes before it are balanced. The index is only used when it
counts as many records as the reader delivered; anything unusual (comments, skipped lines by list,
escapes) has no line numbers rather than wrong ones.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass

import numpy as np

from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source

_PLAIN = {
    "comment": (None,), "lineterminator": (None,), "escapechar": (None,), "skipfooter": (0, None),
    "quotechar": ('"',), "quoting": (0,), "doublequote": (True,), "compression": ("infer", None),
    "encoding": (None, "utf-8", "utf8", "utf-8-sig", "latin-1", "ascii"),
}  # fmt: skip
_PACKED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")


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
    if source.path is None or source.detail.get("reader") != "csv":
        return f"{source.name!r} is not a text file with lines"
    why = _unusual(source)
    if why:
        return why
    try:
        with open(source.path, "rb") as file:
            data = file.read()
    except OSError as error:
        return f"{source.path} cannot be read any more: {error.strerror}"
    if source.digest is None:
        return f"{source.path} changed while it was read, so its lines are not known"
    if "sha256:" + hashlib.sha256(data).hexdigest() != source.digest:
        return f"{source.path} is no longer the file that was read"
    return _built(source, data)


def _unusual(source: Source) -> str:
    options = source.detail.get("options", {})
    odd = list(source.detail.get("unusual", ()))
    odd += [k for k, allowed in _PLAIN.items() if k in options and options[k] not in allowed]
    if str(source.path).endswith(_PACKED):
        odd.append("compression")
    if options.get("header", "infer") not in ("infer", 0, None):
        odd.append("header")
    return f"read with {', '.join(sorted(set(odd)))}, so its lines are not known" if odd else ""


def _built(source: Source, data: bytes) -> LineIndex | str:
    options = source.detail.get("options", {})
    starts, ends, lines = _records(data)
    if data.startswith(codecs.BOM_UTF8):
        starts[:1] = len(codecs.BOM_UTF8)
    skipped = options.get("skiprows") or 0
    starts, ends, lines = starts[skipped:], ends[skipped:], lines[skipped:]
    if options.get("skip_blank_lines", True):
        kept = np.array(
            [bool(data[a:b].strip(b" \t\r\n")) for a, b in zip(starts, ends, strict=True)], bool
        )
        starts, ends, lines = starts[kept], ends[kept], lines[kept]
    encoding = options.get("encoding") or "utf-8-sig"
    header = ""
    if options.get("header", "infer") is not None and len(starts):
        header = data[starts[0] : ends[0]].decode(encoding, errors="replace").rstrip("\r\n")
        starts, ends, lines = starts[1:], ends[1:], lines[1:]
    if options.get("nrows") is not None:
        starts, ends, lines = starts[: source.n_rows], ends[: source.n_rows], lines[: source.n_rows]
    if len(starts) != source.n_rows:
        return (
            f"{len(starts)} records were counted in {source.name!r} and {source.n_rows} were read"
        )
    delimiter = options.get("delimiter") or options.get("sep") or ","
    delimiter = delimiter if isinstance(delimiter, str) and len(delimiter) == 1 else ","
    return LineIndex(
        lines,
        starts,
        ends,
        data,
        header,
        delimiter,
        "utf-8" if encoding == "utf-8-sig" else encoding,
    )


def _records(data: bytes) -> tuple[Ints, Ints, Ints]:
    """Start, end and first line of each stretch between newlines outside quotes."""
    raw = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(raw == 10)
    if not len(newlines) and b"\r" in data:
        newlines = np.flatnonzero(raw == 13)
    quotes = np.flatnonzero(raw == 34)
    balanced = np.searchsorted(quotes, newlines) % 2 == 0
    breaks = np.flatnonzero(balanced)
    cuts = newlines[breaks]
    starts = np.concatenate(([0], cuts + 1)).astype(np.int64)
    ends = np.concatenate((cuts, [len(data)])).astype(np.int64)
    lines = np.concatenate(([0], breaks + 1)).astype(np.int64) + 1
    kept = starts < len(data)
    return starts[kept], ends[kept], lines[kept]
