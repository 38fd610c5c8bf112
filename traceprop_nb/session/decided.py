"""The session's decisions as the facts that a record may draw on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from traceprop_nb.reports.decision_facts import ChangeFact, DecisionFact

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.decisions.answer import DecisionAnswer


def decision_facts(session: Session) -> tuple[DecisionFact, ...]:
    """One fact for each decision that was asked about, in order: that it was made, and by what.

    What was decided about a person, and why, stands in the record of that decision alone.
    """
    return tuple(
        replace(
            _fact(answer), outcome="", favourable="", favoured=None, probability=None, unit="",
            threshold=None, score=None, own_score=None, tolerance=0.0, gap=0.0, reasons=(),
            changes=(), order_settled=None, change_method="", change_holds=None,
        )
        for answer in session.training.decisions
    )  # fmt: skip


def decision_fact(session: Session, number: int | None) -> DecisionFact | None:
    """The decision of that number as its own record has it; None for None."""
    if number is None:
        return None
    answer = session.training.decisions[number - 1]
    places = {id(asked): place for place, asked in enumerate(session.asked, 1)}
    influence = places.get(id(answer.asked[-1])) if answer.asked else None
    return session.guard.shown(replace(_fact(answer), influence=influence))


def _fact(answer: DecisionAnswer) -> DecisionFact:
    outcome, found, changed = answer.outcome, answer.contributions, answer.counterfactual
    return DecisionFact(
        number=answer.number,
        run=answer.run.name,
        at=answer.at,
        parameters_digest=answer.parameters,
        inputs_digest=answer.inputs,
        n_features=len(answer.names),
        outcome=outcome.decided,
        favourable=outcome.favourable,
        score=outcome.score,
        unit=outcome.unit,
        method=found.method,
        held_against=found.held_against,
        gap=found.gap,
        names_known=answer.known,
        favoured=outcome.favoured,
        probability=outcome.probability,
        threshold=outcome.threshold,
        own_score=answer.check.score,
        tolerance=answer.check.tolerance,
        parameters_moved=answer.check.moved,
        order_settled=_settled(answer),
        reasons=answer.reasons,
        changes=() if changed is None else tuple(
            ChangeFact(c.feature, "up" if c.deviations > 0 else "down", abs(c.deviations))
            for c in changed.changes
        ),
        change_method=answer.why,
        change_holds=answer.verified,
        fixed=answer.fixed,
        cell=answer.cell,
    )  # fmt: skip


def _settled(answer: DecisionAnswer) -> bool | None:
    """Whether each reason is ahead of the next feature by more than two standard errors."""
    error = answer.contributions.error
    if error is None:
        return None
    size = np.abs(answer.contributions.values)
    first = [answer.names.index(name) for name in answer.reasons]
    sign = np.sign(answer.contributions.values[first[0]]) if first else 1.0
    order = np.argsort(-sign * answer.contributions.values, kind="stable")[: len(first) + 1]
    for a, b in pairwise(order):
        ahead = sign * (answer.contributions.values[a] - answer.contributions.values[b])
        if ahead <= 2.0 * np.hypot(error[a], error[b]):
            return False
    return all(size[j] > 2.0 * error[j] for j in first)
