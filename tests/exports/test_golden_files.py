"""The bytes of every format for one session by hand; ``python -m tests.exports.test_golden_files``
writes them anew, where a change is meant.
"""

import pathlib

import pytest

from tests.exports.pictures import hospital
from traceprop_nb.exports.formats import FORMATS

GOLDEN = pathlib.Path(__file__).parent / "golden"
UNSIGNED = [name for name, one in FORMATS.items() if not one.payload_type]
FILES = {name: GOLDEN / f"hospital{FORMATS[name].suffixes[0]}" for name in UNSIGNED}


@pytest.mark.parametrize("name", UNSIGNED)
def test_the_bytes_of_a_format_are_those_of_its_golden_file(name):
    assert FORMATS[name].write(hospital()) == FILES[name].read_bytes()


def test_every_golden_file_has_its_format():
    assert set(GOLDEN.iterdir()) == set(FILES.values())


if __name__ == "__main__":
    for name, path in FILES.items():
        path.write_bytes(FORMATS[name].write(hospital()))
