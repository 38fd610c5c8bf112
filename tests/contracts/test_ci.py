"""People, pre-commit and CI run the same commands, and none can pass by skipping."""

import os
import re
import subprocess
import sys

import pytest

from tests.contracts.tree import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def prerequisites(target: str) -> list[str]:
    line = re.search(rf"^{target}:(.*?)(##|$)", MAKEFILE, re.MULTILINE)
    assert line, f"the Makefile has no target {target}"
    return line[1].split()


@pytest.mark.parametrize(
    "target", ["demo", "lab", "unit", "browser", "bench", *prerequisites("check")]
)
def test_every_target_does_its_own_set_up(target):
    assert "$(STAMP)" in prerequisites(target)


def test_pre_commit_runs_what_make_check_runs():
    hooks = re.findall(r"entry: make (\w+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks == prerequisites("check")


def test_ci_runs_make_test_and_says_that_it_is_ci():
    script = (ROOT / ".ci/run").read_text()
    assert "export CI=true" in script
    assert script.rstrip().endswith("make test")
    assert os.access(ROOT / ".ci/run", os.X_OK)


def outcome(tmp_path, folder: str, ci: str) -> tuple[int, str]:
    """Exit code and output of pytest on one test that skips itself."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "test_it.py").write_text(
        "import pytest\ndef test_it():\n    pytest.skip('no Chromium')\n"
    )
    env = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider",
         "-p", "no:xdist", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path / folder)],
        capture_output=True, text=True, env=env, cwd=tmp_path, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_skipped_browser_test_fails_in_ci(tmp_path):
    code, said = outcome(tmp_path, "browser", ci="true")
    assert code == 1
    assert "must run in CI, but this one was skipped: Skipped: no Chromium" in said


@pytest.mark.parametrize(("folder", "ci"), [("browser", ""), ("laws", "true")])
def test_other_skips_stay_skips(tmp_path, folder, ci):
    code, said = outcome(tmp_path, folder, ci)
    assert code == 0
    assert "1 skipped" in said
