"""Which rows the models of recorded runs predicted, and which run a prediction is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.reports.evidence import EvaluationFact, Origins, StatusWord
from traceprop_nb.session import origins

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.traced import Traced

WORDS: tuple[StatusWord, ...] = ("exact", "assumed", "inexact", "unknown")
_FARTHEST = 60
"""Operations that are followed back from a prediction to its model."""
_AS_IT_IS = ("untraced cell ", "passed to ", "[]", "copy", "ravel")
"""Beginnings of operations after which a prediction is the model's own, row by row."""


@dataclass(frozen=True)
class Prediction:
    """Where a value was predicted.

    Attributes:
        run: Name of the run whose model did.
        rows: Node of the rows that were predicted.
        call: The model's method, such as ``"predict"``.
        plain: Whether the value's row i is what the model said of row i, as far as was recorded.
    """

    run: str
    rows: int
    call: str
    plain: bool


def evaluations(session: Traced, models: Mapping[int, str]) -> tuple[EvaluationFact, ...]:
    """Rows that a recorded run's model predicted, other than those it was trained on.

    Args:
        session: This process's, or a stored one.
        models: Lineage node of each run's model -> the run's name.
    """
    graph, names = session.graph, session.names()
    found: dict[tuple[str, int], EvaluationFact] = {}
    for model, name in models.items():
        run = session.runs.get(name)
        for node in sorted({child for child, _ in graph.outgoing(model)}):
            edges = graph.edges(node)
            parents = [p for p, _, kind, _ in edges if not kind]
            predicted = any(p == model and kind for p, _, kind, _ in edges)
            if run is None or not predicted or not parents or parents[0] == run.rows_node:
                continue
            found[name, parents[0]] = EvaluationFact(
                name=names.get(parents[0], f"rows of {graph.op_name(parents[0])}"),
                run=name,
                n_rows=graph.rows(parents[0]),
                origins=telling(session, parents[0]),
                cell=graph.cell(node),
            )
    return tuple(found.values())


def telling(session: Traced, node: int) -> Origins:
    """The records that tell a value's rows apart: a shared lookup table is no overlap."""
    index = np.arange(session.graph.rows(node))
    whole = query.backward(session.graph, node, index)
    rows = origins.origins(session, node, index).telling()
    return Origins(rows, WORDS[whole.status])


def prediction(session: Session, node: int) -> Prediction | None:
    """The run whose model a value is a prediction of; None where the lineage leads to none."""
    graph, models = session.graph, session.training.models
    plain = True
    for _ in range(_FARTHEST):
        edges = graph.edges(node)
        runs = [models[p] for p, _, kind, _ in edges if kind and p in models]
        direct = [(p, row_map) for p, row_map, kind, _ in edges if not kind]
        if not direct:
            return None
        parent, row_map = direct[0]
        plain &= len(direct) == 1 and isinstance(row_map, Identity)
        name = graph.op_name(node)
        if runs:
            return Prediction(runs[0], parent, name.rpartition(".")[2], plain)
        plain &= name.startswith(_AS_IT_IS) and name != "[]="
        node = parent
    return None
