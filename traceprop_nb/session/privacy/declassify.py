"""Takes a tag off a value: declared, checked as far as that goes, and logged with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.privacy.levels import LEVELS, Mark, level_of
from traceprop_nb.session.privacy.scan import scrubbed
from traceprop_nb.session.privacy.tags import Tagged, Tags

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

WAYS = ("aggregate", "drop", "keyed-hash")


def declassify(  # noqa: PLR0913  # what must be said to take a tag off
    session: Session, value: Any, how: str, minimum: int, reason: str, to: str,
    also: tuple[str, ...] = (),
) -> Tagged:  # fmt: skip
    """See ``traceprop_nb.declassify``."""
    if how not in WAYS:
        raise OptionError(f"how={how!r} is none of {', '.join(map(repr, WAYS))}")
    if to not in LEVELS:
        raise OptionError(f"to={to!r} is none of {', '.join(map(repr, LEVELS))}")
    if not reason.strip():
        raise OptionError("a tag comes off for a reason; pass reason=, it goes on record")
    tags = session.guard.tags
    before = tags.of(value)
    if LEVELS.index(to) >= LEVELS.index(before.level) and not set(also) & set(before.own):
        raise OptionError(f"{before.title} is {before.level!r}, so there is nothing to take off")
    node = session.recorder.identity.node(value)
    assert node is not None  # ``of`` has raised otherwise
    smallest = _check(session, tags, value, node, how, minimum)
    kept = {m for m in before.marks if m.tag not in (*LEVELS, *also)}
    tags.settle(node, frozenset({Mark(to, before.title, node=node)} if to != "none" else ()) | kept)
    session.record_event(
        "declassified", what=before.title, how=how, level=before.level, to=to, minimum=minimum,
        smallest=smallest, also=list(also), reason=scrubbed(reason), cell=session.recorder.cell,
    )  # fmt: skip
    return tags.of(value)


def _check(  # what a check may look at
    session: Session, tags: Tags, value: Any, node: int, how: str, minimum: int
) -> int | None:
    """The smallest group where one is asked for; None for the other ways.

    Raises:
        OptionError: The value is not what the declaration says.
    """
    if how == "aggregate":
        return _groups(session, tags, node, minimum)
    if how == "drop":
        columns = {str(c) for c in getattr(value, "columns", ())}
        left = columns & {m.column for m in tags.flow(node).whole if m.column}
        if left or not columns:
            what = f"still has {sorted(left)}" if left else "has no columns that could be looked at"
            raise OptionError(f"the tagged columns were not dropped: the value {what}")
    return None


def _groups(session: Session, tags: Tags, node: int, minimum: int) -> int:
    if minimum < 2:
        raise OptionError(f"minimum={minimum} would let single persons through; pass 2 or more")
    rows = np.arange(session.graph.rows(node), dtype=np.int64)
    found = query.backward(session.graph, node, rows)
    if found.status not in (Status.EXACT, Status.ASSUMED):
        raise OptionError(
            f"the rows behind the value are known as {found.status.name} only, so the smallest "
            "group cannot be counted; see tp.why(value)"
        )
    counts = np.zeros(len(rows), np.int64)
    for source, row_map in query.to_sources(session.graph, node).items():
        if level_of(tags.flow(source).whole) != "none":
            at, record = row_map.pairs(rows)
            pairs = np.unique(np.stack([at, record]), axis=1)
            counts += np.bincount(pairs[0], minlength=len(rows))
    smallest = int(counts.min()) if len(counts) else 0
    if smallest < minimum:
        raise OptionError(
            f"the smallest group has {smallest} records and minimum={minimum}; merge groups, or "
            "leave out those that are too small"
        )
    return smallest
