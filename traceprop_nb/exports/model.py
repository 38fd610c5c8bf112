"""One frozen picture of a session that every exporter writes and every importer gives back.

It holds names, counts, digests and row numbers, and no value of anybody's row. Ids are stable: the
same session gives the same ones. In a field, None and an empty text mean *not known*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Way = Literal["direct", "context"]
StatusWord = Literal["exact", "assumed", "inexact", "unknown"]
Stretch = tuple[int, int, int]
"""First row, first record, length."""


@dataclass(frozen=True)
class Column:
    """A column of a source or value; ``type`` as the library that holds it calls it."""

    name: str
    type: str = ""


@dataclass(frozen=True)
class Source:
    """Something that entered the session.

    Attributes:
        id: ``"source/3"``, by its lineage node.
        name: As the user calls it.
        kind: "file", "table", "array" or "generated".
        records: How many it has.
        digest: ``"sha256:..."`` of a file's bytes.
        size: Of a file, in bytes.
        path: As it may be shown: relative to the working folder, or only the file's name.
        cell: Id of the cell that read it.
        columns: Where they are known.
    """

    id: str
    name: str
    kind: str = "file"
    records: int | None = None
    digest: str = ""
    size: int | None = None
    path: str = ""
    cell: str = ""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Value:
    """A value that was computed.

    Attributes:
        id: ``"value/17"``, by its lineage node.
        name: The user's name for it; empty for one without.
        operation: What made it.
        cell: Id of the cell that made it.
        rows: How many it has.
        status: Of the step that made it, its direct operands included.
        columns: Where they are known.
    """

    id: str
    name: str = ""
    operation: str = ""
    cell: str = ""
    rows: int | None = None
    status: StatusWord = "exact"
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One execution of a cell.

    Attributes:
        id: ``"cell/4"``, by its execution count.
        number: Execution count.
        name: The user's name for it.
        digest: ``"sha256:..."`` of its text.
        ok: Whether it ended without an error; None for one that had not ended.
        error: Class of the error.
        traced: Whether it was recorded.
        began: ISO 8601 with a zone, by the host's clock.
        ended: The same.
    """

    id: str
    number: int = 0
    name: str = ""
    digest: str = ""
    ok: bool | None = None
    error: str = ""
    traced: bool = False
    began: str = ""
    ended: str = ""


@dataclass(frozen=True)
class Operations:
    """How often an operation was recorded in a cell with a status."""

    cell: str
    name: str
    status: StatusWord = "exact"
    count: int = 0


@dataclass(frozen=True)
class Edge:
    """What something was made of; both ends are ids of sources, values or runs.

    Attributes:
        parent: What it was made of.
        child: What was made.
        way: "direct", the row itself, or "context", a statistic, fit or key that rows share.
        status: How sure the step is; unnamed steps between the two are counted in.
    """

    parent: str
    child: str
    way: Way = "direct"
    status: StatusWord = "exact"


@dataclass(frozen=True)
class RowLineage:
    """Which records of a source are behind each row of a value.

    Attributes:
        value: Id of the value.
        source: Id of the source.
        status: Of the whole way between them.
        diagonal: (row, record, length): rows row, row + 1, ... come from records record,
            record + 1, ...; sorted.
        fan: (row, record, length): one row comes from ``length`` records in succession; sorted.
            A pair of a row and a record stands in one stretch only.
        complete: False where the pairs were too many to be spelled out; then there are none.
    """

    value: str
    source: str
    status: StatusWord = "exact"
    diagonal: tuple[Stretch, ...] = ()
    fan: tuple[Stretch, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class ColumnLineage:
    """That a column of a value was made of a column of a source.

    Attributes:
        value: Id of the value.
        column: Its column.
        source: Id of the source.
        source_column: Its column.
        how: "identity" where cells are copied, "transformation" where some were changed.
    """

    value: str
    column: str
    source: str
    source_column: str
    how: Literal["identity", "transformation"] = "identity"


@dataclass(frozen=True)
class Metric:
    """A metric of a run on rows; only such as were computed again belong here."""

    name: str
    value: float
    rows: int | None = None
    data: str = ""


@dataclass(frozen=True)
class Run:
    """A recorded training, or what an unlearning made of one.

    Attributes:
        id: ``"run/0"``, by the order of the session's runs.
        name: As the user calls it.
        model: Class of the model.
        framework: Of the model.
        loss: That was minimised.
        rows: It was trained on.
        parameters: How many.
        digest: ``"sha256:..."`` of the float64 little-endian parameter vector.
        cell: Id of the cell that trained it.
        parent: Id of the run that it was made from by unlearning.
        relation: How it was made from it.
        options: Hyperparameters as (name, JSON text), by name.
        metrics: Of the model.
    """

    id: str
    name: str
    model: str = ""
    framework: str = ""
    loss: str = ""
    rows: int | None = None
    parameters: int | None = None
    digest: str = ""
    cell: str = ""
    parent: str = ""
    relation: str = ""
    options: tuple[tuple[str, str], ...] = ()
    metrics: tuple[Metric, ...] = ()


Entity = Source | Value | Run


@dataclass(frozen=True)
class Agent:
    """Who ran it: ``kind`` is "software" or, where somebody said so, "person"."""

    id: str
    kind: Literal["software", "person"] = "software"
    name: str = ""
    version: str = ""


@dataclass(frozen=True)
class Package:
    """An installed distribution whose code was imported in the session."""

    name: str
    version: str = ""


@dataclass(frozen=True)
class SessionGraph:
    """A session: what entered it, what was computed from it, in which cells, by whom.

    Attributes:
        id: ``"ses_..."``, the id that the session's record has.
        started: ISO 8601 with a zone.
        detail: "named" holds values that have a name, "all" every recorded value.
        edges: What was made of what, in the order of the children.
    """

    id: str
    started: str = ""
    detail: str = "named"
    sources: tuple[Source, ...] = ()
    values: tuple[Value, ...] = ()
    cells: tuple[Cell, ...] = ()
    operations: tuple[Operations, ...] = ()
    edges: tuple[Edge, ...] = ()
    row_lineage: tuple[RowLineage, ...] = ()
    column_lineage: tuple[ColumnLineage, ...] = ()
    runs: tuple[Run, ...] = ()
    agents: tuple[Agent, ...] = ()
    packages: tuple[Package, ...] = ()

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Sources, values and runs, in this order."""
        return (*self.sources, *self.values, *self.runs)

    def __repr__(self) -> str:
        counts = [
            f"{len(part):,} {name}"
            for name, part in (
                ("sources", self.sources), ("values", self.values), ("cells", self.cells),
                ("runs", self.runs), ("edges", self.edges), ("row maps", self.row_lineage),
            )
        ]  # fmt: skip
        return (
            f"session {self.id}, begun {self.started or 'at a time unknown'}: {', '.join(counts)}"
        )
