"""in-toto: the official package validates the statement; and it never claims more than L0."""

import json

import pytest
from google.protobuf.json_format import Parse
from hypothesis import given, settings
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from tests.exports.pictures import hospital, pictures
from traceprop_nb.errors import OptionError
from traceprop_nb.exports import in_toto


def checked(data: bytes) -> statement_pb2.Statement:
    """The statement by the official bindings, each of its resources validated by their rules."""
    found = Parse(data.decode(), statement_pb2.Statement())
    Statement.copy_from_pb(found).validate()
    return found


@given(pictures())
@settings(max_examples=40, deadline=None)
def test_the_official_package_validates_every_statement(picture):
    if any(run.digest for run in picture.runs):
        checked(in_toto.write(picture))
    else:
        with pytest.raises(OptionError, match="about a model, and none"):
            in_toto.write(picture)


def test_the_predicate_is_slsa_provenance_by_the_official_bindings():
    told = json.loads(in_toto.write(hospital()))["predicate"]
    builder = told["runDetails"]["builder"]
    found = Parse(json.dumps(told), provenance_pb2.Provenance())
    assert builder["id"] == found.run_details.builder.id == "urn:traceprop-nb:kernel"
    for one in found.build_definition.resolved_dependencies:
        ResourceDescriptor.copy_from_pb(one).validate()
    digests = [dict(one.digest) for one in found.build_definition.resolved_dependencies]
    assert digests[0] == {"sha256": "1a" * 32}


def test_no_level_above_zero_is_ever_claimed():
    told = json.loads(in_toto.write(hospital()))["predicate"]["buildDefinition"]
    assert told["internalParameters"]["slsaBuildLevel"].startswith("L0")


def test_the_official_package_can_refuse():
    with pytest.raises(ValueError, match="At least one of"):
        ResourceDescriptor().validate()
