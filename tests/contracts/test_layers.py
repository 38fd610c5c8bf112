"""A layer imports and calls only what lies below it; values come back by return."""

import pathlib
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.contracts.tree import PACKAGE, ROOT

CONFIG = (ROOT / "pyproject.toml").read_text()
CONTRACTS = {c["id"]: c for c in tomllib.loads(CONFIG)["tool"]["importlinter"]["contracts"]}
LAYERS = [
    line.replace("(", "").replace(")", "").split(" | ") for line in CONTRACTS["layers"]["layers"]
]
HEIGHT = {name: -depth for depth, names in enumerate(LAYERS) for name in names}


def verdict(copy: pathlib.Path, contract: str) -> tuple[int, str]:
    """Exit code and report of import-linter for one contract on a copy of the package."""
    (copy / "pyproject.toml").write_text(CONFIG)
    linter = pathlib.Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo", "--contract", contract],
        cwd=copy, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(copy)},
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def copy(tmp_path) -> pathlib.Path:
    shutil.copytree(
        PACKAGE, tmp_path / "traceprop_nb", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


BREACHES = [
    ("layers", "lineage/breach.py", "import traceprop_nb.session"),
    ("layers", "payloads/breach.py", "import traceprop_nb.reports"),
    ("layers", "newcomer/__init__.py", ""),
    ("adapters-closed", "magics/breach.py", "import traceprop_nb.adapters.pandas"),
    ("adapters-apart", "adapters/numpy/breach.py", "import traceprop_nb.adapters.torch"),
    ("widgets-payloads", "widgets/breach.py", "import traceprop_nb.attribution"),
    ("frameworks", "session/breach.py", "def late():\n    import pandas"),
    ("frameworks", "tracing/breach.py", "import IPython"),
    ("frameworks-magics", "magics/breach.py", "import torch"),
    ("ipython", "widgets/breach.py", "import IPython"),
]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_import_contract_holds(copy, contract):
    code, said = verdict(copy, contract)
    assert code == 0, said


@pytest.mark.parametrize(("contract", "module", "source"), BREACHES)
def test_a_breach_of_a_contract_is_found(copy, contract, module, source):
    (copy / "traceprop_nb" / module).parent.mkdir(exist_ok=True)
    (copy / "traceprop_nb" / module).write_text(f'"""A breach."""\n{source}\n')
    code, said = verdict(copy, contract)
    assert code == 1
    assert "BROKEN" in said


def test_every_contract_has_a_breach_that_shows_it_can_fail():
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)
