"""One arm of a comparison, in a process of its own: ``python -m benchmarks.arm plain|traced``.

Reads a ``Workload`` as JSON from standard input, runs its cell in an IPython shell as a notebook
would, and writes the seconds of each run: CPU of the thread that runs the cell, CPU of all
threads (the digest of a file is computed beside it), and wall time. The plain arm never imports
the package.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from typing import Any

from IPython.core.interactiveshell import InteractiveShell


def run(shell: Any, source: str) -> None:
    """Run a cell; a failed one ends the arm."""
    shell.run_cell(source, store_history=True).raise_error()


def main(arm: str) -> None:
    """Measure one arm."""
    work = json.load(sys.stdin)
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    run(shell, work["before"])
    trace = header = ""
    if arm == "traced":
        run(shell, "%load_ext traceprop_nb")
        trace, header = "%%trace --quiet\n", work["header"] + "\n"
    if work["given"]:
        run(shell, trace + work["given"])
    seconds, wall, everything = [], [], []
    run(shell, header + work["cell"])
    run(shell, work["warmed"])
    peak = 0
    for _ in range(work["repeats"]):
        gc.collect()
        began, began_wall = time.thread_time(), time.perf_counter()
        began_all = time.process_time()
        run(shell, header + work["cell"])
        seconds.append(time.thread_time() - began)
        everything.append(time.process_time() - began_all)
        wall.append(time.perf_counter() - began_wall)
        peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if arm == "plain" and "traceprop_nb" in sys.modules:
        raise SystemExit("the plain arm has imported the package")
    found = {"cpu": seconds, "wall": wall, "all": everything, "peak": peak}
    sys.__stdout__.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
