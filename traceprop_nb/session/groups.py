"""Groups that somebody declares, such as sex or age bands, and the session's metrics in each.

The labels are kept as numbers, in memory; their names are put on record because somebody declared
them. A group with few rows is counted only: a metric of three people says what each of them got.
So is then the next one, where the rows left out are still few: the whole less the groups that are
shown would tell theirs.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.group_facts import GroupFact, GroupResult
from traceprop_nb.session.intervals import RESAMPLES, bootstrap, wilson
from traceprop_nb.session.noticed import Measured
from traceprop_nb.session.origins import origins
from traceprop_nb.tracing.observed import Copies

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

MOST = 50
"""Groups of one declaration; more are no groups but values."""

MISSING = "missing"
"""The group of rows without a label."""

MOST_DRAWN = 2_000_000
"""Rows that the resamples of one record may draw for groups."""


@dataclass(frozen=True, eq=False, repr=False)
class Groups:
    """One declaration.

    Attributes:
        name: What the groups are of.
        groups: Their names, sorted.
        code: int64 (n,), the group of each row.
        minimum: Rows below which a group is counted only.
        node: Lineage node of the labels, or None.
    """

    name: str
    groups: tuple[str, ...]
    code: Ints
    minimum: int
    node: int | None

    @property
    def counts(self) -> list[int]:
        """Rows of each group."""
        counts: list[int] = np.bincount(self.code, minlength=len(self.groups)).tolist()
        return counts

    @property
    def hidden(self) -> set[int]:
        """Places of groups that are counted only; together none or at least ``minimum`` rows."""
        counts = self.counts
        found = {k for k, n in enumerate(counts) if n < self.minimum}
        for k in sorted(range(len(counts)), key=counts.__getitem__):
            if found and sum(counts[at] for at in found) < self.minimum:
                found.add(k)
        return found

    def __repr__(self) -> str:
        shown, hidden = [], self.hidden
        for k, (group, n) in enumerate(zip(self.groups, self.counts, strict=True)):
            few = ", counted only" if k in hidden else ""
            shown.append(f"  {group}: {n:,} row{'s' * (n != 1)}{few}")
        return "\n".join([f"{self.name}: {len(self.code):,} rows", *shown])


def declare(session: Session, labels: Any, name: str, minimum: int) -> Groups:
    """See ``traceprop_nb.groups``."""
    if not str(name).strip():
        raise OptionError(f"groups need a name, such as 'sex'; {name!r} is none")
    if minimum < 1:
        raise OptionError(f"minimum={minimum} is no number of rows; give 1 or more")
    given = np.asarray(labels, dtype=object)
    if given.ndim != 1 or not len(given):
        raise ShapeError(f"labels of shape {given.shape} are no groups; give one label a row")
    words = np.array([_word(label) for label in given], dtype=str)
    groups, code = np.unique(words, return_inverse=True)
    if len(groups) > MOST:
        raise OptionError(
            f"{len(groups)} different labels of {name!r} are more than {MOST} groups; put numbers "
            "into bands first, such as with pandas.cut"
        )
    made = Groups(
        name, tuple(groups.tolist()), code.astype(np.int64), minimum,
        session.recorder.identity.node(labels),
    )  # fmt: skip
    session.guard.spoken |= {name, *made.groups}
    known = session.noticed.groups
    known[:] = [one for one in known if one.name != name or len(one.code) != len(code)]
    known.append(made)
    session.record_event("grouped", name=name, groups=len(groups), rows=len(code))
    return made


def _word(label: Any) -> str:
    if label is None or type(label).__name__ in ("NAType", "NaTType") or label != label:
        return MISSING
    return str(label)


def group_facts(session: Session) -> tuple[GroupFact, ...] | None:
    """Every metric in every declaration of as many rows; None where no cell was traced."""
    if not any(cell.traced for cell in session.cells):
        return None
    return tuple(_facts(session))


def _facts(session: Session) -> Iterator[GroupFact]:
    left = MOST_DRAWN
    for declared in session.noticed.groups:
        for number, measured in enumerate(session.noticed.metrics, start=1):
            if measured.call.n != len(declared.code) or measured.copies is None:
                continue
            if measured.call.scored or measured.call.again is None:
                continue
            results, how, hidden = [], None, declared.hidden
            for k, group in enumerate(declared.groups):
                rows = np.flatnonzero(declared.code == k)
                if k in hidden:
                    results.append(GroupResult(group, len(rows)))
                    continue
                left -= RESAMPLES * len(rows)
                result, interval = _result(measured, group, rows, left > 0)
                results.append(result)
                how = interval or how
            yield GroupFact(
                declared.name, measured.call.name, number, _over(measured, measured.copies),
                measured.call.value, declared.minimum,
                _same_rows(session, declared, measured.call.truth), tuple(results), how,
            )  # fmt: skip


def _result(
    measured: Measured, group: str, rows: Ints, drawn: bool
) -> tuple[GroupResult, str | None]:
    assert measured.copies is not None
    assert measured.call.again is not None
    part = {name: copy[rows] for name, copy in measured.copies.items()}
    value = _over(measured, part)
    if value is None or not np.isfinite(value):
        return GroupResult(group, len(rows), value), None
    if measured.call.proportion:
        low, high, how = wilson(value, len(rows))
        return GroupResult(group, len(rows), value, low, high), how
    found = bootstrap(measured.call.again, part) if drawn else None
    if found is None:
        return GroupResult(group, len(rows), value), None
    return GroupResult(group, len(rows), value, *found[:2]), found[2]


def _over(measured: Measured, rows: Copies) -> float | None:
    """The metric over rows; None where it does not exist for them."""
    assert measured.call.again is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return measured.call.again(rows)
        except (ValueError, TypeError):
            return None


def _same_rows(session: Session, declared: Groups, truth: int | None) -> bool | None:
    """Whether label i and answer i lead to a record in common, for every i; None if not known."""
    if declared.node is None or truth is None:
        return None
    n = len(declared.code)
    if declared.node == truth:
        return True
    both, index = (declared.node, truth), np.arange(n)
    if any(session.graph.rows(node) != n for node in both):
        return None
    status = max(query.backward(session.graph, node, index).status for node in both)
    if status != Status.EXACT:
        return None
    shared = np.intersect1d(*(_keys(session, node, index) for node in both))
    return len(np.unique(shared["row"])) == n


def _keys(session: Session, node: int, index: Ints) -> Any:
    found = origins(session, node, index)
    keys: Sequence[tuple[int, int, int]] = list(
        zip(found.row.tolist(), found.node.tolist(), found.record.tolist(), strict=True)
    )
    return np.array(keys, dtype=[("row", "i8"), ("node", "i8"), ("record", "i8")])
