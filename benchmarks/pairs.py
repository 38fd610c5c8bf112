"""Alternating pairs of processes, plain and traced; the ratio is taken within a pair.

A ratio of medians over a whole session drifts with the machine; two processes that follow each
other see the same machine, and changing their order takes out what is left.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import asdict

from benchmarks.cells import Workload
from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured


def arm(which: str, work: Workload) -> dict[str, object]:
    """What one process measured."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.arm", which],
        input=json.dumps(asdict(work)), capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the {which} arm failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ratios(what: str, work: Workload, *, pairs: int = 7, goal: str = "") -> list[Measurement]:
    """CPU time and peak memory, traced / plain, over alternating pairs; and the plain seconds."""
    cpu, everything, wall, peak, plain_seconds = [], [], [], [], []
    for i in range(pairs):
        order = ("plain", "traced") if i % 2 == 0 else ("traced", "plain")
        got = {which: arm(which, work) for which in order}
        for name, found in (("cpu", cpu), ("all", everything), ("wall", wall)):
            plain, traced = (statistics.median(got[w][name]) for w in ("plain", "traced"))
            found.append(traced / plain)
        peak.append(got["traced"]["peak"] / got["plain"]["peak"])
        plain_seconds.append(statistics.median(got["plain"]["cpu"]) * 1e3)
    return [
        measured(f"{what}: CPU time", cpu, "x", goal),
        measured(f"{what}: CPU time of all threads", everything, "x"),
        measured(f"{what}: wall time", wall, "x"),
        measured(f"{what}: peak memory", peak, "x"),
        measured(f"{what}: the plain cell", plain_seconds, "ms"),
    ]
