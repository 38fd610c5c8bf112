"""A call of a public callable, and what the rows of its result really depend on."""

from __future__ import annotations

import copy
import random
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.traced import Notebook
from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status

Rows = list[set[tuple[str, int]]]
"""For each row of a result: (name of an input, row)."""


@dataclass(frozen=True)
class Witness:
    """One call, written as a cell.

    Attributes:
        name: The callable, such as ``"numpy.roll"`` or ``"pandas.DataFrame.melt"``.
        call: An expression over the inputs' names, or statements that end by setting ``out``.
        truth: ``"carried"`` where the call moves rows and its values are the rows' own ids, or
            ``"changed"`` where the call computes: rows of the result that change with an input.
        loose: Why an input row that matters may leave the result as it is (a maximum, say), so
            that only missing rows are errors; empty where every claimed row must be seen.
        context: Inputs that stand behind a row as context and must never be called the row itself;
            every fourth row of them is changed.
        sparing: Every fourth row of all inputs will do: the call is slow and takes all rows alike.
    """

    name: str
    call: str
    truth: str = "changed"
    loose: str = ""
    context: tuple[str, ...] = ()
    sparing: bool = False

    @property
    def cell(self) -> str:
        """The call as a cell that sets ``out``."""
        return self.call if "out =" in self.call else f"out = {self.call}"


@dataclass(frozen=True)
class Setting:
    """What the witnesses of a library work on.

    Attributes:
        setup: Source that imports what they name.
        values: Makes the inputs of calls that compute, by name, the same every time.
        carried: Makes the inputs of calls that move rows, of the same names and shapes: every
            number of row i is ``base + i``, where ``base`` is the input's own.
        bases: That base by input; bases are 100 apart and no input has more rows.
        changed: (value, row, k) -> a copy whose row differs, in the k-th of ``variants`` ways.
        rows: A result as an array whose first axis are its rows.
        variants: How many ways there are.
    """

    setup: str
    values: Callable[[], dict[str, Any]]
    carried: Callable[[], dict[str, Any]]
    bases: Mapping[str, int]
    changed: Callable[[Any, int, int], Any]
    rows: Callable[[Any], np.ndarray] = field(default=lambda out: rows_of(out))
    variants: int = 5


@dataclass(frozen=True)
class Outcome:
    """What a traced call answered, against the truth.

    Attributes:
        status: The worst status of its rows.
        missing: Rows that matter and were not named, by row of the result.
        surplus: Rows that were named as the row itself and do not matter.
        swallowed: The recorder's own errors.
    """

    status: Status
    missing: dict[int, set[tuple[str, int]]]
    surplus: dict[int, set[tuple[str, int]]]
    swallowed: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, and nothing too much where the answer is called exact."""
        exact = self.status <= Status.ASSUMED
        return not (self.missing or (exact and self.surplus) or self.swallowed)


def check(setting: Setting, witness: Witness) -> Outcome:
    """Run a witness traced, and compare every row of its result with the truth."""
    notebook = Notebook()
    try:
        direct, named, status = _answers(notebook, setting, witness)
        swallowed = dict(notebook.swallowed())
    finally:
        notebook.session.close()
    truth = _carried(setting, witness) if witness.truth == "carried" else _seen(setting, witness)
    if len(truth) != len(direct):  # a result without rows of its own is one row
        truth = [set().union(*truth)] * len(direct)
    missing = {r: truth[r] - named[r] for r in range(len(direct)) if truth[r] - named[r]}
    surplus = {r: direct[r] - truth[r] for r in range(len(direct)) if direct[r] - truth[r]}
    if status == Status.UNKNOWN:
        missing, surplus = {}, {}
    surplus = {} if witness.loose else surplus
    for row, mine in enumerate(direct):
        beside = {(name, at) for name, at in mine if name in witness.context}
        if beside:
            surplus[row] = surplus.get(row, set()) | beside
    return Outcome(status, missing, surplus, swallowed)


def _answers(notebook: Notebook, setting: Setting, witness: Witness) -> tuple[Rows, Rows, Status]:
    notebook(setting.setup)
    for name, value in _inputs(setting, witness).items():
        notebook.source(name, value)
    _seed()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook(witness.cell)
    direct, named, status = [], [], Status.EXACT
    graph, node = notebook.session.graph, notebook.node("out")
    names = notebook.session.files.names()
    for row in range(graph.rows(node)):
        answer = query.backward(graph, node, row, context=True)
        mine, beside = (
            {
                (names[at], int(i))
                for at, rows in part.items()
                if names[at] in setting.bases
                for i in rows
            }
            for part in (answer.sources, answer.context)
        )  # what the call itself made is no input
        direct.append(mine)
        named.append(mine | beside)
        status = max(status, answer.status)
    return direct, named, status


def _inputs(setting: Setting, witness: Witness) -> dict[str, Any]:
    return setting.carried() if witness.truth == "carried" else setting.values()


def _seed() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  # the calls use the global generator


def _plain(setting: Setting, witness: Witness, inputs: dict[str, Any]) -> np.ndarray:
    names: dict[str, Any] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        exec(setting.setup, names)
        names |= inputs
        _seed()
        exec(witness.cell, names)
    return setting.rows(names["out"])


def _carried(setting: Setting, witness: Witness) -> Rows:
    out = _plain(setting, witness, setting.carried())
    bases = {base: name for name, base in setting.bases.items()}
    found: Rows = []
    for row in out:
        numbers = {int(v) for v in np.ravel(row) if v == v and v >= 0}
        found.append({(bases[v // 100 * 100], v % 100) for v in numbers if v // 100 * 100 in bases})
    return found


def _seen(setting: Setting, witness: Witness) -> Rows:
    before = _plain(setting, witness, setting.values())
    found: Rows = [set() for _ in before]
    for name, value in setting.values().items():
        if not re.search(rf"\b{name}\b", witness.cell):
            continue
        some = 4 if name in witness.context or witness.sparing else 1
        for row in range(0, setting.rows(value).shape[0], some):
            for k in range(setting.variants):
                inputs = setting.values()
                inputs[name] = setting.changed(copy.deepcopy(value), row, k)
                try:
                    after = _plain(setting, witness, inputs)
                except Exception:  # noqa: BLE001, S112  # this variant is no valid input
                    continue
                if after.shape != before.shape:
                    continue
                for at in np.flatnonzero(_differ(before, after)):
                    found[at].add((name, row))
    return found


def _differ(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    if not before.size:
        return np.zeros(len(before), bool)
    same = (before == after) | ((before != before) & (after != after))
    return ~np.asarray(same, bool).reshape(len(before), -1).all(axis=1)


def rows_of(out: Any) -> np.ndarray:
    """Any result as an array with a first axis."""
    array = np.asarray(out)
    return array.reshape(1) if array.ndim == 0 else array
