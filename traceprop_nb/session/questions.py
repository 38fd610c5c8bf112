"""Questions about lineage: where a row came from, what a record reached, what is certain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import (
    OptionError,
    RowRangeError,
    StoreError,
    UnknownNameError,
    UntracedError,
)
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints, materialise
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.lineage.sites import SiteGraph
from traceprop_nb.session import continued
from traceprop_nb.session.answers import (
    ImpactAnswer,
    LineageAnswer,
    Reached,
    RowAnswer,
    Step,
)
from traceprop_nb.session.sites import as_lineage
from traceprop_nb.session.stale import stale
from traceprop_nb.session.traced import Traced

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


def found(session: Session, x: Any) -> tuple[Traced, int, tuple[str, ...]]:
    """Whose value this is, its node, and what to say of that.

    Args:
        session: This one; asked first.
        x: A live value, or the name that a value has here or had in a stored session.

    Raises:
        UntracedError: Nobody saw it made, here or there.
    """
    if not isinstance(x, str):
        return session, node_of(session, x), ()
    if x in session.namespace:
        return session, node_of(session, session.namespace[x]), ()
    if session.storage is None:
        return session, node_of(session, x), ()
    damage: list[str] = []
    for past in session.storage.others.pasts():
        if past.called(x) in past.values:
            node = past.node(x)
            said = f"{x} is that of {past.title}, made in its cell {past.graph.cell(node)}"
            return past, node, (said,)
        damage += past.damage
    unread = f"; some of it cannot be read: {'; '.join(damage[:3])}" if damage else ""
    raise UntracedError(
        f"no value named {x!r} is here or in an earlier session of the store{unread}; "
        "tp.open().lineage(session) lists the names of a session"
    )


def rows(session: Session, x: Any, i: Any) -> RowAnswer:
    """See ``traceprop_nb.rows``."""
    where, node, notes = found(session, x)
    answer = rows_of(where, node, i)
    if where is session:
        asked = session.namespace.get(x) if isinstance(x, str) else x
        names = [name for name, value in session.namespace.items() if value is asked]
        old = stale(session) if names else {}
        notes = (*notes, *(f"{name} is stale: {old[name]}" for name in names if name in old))
    return replace(answer, notes=(*notes, *answer.notes)) if notes else answer


def rows_of(traced: Traced, node: int, i: Any) -> RowAnswer:
    """Where row i of a node came from; i as the user gives it."""
    if node in traced.lost:
        return RowAnswer({}, {}, {}, Status.UNKNOWN, (), traced.damage)
    return of_node(traced, node, _checked(i, traced.graph.rows(node)))


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


def of_node(
    traced: Traced, node: int, wanted: Any, seen: frozenset[str] = frozenset()
) -> RowAnswer:
    """Where rows of a node came from.

    Args:
        traced: Has the node.
        node: A value.
        wanted: Its rows, from 0.
        seen: Digests of files that were followed to get here.
    """
    behind = query.backward(traced.graph, node, wanted, context=True)
    names = traced.files.names()
    merged = continued.Merged(behind.status)
    for source, records in behind.sources.items():
        if not _lead_on(merged, traced, source, records, seen):
            _add(merged, traced, source, names[source], records)
    for source, records_behind in behind.context.items():
        name = names[source]
        merged.context[name] = max(merged.context.get(name, 0), len(records_behind))
    assumed = [n for n in behind.sources if traced.graph.sources[n].detail.get("assumed")]
    if assumed and merged.status == Status.EXACT:
        merged.status = Status.ASSUMED
        merged.notes.append(
            f"{names[assumed[0]]} was built from Python values, assumed to come from nowhere traced"
        )
    if not traced.lost.isdisjoint(behind.path):
        merged.notes += traced.damage
    return merged.answer(steps(traced, behind.path))


def _lead_on(
    merged: continued.Merged, traced: Traced, source: int, records: Ints, seen: frozenset[str]
) -> bool:
    """Whether records of a source went on in a session that wrote it; merged with what it knows."""
    try:
        further = continued.onward(traced, source, records, seen)
    except StoreError as error:
        merged.unreadable(traced.graph.sources[source].name, error)
        return False
    if further is None:
        return False
    if further.node in further.where.lost:
        answer = RowAnswer({}, {}, {}, Status.UNKNOWN, (), further.where.damage)
    else:
        known = seen | {further.digest}
        answer = of_node(further.where, further.node, further.rows, known)
    return merged.leads_on(further, continued.apart(traced, further, answer))


def _add(merged: continued.Merged, traced: Traced, source: int, name: str, records: Ints) -> None:
    """Records of a source that nobody is known to have written."""
    before = merged.sources.get(name, np.empty(0, np.int64))
    merged.sources[name], first = np.unique(np.append(before, records), return_index=True)
    placed = traced.files.lines(source, records)
    earlier = merged.lines.pop(name, None) if len(before) else np.empty(0, np.int64)
    if placed is not None and earlier is not None:
        merged.lines[name] = np.append(earlier, placed)[first]
    elif traced.graph.sources[source].path is not None:
        merged.notes.append(traced.files.why_no_lines(source))


def steps(traced: Traced, path: list[int]) -> list[Step]:
    """Nodes as (operation, cell, line), without repeating a step."""
    found: list[Step] = []
    for node in path:
        source = traced.graph.sources.get(node)
        site = traced.graph.site(node)
        line = site.line if site is not None else source.line if source is not None else 0
        step = (traced.describe(node), traced.graph.cell(node), line)
        if not found or found[-1] != step:
            found.append(step)
    return found


def short_path(traced: Traced, path: list[int]) -> str:
    """The operations of a path as a line of text, each name once in a row."""
    names: list[str] = []
    for operation, _, _ in steps(traced, path):
        if not names or names[-1] != operation:
            names.append(operation)
    return " -> ".join(names)


def impact_anywhere(session: Session, source: str, row: int) -> ImpactAnswer:
    """What a record reached here; of a source that is not known here, in the newest that does."""
    try:
        return impact(session, source, row)
    except UnknownNameError:
        for past in () if session.storage is None else session.storage.others.pasts():
            if past.called(source) in past.files.names().values():
                answer = past.impact(source, row)
                return replace(answer, notes=(f"{source} was read in {past.title}", *answer.notes))
        raise


def impact(traced: Traced, source: str, row: int) -> ImpactAnswer:
    """See ``traceprop_nb.impact``."""
    nodes = traced.files.check_record(source, int(row))
    parts = {node: np.array([int(row)], np.int64) for node in nodes}
    answer = _impact(traced, source, int(row), parts)
    if traced.damage:  # what is lost may have been made of it
        return replace(answer, status=Status.UNKNOWN, notes=traced.damage)
    return answer


def reached_by(traced: Traced, node: int, records: Ints) -> ImpactAnswer:
    """What several records of one source reached together."""
    return _impact(traced, traced.files.names()[node], int(records[0]), {node: records})


def _impact(traced: Traced, source: str, row: int, parts: dict[int, Ints]) -> ImpactAnswer:
    reached: dict[int, Any] = {}
    statuses: dict[int, Status] = {}
    worst = Status.EXACT
    for node, records in parts.items():
        found = query.impact(traced.graph, node, records)
        worst = max(worst, found.status)
        for other, its in found.reached.items():
            its = materialise(its)
            reached[other] = np.union1d(reached[other], its) if other in reached else its
            statuses[other] = max(statuses.get(other, Status.EXACT), found.statuses[other])
    named = {**dict.fromkeys(parts, ""), **traced.names()}
    values, models, batches = [], [], 0
    for node in sorted({*reached, *(set(parts) & set(traced.names()))}):
        hit = reached[node] if node in reached else parts[node]
        entry = _reached(traced, node, hit, named.get(node, ""), statuses.get(node, Status.EXACT))
        batches += traced.graph.op_name(node) == "DataLoader batch"
        if _is_model(traced, node):
            models.append(entry)
        elif named.get(node):
            values.append(entry)
    runs = {name: _run_rows(run, reached) for name, run in traced.runs.items()}
    return ImpactAnswer(
        source, row, values, batches, {n: r for n, r in runs.items() if len(r)}, models,
        len(reached), sorted(reached), worst,
    )  # fmt: skip


def _reached(traced: Traced, node: int, rows: Ints, name: str, status: Status) -> Reached:
    site = traced.graph.site(node)
    line = site.line if site is not None else 0
    return Reached(name, traced.describe(node), traced.graph.cell(node), line, rows, status)


def _is_model(traced: Traced, node: int) -> bool:
    name = traced.graph.op_name(node)
    return name.startswith("train ") or (
        name.endswith((".fit", ".fit_transform", ".partial_fit")) and (traced.graph.rows(node) == 1)
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


def lineage(session: Session, x: Any = None) -> LineageAnswer:
    """See ``traceprop_nb.lineage``."""
    if x is None:
        return LineageAnswer(session.graph, None, session.names())
    if isinstance(x, SiteGraph):
        return LineageAnswer(as_lineage(x), None, {})
    where, node, notes = found(session, x)
    return LineageAnswer(where.graph, node, where.names(), notes)
