"""One arm of a benchmark in a process of its own, one thread: ours, or a peer's interpreter."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

from benchmarks.environment import ROOT

PEERS = ROOT / ".venv-peers/bin/python"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def arm(script: str, name: str, **arrays: Any) -> dict[str, Any]:
    """What ``benchmarks/SCRIPT NAME PROBLEM.npz`` printed last, as JSON.

    Raises:
        RuntimeError: The process failed; with what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "problem.npz"
        np.savez(path, **arrays)
        python = sys.executable if name == "ours" else str(PEERS)
        where = {"PYTHONPATH": str(ROOT)} if name == "ours" else {}
        done = subprocess.run(
            [python, str(ROOT / "benchmarks" / script), name, str(path)],
            capture_output=True, text=True, check=False,
            env=os.environ | dict.fromkeys(THREADS, "1") | where,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-1500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def missing(name: str) -> bool:
    """Whether a peer's environment is not there; says so, and what makes it."""
    if name != "ours" and not PEERS.exists():
        print(f"no {PEERS.relative_to(ROOT)}: {name} is not measured; run scripts/peers.sh")
        return True
    return False
