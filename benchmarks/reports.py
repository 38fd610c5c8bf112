"""What a record of a large session costs: seconds and size, while another thread computes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from benchmarks.measurement import Measurement, measured
from tests.traced import Notebook
from traceprop_nb.reports import KINDS

OPERATIONS, CELLS, REPEATS = 100_000, 500, 5


def measure() -> list[Measurement]:
    """Every kind of record of one session."""
    notebook = session()
    found = []
    for kind in KINDS:
        took, size, form = [], [], []
        with computing():
            for _ in range(REPEATS):
                began = time.perf_counter()
                record = notebook.session.report(kind)
                took.append(time.perf_counter() - began)
                size.append(len(record.body) / 1e6)
                began = time.perf_counter()
                record.to_html()
                form.append(time.perf_counter() - began)
        n = len(notebook.session.graph)
        found += [
            measured(f"{kind} record of {n:,} operations", took, "s", "<= 2"),
            measured(f"{kind} record, its size", size, "MB", "<= 5"),
            measured(f"{kind} record as a page", form, "s"),
        ]
    notebook.session.close()
    return found


def session() -> Notebook:
    """A session of so many operations in so many cells."""
    notebook = Notebook()
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"u": rng.normal(size=200), "v": rng.normal(size=200)})
    notebook.source("a", frame.assign(y=(frame.u > frame.v).astype(int)))
    notebook("b = a[['u']]")
    each = OPERATIONS // CELLS
    lines = [f"b = b + {k}" if k % 7 else "b = b.iloc[::-1]" for k in range(each)]
    source = "\n".join(lines)
    for _ in range(CELLS):
        notebook(source)
    return notebook


@contextmanager
def computing() -> Iterator[None]:
    """Another thread multiplies matrices meanwhile."""
    stop = threading.Event()

    def work() -> None:
        matrix = np.random.default_rng(1).normal(size=(300, 300))
        while not stop.is_set():
            matrix = np.tanh(matrix @ matrix / 300)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
