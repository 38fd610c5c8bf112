"""A stored session's lineage, read back: the same questions, by the names that its values had.

A part that is missing or that is not what was written leaves a gap: answers that go through it are
UNKNOWN and name it; all others are what they were.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import StoreError, unknown_name
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source
from traceprop_nb.lineage.parts import Assembly, Extent
from traceprop_nb.lineage.segment import unpack
from traceprop_nb.session import certainty, questions
from traceprop_nb.session.answers import ImpactAnswer, LineageAnswer, RowAnswer, WhyAnswer
from traceprop_nb.session.keeping import FORMAT
from traceprop_nb.session.privacy.pseudonyms import HIDDEN
from traceprop_nb.session.sources import Sources
from traceprop_nb.session.summary import describe

if TYPE_CHECKING:
    from traceprop_nb.session.feature_reading import Features
    from traceprop_nb.session.storage import Storage


@dataclass(frozen=True)
class PastRun:
    """A training run of a stored session: what it was, without its parameters.

    Attributes:
        name: The user's name for it.
        framework: Of the model.
        model: The model's class.
        n: Training rows.
        p: Parameters.
        rows_node: Node of the training rows, or None.
        row_index: Row i of the run is row ``row_index[i]`` of that node; None is the identity.
        parameters: Digest of the parameters.
        parent: Name of the run that it was made from, or empty.
        relation: How.
        cell: Where it was trained, or None.
        recorded: What was observed, as name and value.
        model_node: Node of the model when the run was stored, or None.
    """

    name: str
    framework: str
    model: str
    n: int
    p: int
    rows_node: int | None
    row_index: Ints | None
    parameters: str
    parent: str
    relation: str
    cell: int | None
    recorded: list[dict[str, Any]]
    model_node: int | None = None


@dataclass(frozen=True)
class PastCell:
    """A cell of a stored session.

    Attributes:
        number: Execution count.
        digest: Of its text.
        ok: Whether it ended without an error.
        recorded: Whether it was.
        name: The user's name for it, or empty.
        began: ISO 8601 with a zone; empty where the first versions stored it.
        ended: The same.
        error: Class of the error, or empty.
    """

    number: int
    digest: str
    ok: bool
    recorded: bool
    name: str
    began: str = ""
    ended: str = ""
    error: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Past:
    """The lineage of a stored session.

    Attributes:
        id: The session's id.
        started: When it began, ISO 8601 with a zone.
        storage: Where it is read from; leads on to what other sessions wrote.
        graph: Its graph, as far as it was stored.
        files: Its sources; lines and records are found while a file is where it was.
        values: Name of a value -> its node when the session was last stored.
        runs: Its training runs by name.
        cells: Its cells, in order.
        lost: Nodes of parts that cannot be read.
        damage: Which parts those are, and why; empty if all is there.
    """

    id: str
    started: str
    storage: Storage
    graph: LineageGraph
    files: Sources
    values: Mapping[str, int]
    runs: Mapping[str, PastRun]
    cells: tuple[PastCell, ...]
    lost: frozenset[int]
    damage: tuple[str, ...]

    @property
    def title(self) -> str:
        """The session in a sentence."""
        return f"session {self.id} of {self.started[:16].replace('T', ' ')}"

    def names(self) -> dict[int, str]:
        """Node of every named value -> its name."""
        found: dict[int, str] = {}
        for name, node in self.values.items():
            found.setdefault(node, name)
        return found

    def node(self, name: str) -> int:
        """The node that a name stood for.

        Raises:
            UnknownNameError: There was no traced value of that name.
        """
        called = self.called(name)
        if called not in self.values:
            raise unknown_name("value", name, self.values)
        return self.values[called]

    def called(self, name: str) -> str:
        """What a value or source is called here: its name, or what hides it."""
        known = {*self.values, *self.files.names().values(), *self.runs}
        if name in known or not any(one.startswith(HIDDEN) for one in known):
            return name
        return self.storage.hidden(name)

    def describe(self, node: int) -> str:
        """An operation's name; for a source, that it was read."""
        return describe(self.graph, node)

    def rows(self, name: str, i: Any) -> RowAnswer:
        """Where row i of a value came from. See ``traceprop_nb.rows``."""
        return questions.rows_of(self, self.node(name), i)

    def impact(self, source: str, row: int) -> ImpactAnswer:
        """What a record reached. See ``traceprop_nb.impact``."""
        return questions.impact(self, self.called(source), row)

    def why(self, name: str) -> WhyAnswer:
        """How far a value's lineage may be trusted. See ``traceprop_nb.why``."""
        return certainty.why_of(self, self.node(name))

    def lineage(self, name: str | None = None) -> LineageAnswer:
        """The graph around a value, or all of it. See ``traceprop_nb.lineage``."""
        node = None if name is None else self.node(name)
        return LineageAnswer(self.graph, node, self.names())

    def features(self, run: str) -> Features:
        """The projected gradients of a run, if the store was opened with ``features=True``.

        Raises:
            UnknownNameError: None are stored of a run of that name.
            StoreError: They are gone, or there are none, and why.
        """
        from traceprop_nb.session.feature_reading import features

        return features(self.storage, self.id, self.called(run))

    def __repr__(self) -> str:
        out = [
            f"{self.title}: {len(self.graph):,} operations, {len(self.graph.sources)} sources",
            f"values   {', '.join(self.values) or 'none'}",
            f"runs     {', '.join(self.runs) or 'none'}",
            *(f"damage   {what}" for what in self.damage),
        ]
        return "\n".join(out)


@dataclass
class _Reading:
    """Parts as they come in."""

    made: Assembly = field(default_factory=Assembly)
    values: dict[str, int] = field(default_factory=dict)
    runs: dict[str, PastRun] = field(default_factory=dict)
    cells: list[PastCell] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)

    def add(self, header: Mapping[str, Any], arrays: list[NDArray[Any]]) -> None:
        if header.get("format") != FORMAT:
            raise StoreError(
                f"a part of format {header.get('format')!r}; this package reads {FORMAT}"
            )
        self.made.add(header, arrays, _source)
        for name in header["unbound"]:
            self.values.pop(name, None)
        self.values |= header["bound"]
        for node, digest in header["digests"]:
            if node in self.made.graph.sources:
                self.made.graph.set_digest(node, digest)
        ends = header.get("ended") or [()] * len(header["cells"])  # not told by the first versions
        pairs = zip(header["cells"], ends, strict=True)
        self.cells += [PastCell(*cell, *ended) for cell, ended in pairs]
        for told in header["runs"]:
            self.runs.pop(told["name"], None)
            self.runs[told["name"]] = _run(told, arrays)
        order = header.get("order", self.runs)  # not told by the first versions
        self.runs = {name: self.runs[name] for name in order if name in self.runs}


def past(storage: Storage, session: str) -> Past:
    """The lineage of a stored session.

    Raises:
        UnknownNameError: There is no such session.
        StoreError: The store cannot be read.
    """
    known = {one.id: one.started for one in storage.sessions()}
    if session not in known:
        raise unknown_name("session", session, known)
    reading = _Reading()
    for number, body in storage.others.parts(session):
        try:
            reading.add(*unpack(storage.store.segment(session, str(body.get("segment")))))
        except StoreError as error:
            reading.damage.append(f"event {number}: {error}")
            reading.made.lose(Extent(*body["size"]))
    graph = reading.made.graph
    return Past(
        session, known[session], storage, graph, Sources(graph), reading.values, reading.runs,
        tuple(reading.cells), frozenset(reading.made.lost), tuple(reading.damage),
    )  # fmt: skip


def _source(told: Mapping[str, Any]) -> Source:
    path = told["path"]  # as it was shown: relative to the folder of the notebook
    return Source(
        told["node"], told["name"], told["kind"], None if path is None else os.path.abspath(path),
        told["rows"], told["digest"], told["cell"], told["line"], told["detail"],
    )  # fmt: skip


def _run(told: Mapping[str, Any], arrays: list[NDArray[Any]]) -> PastRun:
    index = None if told["index"] is None else arrays[told["index"]].astype(np.int64)
    return PastRun(
        told["name"], told["framework"], told["model"], told["n"], told["p"], told["node"], index,
        told["parameters"], told["parent"], told["relation"], told["cell"], told["recorded"],
        told.get("model_node"),
    )  # fmt: skip


def mapping(listed: object) -> dict[str, Any]:
    """Names and values, as ``reports.plain`` lists those of a mapping."""
    return {
        one["name"]: one["value"]
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and set(one) == {"name", "value"}
    }
