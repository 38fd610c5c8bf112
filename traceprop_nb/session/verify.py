"""``%trace verify``: whether a cell's recorded lineage is the truth, seen by running it again.

The cell runs on copies in a session of its own, traced. Then it runs again and again with one
row of one input changed: every row of a result that changes must name that row. And it runs once
with the row's number carried along in a column of its own, where the cell lets one through: every
row must name exactly the rows it carries.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import rerun

if TYPE_CHECKING:
    from traceprop_nb.session.cells import CellRun
    from traceprop_nb.session.core import Session


@dataclass(frozen=True)
class _Row:
    """What is claimed of one row: rows of inputs by name, the row itself and context."""

    direct: dict[str, set[int]]
    context: dict[str, set[int]]
    status: Status


_Traced = tuple[dict[str, Any], dict[str, dict[int, _Row]]]
"""Names after a run, and what was answered for rows of the values it made."""
CARRIED = "__row of {}__"
_ROWS = 200


@dataclass
class Checked:
    """What was found of one result of the cell.

    Attributes:
        name: Its name.
        rows: How many rows it has.
        status: The worst status of the rows that were looked at.
        changed: Changed rows of inputs whose traces in it were all named.
        carried: Its rows that carried their origin and named exactly that.
        wrong: What contradicts the recorded lineage, in words; at most ten.
        note: What could not be compared, and why.
    """

    name: str
    rows: int
    status: Status
    changed: int = 0
    carried: int = 0
    wrong: list[str] = field(default_factory=list)
    note: str = ""

    def fault(self, text: str) -> None:
        """Note a contradiction, up to ten."""
        if len(self.wrong) < 10:
            self.wrong.append(text)


@dataclass(frozen=True)
class VerifyAnswer:
    """Whether a cell's lineage holds.

    Attributes:
        cell: Its number.
        results: One entry for every named value with rows that it makes.
        runs: How often it ran again.
        seconds: How long that took.
        note: Why it stopped early, if it did.
    """

    cell: int
    results: tuple[Checked, ...]
    runs: int
    seconds: float
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts it."""
        return not any(one.wrong for one in self.results)

    def __repr__(self) -> str:
        said = "holds" if self.holds else "IS WRONG"
        out = [
            f"cell {self.cell}: the recorded lineage {said} in {self.runs} runs on copies "
            f"({self.seconds:.1f} s)"
        ]
        for one in self.results:
            seen = f"{one.changed} changed rows followed"
            seen += f", {one.carried} carried rows agree" if one.carried else ""
            out.append(f"  {one.name:<12} {one.rows:>7,} rows  {one.status.name:<8} {seen}")
            out += [f"    WRONG  {text}" for text in one.wrong]
            out += [f"    {one.note}"] if one.note else []
        return "\n".join([*out, *([self.note] if self.note else [])])


def verify(
    session: Session, cell: int | str | None = None, *, trials: int = 12, seconds: float = 30.0
) -> VerifyAnswer:
    """Run a traced cell again on copies and compare its recorded lineage with what happens.

    Inputs are the values that the names it reads have now. Files it writes are written again.

    Args:
        session: Holds the cell and the user's names.
        cell: Number or name of a traced cell; by default the last one.
        trials: Rows of each input to change, one at a time.
        seconds: When to stop and say what was seen.

    Raises:
        UnknownNameError: No traced cell of that number or name.
        OptionError: It has magics, or does not run on the names as they are now.
    """
    run = _cell(session, cell)
    tree = rerun.code_of(run.source, run.number)
    began = time.perf_counter()
    session.close()  # its taps would see what is none of its business
    try:
        work = _Work(session, run, rerun.reads(tree, session.namespace))
        work.first()
        left = work.change(trials, began + seconds)
        work.carry()
    finally:
        session.open_adapters()
    note = f"stopped after {seconds:g} s with {left} changes left" if left else ""
    took = time.perf_counter() - began
    return VerifyAnswer(run.number, tuple(work.results.values()), work.runs, took, note)


def _cell(session: Session, cell: int | str | None) -> CellRun:
    traced = [run for run in session.cells if run.traced and run.ok]
    for run in reversed(traced):
        if cell is None or str(cell) in (str(run.number), run.name):
            return run
    known = ", ".join(str(run.name or run.number) for run in traced) or "none yet"
    raise UnknownNameError(f"no traced cell {cell or ''} ran to its end; there are: {known}")


class _Work:
    """The runs of one cell.

    Attributes:
        results: What was found, by name.
        runs: How often it ran.
    """

    def __init__(self, session: Session, run: CellRun, names: list[str]) -> None:
        self._session, self._run = session, run
        self._given = {name: session.namespace[name] for name in names}
        self.results: dict[str, Checked] = {}
        self.runs = 0
        self._plain: dict[str, Any] = {}
        self._answers: dict[str, dict[int, _Row]] = {}
        self._inputs: dict[str, int] = {}

    def first(self) -> None:
        """The cell as it is."""
        names, results = self._traced(lambda _: None)
        for name, answers in results.items():
            status = max((one.status for one in answers.values()), default=Status.EXACT)
            self.results[name] = Checked(name, _length(names[name]), status)
        self._answers = results
        self._plain = {name: copy.copy(names[name]) for name in results}

    def change(self, trials: int, until: float) -> int:
        """Change rows one at a time; returns how many changes there was no time for."""
        every = list(self._changes(trials))
        for at, (name, row, way) in enumerate(every):
            if time.perf_counter() > until:
                return len(every) - at
            done: list[bool] = []

            def alter(
                names: dict[str, Any],
                name: str = name,
                row: int = row,
                way: int = way,
                done: list[bool] = done,
            ) -> None:
                done.append(rerun.altered(names[name], row, way))

            try:
                after = self._traced(alter)
            except OptionError:
                continue  # the changed value is none that the cell takes
            if done and done[0]:
                self._followed(after, name, row)
        return 0

    def carry(self) -> None:
        """Carry row numbers in a column, where every frame takes one and the cell still runs."""
        frames = [name for name in self._inputs if hasattr(self._given[name], "iterrows")]
        if not frames:
            return

        def number(names: dict[str, Any]) -> None:
            for name in frames:
                names[name][CARRIED.format(name)] = np.arange(len(names[name]))

        try:
            names, results = self._traced(number)
        except OptionError:
            for one in self.results.values():
                one.note = one.note or "the cell does not run with one more column"
            return
        for name, answers in results.items():
            if name in self.results and hasattr(names[name], "columns"):
                self._carried(self.results[name], names[name], answers, frames)

    # -- runs ----------------------------------------------------------------------------------

    def _traced(self, prepare: Callable[[dict[str, Any]], None]) -> _Traced:
        from traceprop_nb.session.core import Session

        names = rerun.copies(self._given)
        prepare(names)
        scratch = Session(self._session)
        scratch.open_adapters()
        tracked = scratch.recorder.table.tracked
        known = {name: _length(v) for name, v in names.items() if type(v) in tracked}
        self._inputs = {name: rows for name, rows in known.items() if rows}
        for name in self._inputs:
            scratch.source(names[name], name)
        before = {name: id(value) for name, value in names.items()}
        scratch.begin_cell(self._run.number, self._run.source, traced=True)
        try:
            tree = rerun.code_of(self._run.source, self._run.number)
            self._execute(compile(scratch.rewrite(tree), "<verify>", "exec"), names)
        finally:
            scratch.bind(names)
            scratch.end_cell(True)
            scratch.close()
        made = [
            name for name, value in names.items()
            if type(value) in tracked and (before.get(name) != id(value) or name in self._inputs)
        ]  # fmt: skip
        return names, {name: _asked(scratch, names[name]) for name in made}

    def _execute(self, code: Any, names: dict[str, Any]) -> None:
        self.runs += 1
        try:
            with rerun.quietly():
                exec(code, names)
        except Exception as error:
            raise OptionError(
                f"cell {self._run.number} does not run again on the names as they are now: "
                f"{type(error).__name__}: {error}"
            ) from error

    # -- comparisons ---------------------------------------------------------------------------

    def _changes(self, trials: int) -> Iterator[tuple[str, int, int]]:
        drawn = np.random.default_rng(0)
        for name, n in self._inputs.items():
            for way, row in enumerate(drawn.permutation(n)[:trials].tolist()):
                yield name, row, way

    def _followed(self, names: _Traced, source: str, row: int) -> None:
        """Rows that changed with an input's row must name it."""
        after, answers = names
        for name, result in self.results.items():
            if name not in after or name not in answers:
                continue
            hit = rerun.rows_that_differ(self._plain[name], after[name])
            if hit is None:
                result.note = result.note or "some changes gave it another shape: not compared"
                continue
            result.changed += 1
            for at in hit.tolist():
                was, now = self._answers[name].get(at), answers[name].get(at)
                if was is None or now is None or was.direct != now.direct:
                    continue  # another row stands there now
                named = was.direct.get(source, set()) | was.context.get(source, set())
                named |= now.context.get(source, set())  # it may have moved into the group
                if was.status < Status.UNKNOWN and row not in named:
                    result.fault(
                        f"row {at} changes with row {row} of {source}, and is silent on it"
                    )

    @staticmethod
    def _carried(result: Checked, value: Any, answers: dict[int, _Row], frames: list[str]) -> None:
        for source in frames:
            column = CARRIED.format(source)
            if column not in value.columns or value[column].dtype.kind not in "iuf":
                continue
            numbers = value[column].to_numpy()
            for at, answer in answers.items():
                if numbers[at] != numbers[at] or answer.status == Status.UNKNOWN:
                    continue
                named = answer.direct.get(source, set())
                wanted = {int(numbers[at])}
                exact = answer.status <= Status.ASSUMED
                if named == wanted or (not exact and wanted <= named):
                    result.carried += 1
                elif numbers[at] == int(numbers[at]) and len(named) <= 1:
                    result.fault(f"row {at} carries row {wanted} of {source}, not {named}")


def _asked(scratch: Session, value: Any) -> dict[int, _Row]:
    n, node = _length(value), scratch.recorder.identity.node(value)
    if node is None:
        return {}
    names = scratch.files.names()
    chosen = range(n) if n <= _ROWS else np.random.default_rng(0).choice(n, _ROWS, replace=False)
    found = {}
    for row in map(int, chosen):
        answer = query.backward(scratch.graph, node, row, context=True)
        direct = {names[at]: set(map(int, rows)) for at, rows in answer.sources.items()}
        context = {names[at]: set(map(int, rows)) for at, rows in answer.context.items()}
        found[row] = _Row(direct, context, answer.status)
    return found


def _length(value: Any) -> int:
    shape = getattr(value, "shape", ())
    return int(shape[0]) if shape else 1
