"""What is known of a value's lineage, as sets and lists of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage import query
from traceprop_nb.session import questions

if TYPE_CHECKING:
    from traceprop_nb.session import RowAnswer, Session


@dataclass(frozen=True, eq=False)
class ProvenanceView:
    """The lineage of a value as it was when asked.

    Attributes:
        session: Where it was recorded.
        node: The value's node.
    """

    session: Session
    node: int

    def ancestors(self) -> set[int]:
        """Nodes that the value was made of, directly or not."""
        return set(query.ancestors(self.session.graph, self.node))

    def ops(self) -> list[str]:
        """Operations between the sources and the value, in the order in which they ran."""
        graph = self.session.graph
        made = sorted({*self.ancestors(), self.node})
        return [graph.op_name(node) for node in made if node not in graph.sources]

    def sources(self) -> list[str]:
        """Names of the sources that it was made of; an unknown one by what was not seen."""
        names, made = self.session.files.names(), {*self.ancestors(), self.node}
        return list(dict.fromkeys(name for node, name in names.items() if node in made))

    def rows(self, i: Any) -> RowAnswer:
        """Where row i came from. See ``traceprop_nb.rows``."""
        return questions.rows_of(self.session, self.node, i)
