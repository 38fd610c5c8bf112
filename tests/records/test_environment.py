"""The environment on record: what is imported, what a lock file fixes, what the machine is."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.record_examples import clock, fields, session as example
from tests.records.notebook import Lab, trained
from traceprop_nb.adapters.jax import machine as jax_machine
from traceprop_nb.reports import build
from traceprop_nb.reports.environment_facts import Environment, LockFact
from traceprop_nb.session.environment import NOT_QUERIED, environment
from traceprop_nb.session.locks import _difference, _plain, locks


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(field: dict, name: str):
    """A member of a mapping on record."""
    (found,) = (one["value"] for one in field if one["name"] == name)
    return found


def test_packages_are_those_that_were_imported_with_their_versions(here):
    lab = Lab()
    lab("import numpy, sklearn")
    packages = {
        one["name"]: one["value"] for one in lab.fields()["env.software"]["value"]["packages"]
    }
    assert packages["numpy"] == np.__version__
    assert packages["scikit-learn"] == sys.modules["sklearn"].__version__
    assert "croissant" not in packages


IN_A_PROCESS = """
import sys
from traceprop_nb.session.environment import environment
found = environment()
assert "scikit-learn" not in found.packages and "pandas" not in found.packages
assert found.hardware["accelerators"] == "not queried"
assert found.switches == {"PYTHONHASHSEED": "not set"}, found.switches
import torch
found = environment()
assert "torch" in found.packages
assert found.hardware["accelerators"] == "none seen"
assert found.switches["torch.use_deterministic_algorithms"] is False
torch.use_deterministic_algorithms(True)
assert environment().switches["torch.use_deterministic_algorithms"] is True
import jax
assert "jax" in environment().packages
from jax._src.xla_bridge import backends_are_initialized
assert not backends_are_initialized()
"""


def test_nothing_is_imported_or_started_to_be_asked():
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONHASHSEED"}
    hidden = plain | {"CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([sys.executable, "-c", IN_A_PROCESS], check=True, env=hidden)


def test_devices_that_are_in_use_are_named(monkeypatch):
    import jax

    jax.devices()
    assert jax_machine.accelerators() == []
    found = environment().hardware
    assert found is not None
    assert found["accelerators"] != NOT_QUERIED
    assert found["cpus_usable"] <= found["cpus"]
    assert found["memory_bytes"] > 2**28


def test_a_lock_file_that_says_what_is_imported_establishes_it(here):
    lab = Lab()
    lab("import numpy")
    assert lab.fields()["env.lock"]["missing"]["why"] == "not_observed"
    text = f"# made by hand\nnumpy=={np.__version__}  # pinned\nnowhere==1.0\n"
    (here / "requirements.txt").write_text(text)
    field = lab.fields()["env.lock"]
    assert field["state"] == "established"
    assert field["value"] == [{
        "name": "requirements.txt", "compared": 1, "different": [],
        "digest": "sha256:" + hashlib.sha256(text.encode()).hexdigest(),
    }]  # fmt: skip


def test_a_version_that_differs_contradicts_the_lock_file(here):
    (here / "requirements-dev.txt").write_text("NumPy[all]==1.0.1 \\\n    --hash=sha256:ab\n")
    lab = Lab()
    lab("import numpy")
    wanted = f"numpy {np.__version__}, fixed as 1.0.1 (requirements-dev.txt)"
    assert lab.contradicted() == {"env.lock": wanted}


@pytest.mark.parametrize(
    "line",
    ["numpy>=1.0", "numpy==1.*", "numpy==1.0; python_version < '3'", "-r other.txt", "numpy",
     "numpy @ file:///numpy-1.0.whl", "# numpy==1.0"],
)  # fmt: skip
def test_lines_that_fix_no_version_here_are_not_compared(here, line):
    (here / "requirements.txt").write_text(line + "\n")
    (found,) = locks({"numpy": "2.0"})
    assert (found.compared, found.different) == (0, ())


def test_lock_files_of_uv_and_poetry_are_read_and_others_named(here):
    (here / "uv.lock").write_text('version = 1\n\n[[package]]\nname = "numpy"\nversion = "2.0"\n')
    (here / "pixi.lock").write_text("version: 6\n")
    (here / "conda-lock.yml").write_bytes(b"\xff")
    found = {lock.name: lock for lock in locks({"numpy": "2.1"})}
    assert found["uv.lock"].different == ("numpy 2.1, fixed as 2.0",)
    assert found["pixi.lock"].compared is found["conda-lock.yml"].compared is None
    assert all(lock.digest for lock in found.values())


def test_the_root_of_the_work_tree_is_looked_at_and_nothing_above(here, monkeypatch):
    inner = here / "project" / "notebooks"
    inner.mkdir(parents=True)
    (here / "requirements.txt").write_text("numpy==9\n")
    (here / "project" / "uv.lock").write_text("")
    monkeypatch.chdir(inner)
    assert locks({}) == ()
    (here / "project" / ".git").mkdir()
    assert [lock.name for lock in locks({})] == ["uv.lock"]


versions = st.from_regex(r"[1-9]\.[0-9]{1,2}(\.[0-9])?", fullmatch=True)


@given(versions, versions, st.sampled_from(["", "+cpu", "+cu126"]))
def test_a_build_is_of_its_version_and_every_other_differs(one, other, build_tag):
    assert _difference("torch", one + build_tag, {one}) == ""
    assert (_difference("torch", one + build_tag, {other}) == "") == (one == other)
    assert bool(_difference("torch", one, {one + "+cu126"}))


def test_names_of_packages_are_compared_as_indexes_do():
    assert {_plain(name) for name in ("Scikit_Learn", "scikit-learn", "scikit.learn")} == {
        "scikit-learn"
    }


def test_lock_files_and_switches_that_nobody_looked_at_are_told_from_none():
    def of(**found):
        asked = Environment("3.11", "Linux", {"numpy": "2"}, **found)
        return fields(build(replace(example(), environment=asked), clock=clock))

    assert of()["env.lock"]["missing"]["why"] == "capture_off"
    assert of(locks=())["env.lock"]["missing"]["why"] == "not_observed"
    unread = LockFact("pixi.lock", "sha256:" + "0" * 64)
    assert of(locks=(unread,))["env.lock"]["state"] == "partial"
    assert of(switches={"PYTHONHASHSEED": "0"})["env.switches"]["state"] == "partial"
    assert of()["env.switches"]["state"] == "not_established"


def test_a_training_has_its_wall_time_and_the_time_of_its_processors():
    lab = trained("model = LogisticRegression(C=1e3).fit(np.tile(X, (400, 1)), np.tile(y, 400))")
    lab("import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.ones(40, 2), torch.ones(40, 1))")  # fmt: skip
    lab.train("net", """\
net = torch.nn.Linear(2, 1)
step = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(3):
    for x, z in DataLoader(data, 20):
        step.zero_grad()
        torch.nn.functional.mse_loss(net(x), z).backward()
        step.step()
""")  # fmt: skip
    field = lab.fields()["train.compute"]
    assert field["state"] == "partial"
    for run in field["value"]:
        assert 0 < run["cpu_seconds"] < run["seconds"] * (os.cpu_count() or 1) + 0.1
    assert "energy" in field["missing"]["how_to_establish"]
