"""What importing this package costs, and may not pull in."""

import subprocess
import sys

import pytest

HEAVY = {
    "IPython", "anywidget", "ipywidgets", "jax", "matplotlib", "pandas", "scipy", "sklearn",
    "sqlalchemy", "torch", "traitlets",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in a fresh interpreter after a statement."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_import_stays_light():
    loaded = loaded_by("import traceprop_nb")
    assert "traceprop_nb" in loaded
    assert not loaded & HEAVY


def test_a_session_that_saw_no_framework_loads_none():
    loaded = loaded_by("import traceprop_nb as tp; tp.session().trace_on(); tp.report()")
    assert not loaded & {"pandas", "sklearn", "torch", "jax", "IPython", "anywidget", "matplotlib"}


@pytest.mark.parametrize("name", ["IPython", "scipy"])
def test_the_check_above_can_fail(name):
    assert loaded_by(f"import traceprop_nb, {name}") & HEAVY
