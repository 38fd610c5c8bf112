"""From a model's outputs to a score and to what is decided by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import OptionError, UnsupportedModelError, unknown_name
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun

SIDES = {"high": 1.0, "low": -1.0}
"""What may be favourable in a regression, and the sign of the score that is."""


@dataclass(frozen=True)
class Outcome:
    """What was decided.

    Attributes:
        decided: The class, or "favourable" and "unfavourable"; empty where nothing is decided.
        favourable: The outcome that is good for the person, as it was named; empty if it was not.
        favoured: Whether that is what was decided; None if nobody said what is favourable.
        probability: Of the favourable class, else of the decided one; None for a regression.
        threshold: From where on it is decided; None = the most probable class.
        score: What is explained.
        unit: What the score is, in words.
    """

    decided: str
    favourable: str
    favoured: bool | None
    probability: float | None
    threshold: float | None
    score: float
    unit: str


@dataclass(frozen=True)
class Rule:
    """How outputs become a score and a decision.

    Attributes:
        classes: The labels; empty for a regression.
        subject: Column of the class that the score is about: the favourable one, else the decided.
        rival: Column of the class it is held against, the most probable other one.
        favourable: The favourable outcome as it was named, or empty.
        threshold: Probability of the favourable class, or value, from where on it is decided.
        sign: Of the score's direction that is favourable.
    """

    classes: tuple[str, ...]
    subject: int
    rival: int
    favourable: str
    threshold: float | None
    sign: float = 1.0

    def scores(self, q: Floats) -> Floats:
        """Scores (m,) of outputs (m, K): log odds of the subject against its rival, or values."""
        if not self.classes:
            return q[:, 0]
        logs = np.log(np.maximum(q, np.finfo(np.float64).tiny))
        return logs[:, self.subject] - logs[:, self.rival]

    @property
    def decides(self) -> bool:
        """Whether anything is decided: a regression needs a threshold."""
        return bool(self.classes) or self.threshold is not None

    def decided(self, q: Floats) -> NDArray[Any]:
        """Whether the favourable outcome is decided, (m,); without one, the class's number."""
        if not self.classes:
            return self.sign * q[:, 0] >= self.sign * (self.threshold or 0.0)
        if not self.favourable:
            return q.argmax(axis=1)
        if self.threshold is None:
            return q.argmax(axis=1) == self.subject
        return q[:, self.subject] >= self.threshold

    def outcome(self, q: Floats) -> Outcome:
        """What is decided for one row's outputs (1, K)."""
        score = float(self.scores(q)[0])
        favoured = bool(self.decided(q)[0]) if self.favourable and self.decides else None
        if not self.classes:
            words = {None: "", True: "favourable", False: "unfavourable"}[favoured]
            return Outcome(
                words, self.favourable, favoured, None, self.threshold, score, "the model's output"
            )
        subject, rival = self.classes[self.subject], self.classes[self.rival]
        return Outcome(
            decided=self._named(favoured),
            favourable=self.favourable,
            favoured=favoured,
            probability=float(q[0, self.subject]),
            threshold=self.threshold,
            score=score,
            unit=f"log odds of {subject!r} against {rival!r}",
        )

    def _named(self, favoured: bool | None) -> str:
        subject = self.classes[self.subject]
        if favoured is not False:
            return subject
        return self.classes[self.rival] if len(self.classes) == 2 else f"not {subject}"


def rule_of(run: TrainingRun, q: Floats, favourable: object, threshold: float | None) -> Rule:
    """The rule for a row with these outputs (1, K).

    Raises:
        OptionError: A threshold out of range, or without the outcome that it is of.
        UnknownNameError: The model has no such class; a regression knows "high" and "low".
        UnsupportedModelError: A regression with several outputs.
    """
    if threshold is not None and favourable is None:
        raise OptionError(
            f"threshold={threshold} decides for nothing; name the outcome that is reached from "
            "there on with favourable="
        )
    if threshold is not None and not np.isfinite(threshold):
        raise OptionError(f"threshold={threshold} is no number that a score can reach")
    if run.classes is None:
        return _of_values(run, q, favourable, threshold)
    if threshold is not None and not 0.0 < threshold < 1.0:
        raise OptionError(f"threshold={threshold} is no probability; pass one between 0 and 1")
    labels = run.classes.tolist()
    classes = tuple(map(str, labels))
    subject = int(q[0].argmax()) if favourable is None else _place(labels, favourable)
    others = np.where(np.arange(q.shape[1]) == subject, -np.inf, q[0])
    name = "" if favourable is None else classes[subject]
    return Rule(classes, subject, int(others.argmax()), name, threshold)


def _of_values(run: TrainingRun, q: Floats, favourable: object, threshold: float | None) -> Rule:
    if q.shape[1] != 1:
        raise UnsupportedModelError(
            f"run {run.name!r} predicts {q.shape[1]} values of a row; a decision hangs on one"
        )
    if favourable is not None and favourable not in SIDES:
        raise unknown_name("favourable side of a regression", str(favourable), SIDES)
    side = "" if favourable is None else str(favourable)
    return Rule((), 0, 0, side, threshold, SIDES.get(side, 1.0))


def _place(labels: list[Any], wanted: object) -> int:
    for place, label in enumerate(labels):
        if label == wanted or str(label) == str(wanted):
            return place
    raise unknown_name("class", str(wanted), map(str, labels))
