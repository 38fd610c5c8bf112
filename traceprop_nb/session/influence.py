"""Influence: the scores of a method, with the way from each training row back to its file line."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.attribution.ensembles import mean_over
from traceprop_nb.attribution.group_left_out import group_left_out
from traceprop_nb.attribution.methods import METHODS, attribute
from traceprop_nb.attribution.scores import joined
from traceprop_nb.errors import OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import Floats, Linear
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.payloads.influence_table import InfluenceEntry
from traceprop_nb.session import questions
from traceprop_nb.session.learnt import InfluenceAnswer, check_by
from traceprop_nb.session.origins import NOWHERE, Origins, of_run

GROUPED = "sources are left out as a whole, by training on the other rows"

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


def influence(  # noqa: PLR0913  # the public question
    session: Session,
    X: Any,
    y: Any = None,
    *,
    k: int | None = 10,
    run: str | TrainingRun | Sequence[str | TrainingRun] | None = None,
    method: str = "auto",
    estimand: str = "leave_one_out",
    by: str = "row",
    title: str | None = None,
) -> InfluenceAnswer:
    """See ``traceprop_nb.influence``."""
    check_by(by)
    if k is not None and k < 1:
        raise OptionError(f"k={k} lists nothing; pass a positive number, or None for all rows")
    asked, *others = _runs(session, run)
    query_rows = asked.query(X, y)
    how = functools.partial(attribute, method=method, estimand=estimand)
    result = mean_over([asked, *others], query_rows, how)
    if not others:
        known = session.training.lds.get(asked, {})
        result = replace(result, lds=known.get((METHODS[result.method], result.estimand)))
    back, grouped = of_run(session, asked), None
    if by == "source" and isinstance(asked.objective, Linear) and not others:
        grouped = _grouped(asked, query_rows, result.scores, back)
        result = replace(result, note=joined(GROUPED, result.note))
    return InfluenceAnswer(
        asked,
        result,
        back,
        title or _title(session, X),
        k,
        by,
        _predicted(asked, X),
        [] if y is None else [str(label) for label in np.atleast_1d(np.asarray(y)).ravel()],
        lambda rank, j, score: entry(asked, back, rank, j, score),
        session.recorder.cell,
        grouped,
    )


def _runs(
    session: Session, run: str | TrainingRun | Sequence[str | TrainingRun] | None
) -> list[TrainingRun]:
    """One run, or those to average over."""
    if run is None or isinstance(run, str | TrainingRun):
        return [run if isinstance(run, TrainingRun) else session.training.find(run)]
    if not run:
        raise OptionError("run=[] names no run; name one, or several to average over")
    return [one for each in run for one in _runs(session, each)]


def _grouped(run: TrainingRun, query: Any, scores: Floats, back: Origins) -> Floats:
    """Effect of each source as a whole, (m, sources); the sum where none is left without it."""
    found = group_left_out(run.objective, query, run.w, back.owned)  # type: ignore[arg-type]  # it is linear
    return np.where(np.isfinite(found), found, back.totals(scores))


def _title(session: Session, X: Any) -> str:
    node = session.recorder.identity.node(X)
    if node is not None:
        site = session.graph.site(node)
        name = session.names().get(node)
        return name or (site.text if site is not None else session.graph.op_name(node))
    name = next((n for n, value in session.namespace.items() if value is X), None)
    return name or f"a {type(X).__name__}"


def _predicted(run: TrainingRun, X: Any) -> list[str]:
    try:
        outputs = np.atleast_2d(run.predict(X))
    except UnsupportedModelError:
        return []  # its loss is known, and not its outputs
    if run.classes is None:
        return [", ".join(f"{value:.4g}" for value in row) for row in outputs]
    best = outputs.argmax(axis=1)
    return [f"{run.classes[c]} (p={row[c]:.3f})" for c, row in zip(best, outputs, strict=True)]


def entry(run: TrainingRun, back: Origins, rank: int, j: int, score: float) -> InfluenceEntry:
    """One line of the influence table, with all that is known of the training row."""
    session, pairs = back.session, back.pairs(j)
    label = str(run.labels[j]) if j < len(run.labels) else ""
    if not pairs or back.names[back.source[pairs[0]]] == NOWHERE:
        return InfluenceEntry(
            rank, j, NOWHERE if pairs else "", None, None, label, score, flags=("unknown",)
        )
    first = pairs[0]
    node, record = int(back.node[first]), int(back.record[first])
    line = session.files.lines(node, [record])
    found = query.backward(session.graph, back.value or 0, int(back.index[j]))
    also = [f"also {back.names[back.source[e]]} record {back.record[e]}" for e in pairs[1:4]]
    doubt = [] if found.status == Status.EXACT else [found.status.name.lower()]
    return InfluenceEntry(
        rank,
        j,
        back.names[back.source[first]],
        record,
        None if line is None else int(line[0]),
        label,
        score,
        questions.short_path(session, found.path),
        session.files.text(node, record),
        session.files.fields(node, record),
        (*doubt, *also),
    )
