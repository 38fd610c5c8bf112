"""The value that a record is asked for, as a fact: its rows, their origins, the steps to it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage import query
from traceprop_nb.reports.evidence import ValueFact
from traceprop_nb.session.evidence import origins_behind
from traceprop_nb.session.questions import node_of

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


def value_fact(session: Session, value: Any) -> ValueFact:
    """The fact.

    Raises:
        UntracedError: Nobody saw the value made.
    """
    node = node_of(session, value)
    graph = session.graph
    n = graph.rows(node)
    origins = origins_behind(session, node, np.arange(n))
    assert origins is not None  # there is a node
    steps = Counter(session.describe(at) for at in query.ancestors(graph, node))
    steps[session.describe(node)] += 1
    name = session.names().get(node) or f"a result of {session.describe(node)}"
    return ValueFact(name, n, origins, dict(sorted(steps.items())))
