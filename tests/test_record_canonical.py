"""Canonical JSON against the vectors of RFC 8785 and against a reader of JSON."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given, strategies as st

from traceprop_nb.errors import RecordError
from traceprop_nb.reports.canonical import canonical, digest, number, read

# RFC 8785, appendix B: bits of a double, and how ECMAScript prints it.
PRINTED = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


@pytest.mark.parametrize(("bits", "printed"), PRINTED.items())
def test_numbers_are_printed_as_the_rfc_prints_them(bits, printed):
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert number(value) == printed


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_reads_back_as_itself(value):
    assert float(number(value)) == value


@given(documents)
def test_reading_and_writing_again_changes_no_byte(document):
    assert canonical(read(canonical(document))) == canonical(document)


def test_a_member_that_comes_twice_is_refused():
    with pytest.raises(RecordError, match="twice"):
        read('{"a": 1, "a": 2}')


def test_members_are_sorted_by_utf16_units_and_nothing_is_escaped_without_need():
    # RFC 8785, section 3.2.3: the smiley's first unit sorts before the Hebrew presentation form.
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    found = json.loads(canonical(dict.fromkeys(names, 0)), object_pairs_hook=list)
    assert [name for name, _ in found] == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@given(documents)
def test_canonical_json_means_the_same_document(document):
    assert json.loads(canonical(document), parse_int=float) == document  # ints are below 2**53


@given(documents)
def test_a_document_has_one_spelling(document):
    again = json.loads(json.dumps(document, indent=3))
    if not isinstance(document, float):  # json.dumps keeps 1.0 and 1 apart, RFC 8785 does not
        assert canonical(again) == canonical(document)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (math.nan, "no nan"),
        ([math.inf], "no inf"),
        (2**53, "beyond 2"),
        ("\ud800", "lone surrogate"),
        ({1: 2}, "text as names"),
        ({"a": object()}, "no object"),
        (b"raw", "no bytes"),
    ],
)
def test_what_json_cannot_carry_is_refused(value, message):
    with pytest.raises(RecordError, match=message):
        canonical(value)


def test_a_digest_is_the_hash_of_the_canonical_bytes():
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest({}) == f"sha256:{empty}"
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
