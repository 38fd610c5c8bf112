"""Croissant: mlcroissant finds no error in what was written, and sources come back."""

import json
from dataclasses import replace

import mlcroissant
import pytest
from hypothesis import given, settings

from tests.exports.pictures import hospital, pictures, unordered
from traceprop_nb.errors import FormatError
from traceprop_nb.exports import croissant
from traceprop_nb.exports.loss import without

# Between that checker and rdflib.
pytestmark = pytest.mark.filterwarnings("ignore:.*Graph is deprecated:DeprecationWarning",
                                        "ignore:Dataset:DeprecationWarning")  # fmt: skip


def errors(data: bytes) -> set[str]:
    """What the foreign checker calls an error; warnings ask for what only people know."""
    try:
        found = mlcroissant.Metadata.from_json(mlcroissant.Context(), json.loads(data))
        return set(found.issues.errors)
    except mlcroissant.ValidationError as error:
        return {str(error)}


@given(pictures())
@settings(max_examples=10, deadline=None)
def test_the_foreign_checker_finds_no_error(picture):
    assert not errors(croissant.write(picture))


def test_the_foreign_checker_can_find_one():
    told = json.loads(croissant.write(hospital()))
    del told["distribution"][0]["sha256"]
    assert errors(json.dumps(told).encode())


@given(pictures())
@settings(max_examples=60, deadline=None)
def test_sources_come_back(picture):
    kept = [  # the two losses that depend on something
        replace(source, columns=tuple(c for c in source.columns if c.name))
        for source in picture.sources
        if source.digest
    ]
    picture = replace(picture, sources=tuple(kept))
    back = croissant.read(croissant.write(picture))
    assert unordered(back) == unordered(without(picture, croissant.LOSES))


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"conformsTo": "elsewhere"}'])
def test_what_is_no_croissant_is_refused(data):
    with pytest.raises(FormatError, match="no Croissant"):
        croissant.read(data)
