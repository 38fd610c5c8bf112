"""Questions about lineage: where a row came from, what a record reached, what is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError, RowRangeError, UntracedError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints, materialise
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.answers import (
    Doubt,
    ImpactAnswer,
    LineageAnswer,
    Reached,
    RowAnswer,
    Step,
    WhyAnswer,
)

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


def node_of(session: Session, x: Any) -> int:
    """The node of a value.

    Raises:
        UntracedError: Nobody saw it made; says which cell to trace.
    """
    node = session.recorder.identity.node(x)
    if node is not None:
        return node
    name = next((n for n, value in session.namespace.items() if value is x), None)
    what = f"{name!r}" if name else f"this {type(x).__name__}"
    made = session.origin_cells.get(id(x))
    if made is not None and made[0] == name:
        advice = (
            f"cell {made[1]} made it and was not traced; put %%trace at its top and run it again"
        )
    elif isinstance(x, str):
        advice = "pass the value itself, not its name"
    else:
        advice = (
            "put %%trace at the top of the cell that makes it and run it again, or declare it "
            "with tp.source(value, 'name')"
        )
    raise UntracedError(f"the lineage of {what} is UNKNOWN: {advice}")


def rows(session: Session, x: Any, i: Any) -> RowAnswer:
    """See ``traceprop_nb.rows``."""
    node = node_of(session, x)
    return of_node(session, node, _checked(i, session.graph.rows(node)))


def _checked(i: Any, n: int) -> Any:
    wanted = np.asarray(i)
    if wanted.dtype.kind not in "iu" and wanted.size:
        raise OptionError(
            f"row {i!r} is no row number; pass an integer or several, from 0 to {n - 1}"
        )
    wanted = np.atleast_1d(wanted).astype(np.int64)
    bad = wanted[(wanted < -n) | (wanted >= n)]
    if len(bad):
        raise RowRangeError(
            f"there is no row {bad[0]}; the value has rows 0 to {n - 1}"
            if n
            else "the value has no rows"
        )
    return int(wanted[0]) % n if len(wanted) == 1 else np.where(wanted < 0, wanted + n, wanted)


def of_node(session: Session, node: int, wanted: Any) -> RowAnswer:
    """Where rows of a node came from."""
    found = query.backward(session.graph, node, wanted, context=True)
    names = session.files.names()
    sources: dict[str, Ints] = {}
    lines: dict[str, Ints] = {}
    notes: list[str] = []
    for source, records in found.sources.items():
        name = names[source]
        known = np.union1d(sources[name], records) if name in sources else records
        sources[name] = known
        placed = session.files.lines(source, known)
        if placed is not None:
            lines[name] = placed
        elif session.graph.sources[source].path is not None:
            notes.append(session.files.why_no_lines(source))
    context: dict[str, int] = {}
    for source, behind in found.context.items():
        context[names[source]] = max(context.get(names[source], 0), len(behind))
    status = found.status
    assumed = [n for n in found.sources if session.graph.sources[n].detail.get("assumed")]
    if assumed and status == Status.EXACT:
        status = Status.ASSUMED
        notes.append(
            f"{names[assumed[0]]} was built from Python values, assumed to come from nowhere traced"
        )
    return RowAnswer(
        sources, lines, context, status, steps(session, found.path), tuple(dict.fromkeys(notes))
    )


def steps(session: Session, path: list[int]) -> list[Step]:
    """Nodes as (operation, cell, line), without repeating a step."""
    found: list[Step] = []
    for node in path:
        source = session.graph.sources.get(node)
        site = session.graph.site(node)
        line = site.line if site is not None else source.line if source is not None else 0
        step = (session.describe(node), session.graph.cell(node), line)
        if not found or found[-1] != step:
            found.append(step)
    return found


def short_path(session: Session, path: list[int]) -> str:
    """The operations of a path as a line of text, each name once in a row."""
    names: list[str] = []
    for operation, _, _ in steps(session, path):
        if not names or names[-1] != operation:
            names.append(operation)
    return " -> ".join(names)


def impact(session: Session, source: str, row: int) -> ImpactAnswer:
    """See ``traceprop_nb.impact``."""
    nodes = session.files.check_record(source, int(row))
    parts = {node: np.array([int(row)], np.int64) for node in nodes}
    return _impact(session, source, int(row), parts)


def reached_by(session: Session, node: int, records: Ints) -> ImpactAnswer:
    """What several records of one source reached together."""
    return _impact(session, session.files.names()[node], int(records[0]), {node: records})


def _impact(session: Session, source: str, row: int, parts: dict[int, Ints]) -> ImpactAnswer:
    reached: dict[int, Any] = {}
    statuses: dict[int, Status] = {}
    worst = Status.EXACT
    for node, records in parts.items():
        found = query.impact(session.graph, node, records)
        worst = max(worst, found.status)
        for other, its in found.reached.items():
            its = materialise(its)
            reached[other] = np.union1d(reached[other], its) if other in reached else its
            statuses[other] = max(statuses.get(other, Status.EXACT), found.statuses[other])
    named = {**dict.fromkeys(parts, ""), **session.names()}
    live = {node for _, node in session.recorder.identity}
    values, models, batches = [], [], 0
    for node in sorted({*reached, *(set(parts) & set(session.names()))}):
        hit = reached[node] if node in reached else parts[node]
        entry = _reached(session, node, hit, named.get(node, ""), statuses.get(node, Status.EXACT))
        batches += session.graph.op_name(node) == "DataLoader batch"
        if _is_model(session, node):
            models.append(entry)
        elif node in live and named.get(node):
            values.append(entry)
    runs = {name: _run_rows(run, reached) for name, run in session.runs.items()}
    return ImpactAnswer(
        source, row, values, batches, {n: r for n, r in runs.items() if len(r)}, models,
        len(reached), sorted(reached), worst,
    )  # fmt: skip


def _reached(session: Session, node: int, rows: Ints, name: str, status: Status) -> Reached:
    site = session.graph.site(node)
    line = site.line if site is not None else 0
    return Reached(name, session.describe(node), session.graph.cell(node), line, rows, status)


def _is_model(session: Session, node: int) -> bool:
    name = session.graph.op_name(node)
    return name.startswith("train ") or (
        name.endswith((".fit", ".fit_transform", ".partial_fit"))
        and (session.graph.rows(node) == 1)
    )


def _run_rows(run: Any, reached: dict[int, Any]) -> Ints:
    hit = (
        reached.get(run.rows_node, np.empty(0, np.int64))
        if run.rows_node is not None
        else np.empty(0, np.int64)
    )
    if run.row_index is None:
        return np.asarray(hit, np.int64)
    return np.flatnonzero(np.isin(run.row_index, hit)).astype(np.int64)


def why(session: Session, x: Any) -> WhyAnswer:
    """See ``traceprop_nb.why``."""
    node = node_of(session, x)
    doubts = []
    for at in query.inexact_steps(session.graph, node):
        site = session.graph.site(at)
        text, line = (site.text, site.line) if site is not None else ("", 0)
        status = max(
            [
                session.graph.status(at),
                *(s for _, _, kind, s in session.graph.edges(at) if not kind),
            ]
        )
        doubts.append(
            Doubt(session.describe(at), session.graph.cell(at), line, Status(status), text)
        )
    for at, source in session.graph.sources.items():
        if source.detail.get("assumed") and at in {node, *query.ancestors(session.graph, node)}:
            doubts.append(
                Doubt(
                    source.name,
                    source.cell,
                    source.line,
                    Status.ASSUMED,
                    "built from Python values",
                )
            )
    worst = max((d.status for d in doubts), default=Status.EXACT)
    return WhyAnswer(session.names().get(node, session.graph.op_name(node)), worst, doubts)


def lineage(session: Session, x: Any = None) -> LineageAnswer:
    """See ``traceprop_nb.lineage``."""
    return LineageAnswer(session.graph, None if x is None else node_of(session, x), session.names())
