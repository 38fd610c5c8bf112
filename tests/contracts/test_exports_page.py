"""docs/exports.md says of the formats what the formats say of themselves."""

import re

import pytest

from scripts import exports_page
from tests.contracts.tree import ROOT
from traceprop_nb.exports.formats import FORMATS

TEXT = exports_page.PAGE.read_text("utf-8")
MODULES = {
    "openlineage-python": "openlineage", "cyclonedx-python-lib": "cyclonedx",
    "in-toto-attestation": "in_toto_attestation", "opentelemetry-proto": "opentelemetry",
    "mlflow-skinny": "mlflow", "roc-validator": "rocrate_validator",
}  # fmt: skip
CHECKS = {
    path.name: path.read_text("utf-8")
    for path in (*(ROOT / "tests/exports").glob("*.py"), ROOT / "tests/stores/test_crate.py")
}
FOREIGN = {name for one in FORMATS.values() for name in one.checked.split(", ")}
FOREIGN |= {"duckdb", "mlflow-skinny", "roc-validator"}


def imports(package: str, text: str) -> bool:
    module = MODULES.get(package, package)
    return re.search(rf"^(import|from) {module}\b", text, re.MULTILINE) is not None


@pytest.mark.parametrize("package", sorted(FOREIGN))
def test_a_package_that_is_said_to_check_is_imported_by_a_test(package):
    assert any(imports(package, text) for text in CHECKS.values())


def test_no_foreign_check_can_be_skipped():
    pattern = re.compile(r"importorskip|pytest\.skip|skipif|mark\.skip")
    assert [name for name, text in CHECKS.items() if pattern.search(text)] == []
    assert pattern.search("pytest.importorskip('mlflow')")
    assert not imports("duckdb", "    duckdb = pytest.importorskip('duckdb')")


def test_the_tables_are_those_of_the_formats():
    assert exports_page.page(TEXT) == TEXT, "run python scripts/exports_page.py"


def test_the_check_above_can_fail():
    shorter = "\n".join(line for line in TEXT.splitlines() if "Croissant 1.0" not in line)
    assert exports_page.page(shorter) != shorter


def test_every_format_stands_in_the_docstring_of_the_door():
    from traceprop_nb.session.doors import export

    assert not [name for name in FORMATS if f'"{name}"' not in export.__doc__]
