"""The answer about one decision: for the eyes of whoever asked, values included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from traceprop_nb.reports.decision_facts import NOT_A_REASON, SAME

if TYPE_CHECKING:
    from traceprop_nb.attribution.decision.contributions import Contributions
    from traceprop_nb.attribution.decision.counterfactual import Change, Counterfactual
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.reports import Record
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.decisions.own_answer import Recomputed
    from traceprop_nb.session.decisions.rule import Outcome
    from traceprop_nb.session.learnt import InfluenceAnswer


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Training rows behind a decision's score, with the sentence that they are no reasons."""

    answer: InfluenceAnswer

    def __repr__(self) -> str:
        return f"{NOT_A_REASON}\n{self.answer!r}"


@dataclass(frozen=True, repr=False, eq=False)
class DecisionAnswer:
    """One decision about one row, by the model of a recorded run.

    Attributes:
        number: Of the decision in the session, from 1.
        run: The training run whose model it was.
        title: The row in words.
        at: When it was asked, ISO 8601 with a zone.
        cell: The cell in which it was asked.
        parameters: Digest of the recorded parameters: the version of the model.
        inputs: Digest of the row's values under the project's key; a plain one could be guessed.
        outcome: What was decided, and the score behind it.
        check: The score by the live model's own prediction.
        names: Names of the d features.
        known: Whether these are the user's names.
        contributions: What each feature added to the score.
        toward: float64 (d,), the same towards the favourable outcome; where none was named,
            towards the decided one.
        reasons: The features that counted most against the favourable outcome, the most first;
            where none was named, those that counted most for the decided one.
        counterfactual: The smallest change that was found to change the decision, or None.
        why: How it was looked for, or why there is none.
        verified: Whether the live model decides otherwise on the changed row; None without one.
        fixed: Features that were not to change.
        asked: The influence questions that were asked about it.
    """

    number: int
    run: TrainingRun
    title: str
    at: str
    cell: int
    parameters: str
    inputs: str
    outcome: Outcome
    check: Recomputed
    names: tuple[str, ...]
    known: bool
    contributions: Contributions
    toward: Any
    reasons: tuple[str, ...]
    counterfactual: Counterfactual | None
    why: str
    verified: bool | None
    fixed: tuple[str, ...]
    _row: Any
    _session: Session
    asked: list[InfluenceAnswer] = field(default_factory=list)

    @property
    def score(self) -> float:
        """What is explained, by the recorded parameters."""
        return self.outcome.score

    @property
    def probability(self) -> float | None:
        """Of the favourable class, else of the decided one; None for a regression."""
        return self.outcome.probability

    @property
    def recomputes(self) -> bool | None:
        """Whether the live model is still the one of the run, and gives the same score."""
        own, moved = self.check.score, self.check.moved
        if own is None:
            return None
        same = abs(own - self.score) <= self.check.tolerance
        return bool(same and (moved is None or moved <= SAME))

    def influence(self, k: int | None = 10) -> Diagnosis:
        """Which training rows moved the loss of this row: a diagnosis, not a reason.

        Args:
            k: How many rows the answer lists; None for all.

        Raises:
            OptionError: A regression, whose outcome is no label to explain.
        """
        name = f"decision_{self.number}"
        answer = self._session.influence(self._row, k=k, run=self.run, title=name)
        self.asked.append(answer)
        return Diagnosis(answer)

    def record(self, **stated: Any) -> Record:
        """The record of this decision, as ``tp.report("decision")`` makes that of the last one.

        Args:
            **stated: Fields that a person states, by name. What is about this decision, such as
                ``human_review``, is on this record alone; the rest stands for later ones too.

        Raises:
            UnknownNameError: No such field.
        """
        from traceprop_nb.session.reported import report

        return report(self._session, "decision", {**stated, "of": self})

    def __repr__(self) -> str:
        return "\n".join(_lines(self))


def _lines(answer: DecisionAnswer) -> list[str]:
    run, found = answer.run, answer.contributions
    model = run.recorded.get("model") or type(run.model).__name__
    return [
        f"{answer.title}: by the {model} of run {run.name!r}",
        f"model     {answer.parameters}",
        f"inputs    {answer.inputs}, {len(answer.names)} features",
        f"outcome   {_outcome(answer.outcome)}",
        f"score     {answer.score:+.6g}, {answer.outcome.unit}; {_recomputed(answer)}",
        *_headed("reasons", _reasons(answer)),
        f"against   {found.held_against}, score {found.reference:+.6g}; {found.method}, sum off by "
        f"{abs(found.gap):.1g}",
        *_headed("change", _changes(answer)),
        f"diagnosis {NOT_A_REASON} Ask for them with .influence().",
    ]


def _headed(head: str, lines: Sequence[str]) -> list[str]:
    return [f"{head if not k else '':<10}{line}" for k, line in enumerate(lines)]


def _outcome(outcome: Outcome) -> str:
    if not outcome.decided:
        return "nothing is decided by this score; pass threshold= and favourable="
    said = [outcome.decided]
    if outcome.probability is not None:
        subject = outcome.favourable or outcome.decided
        said.append(f"probability {outcome.probability:.4f} of {subject!r}")
    if outcome.threshold is not None:
        said.append(f"threshold {outcome.threshold:g}")
    if not outcome.favourable:
        said.append("nobody said which outcome is favourable: favourable=")
    return ", ".join(said)


def _recomputed(answer: DecisionAnswer) -> str:
    own, moved = answer.check.score, answer.check.moved
    if own is None:
        return "not recomputed: the model has no prediction of its own"
    if answer.recomputes:
        return f"recomputed by the model itself, {abs(own - answer.score):.1g} apart"
    return (
        f"NOT what the model itself gives now, {own:+.6g}; its parameters have moved by {moved:.2g}"
    )


def _reasons(answer: DecisionAnswer) -> list[str]:
    if not answer.reasons:
        return ["none: no feature counted against the favourable outcome"]
    error = answer.contributions.error
    wide = max(map(len, answer.reasons))
    lines = []
    for rank, name in enumerate(answer.reasons, 1):
        j = answer.names.index(name)
        spread = "" if error is None else f" (standard error {error[j]:.2g})"
        lines.append(f"{rank} {name:<{wide}}  {answer.toward[j]:+.6g}{spread}")
    return lines


def _changes(answer: DecisionAnswer) -> list[str]:
    found = answer.counterfactual
    if found is None:
        return [answer.why]
    holds = "the model decides otherwise on it" if answer.verified else "the model does NOT follow"
    return [*map(_change, found.changes), f"({answer.why}; {holds})"]


def _change(change: Change) -> str:
    return (
        f"{change.feature} from {change.before:.6g} to about {change.after:.6g}, "
        f"{change.deviations:+.3g} training standard deviations"
    )
