"""Which tags were declared, what they reached, and where one was taken off again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import UntracedError, unknown_name
from traceprop_nb.lineage.nodes import Source
from traceprop_nb.session.privacy.flow import Flow, flows
from traceprop_nb.session.privacy.levels import (
    NOTHING,
    UNSEEN,
    Mark,
    Marks,
    checked,
    level_of,
    own_of,
)
from traceprop_nb.session.privacy.scan import looks_like_addresses, suggested

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


@dataclass(frozen=True)
class Declared:
    """Tags that somebody gave to a name.

    Attributes:
        name: Of a source or a column.
        source: Only in this source; empty for all.
        tags: What was given.
        cell: The cell in which it was said.
    """

    name: str
    source: str
    tags: tuple[str, ...]
    cell: int


@dataclass(frozen=True, repr=False)
class Tagged:
    """The tags of a value, and where they came from.

    Attributes:
        title: What was asked about.
        level: ``"none"``, ``"internal"``, ``"personal"`` or ``"special"``: the highest that
            reached it.
        own: The user's own tags.
        marks: Each tag with the source and column it was put on.
        columns: Column -> its marks, where columns are known; else None.
        unseen: Whether some input was seen by nobody, so that more may be in it.
    """

    title: str
    level: str
    own: tuple[str, ...]
    marks: tuple[Mark, ...]
    columns: Mapping[str, tuple[Mark, ...]] | None
    unseen: bool

    def __contains__(self, tag: str) -> bool:
        return tag == self.level or tag in self.own

    def __repr__(self) -> str:
        out = [f"{self.title}: {', '.join([self.level, *self.own])}"]
        out += [f"  {mark}" for mark in self.marks]
        out += ["  some of it was seen by nobody; more may be in it"] * self.unseen
        return "\n".join(out)


class Tags:
    """The tags of one session.

    Attributes:
        declared: By name, in order.
        added: Node of a value -> marks put on it.
        settled: Node of a value -> marks in place of those that reached it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.declared: list[Declared] = []
        self.added: dict[int, Marks] = {}
        self.settled: dict[int, Marks] = {}
        self._flows: list[Flow] = []

    def __bool__(self) -> bool:
        return bool(self.declared or self.added)

    # -- saying ------------------------------------------------------------------------------

    def tag(self, what: Any, tags: Iterable[str], source: str | None, ahead: bool) -> Tagged:
        """See ``traceprop_nb.tag``."""
        given = checked(tags)
        if isinstance(what, str):
            self._name(what, given, source or "", ahead)
        else:
            node = self._node(what)
            title = self._title(node)
            marks = frozenset(Mark(tag, title, node=node) for tag in given)
            self.added[node] = self.added.get(node, NOTHING) | marks
            self._session.record_event("tagged", what=title, tags=list(given))
        self._flows.clear()
        return self.of(what)

    def _name(self, name: str, given: tuple[str, ...], source: str, ahead: bool) -> None:
        known = [s for s in self._sources() if not source or called(s, source)]
        if source and not known and not ahead:
            raise unknown_name("source", source, {s.name for s in self._sources()})
        names = {n for s in known for n in (s.name, *columns_of(s))}
        names |= {str(s.path) for s in known if s.path is not None and called(s, name)}
        if not ahead and name not in names and os.path.abspath(name) not in names:
            raise unknown_name("source or column", name, names)
        self.declared.append(Declared(name, source, given, self._session.recorder.cell))
        self._session.guard.spoken.add(name)
        self._session.record_event("tagged", what=name, source=source, tags=list(given))

    def settle(self, node: int, marks: Marks) -> None:
        """Say that a value has these marks, whatever reached it."""
        self.settled[node] = marks
        self._flows.clear()

    # -- asking ------------------------------------------------------------------------------

    def of(self, what: Any) -> Tagged:
        """See ``traceprop_nb.tags``."""
        if not isinstance(what, str):
            node = self._node(what)
            return tagged(self._title(node), self.flow(node))
        found = [self.flow(s.node) for s in self._sources() if called(s, what)]
        if not found:
            found = [
                Flow((flow.columns or {}).get(what, flow.whole))
                for flow in (self.flow(s.node) for s in self._sources() if what in columns_of(s))
            ]
        ahead = [d for d in self.declared if d.name == what]
        if not found and not ahead:
            raise unknown_name("source or column", what, {s.name for s in self._sources()})
        marks = NOTHING.union(*(flow.whole for flow in found))
        marks |= {Mark(tag, d.source or what) for d in ahead if not found for tag in d.tags}
        return tagged(what, Flow(marks, found[0].columns if len(found) == 1 else None))

    def flow(self, node: int) -> Flow:
        """The tags of a node."""
        graph = self._session.graph
        return flows(graph, self._entered, self.settled, self.added, self._flows)[node]

    def reach(self, value: Any) -> Flow | None:
        """The tags of a live value; None if nobody saw it made."""
        node = self._session.recorder.identity.node(value)
        return None if node is None else self.flow(node)

    def suggestions(self) -> list[tuple[str, str, str]]:
        """(source, column, level) that names and e-mail-like cells suggest; nothing is tagged."""
        found = []
        live = {node: thing for thing, node in self._session.recorder.identity}
        for source in self._sources():
            said = {d.name for d in self.declared}
            for column in columns_of(source):
                level = suggested(column) or _by_cells(live.get(source.node), column)
                if level and column not in said:
                    found.append((source.name, column, level))
        return list(dict.fromkeys(found))

    # -- inside ------------------------------------------------------------------------------

    def _entered(self, node: int) -> Flow:
        source = self._session.graph.sources[node]
        if source.kind == "unknown":
            return Flow(frozenset({UNSEEN}))
        index = source.detail.get("index") or ()  # it stays with every row of every column
        all_of_it, apart = NOTHING, dict.fromkeys(source.detail.get("columns") or (), NOTHING)
        for said in self.declared:
            if said.source and not called(source, said.source):
                continue
            if called(source, said.name):
                all_of_it |= {Mark(tag, source.name) for tag in said.tags}
            if said.name in index:
                all_of_it |= {Mark(tag, source.name, said.name) for tag in said.tags}
            if said.name in apart:
                marks = {Mark(tag, source.name, said.name) for tag in said.tags}
                apart[said.name] |= marks
        if not apart:
            return Flow(all_of_it)
        columns = {name: marks | all_of_it for name, marks in apart.items()}
        return Flow(all_of_it.union(*columns.values()), columns)

    def _sources(self) -> list[Source]:
        return [s for s in self._session.graph.sources.values() if s.kind != "unknown"]

    def _node(self, value: Any) -> int:
        node = self._session.recorder.identity.node(value)
        if node is None:
            raise UntracedError(
                f"nobody saw this {type(value).__name__} made, so its tags are not known; put "
                "%%trace at the top of the cell that makes it and run that again"
            )
        return node

    def _title(self, node: int) -> str:
        return self._session.names().get(node) or self._session.describe(node)


def called(source: Source, name: str) -> bool:
    """Whether a source goes by that name or path."""
    bare = name.partition(" (as of cell")[0]
    return source.name == bare or (source.path is not None and source.path == os.path.abspath(bare))


def columns_of(source: Source) -> tuple[str, ...]:
    """The columns that a source had when it entered; none where that is not known."""
    return tuple(source.detail.get("columns") or ()) + tuple(source.detail.get("index") or ())


def tagged(title: str, flow: Flow) -> Tagged:
    """The answer about a flow."""
    shown = tuple(sorted(flow.whole - {UNSEEN}))
    columns = flow.columns
    apart = None if columns is None else {n: tuple(sorted(m)) for n, m in columns.items()}
    return Tagged(
        title, level_of(flow.whole), own_of(flow.whole), shown, apart, UNSEEN in flow.whole
    )


def _by_cells(table: Any, column: str) -> str:
    cells: Any = None if table is None else getattr(table, "get", lambda _: None)(column)
    first: Any = None if cells is None else getattr(cells, "head", lambda _: ())(50)
    return "personal" if first is not None and looks_like_addresses(first) else ""
