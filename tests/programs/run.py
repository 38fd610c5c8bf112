"""Runs a generated program once, traced, and compares every answer with the ids it carried."""

from __future__ import annotations

import ast
import pathlib
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch

from tests.programs.shapes import Program
from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.answers import RowAnswer
from traceprop_nb.session.core import Session

IDS = {"_a": "A", "_b": "B"}


@dataclass
class Tally:
    """Answers by outcome, and the first wrong ones with their program.

    Attributes:
        counts: Answers by outcome, and programs.
        inexact_by: Answers that are not exact by the first operation on their way that is not.
        wrong: Wrong answers in words.
    """

    counts: Counter[str] = field(default_factory=Counter)
    inexact_by: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add what another one counted."""
        self.counts += other.counts
        self.inexact_by += other.inexact_by
        self.wrong += other.wrong

    @property
    def exact_share(self) -> float:
        """Share of all answers that are exact."""
        return self.counts["exact"] / max(self.counts["queries"], 1)


def frames(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two small frames with awkward labels, missing cells and an id column each."""
    rs = np.random.default_rng(seed)
    n, m = int(rs.integers(0 if seed % 17 == 0 else 1, 40)), int(rs.integers(1, 25))
    a = pd.DataFrame(
        {"k": rs.integers(0, 12, n), "v": rs.random(n).round(1), "w": rs.normal(size=n),
         "c": np.array(list("xyz"))[rs.integers(0, 3, n)], "_a": 2.0 ** np.arange(n)},
        index=_labels(rs, n),
    )  # fmt: skip
    a.loc[rs.random(n) < 0.2, "v"] = np.nan
    b = pd.DataFrame(
        {"k": rs.integers(0, 12, m), "z": rs.random(m).round(1), "_b": 2.0 ** np.arange(m)},
        index=_labels(rs, m),
    )
    return a, b


def _labels(rs: np.random.Generator, n: int) -> pd.Index:
    kinds = [
        lambda: pd.RangeIndex(n),
        lambda: pd.Index(rs.integers(0, max(1, n // 3), n)),
        lambda: pd.Index(rs.permutation(n)),
        lambda: pd.Index(np.array(list("abcdefghij"), dtype=object)[rs.integers(0, 10, n)]),
        lambda: pd.RangeIndex(5, 5 + 2 * n, 2),
    ]
    return kinds[int(rs.integers(len(kinds)))]()


def either(ids: pd.Series) -> float:
    """All ids of a group in one number."""
    return float(np.bitwise_or.reduce(ids.fillna(0).astype("int64").to_numpy(), initial=0))


def records(carried: float) -> set[int]:
    """The records that a number carries."""
    bits = 0 if np.isnan(carried) else int(carried)
    return {i for i in range(bits.bit_length()) if bits >> i & 1}


def check(program: Program, folder: pathlib.Path) -> Tally:
    """Run one program and tally its answers."""
    tally, session = Tally(), Session()
    a, b = frames(program.seed)
    names = {"B": session.source(b, "B"), "either": either, "ids": list(IDS)}
    if program.read:
        names["path"] = str(folder / "A")
        a.to_csv(names["path"], index=False)
    else:
        names["d"] = session.source(a, "A")
    del a
    np.random.seed(program.seed)  # noqa: NPY002  # the programs use the global generator
    torch.manual_seed(program.seed)
    session.begin_cell(1, program.source, traced=True)
    try:
        _execute(session, program.source, names)
    except Exception as error:  # noqa: BLE001  # a program may fail by itself; it does not count
        tally.counts["programs that raised"] += 1
        tally.counts[f"  {type(error).__name__}: {str(error)[:70]}"] += 1
        return tally
    finally:
        session.end_cell(True)
        tally.counts["recorder errors"] += sum(session.recorder.swallowed.values())
        if session.recorder.swallowed:
            fault = f"{session.recorder.swallowed}\n{session.recorder.last_fault}"
            tally.wrong.append(f"RECORDER ERROR: {fault}\n{program.source}")
        session.close()
    tally.counts["programs"] += 1
    _compare(session, names["X"], names["c_"], program, tally)
    return tally


def _execute(session: Session, source: str, names: dict[str, object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(session.rewrite(ast.parse(source)), "<program>", "exec")
        exec(code, names)


def _compare(
    session: Session, x: np.ndarray, columns: list[str], program: Program, tally: Tally
) -> None:
    rows = range(len(x)) if len(x) < 12 else np.random.default_rng(len(x)).integers(0, len(x), 12)
    cells = np.asarray(x)  # a transformer may have made a frame of it
    for row in map(int, rows):
        answer = session.rows(x, row)
        tally.counts["queries"] += 1
        exact, superset = True, True
        for column, name in IDS.items():
            want = records(cells[row, columns.index(column)]) if column in columns else set()
            got = set(answer.sources.get(name, np.empty(0, int)).tolist())
            exact &= got == want
            superset &= want <= got
        exact &= _lines_are_right(answer, program)
        outcome = _outcome(answer.status, exact, superset)
        tally.counts[outcome] += 1
        if outcome.isupper():
            text = f"{outcome}: row {row}, seed {program.seed}, x {cells[row]}\n{answer!r}"
            tally.wrong.append(f"{text}\n{program.source}")
        elif outcome != "exact":
            tally.inexact_by[_cause(session, x, row)] += 1


def _cause(session: Session, x: np.ndarray, row: int) -> str:
    """The first operation on the way to a row that is not exact."""
    graph, node = session.graph, session.recorder.identity.node(x)
    if node is None:
        return "never recorded"
    way = set(query.backward(graph, node, row).path)
    first = next((at for at in query.inexact_steps(graph, node) if at in way), None)
    if first is None:
        return "source"
    site = graph.site(first)
    at = "" if site is None else f": {re.sub(r'[0-9]+', '0', site.text)}"
    return graph.op_name(first) + at


def _lines_are_right(answer: RowAnswer, program: Program) -> bool:
    if not program.read or "A" not in answer.lines:
        return not answer.lines
    return np.array_equal(answer.lines["A"], answer.sources["A"] + 2)


def _outcome(status: Status, exact: bool, superset: bool) -> str:
    if status in (Status.EXACT, Status.ASSUMED):
        return "exact" if exact else "EXACT BUT WRONG"
    if status == Status.UNKNOWN:
        return "unknown"
    return "inexact" if superset else "INEXACT AND MISSES A ROW"
