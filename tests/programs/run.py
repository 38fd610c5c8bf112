"""Runs a generated program once, traced, and compares every answer with the ids it carried."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.core import Session

from tests.programs import templates


@dataclass
class Tally:
    """Answers by outcome, and the first wrong ones with their program."""

    counts: Counter[str] = field(default_factory=Counter)
    inexact_by: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def frames(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two small frames with awkward labels, missing cells and an id column each."""
    rs = np.random.default_rng(seed)
    n, m = int(rs.integers(0 if seed % 17 == 0 else 1, 40)), int(rs.integers(1, 25))
    a = pd.DataFrame(
        {"k": rs.integers(0, 12, n), "v": rs.random(n).round(1), "w": rs.normal(size=n),
         "c": np.array(list("xyz"))[rs.integers(0, 3, n)], "_a": np.arange(n)},
        index=_labels(rs, n),
    )  # fmt: skip
    a.loc[rs.random(n) < 0.2, "v"] = np.nan
    b = pd.DataFrame(
        {"k": rs.integers(0, 12, m), "z": rs.random(m).round(1), "_b": np.arange(m)},
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


def program(frame: list[int], join: int | None, matrix: list[int], seed: int) -> str:
    """The source of a program from template numbers."""
    rs = np.random.default_rng(seed)

    def filled(text: str) -> str:
        f, i, h = round(float(rs.normal()) * 0.5, 2), int(rs.integers(100)), int(rs.integers(0, 5))
        return text.format(f=f, i=i, h=h)

    lines = [filled(templates.FRAME[k % len(templates.FRAME)]) for k in frame]
    if join is not None:
        at = join % (len(lines) + 1)
        lines.insert(at, templates.JOIN[join % len(templates.JOIN)])
    lines.append(templates.SETUP)
    lines += [filled(templates.MATRIX[k % len(templates.MATRIX)]) for k in matrix]
    return templates.IMPORTS + "\n".join(lines)


def check(source: str, seed: int, tally: Tally, session: Session | None = None) -> None:
    """Run one program and add its answers to the tally."""
    session = session or Session()
    a, b = frames(seed)
    session.source(a, "A")
    session.source(b, "B")
    session.begin_cell(1, source, traced=True)
    names = {"d": a, "B": b}
    np.random.seed(seed % 2**32)  # noqa: NPY002  # the programs use the global generator
    import torch

    torch.manual_seed(seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(session.rewrite(ast.parse(source)), "<program>", "exec")
            exec(code, names)
    except Exception as error:
        tally.counts["program raised"] += 1
        tally.counts[f"  {type(error).__name__}: {str(error)[:60]}"] += 1
        return
    finally:
        session.end_cell(True)
        tally.counts["recorder errors"] += sum(session.recorder.swallowed.values())
        if session.recorder.swallowed:
            tally.counts[f"  swallowed {session.recorder.swallowed}"] += 1
        session.close()
    tally.counts["programs"] += 1
    _compare(session, names["X"], names["c_"], source, tally)


def _compare(
    session: Session, x: np.ndarray, columns: list[str], source: str, tally: Tally
) -> None:
    rows = range(len(x)) if len(x) < 12 else np.random.default_rng(len(x)).integers(0, len(x), 12)
    for row in map(int, rows):
        answer = session.rows(x, row)
        tally.counts["queries"] += 1
        exact, superset = True, True
        for column, name in (("_a", "A"), ("_b", "B")):
            if column not in columns:
                continue
            carried = x[row, columns.index(column)]
            want = set() if np.isnan(carried) else {int(carried)}
            got = set(answer.sources.get(name, np.empty(0, int)).tolist())
            exact &= got == want
            superset &= want <= got
        outcome = _outcome(answer.status, exact, superset)
        tally.counts[outcome] += 1
        if outcome.isupper():
            tally.wrong.append(f"{outcome}: row {row}, answer {answer!r}, x {x[row]}\n{source}")
        elif outcome == "inexact":
            for doubt in session.why(x).doubts:
                tally.inexact_by[doubt.operation] += 1


def _outcome(status: Status, exact: bool, superset: bool) -> str:
    if status in (Status.EXACT, Status.ASSUMED):
        return "exact" if exact else "EXACT BUT WRONG"
    if status == Status.UNKNOWN:
        return "unknown"
    return "inexact" if superset else "INEXACT AND MISSES A ROW"
