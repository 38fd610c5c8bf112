"""The answers to questions about lineage: values first, a readable text second."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.payloads.lineage_graph import LineagePayload, lineage_graph

Cell = tuple[str, int, int | None, Hashable]
"""Source, record from 0, physical line from 1 or None, column."""
Step = tuple[str, int, int]
"""Operation, cell, line in the cell (0 where there is none)."""


@dataclass(frozen=True, repr=False)
class RowAnswer:
    """Where a row of a value came from.

    Attributes:
        sources: Source name -> int64 record indices, from 0, sorted.
        lines: Source name -> int64 physical lines of those records, from 1; a source without
            lines is absent.
        context: Source name -> how many of its records stand behind a statistic or fit that the
            row went through.
        status: How far ``sources`` may be trusted.
        path: The operations from source to value, in order.
        notes: Why something is missing.
        columns: Source name -> {column: how}, where a column was asked about: "identity",
            "transformation" or "aggregation" for columns that are in the cell; "filter", "join",
            "group by", "sort", "conditional" or "statistic" for those that only decided over it.
        cells: (source name, record, physical line or None, column) of every source cell in it,
            where a column was asked about.
    """

    sources: Mapping[str, Ints]
    lines: Mapping[str, Ints]
    context: Mapping[str, int]
    status: Status
    path: Sequence[Step]
    notes: Sequence[str] = ()
    columns: Mapping[str, Mapping[Hashable, str]] = field(default_factory=dict)
    cells: Sequence[Cell] = ()

    def __repr__(self) -> str:
        out = [f"status   {self.status.name}"]
        for name, records in self.sources.items():
            where = f", line {_listed(self.lines[name])}" if name in self.lines else ""
            out.append(f"source   {name}: record {_listed(records)}{where}")
        if not self.sources:
            out.append("source   none: no row of any source reached it")
        out += [
            f"context  {name}: {n:,} records through a statistic or fit"
            for name, n in self.context.items()
        ]
        for name, how in self.columns.items():
            said = ", ".join(f"{column} ({word})" for column, word in how.items())
            out.append(f"columns  {name}: {said}")
        out += [f"path     {_steps(self.path)}", *(f"note     {note}" for note in self.notes)]
        return "\n".join(out)


@dataclass(frozen=True)
class Reached:
    """One value that a record reached.

    Attributes:
        name: The user's name for it, or empty where it has none (any more).
        operation: What made it.
        cell: Where.
        line: Line in that cell.
        rows: Its rows that came from the record; int64.
        status: How far that may be trusted.
    """

    name: str
    operation: str
    cell: int
    line: int
    rows: Ints
    status: Status


@dataclass(frozen=True, repr=False)
class ImpactAnswer:
    """What a source record reached.

    Attributes:
        source: The source's name.
        record: The record, from 0.
        values: Live named values it reached, in order of making.
        batches: Batches of data loaders it was part of.
        runs: Run name -> training rows made of it.
        models: Fitted models it went into, by what fitted them.
        operations: All operations it reached, live or not.
        nodes: The nodes it reached, ascending.
        status: The worst on any of these ways.
        notes: Why something is missing.
    """

    source: str
    record: int
    values: Sequence[Reached]
    batches: int
    runs: Mapping[str, Ints]
    models: Sequence[Reached]
    operations: int
    nodes: Sequence[int]
    status: Status
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        out = [
            f"{self.source}: record {self.record} reached {self.operations} operations "
            f"({self.status.name})"
        ]
        out += [
            f"value    {v.name}: row {_listed(v.rows)}  ({v.operation}, cell {v.cell})"
            for v in self.values
        ]
        out += [f"model    {m.name or m.operation}  (cell {m.cell})" for m in self.models]
        out += [
            f"run      {name}: training row {_listed(rows)}" for name, rows in self.runs.items()
        ]
        if self.batches:
            out.append(f"batches  {self.batches}")
        out += [f"note     {note}" for note in self.notes]
        return "\n".join(out)


@dataclass(frozen=True)
class Doubt:
    """A step that keeps a lineage from being exact.

    Attributes:
        operation: What was done.
        cell: Number of the cell, 0 where unknown.
        line: Line in it, from 1; 0 where unknown.
        status: How far the step may be trusted.
        text: The expression, or what happened in words.
        remedy: Why, and what would make it exact; empty where nothing would.
    """

    operation: str
    cell: int
    line: int
    status: Status
    text: str
    remedy: str = ""


@dataclass(frozen=True, repr=False)
class WhyAnswer:
    """How far a value's lineage may be trusted, which steps are to blame, and what else to know."""

    name: str
    status: Status
    doubts: Sequence[Doubt]
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        out = [f"{self.name} is {self.status.name} because of"]
        if not self.doubts:
            out = [f"{self.name} is EXACT: every step from the sources is known row by row"]
        for d in self.doubts:
            out.append(
                f"  {d.status.name:<8} {d.operation}  (cell {d.cell}, line {d.line})  {d.text}"
            )
            out += [f"           {d.remedy}"] if d.remedy else []
        out += [f"  note     {note}" for note in self.notes]
        return "\n".join(out)


@dataclass(frozen=True, repr=False)
class LineageAnswer:
    """The lineage graph, or the part of it around a value.

    Attributes:
        graph: All that was recorded.
        focus: The value's node, or None for the whole session.
        names: Node -> name of every live named value.
        notes: Whose lineage it is, where not this session's.
    """

    graph: LineageGraph
    focus: int | None
    names: Mapping[int, str]
    notes: Sequence[str] = ()

    def payload(self) -> LineagePayload:
        """What the explorer draws."""
        return lineage_graph(self.graph, focus=self.focus, names=self.names)

    def save(self, path: str | Path) -> Path:
        """Write the picture or the data, by the suffix: .svg, .html, .json or .dot.

        Raises:
            OptionError: Another suffix.
        """
        from traceprop_nb.session.drawings import drawing

        target = Path(path)
        target.write_text(drawing(self.payload(), target.suffix), encoding="utf-8")
        return target

    def __repr__(self) -> str:
        counts = f"{len(self.graph):,} operations, {len(self.graph.sources)} sources"
        if self.focus is None:
            return f"lineage of the session: {counts}"
        name = self.names.get(self.focus, self.graph.op_name(self.focus))
        said = f"lineage of {name} (cell {self.graph.cell(self.focus)}) among {counts}"
        return "\n".join([said, *self.notes])


def _listed(rows: Ints, most: int = 6) -> str:
    shown = ", ".join(str(int(r)) for r in rows[:most])
    return f"{shown}, ... ({len(rows):,} in all)" if len(rows) > most else shown


def _steps(path: Sequence[Step]) -> str:
    return " -> ".join(
        f"{op} (cell {cell}, line {line})" if line else op for op, cell, line in path
    )
