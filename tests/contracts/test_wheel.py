"""What is in the wheel: the package with its schemas and its JavaScript, and nothing else."""

import subprocess
import sys
import zipfile

import pytest

from tests.contracts.tree import PACKAGE, ROOT

OUTSIDE = ("tests/", "docs/", "js/", "benchmarks/", "notebooks/", "scripts/", "binder/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True, capture_output=True,
    )  # fmt: skip
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        yield archive


def missing(names: set[str]) -> set[str]:
    """Files of the package that a list of names lacks; compiled ones do not count."""
    files = {p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    return {p.relative_to(ROOT).as_posix() for p in files} - names


def test_the_wheel_has_every_file_of_the_package(wheel):
    assert not missing(set(wheel.namelist()))


def test_the_wheel_has_schemas_bundle_and_type_marker(wheel):
    names = wheel.namelist()
    assert "traceprop_nb/py.typed" in names
    assert any(n.startswith("traceprop_nb/reports/schema/") and n.endswith(".json") for n in names)
    assert any(n.startswith("traceprop_nb/widgets/static/") and n.endswith(".js") for n in names)


def test_the_wheel_has_nothing_else(wheel):
    others = {n for n in wheel.namelist() if not n.startswith("traceprop_nb/")}
    assert all(".dist-info/" in n for n in others), others
    assert not [
        n for n in wheel.namelist() if n.startswith(OUTSIDE) or n.endswith((".pyc", ".map"))
    ]


def test_the_wheel_carries_the_licence_and_every_extra(wheel):
    (metadata,) = [n for n in wheel.namelist() if n.endswith("/METADATA")]
    text = wheel.read(metadata).decode()
    assert "License-Expression: Apache-2.0" in text
    assert any(n.endswith("/licenses/LICENSE") for n in wheel.namelist())
    for extra in (
        "pandas",
        "sklearn",
        "torch",
        "jax",
        "pdf",
        "postgres",
        "scale",
        "interop",
        "lab",
    ):
        assert f"Provides-Extra: {extra}" in text


def test_a_missing_file_is_noticed(wheel):
    assert missing(set(wheel.namelist()) - {"traceprop_nb/errors.py"}) == {"traceprop_nb/errors.py"}
