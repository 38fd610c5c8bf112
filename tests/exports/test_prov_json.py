"""PROV-JSON: what the prov package reads is what was written, and what we read is the session."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from prov.model import ProvDocument

from tests.exports.pictures import hospital, pictures
from traceprop_nb.errors import FormatError
from traceprop_nb.exports import prov_json, prov_read


@given(pictures())
@settings(max_examples=60, deadline=None)
def test_a_session_comes_back_whole(picture):
    assert prov_read.read(prov_json.write(picture)) == picture


@given(pictures())
@settings(max_examples=25, deadline=None)
def test_the_prov_package_reads_what_was_written_and_writes_the_same_session(picture):
    document = ProvDocument.deserialize(content=prov_json.write(picture).decode(), format="json")
    again = document.serialize(format="json").encode()
    assert ProvDocument.deserialize(content=again.decode(), format="json") == document


@given(pictures())
@settings(max_examples=25, deadline=None)
def test_what_the_prov_package_writes_of_it_is_still_the_session(picture):
    document = ProvDocument.deserialize(content=prov_json.write(picture).decode(), format="json")
    back = prov_read.read(document.serialize(format="json").encode())
    as_sets = [
        {name: set(part) if isinstance(part, tuple) else part for name, part in vars(one).items()}
        for one in (back, untimed(picture))
    ]
    as_sets[0]["cells"] = set(untimed(back).cells)
    assert as_sets[0] == as_sets[1]


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("entity", {"nowhere:source": {"prov:label": "x"}}),
        ("wasKnownBy", {"_:k": {"prov:entity": "s:source/0", "prov:agent": "s:agent/kernel"}}),
    ],
)
def test_the_prov_package_can_refuse(part, statement):
    told = json.loads(prov_json.write(hospital()))
    told.setdefault(part, {}).update(statement)
    with pytest.raises(Exception, match=r"valid identifier|wasKnownBy"):
        ProvDocument.deserialize(content=json.dumps(told), format="json")


def untimed(picture):
    """Without times of cells, which that package spells with six digits."""
    cells = tuple(replace(cell, began="", ended="") for cell in picture.cells)
    return replace(picture, cells=cells)


FOREIGN = {
    "prefix": {"ex": "http://example.org/"},
    "entity": {"ex:raw": {"prov:label": "raw.csv", "ex:colour": "red"}, "ex:clean": {}},
    "activity": {"ex:cleaning": {"prov:startTime": "2026-01-01T00:00:00Z"}},
    "wasGeneratedBy": {"_:g": {"prov:entity": "ex:clean", "prov:activity": "ex:cleaning"}},
    "wasDerivedFrom": {"_:d": {"prov:generatedEntity": "ex:clean", "prov:usedEntity": "ex:raw"}},
    "agent": {"ex:me": [{"prov:type": {"$": "prov:Person", "type": "xsd:QName"}}]},
}


def test_a_document_of_somebody_else_is_read_as_far_as_prov_goes():
    found = prov_read.read(json.dumps(FOREIGN).encode())
    assert [(s.id, s.name, s.kind) for s in found.sources] == [("ex:raw", "raw.csv", "entity")]
    assert [(v.id, v.cell) for v in found.values] == [("ex:clean", "ex:cleaning")]
    assert [(e.parent, e.child, e.way) for e in found.edges] == [("ex:raw", "ex:clean", "direct")]
    assert found.cells[0].began == "2026-01-01T00:00:00Z"
    assert found.agents[0].kind == "person"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "is not JSON"),
        (b"[]", "no PROV-JSON"),
        (b'{"entity": 3}', "entity: expected an object"),
        (b'{"entity": {"s:source/0": {"tp:records": "many"}}}', "source/0.records: expected int"),
        (b'{"entity": {"s:source/0": {"tp:columns": "["}}}', "is not JSON"),
        (b'{"entity": {"s:source/0": {"tp:colour": 1}}}', "no member 'colour'"),
        (b'{"entity": {"x": {"tp:records": {"$": "z", "type": "xsd:int"}}}}', "no xsd:int"),
    ],
)
def test_what_is_no_prov_json_is_refused_with_the_place(data, said):
    with pytest.raises(FormatError, match=said):
        prov_read.read(data)


@given(pictures())
@settings(max_examples=30, deadline=None)
def test_a_cell_is_said_to_use_a_thing_once(picture):
    told = json.loads(prov_json.write(picture)).get("used", {}).values()
    pairs = [(one["prov:activity"], one["prov:entity"]) for one in told]
    assert len(pairs) == len(set(pairs))
