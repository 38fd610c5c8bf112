"""Tags, rules and erasures as the facts that a record may draw on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from traceprop_nb.reports.privacy_facts import (
    DeclassifiedFact,
    PackFact,
    PrivacyFact,
    ReachFact,
    TagFact,
    VerdictFact,
)
from traceprop_nb.session.privacy.erasure import ERASED
from traceprop_nb.session.privacy.levels import UNSEEN, level_of, own_of

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.policy.policies import Policies, Verdict
    from traceprop_nb.session.privacy.tags import Tags


def facts(session: Session, tags: Tags | None, rules: Policies | None) -> PrivacyFact | None:
    """What was tagged, ruled and erased; None if nothing ever was."""
    events = [event for event in session.events if event.kind in (ERASED, "declassified", "tagged")]
    if not events and not tags and not rules:
        return None
    declassified = [event.body for event in events if event.kind == "declassified"]
    return PrivacyFact(
        tags=_tags(tags),
        reached=() if not tags else _reached(session, tags),
        suggested=() if tags is None else tuple(f"{s}: {c}" for s, c, _ in tags.suggestions()),
        declassified=tuple(
            DeclassifiedFact(
                body["what"], body["how"], body["level"], body["to"], body["reason"],
                body["smallest"], body["cell"],
            )
            for body in declassified
        ),
        packs=() if rules is None else tuple(
            PackFact(p.name, p.version, p.digest, len(p.rules)) for p in rules.packs
        ),
        verdicts=_verdicts(() if rules is None else rules.verdicts),
        replayed=_verdicts(rules.replay().verdicts if rules else ()),
        reasons={} if rules is None else dict(rules.reasons),
        erased=sum(event.kind == ERASED for event in events),
    )  # fmt: skip


def _tags(tags: Tags | None) -> tuple[TagFact, ...]:
    if tags is None:
        return ()
    named = [TagFact(d.name, d.tags, d.source, d.cell) for d in tags.declared]
    values = [TagFact(m.source, (m.tag,)) for marks in tags.added.values() for m in sorted(marks)]
    return (*named, *values)


def _reached(session: Session, tags: Tags) -> tuple[ReachFact, ...]:
    found = []
    for name, run in session.runs.items():
        if run.rows_node is None:
            continue
        marks = tags.flow(run.rows_node).whole
        if marks:
            whence = tuple(dict.fromkeys(str(mark) for mark in sorted(marks - {UNSEEN})))
            found.append(ReachFact(name, level_of(marks), own_of(marks), whence, UNSEEN in marks))
    return tuple(found)


def _verdicts(verdicts: Iterable[Verdict]) -> tuple[VerdictFact, ...]:
    return tuple(
        VerdictFact(
            v.rule, v.pack, v.use.sink, v.use.call, v.outcome, level_of(v.use.marks), v.cell
        )
        for v in verdicts
    )
