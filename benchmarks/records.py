"""What one record costs: microseconds, and bytes in the log.

The same lines are run as they are and rewritten, in turns, on values too small for the arithmetic
to matter; the difference of two neighbours, over the number of lines, is one record.
"""

from __future__ import annotations

import ast
import gc
import threading
import time
import tracemalloc
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement, measured
from traceprop_nb.session import Session, current

GIVEN = """\
import numpy as np
a, b, c = (np.arange(10.0) + i for i in range(3))
index = np.array([3, 1, 2])
u, v = 1.5, 2.5
"""
LINES = 400
RECORDS = (
    ("one record: fused operator tree", "d = (a - b) / c + b", "us", "<= 1"),
    ("one record: fancy index", "d = a[index]", "us", "<= 5"),
    ("one record: slice", "d = a[2:7]", "us", "<= 5"),
    ("one record: mask, and the comparison", "d = a[a > 3.0]", "us", "<= 6"),
    ("one record: sum", "d = a.sum()", "us", "<= 5"),
    ("one record: call of a ufunc", "d = np.sqrt(a)", "us", "<= 5"),
    ("one untracked expression", "w = u * v", "ns", "<= 60"),
)


def prepare(session: Session, source: str, number: int) -> Any:
    """A cell's code, rewritten."""
    session.begin_cell(number, source, traced=True)
    return compile(session.rewrite(ast.parse(source)), f"<cell {number}>", "exec")


def run(session: Session, source: str, number: int, names: dict[str, Any]) -> float:
    """Run a traced cell; CPU seconds of its code alone."""
    code = prepare(session, source, number)
    seconds = timed(code, names)
    session.end_cell(True)
    return seconds


def timed(code: Any, names: dict[str, Any]) -> float:
    """CPU seconds of some code."""
    gc.collect()
    gc.disable()
    try:
        began = time.thread_time()
        exec(code, names)
        return time.thread_time() - began
    finally:
        gc.enable()


def one_record(what: str, line: str, unit: str, goal: str) -> Measurement:
    """Time that one line takes more when it is recorded."""
    scale = {"us": 1e6, "ns": 1e9}[unit]
    session, names, plain = current(), {}, {}
    run(session, GIVEN, 1, names)
    exec(GIVEN, plain)
    source = f"{line}\n" * LINES
    code = compile(source, "<plain>", "exec")
    more = []
    for repeat in range(15):
        traced = run(session, source, repeat + 2, names)
        more.append((traced - timed(code, plain)) / LINES * scale)
    session.reset()
    return measured(what, more[2:], unit, goal)


def bytes_an_operation(operations: int = 20_000) -> list[Measurement]:
    """Bytes of the log and of everything kept, per operation whose result is gone."""
    session, names = current(), {}
    run(session, GIVEN, 1, names)
    loop = f"for _ in range({operations}):\n    d = (a - b) / c + b\n"
    run(session, loop, 2, names)
    session.reset()
    run(session, GIVEN, 1, names)
    source = "d = (a - b) / c + b\n" * LINES
    code = prepare(session, source, 2)
    exec(code, names)  # the cell's own plan is no cost of an operation
    nodes, log = len(session.graph), session.graph.nbytes()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(operations // LINES):
        exec(code, names)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    session.end_cell(True)
    added = len(session.graph) - nodes
    kept = (after - before) / added
    inside = (session.graph.nbytes() - log) / added
    session.reset()
    return [
        measured("one operation: in the log", [inside], "B", "<= 120"),
        measured("one operation: everything kept", [kept], "B"),
    ]


PIPELINE = """\
import numpy as np
rng = np.random.default_rng(0)
x = x[x[:, 0] > 0.1]
x = x * 2.0
x = x[rng.permutation(len(x))]
x = x - x.mean(axis=0)
x = x[: len(x) // 10 * 9]
x = x / 3.0
x = np.concatenate([x[:1000], x])
x = x[x[:, 1] > -0.5]
x = x + 1.0
x = x[np.argsort(x[:, 0])]
x = x * x
x = x[::2]
x = np.sqrt(x)
x = x[rng.integers(0, len(x), len(x))]
x = x - 1.0
x = np.vstack([x, x[:10]])
x = x[10:]
x = x * 0.5
"""


def queries(asked: int = 200) -> list[Measurement]:
    """Time of a backward and a forward question behind some 20 operations on a million rows."""
    from traceprop_nb.lineage.query import backward, forward

    session = current()
    session.reset()
    names = {"x": session.source(np.random.default_rng(0).random((1_000_000, 2)), "x")}
    run(session, PIPELINE, 1, names)
    graph, x = session.graph, names["x"]
    steps = sum(graph.rows(n) for n in range(len(graph)))
    waiting, began = graph.nbytes() / steps, time.thread_time()
    session.idle.settle()
    compacting = (time.thread_time() - began) * 1e3
    node = session.recorder.identity.node(x)
    rows = np.random.default_rng(1).integers(0, len(x), asked)
    backward(graph, node, rows[:1])
    back = [microseconds(backward, graph, node, np.array([row])) for row in rows]
    found = backward(graph, node, rows).sources
    source, records = max(found.items(), key=lambda item: len(item[1]))
    began = time.perf_counter()
    forward(graph, source, records[:1])
    cold = (time.perf_counter() - began) * 1e6
    ahead = [microseconds(forward, graph, source, np.array([r])) for r in records[:asked]]
    each = graph.nbytes() / steps
    session.reset()
    return [
        measured("backward, 1 row, 20 operations, 1e6 rows", back, "us", "<= 50"),
        measured("forward, 1 record, warm", ahead, "us", "<= 100"),
        measured("forward, the first time", [cold], "us"),
        measured("one row through one operation", [each], "B", "<= 1"),
        measured("  before the quiet moment after the cell", [waiting], "B"),
        measured("  compressing the cell's maps then", [compacting], "ms"),
    ]


def microseconds(question: Any, *arguments: Any) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    question(*arguments)
    return (time.perf_counter() - began) * 1e6


def machine(calls: int = 20_000) -> list[Measurement]:
    """What the machine and the interpreter take for what every record is made of."""
    given = {"f": lambda x: x, "lock": threading.Lock()}
    found = []
    for what, line in (
        ("one call of an empty function, to compare", "f(1)"),
        ("the lock that threads share, of each record", "lock.acquire(); lock.release()"),
    ):
        code = compile(f"for _ in range({calls}):\n    {line}\n", "<machine>", "exec")
        nothing = compile(f"for _ in range({calls}):\n    pass\n", "<machine>", "exec")
        each = [(timed(code, given) - timed(nothing, given)) / calls * 1e9 for _ in range(9)]
        found.append(measured(what, each, "ns"))
    return found


def measure() -> list[Measurement]:
    """Everything about single records."""
    single = [one_record(*each) for each in RECORDS]
    return [*single, *machine(), *bytes_an_operation(), *queries()]
