"""Which training rows a request to forget means: one way of many to say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.errors import EmptyForgetSetError, OptionError, RowRangeError, unknown_name
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source
from traceprop_nb.reports.files import file_digest
from traceprop_nb.session.learnt import InfluenceAnswer
from traceprop_nb.session.origins import Origins, of_run

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


@dataclass(frozen=True, eq=False)
class ForgetSet:
    """What is to be forgotten.

    Attributes:
        what: The request in words, without a value of anybody's.
        rows: int64, training rows of the run, sorted.
        records: Source node -> int64 records that the request was about.
    """

    what: str
    rows: Ints
    records: dict[int, Ints]


def forget_set(session: Session, run: TrainingRun, **asked: Any) -> ForgetSet:
    """The rows of a run that a request means.

    Args:
        session: Knows the lineage and the sources.
        run: The run that is asked to forget.
        **asked: Exactly one of ``WAYS``, the others None or missing.

    Raises:
        OptionError: Not exactly one way, or one that makes no sense.
        UnknownNameError: No such way, source or column.
        EmptyForgetSetError, RowRangeError: It means no row, or one that there is not.
    """
    for name in asked:
        if name not in WAYS:
            raise unknown_name("option", name, WAYS)
    given = {name: value for name, value in asked.items() if value is not None}
    if len(given) != 1:
        ways = ", ".join(f"{name}=" for name in WAYS)
        raise OptionError(f"say what to forget by exactly one of {ways}, not by {len(given)}")
    [(name, value)] = given.items()
    return WAYS[name](session, run, of_run(session, run), value)


def _by_source(session: Session, _run: TrainingRun, back: Origins, source: str) -> ForgetSet:
    return _by_pairs(f"source {source}", back, _of_source(session, back, source))


def _by_where(session: Session, _run: TrainingRun, back: Origins, where: str) -> ForgetSet:
    found = _matching(session, back, where)
    return _by_pairs(f"where {session.guard.condition(where)}", back, found)


def _by_rows(_session: Session, _run: TrainingRun, back: Origins, rows: Any) -> ForgetSet:
    given = _given(rows)
    return ForgetSet(f"rows {_ranges(given)}", given, _records_of(back, _telling(back, given)))


def _by_reach(session: Session, _run: TrainingRun, back: Origins, reached: Any) -> ForgetSet:
    """Everything that these file rows reached."""
    pairs = [reached] if isinstance(reached, tuple) else list(reached)
    hit = np.zeros(len(back.row), dtype=bool)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise OptionError(f"reached={pair!r} is no (source, record); pass ('file.csv', 17)")
        source, record = pair
        nodes = session.files.check_record(source, int(record))
        hit |= np.isin(back.node, nodes) & (back.record == int(record))
    what = ", ".join(f"{source} record {record}" for source, record in pairs[:3])
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    if not hit.any():
        raise EmptyForgetSetError(f"{what}{more} reached no training row of the run")
    return _by_pairs(f"what {what}{more} reached", back, np.flatnonzero(hit))


def _by_influence(
    session: Session, run: TrainingRun, back: Origins, influence: InfluenceAnswer
) -> ForgetSet:
    """The rows that an influence table lists, over all its queries."""
    if not isinstance(influence, InfluenceAnswer):
        raise OptionError(
            f"influence= takes the answer of tp.influence, not a {type(influence).__name__}"
        )
    if influence.run is not run:
        raise OptionError(
            f"that influence table is of run {influence.run.name!r}, not of {run.name!r}; "
            "ask it of this run, or pass run="
        )
    size = np.abs(influence.scores).max(axis=0)
    k = len(size) if influence.k is None else influence.k
    rows = np.sort(np.argsort(-size, kind="stable")[:k]).astype(np.int64)
    about = session.guard.expression(influence.title)
    what = f"the {len(rows)} most influential rows of {about}"
    return ForgetSet(what, rows, _records_of(back, _telling(back, rows)))


def _by_subject(session: Session, _run: TrainingRun, back: Origins, subject: Any) -> ForgetSet:
    """The rows of one person: an answer of ``tp.subject``, or what it would be asked."""
    from traceprop_nb.session.subject import SubjectAnswer, subject as ask

    found = (
        subject if isinstance(subject, SubjectAnswer) else ask(session, *_column_and_key(subject))
    )
    hit = np.zeros(len(back.row), dtype=bool)
    for node, records in found.records.items():
        hit |= (back.node == node) & np.isin(back.record, records)
    if not hit.any():
        raise EmptyForgetSetError(f"no training row of the run is made of records of {found.title}")
    return _by_pairs(found.title, back, np.flatnonzero(hit))


def _column_and_key(subject: Any) -> tuple[str, Any]:
    if not isinstance(subject, tuple) or len(subject) != 2:
        raise OptionError("subject= takes (column, key), such as ('patient_id', 'P00017')")
    return subject


def _by_pairs(what: str, back: Origins, pairs: Ints) -> ForgetSet:
    return ForgetSet(what, np.unique(back.row[pairs]), _records_of(back, pairs))


def _records_of(back: Origins, pairs: Ints) -> dict[int, Ints]:
    nodes = np.unique(back.node[pairs])
    return {int(n): np.unique(back.record[pairs][back.node[pairs] == n]) for n in nodes if n >= 0}


def _given(rows: Any) -> Ints:
    chosen = np.atleast_1d(np.asarray(rows))
    if chosen.dtype == bool:
        chosen = np.flatnonzero(chosen)
    if not chosen.size:
        raise EmptyForgetSetError("rows= is empty: there is nothing to forget")
    if chosen.dtype.kind not in "iu":
        raise OptionError(f"rows={rows!r} are no row numbers; pass integers, from 0")
    if (chosen < 0).any():
        raise RowRangeError(f"there is no training row {chosen.min()}; rows count from 0")
    return np.unique(chosen).astype(np.int64)


def _of_source(session: Session, back: Origins, source: str) -> Ints:
    named = session.files.names()
    name = source if source in session.sources else named[session.files.nodes(source)[0]]
    if name not in back.names:
        have = ", ".join(map(repr, back.names)) or "none"
        raise EmptyForgetSetError(
            f"no training row of the run comes from {name!r}; its rows come from {have}"
        )
    return np.flatnonzero(back.source == back.names.index(name))


def _telling(back: Origins, rows: Ints) -> Ints:
    """The pair that tells most about each row."""
    first = [back.pairs(int(j))[:1] for j in rows]
    return np.array([pair for found in first for pair in found], np.int64)


def _matching(session: Session, back: Origins, where: str) -> Ints:
    """Pairs of training rows and records, of any source, for which the expression holds."""
    door = adapters.load("pandas", "matching")
    sources = session.files.settled()
    problems: list[str] = []
    hit: list[Ints] = []
    nodes = [int(node) for node in np.unique(back.node) if node >= 0]
    for node in nodes:
        live = next((t for t, its in session.recorder.identity if its == node), None)
        found = _changed(sources[node], live) or door.matching(sources[node], where, live)
        if isinstance(found, str):
            problems.append(found)
        else:
            hit.append(np.flatnonzero((back.node == node) & np.isin(back.record, found)))
    if nodes and len(problems) == len(nodes):
        raise OptionError(
            f"where={where!r} cannot be asked of any source: {'; '.join(dict.fromkeys(problems))}"
        )
    pairs = np.concatenate(hit or [np.empty(0, np.int64)])
    if not len(pairs):
        raise EmptyForgetSetError(f"no training row of the run is one where {where}")
    return pairs


def _changed(source: Source, live: Any) -> str:
    """Why a source's file may not be asked again, or nothing."""
    if live is not None or source.path is None or file_digest(source.path) == source.digest:
        return ""
    return f"{source.path} is no longer the file that was read"


def _ranges(rows: Ints) -> str:
    """Row numbers as text, stretches shortened: 1, 5, 9-12."""
    cuts = np.flatnonzero(np.diff(rows) != 1) + 1
    parts = [f"{p[0]}-{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in np.split(rows, cuts)]
    return ", ".join(parts[:6]) + (f", ... ({len(rows)} rows)" if len(parts) > 6 else "")


WAYS: dict[str, Callable[[Any, TrainingRun, Origins, Any], ForgetSet]] = {
    "source": _by_source,
    "rows": _by_rows,
    "where": _by_where,
    "reached": _by_reach,
    "influence": _by_influence,
    "subject": _by_subject,
}
"""Every way to say what to forget, by the name of its option."""
