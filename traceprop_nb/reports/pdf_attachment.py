"""The file that a PDF of ours carries, read back without a PDF library.

Only what `pdf` writes is understood: one embedded file, deflated, its dictionary not inside an
object stream (ISO 32000 forbids that of a stream). Anything else holds no record.
"""

from __future__ import annotations

import re
import zlib

from traceprop_nb.errors import RecordError

_EMBEDDED = re.compile(rb"/Type\s*/EmbeddedFile\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_LENGTH = re.compile(rb"/Length\s+(\d+)\b(?!\s+\d+\s+R)")

LARGEST = 256 * 2**20
"""Bytes of an attachment that are read; a record has a few million at most."""


def attached(pdf: bytes) -> bytes:
    """The one file in it.

    Raises:
        RecordError: There is none, there are several, or it cannot be read.
    """
    found = list(_EMBEDDED.finditer(pdf))
    if not pdf.startswith(b"%PDF-") or len(found) != 1:
        raise RecordError(f"a record has one attached file; this has {len(found)}, or is no PDF")
    begins = pdf.rfind(b" obj", 0, found[0].start())
    stream = _STREAM.search(pdf, found[0].end())
    if stream is None or begins < 0:
        raise RecordError("the file attached to the PDF has no content")
    head = pdf[begins : stream.start()]
    length = _LENGTH.search(head)
    if length is None or b"/FlateDecode" not in head:
        raise RecordError("the file attached to the PDF is not packed as a record's is")
    packed = pdf[stream.end() : stream.end() + int(length[1])]
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, LARGEST)
    except zlib.error as error:
        raise RecordError(f"the file attached to the PDF is damaged: {error}") from error
    if not unpacking.eof:
        raise RecordError(f"the file attached to the PDF is cut, or larger than {LARGEST} bytes")
    return content
