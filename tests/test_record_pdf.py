"""The record on pages: the same record and digest, nothing interpreted, nothing over the margin."""

from __future__ import annotations

import io
import re
import struct
import sys
import unicodedata
import zlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.record_examples import clock, session
from traceprop_nb.errors import MissingFrameworkError, OptionError, RecordError
from traceprop_nb.reports import KINDS, Evidence, Record, build, pdf as setting, pdf_values
from traceprop_nb.reports.pdf_attachment import attached
from traceprop_nb.reports.pdf_pages import pages
from traceprop_nb.reports.pdf_values import UNSHOWN, block, breadth, run, shared, shown_text, table

pypdf = pytest.importorskip("pypdf")
typst = pytest.importorskip("typst")

HOSTILE = (
    '#pdf.attach("/etc/passwd") #read("pages.json") ] #box[x] \\ $y$ *b* `r` // @ref <a> '
    "<script>alert(1)</script> \u202eRTL\u2066 \U0001f600 中 عربي e\u0301 \x00\x1b"
)
LONG = "W" * 10_000


def hostile_record(text: str = HOSTILE + LONG) -> Record:
    a, b = session().sources
    a = replace(a, name=text, path=text[:300], digest_now="sha256:" + "0" * 64)
    return build(session(sources=(a, b)), clock=clock, stated={"purpose": text, "by": text})


RECORDS = {
    "nothing": build(Evidence(), clock=clock),
    "everything": build(session(), clock=clock, stated={"purpose": "triage support"}),
    "hostile": hostile_record(),
}


@cache
def pdf_of(name: str) -> bytes:
    return RECORDS[name].to_pdf()


@cache
def texts_of(name: str) -> list[str]:
    """What stands on each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(name))).pages]


def text_of(name: str) -> str:
    return "\n".join(texts_of(name))


@pytest.fixture(scope="module", params=RECORDS)
def written(request):
    """A record and its PDF."""
    return RECORDS[request.param], pdf_of(request.param)


# -- the same record -------------------------------------------------------------------------------


@pytest.mark.parametrize("which", RECORDS)
def test_the_attached_json_is_the_record_and_its_digest_is_printed_on_every_page(which):
    attachments = pypdf.PdfReader(io.BytesIO(pdf_of(which))).attachments
    assert list(attachments) == ["record.json"]
    assert attachments["record.json"] == [RECORDS[which].body]
    for text in texts_of(which):
        assert RECORDS[which].digest in text


def test_our_own_reader_finds_the_same_attachment(written, tmp_path):
    record, pdf = written
    assert attached(pdf) == record.body
    (tmp_path / "r.pdf").write_bytes(pdf)
    loaded = Record.load(tmp_path / "r.pdf")
    assert loaded.body == record.body
    assert loaded.verify().ok


def test_the_same_record_gives_the_same_bytes_and_another_time_gives_others(written):
    record, pdf = written
    assert record.to_pdf() == pdf
    later = build(Evidence(), clock=lambda: clock().replace(second=4))
    assert later.to_pdf() != pdf_of("nothing")


def test_the_file_says_what_it_is(written):
    _, pdf = written
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    said = catalogue["/Metadata"].get_data().decode("utf-8")
    assert re.search(r"pdfaid:part>3<.*pdfaid:conformance>A<", said, re.DOTALL)
    assert "pdfuaid:part>1<" in said
    assert reader.metadata.title == "Session record, 2026-11-20T17:10:03Z"
    assert reader.metadata.creation_date == clock()


def test_every_kind_of_record_is_set():
    for kind in KINDS:
        for evidence in (Evidence(), session()):
            record = build(evidence, kind=kind, clock=clock)
            assert attached(record.to_pdf()) == record.body


# -- what stands on the pages ----------------------------------------------------------------------


def test_counters_come_first_then_contradictions_what_is_open_sections_provisions_and_evidence():
    text = text_of("hostile")
    order = [
        "captured by the tool,",
        "contradicted: the evidence disagrees",
        "What is open, and who could settle it",
        "System and session",
        "Law pack eu-ai-act",
        "\nEvidence\n",
        "\nIntegrity\n",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_every_field_provision_and_fact_stands_on_a_page():
    record = RECORDS["everything"].to_dict()
    text = re.sub(r"\s+", " ", text_of("everything"))
    for section in record["sections"]:
        assert section["title"] in text
        for field in section["fields"]:
            assert field["id"] in text
            assert field["label"] in text
    for pack in record["law"]:
        assert all(row["ref"] in text for row in pack["provisions"])
    assert all(
        f"{entry['id']} " in text and entry["digest"] in text for entry in record["evidence"]
    )


def test_a_provision_lists_the_fields_that_answer_it():
    shown = pages(RECORDS["everything"].to_dict())
    told = RECORDS["everything"].to_dict()
    asked = sum(len(f["provisions"]) for s in told["sections"] for f in s["fields"])
    assert sum(len(row["fields"]) for pack in shown["packs"] for row in pack["provisions"]) == asked


def test_every_link_leads_to_an_anchor_of_the_document():
    shown = pages(RECORDS["hostile"].to_dict())
    told: dict[str, list[str]] = {"to": [], "at": []}

    def walk(node):
        for key, value in node.items() if isinstance(node, dict) else ():
            if key in told and value:
                told[key].append(value)
            walk(value)
        for item in node if isinstance(node, list) else ():
            walk(item)

    walk(shown)
    assert set(told["to"]) <= set(told["at"])
    assert len(set(told["at"])) == len(told["at"])
    assert len(told["to"]) > 50


def test_captured_text_is_never_markup_and_never_hides():
    text = text_of("hostile")
    flat = re.sub(r"\s+", "", text)
    assert '#read("pages.json")]#box[x]\\$y$*b*`r`//@ref<a><script>alert(1)</script>' in flat
    assert "\\u202eRTL\\u2066\\ud83d\\ude00\\u4e2d\\u0639" in flat
    assert "e\\u0301\\u0000\\u001b" in flat
    assert not {c for c in text if unicodedata.category(c) == "Cf"}
    assert f"({len(HOSTILE + LONG)} characters)" in re.sub(r"\s+", " ", text)
    assert "Some characters are not in the fonts" in text
    assert "Some characters are not" not in text_of("everything")


@settings(max_examples=3, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=30))
def test_any_texts_can_be_stated_and_set(texts):
    texts = [text.encode("utf-8", "replace").decode("utf-8") + "." for text in texts]
    record = build(Evidence(), clock=clock, stated={"purpose": texts})
    assert attached(record.to_pdf()) == record.body


def test_every_character_that_is_not_escaped_can_be_set():
    shown = [chr(c) for c in range(32, 0x3000) if not UNSHOWN.match(chr(c))]
    assert len(shown) > 1200
    assert not [c for c in shown if unicodedata.bidirectional(c) in ("R", "AL", "AN")]
    record = build(Evidence(), clock=clock, stated={
        "purpose": [" ".join(shown[at : at + 100]) for at in range(0, len(shown), 100)]
    })  # fmt: skip
    assert attached(record.to_pdf()) == record.body


def test_an_escape_is_read_back_as_the_character():
    for text in (HOSTILE, "\U0001f600", "\ufeff", "\u2028"):
        told = re.sub(
            r"(?:\\u[0-9a-f]{4})+",
            lambda m: bytes.fromhex(m[0].replace("\\u", "")).decode("utf-16-be"),
            shown_text(text),
        )
        assert told == text


# -- margins ---------------------------------------------------------------------------------------


def pixels(png: bytes) -> np.ndarray:
    """Pixels of an eight-bit PNG, uint8 (rows, columns, channels)."""
    at, packed = 8, b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", content[:10])
        packed += content if kind == b"IDAT" else b""
        at += 12 + length
    assert depth == 8
    step = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * step)
    above = [0] * (width * step)
    rows = []
    for kind, *line in raw.tolist():
        above = unfiltered(kind, line, above, step)
        rows.append(above)
    return np.array(rows, np.uint8).reshape(height, width, step)


def unfiltered(kind: int, line: list[int], above: list[int], step: int) -> list[int]:
    out = [0] * step + line
    up = [0] * step + above
    for at in range(step, len(out)):
        a, b, c = out[at - step], up[at], up[at - step]
        if kind == 4:
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        guess = (0, a, b, (a + b) // 2, 0)[kind] if kind < 4 else paeth
        out[at] = (out[at] + guess) & 255
    return out[step:]


def margins(record: Record) -> np.ndarray:
    """The strips of 17 mm at both sides of every page."""
    strips = []
    for png in setting.pictures(record.to_dict(), record.to_json(), ppi=20):
        page = pixels(png)[:, :, :3]
        wide = int(17 / 25.4 * 20)
        strips += [page[:, :wide], page[:, -wide:]]
    return np.concatenate(strips)


@pytest.mark.parametrize("which", ["everything", "hostile"])
def test_nothing_is_printed_in_the_margin(which):
    assert (margins(RECORDS[which]) == 255).all()


def test_the_check_of_the_margin_can_fail(monkeypatch):
    monkeypatch.setattr(pdf_values, "breadth", lambda *_: 1.0)  # as if every word would fit
    assert (margins(hostile_record(LONG)) < 255).any()


# -- the blocks ------------------------------------------------------------------------------------


@given(st.lists(st.floats(1, 2000), min_size=1, max_size=9), st.floats(100, 500))
def test_columns_share_the_width_and_none_gets_more_than_it_wants(wanted, width):
    got = shared(wanted, width)
    assert sum(got) <= max(width, 0) + 1e-6 or got == wanted
    assert all(0 < g <= w + 1e-6 for g, w in zip(got, wanted, strict=True))
    if sum(wanted) > width:
        assert sum(got) == pytest.approx(width)
        assert all(
            g >= min(w, width / len(wanted)) - 1e-6 for g, w in zip(got, wanted, strict=True)
        )


@given(st.text(max_size=80), st.floats(30, 400))
def test_a_run_keeps_its_text_and_no_piece_is_wider_than_its_column(text, width):
    pieces = run(text, width)["s"]
    assert "".join(map("".join, pieces)) == shown_text(text)
    for piece in pieces:
        for word in piece.split(" ") if isinstance(piece, str) else ():
            assert breadth(word) <= width


def test_a_table_with_too_many_columns_is_written_as_terms():
    names = [f"n{k}" for k in range(12)]
    assert table(names, [list(range(12))], 300.0)["k"] == "list"
    assert table(names[:3], [[1, 2, 3]], 300.0)["k"] == "table"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "not recorded"), (True, "yes"), (7, "7"), (0.25, "0.25"), (1 / 3, "0.333333"),
     ([], "none"), ("", "none"), ([1, 2], "1, 2"), ({"name": "C", "value": None}, "C = none"),
     ("sha256:" + "ab" * 32, "sha256:abababab…abab"),
     ([{"name": "C", "value": 1.0}, {"name": "d", "value": "x"}], "C = 1; d = x")],
)  # fmt: skip
def test_small_values_are_shown_as_on_the_html_page(value, text):
    found = block(value, 300.0)
    assert "".join("".join(map("".join, one["s"])) for one in found["runs"]) == text


# -- files that are no record of ours --------------------------------------------------------------


def test_a_pdf_without_or_with_a_broken_attachment_is_refused(tmp_path):
    whole = pdf_of("nothing")
    packed = whole.index(b"stream", whole.index(b"/EmbeddedFile")) + 20
    bad = {
        "no PDF": b"%!PS" + whole[4:],
        "no attachment": whole.replace(b"/EmbeddedFile/", b"/EmbeddedPile/"),
        "two": whole + b"<</Type /EmbeddedFile>>",
        "cut": whole[: packed + 40],
        "flipped": whole[:packed] + bytes([whole[packed] ^ 255]) + whole[packed + 1 :],
        "not packed so": whole.replace(
            b"/EmbeddedFile/Filter/FlateDecode", b"/EmbeddedFile/Filter/LZWDecode  "
        ),
        "no stream": whole[: packed - 20],
    }
    for name, content in bad.items():
        (tmp_path / "r.pdf").write_bytes(content)
        with pytest.raises(RecordError, match=r"attached|holds no record"):
            Record.load(tmp_path / "r.pdf")
        assert content != whole, name


def test_an_attachment_that_unpacks_to_too_much_is_refused(monkeypatch):
    from traceprop_nb.reports import pdf_attachment

    monkeypatch.setattr(pdf_attachment, "LARGEST", 1000)
    with pytest.raises(RecordError, match="cut, or larger than 1000 bytes"):
        attached(pdf_of("nothing"))


def test_saving_by_suffix_writes_the_same_bytes(tmp_path):
    record = RECORDS["nothing"]
    assert record.save(tmp_path / "r.PDF").read_bytes() == record.to_pdf()
    with pytest.raises(OptionError, match=r"'\.odt'; use \.json, \.html, \.pdf or \.zip"):
        record.save(tmp_path / "r.odt")


def test_without_typst_the_error_names_the_extra_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingFrameworkError, match=r"traceprop_nb\[pdf\]"):
        RECORDS["nothing"].save(tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())


def test_what_typst_refuses_is_our_error(monkeypatch):
    monkeypatch.setattr(pdf_values, "UNSHOWN", re.compile("(?!)"))
    with pytest.raises(RecordError, match="typst could not set the record"):
        build(Evidence(), clock=clock, stated={"purpose": "\U0001f600"}).to_pdf()
