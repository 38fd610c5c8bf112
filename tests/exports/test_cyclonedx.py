"""CycloneDX: the official strict validator takes every bill; sources and models come back."""

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings

from tests.exports.pictures import hospital, pictures, unordered
from traceprop_nb.errors import FormatError
from traceprop_nb.exports import cyclonedx
from traceprop_nb.exports.loss import without

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@given(pictures())
@settings(max_examples=12, deadline=None)
def test_the_strict_validator_takes_every_bill(picture):
    assert VALIDATOR.validate_str(cyclonedx.write(picture).decode()) is None


def test_the_validator_can_refuse():
    told = json.loads(cyclonedx.write(hospital()))
    told["components"][2]["modelCard"]["grade"] = "A"
    assert VALIDATOR.validate_str(json.dumps(told)) is not None


@given(pictures())
@settings(max_examples=60, deadline=None)
def test_sources_models_and_packages_come_back(picture):
    back = cyclonedx.read(cyclonedx.write(picture))
    assert unordered(back) == unordered(without(picture, cyclonedx.LOSES))


def test_a_model_depends_on_its_data_and_its_parent_and_metrics_are_named():
    told = json.loads(cyclonedx.write(hospital()))
    needs = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    assert needs == {
        "run/0": ["source/0", "source/1"], "run/1": ["run/0", "source/0", "source/1"],
    }  # fmt: skip
    model = next(c for c in told["components"] if c["bom-ref"] == "run/0")
    assert model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.9375", "slice": "holdout"}
    ]
    purls = [c["purl"] for c in told["components"] if c["type"] == "library"]
    assert sorted(purls) == ["pkg:pypi/numpy@2.3.0", "pkg:pypi/pandas@3.1.1"]


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"bomFormat": "SPDX"}'])
def test_what_is_no_bill_is_refused(data):
    with pytest.raises(FormatError, match="no CycloneDX"):
        cyclonedx.read(data)
