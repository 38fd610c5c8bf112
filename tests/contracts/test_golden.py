"""The payloads both languages test against. Change one in Python, and js/test fails too."""

import json

import pytest

from tests.golden.examples import EXAMPLES, GOLDEN, as_json


@pytest.mark.parametrize("name", EXAMPLES)
def test_python_writes_what_the_golden_file_holds(name):
    assert as_json(EXAMPLES[name]()) == (GOLDEN / f"{name}.json").read_text("utf-8"), (
        "if the change is meant: python -m tests.golden.examples, then js/src/payloads"
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_payload_is_strict_json(name):
    assert json.loads(json.dumps(EXAMPLES[name](), allow_nan=False))


def test_every_golden_file_has_its_example():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EXAMPLES)
