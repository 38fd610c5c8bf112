"""Generated programs that carry their row ids as data: is any exact answer wrong?

The programs are those of the tests (``tests/programs``), drawn by a random generator instead of
Hypothesis, in two processes: ``PROGRAMS`` of them, twelve rows asked of each. A worker begins
anew every few hundred programs, so that no state of a library builds up.
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import random
import tempfile
import time
from collections import Counter

from benchmarks.measurement import Measurement

PROGRAMS = int(os.environ.get("TRACEPROP_PROGRAMS", "100000"))
FIRST = int(os.environ.get("TRACEPROP_FIRST_SEED", "1000000"))
"""Number of the first program, which is the seed it is drawn with."""
BATCH = int(os.environ.get("TRACEPROP_BATCH", "250"))
BY_NATURE = frozenset(("written through a view: X[:, 0].sort()",))
"""A template that sorts one column and leaves the ids where they are: no answer could be exact."""
SECONDS = float(os.environ.get("TRACEPROP_SECONDS", "inf"))
"""After which no new batch begins; what was asked by then is what counts."""


def batch(first: int) -> tuple[Counter[str], Counter[str], list[str]]:
    """Programs ``first`` and on: outcomes, first inexact operations of answers, wrong ones."""
    from tests.programs.run import Tally, check
    from tests.programs.shapes import program

    total = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + BATCH):
            drawn = random.Random(number)
            total.add(check(program(drawn.choice), pathlib.Path(folder)))
    return total.counts, total.inexact_by, total.wrong[:3]


def measure() -> list[Measurement]:
    """All programs, with a line of progress every ten batches."""
    counts, inexact, wrong = Counter[str](), Counter[str](), list[str]()
    began = time.perf_counter()
    starts = iter(range(FIRST, FIRST + 2 * PROGRAMS + 2 * BATCH, BATCH))
    workers = int(os.environ.get("TRACEPROP_WORKERS", max(1, min(2, os.cpu_count() or 1))))
    with multiprocessing.get_context("spawn").Pool(workers, maxtasksperchild=4) as pool:
        while counts["programs"] < PROGRAMS and time.perf_counter() - began < SECONDS:
            asked = [next(starts) for _ in range(2 * workers)]
            for got, by, bad in pool.imap_unordered(batch, asked):
                counts, inexact, wrong = counts + got, inexact + by, wrong + bad
            _progress(counts, began)
    for text in wrong[:5]:
        print(text, flush=True)
    return _rows(counts, inexact)


def _progress(counts: Counter[str], began: float) -> None:
    took = time.perf_counter() - began
    done = max(counts["programs"], 1)
    left = min(took / done * max(PROGRAMS - done, 0), max(SECONDS - took, 0.0))
    print(
        f"{done:,} programs, {counts['queries']:,} queries, "
        f"{counts['EXACT BUT WRONG']} exact but wrong, {took:.0f} s, {left:.0f} s left",
        flush=True,
    )


def _rows(counts: Counter[str], inexact: Counter[str]) -> list[Measurement]:
    queries = max(counts["queries"], 1)
    share = 100 * counts["exact"] / queries
    rows = [
        _count("programs that ran to their end", counts["programs"], ">= 100000"),
        _count("queries", counts["queries"], ">= 1000000"),
        _count("EXACT and wrong", counts["EXACT BUT WRONG"], "0"),
        _count("INEXACT and a row missing", counts["INEXACT AND MISSES A ROW"], "0"),
        _count("errors of the recorder", counts["recorder errors"], "0"),
        Measurement("exact share", share, "%", share, share, 1, ">= 90"),
        _count("inexact", counts["inexact"]),
        _count("unknown", counts["unknown"]),
        _count("programs that raised by themselves", counts["programs that raised"]),
    ]
    on_purpose = sum(n for name, n in inexact.items() if name in BY_NATURE)
    followed = 100 * counts["exact"] / max(queries - on_purpose, 1)
    rows.append(Measurement("exact share without what is opaque by nature", followed, "%",
                            followed, followed, 1, ">= 90"))  # fmt: skip
    return rows + [
        Measurement(f"  first inexact at {name}", 100 * n / queries, "%", 100 * n / queries,
                    100 * n / queries, 1)
        for name, n in inexact.most_common(15)
    ]  # fmt: skip


def _count(what: str, number: int, goal: str = "") -> Measurement:
    return Measurement(what, float(number), "", float(number), float(number), 1, goal)
