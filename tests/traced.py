"""A notebook without a kernel: runs sources as cells and asks which rows are behind a value."""

from __future__ import annotations

import ast
import linecache

from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.session.cells import CellSummary
from traceprop_nb.session.core import Session


class Notebook:
    """Cells that share names and a session.

    Attributes:
        session: What records.
        names: The user's names.
    """

    def __init__(self) -> None:
        self.session = Session()
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.number = 0

    def __call__(self, source: str, *, traced: bool = True, name: str | None = None) -> CellSummary:
        """Run a cell, traced or not; what it raises comes through."""
        self.number += 1
        session, where, ok = self.session, f"<cell {self.number}>", False
        linecache.cache[where] = (len(source), None, source.splitlines(True), where)
        session.begin_cell(self.number, source, traced=traced, name=name)
        try:
            tree = ast.parse(source)
            tree = session.rewrite(tree) if traced else tree
            exec(compile(tree, where, "exec"), self.names)
            ok = True
        finally:
            session.bind(self.names)
            summary = session.end_cell(ok)
        return summary

    def source(self, name: str, value: object) -> object:
        """Bind a name to a value that is a source of that name."""
        self.names[name] = self.session.source(value, name)
        return value

    def node(self, name: str) -> int:
        """The node that a name's value is."""
        node = self.session.recorder.identity.node(self.names[name])
        assert node is not None, f"{name} was not recorded"
        return node

    def answer(self, name: str, row: int):
        """Where a row of a value came from."""
        return self.session.rows(self.names[name], row)

    def behind(self, name: str, source: str, *, context: bool = False) -> list[list[int]]:
        """Records of a source behind each row of a value."""
        graph, node = self.session.graph, self.node(name)
        named = self.session.files.names()
        found = []
        for row in range(graph.rows(node)):
            answer = query.backward(graph, node, row, context=True)
            part = answer.context if context else answer.sources
            hit = {r for at, rows in part.items() if named[at] == source for r in map(int, rows)}
            found.append(sorted(hit))
        return found

    def status(self, name: str) -> Status:
        """The worst status on the way from any row of a value to its sources."""
        graph, node = self.session.graph, self.node(name)
        answers = [query.backward(graph, node, row).status for row in range(graph.rows(node))]
        return max(answers, default=graph.status(node))

    def path(self, name: str, row: int = 0) -> list[str]:
        """Operations behind a row."""
        return [operation for operation, _, _ in self.answer(name, row).path]

    def parents(self, name: str) -> set[tuple[str, Kind, Status]]:
        """The operations right behind a value, how they count, and how sure they are."""
        graph = self.session.graph
        edges = graph.edges(self.node(name))
        return {(self.session.describe(at), Kind(k), Status(s)) for at, _, k, s in edges}

    def swallowed(self) -> dict[str, int]:
        """Errors of the recorder's own."""
        return self.session.recorder.swallowed


def rows(*wanted: int | list[int]) -> list[list[int]]:
    """Rows as lists: ``rows(2, [0, 1])`` is ``[[2], [0, 1]]``."""
    return [row if isinstance(row, list) else [row] for row in wanted]
