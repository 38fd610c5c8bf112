"""Looks at live values and recorded steps for a rule: their tags, and what they have passed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage import query
from traceprop_nb.session.policy.pack import Use
from traceprop_nb.session.policy.sinks import sinks_of
from traceprop_nb.session.privacy.flow import Flow
from traceprop_nb.session.privacy.levels import NOTHING, UNSEEN, Mark, Marks
from traceprop_nb.session.privacy.tags import called
from traceprop_nb.session.untraced import has_rows

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

ALL = frozenset({"*"})


class Look:
    """Answers about values.

    Args:
        session: Knows them.
        leak: Whether rows that an earlier model was tested on matter.
    """

    def __init__(self, session: Session, leak: bool = False) -> None:
        self._session, self._leak = session, leak
        self._tested: list[Mapping[int, Any]] | None = None

    def value(self, thing: Any) -> tuple[Flow, frozenset[str]]:
        """Tags of a live value, and the steps that every tagged part of it has passed."""
        node = self._session.recorder.identity.node(thing)
        if node is None:
            return Flow(frozenset({UNSEEN}) if has_rows(thing) else NOTHING), ALL
        flow = self._session.guard.tags.flow(node)
        return flow, self.steps(node) if flow.whole - {UNSEEN} else ALL

    def file(self, name: str) -> Marks:
        """Tags that were put on a file of that name, whether it was read or not."""
        if not name or len(name) > 255 or "\n" in name:
            return NOTHING
        said = self._session.guard.tags.declared
        known = [s for s in self._session.graph.sources.values() if called(s, name)]
        end = name.replace("\\", "/").rpartition("/")[2]
        if not known and "." not in end:
            return NOTHING  # a column's name rather than a file's
        named = {name, end, *(s.name for s in known)}
        return frozenset(Mark(tag, d.name) for d in said if d.name in named for tag in d.tags)

    def steps(self, node: int) -> frozenset[str]:
        """Names of the operations that lie on every way from a tagged source to a node.

        From the sources on, a value has passed what all its tagged inputs have passed, and the
        operation that made it.
        """
        graph, tags = self._session.graph, self._session.guard.tags
        passed: dict[int, frozenset[str] | None] = {}  # None: nothing tagged in it
        for at in [*query.ancestors(graph, node), node]:
            if not tags.flow(at).whole - {UNSEEN}:
                passed[at] = None
                continue
            made = [passed.get(parent) for parent, _, _, _ in graph.edges(at)]
            tagged = [steps for steps in made if steps is not None]
            before = frozenset.intersection(*tagged) if tagged else frozenset[str]()
            name = "" if at in graph.sources else graph.op_name(at)
            passed[at] = before | {name, name.rpartition(".")[2]} - {""}
        return passed[node] or frozenset()

    def use(self, sink: str, call: str, values: Sequence[Any]) -> Use:
        """A call with live values."""
        found = [self.value(value) for value in values]
        marks = NOTHING.union(*(flow.whole for flow, _ in found))
        tagged = [steps for flow, steps in found if flow.whole - {UNSEEN}]
        steps = frozenset.intersection(*tagged) if tagged else ALL
        again = sink == "model" and self._leak and any(map(self._was_tested, values))
        return Use(sink, call, marks - {UNSEEN}, 0, UNSEEN in marks, steps, test_rows=again)

    def everything(self, tree: ast.Module, names: Mapping[str, Any]) -> Use:
        """A training cell whose training cannot be seen in its text: all its names go in."""
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        return self.use("model", "the training cell", [names[name] for name in read & set(names)])

    def fits(self) -> Iterator[tuple[int, Use]]:
        """Trainings in the lineage: the cell, and the use."""
        graph, tags = self._session.graph, self._session.guard.tags
        for node in range(len(graph)):
            name = graph.op_name(node)
            if "model" not in sinks_of(name.rpartition(".")[2]) and not name.startswith("train "):
                continue
            parents = [parent for parent, _, _, _ in graph.edges(node)]
            marks = NOTHING.union(*(tags.flow(parent).whole for parent in parents))
            steps = [self.steps(p) for p in parents if tags.flow(p).whole - {UNSEEN}]
            all_of = frozenset.intersection(*steps) if steps else ALL
            site = graph.site(node)
            again = self._leak and any(self._tested_before(p, graph.cell(node)) for p in parents)
            line = site.line if site else 0
            seen = UNSEEN in marks
            yield (
                graph.cell(node),
                Use("model", name, marks - {UNSEEN}, line, seen, all_of, test_rows=again),
            )

    # -- test rows ---------------------------------------------------------------------------

    def _was_tested(self, value: Any) -> bool:
        node = self._session.recorder.identity.node(value)
        return node is not None and self._tested_before(node, self._session.recorder.cell + 1)

    def _tested_before(self, node: int, cell: int) -> bool:
        """Whether a value's telling records were behind rows that a model was tested on."""
        from traceprop_nb.session.evaluations import evaluations
        from traceprop_nb.session.origins import origins

        if self._tested is None:
            facts = evaluations(self._session, self._session.training.models)
            self._tested = [
                fact.origins.rows
                for fact in facts
                if fact.origins is not None and (fact.cell or 0) < cell
            ]
        if not self._tested:
            return False
        rows = np.arange(self._session.graph.rows(node))
        mine = origins(self._session, node, rows).telling()
        return any(
            len(np.intersect1d(mine[source], tested[source]))
            for tested in self._tested
            for source in mine.keys() & tested.keys()
        )
