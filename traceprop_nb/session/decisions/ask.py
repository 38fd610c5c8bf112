"""Asking about one decision: the score again, what made it, what would have changed it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.attribution.decision.case import Case, Planes
from traceprop_nb.attribution.decision.contributions import Contributions, contributions
from traceprop_nb.attribution.decision.counterfactual import Counterfactual, counterfactual
from traceprop_nb.errors import OptionError, unknown_name
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.session.decisions.answer import DecisionAnswer
from traceprop_nb.session.decisions.features import MIXED, Features, features_of, told
from traceprop_nb.session.decisions.own_answer import own_outputs, recomputed
from traceprop_nb.session.decisions.rule import Rule, rule_of
from traceprop_nb.session.privacy.pseudonyms import DIGITS

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

NONE_FOUND = "none found within the training range"


@dataclass(frozen=True, eq=False)
class _Seen:
    """What was found of a row, and the most reasons and fixed features that were asked for."""

    features: Features
    rule: Rule
    case: Case
    found: Contributions
    k: int
    held: list[int]


def decision(  # noqa: PLR0913  # the public question
    session: Session,
    x: Any,
    *,
    run: str | TrainingRun | None = None,
    threshold: float | None = None,
    favourable: object = None,
    k: int = 4,
    names: Sequence[str] | None = None,
    fixed: Sequence[str] = (),
    budget: int = 200_000,
    seed: int = 0,
    title: str | None = None,
) -> DecisionAnswer:
    """See ``traceprop_nb.decision``."""
    if k < 1:
        raise OptionError(f"k={k} gives no reason; pass a positive number")
    asked = run if isinstance(run, TrainingRun) else session.training.find(run)
    features = features_of(asked, x, names)
    rule = rule_of(asked, features.q, favourable, threshold)
    case = case_of(features, rule)
    held = _held(case, fixed)
    found = contributions(case, budget=budget, seed=seed)
    answer = _answer(session, _Seen(features, rule, case, found, k, held), title)
    _keep(session, answer)
    return answer


def _answer(session: Session, seen: _Seen, title: str | None) -> DecisionAnswer:
    features, rule, run = seen.features, seen.rule, seen.features.run
    outcome, number = rule.outcome(features.q), len(session.training.decisions) + 1
    changed, why = _changed(seen)
    return DecisionAnswer(
        number=number,
        run=run,
        title=title or f"decision {number}",
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        cell=session.recorder.cell,
        parameters="sha256:" + hashlib.sha256(run.w.astype("<f8").tobytes()).hexdigest(),
        inputs=_digest(session, features.given),
        outcome=outcome,
        check=recomputed(run, features.given, rule, outcome.score),
        names=features.names,
        known=features.known,
        contributions=seen.found,
        toward=rule.sign * seen.found.values,
        reasons=_reasons(features.names, rule, seen.found, seen.k),
        counterfactual=changed,
        why=why,
        verified=None if changed is None else _holds(features, rule, changed.row),
        fixed=tuple(features.names[j] for j in seen.held),
        _row=features.given,
        _session=session,
    )


def case_of(features: Features, rule: Rule) -> Case:
    """The row and the model as functions of rows of numbers."""
    favoured = rule.outcome(features.q).favoured
    linear = features.linear()
    slope = planes = None

    def by_outputs(rows: Floats) -> Floats:
        return rule.scores(features.outputs(rows))

    scores = by_outputs
    if linear is not None:
        slopes, rest = linear
        slope = slopes[rule.subject] - slopes[rule.rival]
        start = rest[rule.subject] - rest[rule.rival]
        scores = lambda rows: rows @ slope + start  # noqa: E731  # the same, in closed form
        planes = _planes(slopes, rest, rule, features.x)
    seeks = -1.0 if favoured is None else rule.sign * (-1.0 if favoured else 1.0)
    decides = rule.decides and bool(rule.classes or rule.favourable)
    return Case(
        features.names, features.x, features.rows, scores,
        (lambda rows: rule.decided(features.outputs(rows))) if decides else None,
        slope, planes, seeks, lambda row: _holds(features, rule, row),
    )  # fmt: skip


def _planes(slopes: Floats, rest: Floats, rule: Rule, x: Floats) -> Planes | None:
    """Where a linear model changes its decision; None for a probability among several classes."""
    if rule.threshold is not None:
        if len(slopes) != 2:
            return None
        cut = np.log(rule.threshold) - np.log1p(-rule.threshold)
        slope = slopes[rule.subject] - slopes[rule.rival]
        start = rest[rule.subject] - rest[rule.rival]
        return Planes(slope[None], np.array([slope @ x + start - cut]))
    a, b = np.triu_indices(len(slopes), 1)
    between = slopes[a] - slopes[b]
    return Planes(between, between @ x + rest[a] - rest[b])


def _held(case: Case, fixed: Sequence[str]) -> list[int]:
    for name in fixed:
        if name not in case.names:
            raise unknown_name("feature", str(name), case.names)
    return [j for j, name in enumerate(case.names) if name in set(fixed)]


def _reasons(names: tuple[str, ...], rule: Rule, found: Contributions, k: int) -> tuple[str, ...]:
    """The features that counted most against the favourable outcome, or for the decided one."""
    if not rule.favourable and not rule.classes:
        return ()
    sign = -rule.sign if rule.favourable else 1.0
    weight = sign * found.values
    order = np.argsort(-weight, kind="stable")[:k]
    return tuple(names[j] for j in order if weight[j] > 0)


def _changed(seen: _Seen) -> tuple[Counterfactual | None, str]:
    """The counterfactual, and how it was looked for or why not."""
    if seen.case.decided is None:
        return None, "not searched: nothing is decided by this score"
    if not seen.features.own:
        return None, f"not searched: {MIXED}, and a person cannot change them one by one"
    order = np.argsort(seen.case.seeks * seen.found.values, kind="stable")
    free = [int(j) for j in order if j not in seen.held][: seen.k]
    changed = counterfactual(seen.case, free, seen.held)
    return changed, NONE_FOUND if changed is None else changed.method


def _holds(features: Features, rule: Rule, row: Floats) -> bool:
    """Whether the live model decides otherwise on the changed row."""
    q = own_outputs(features.run, features.restored(row))
    q = features.outputs(row[None]) if q is None else q.astype(np.float64)
    if q.shape != features.q.shape or not np.isfinite(q).all():
        return False
    return bool(rule.decided(q)[0] != rule.decided(features.q)[0])


def _digest(session: Session, given: Any) -> str:
    """Always under a key: the few values of a person are guessed from a plain digest."""
    return "hmac-sha256:" + session.guard.pseudonyms.digest("decision", told(given), DIGITS)


def _keep(session: Session, answer: DecisionAnswer) -> None:
    """Remember the decision, and log it by names, counts and digests."""
    session.guard.spoken.update(answer.names if answer.known else ())
    session.training.decisions.append(answer)
    found = answer.counterfactual
    session.record_event(
        "decided",
        number=answer.number,
        run=answer.run.name,
        parameters=answer.parameters,
        inputs=answer.inputs,
        features=len(answer.names),
        method=answer.contributions.method,
        recomputes=answer.recomputes,
        reasons=answer.reasons,
        changed=() if found is None else [change.feature for change in found.changes],
        change_holds=answer.verified,
    )
