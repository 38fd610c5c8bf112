"""Methods of users' own, by name next to ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from traceprop_nb.attribution.methods import METHODS, OURS
from traceprop_nb.attribution.scores import Attributor, InfluenceScores, joined
from traceprop_nb.errors import OptionError, ShapeError, unknown_name
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun

NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, eq=False)
class Registered:
    """A user's method: its answers are checked, and carry its name and citation.

    Attributes:
        name: The method's name.
        attributor: What was registered.
        citation: Where it is described; may be empty.
    """

    name: str
    attributor: Attributor
    citation: str = ""

    def __call__(self, run: TrainingRun, query: Objective) -> InfluenceScores:
        """Its scores.

        Raises:
            ShapeError: It gave something else than scores (m, n).
            NotFiniteError: A score is not finite.
        """
        got = self.attributor(run, query)
        if not isinstance(got, InfluenceScores):
            raise ShapeError(
                f"{self.name!r} returned a {type(got).__name__}; return InfluenceScores(scores, "
                f"{self.name!r}), with scores of shape (m, n)"
            )
        scores = np.asarray(got.scores, dtype=np.float64)
        if scores.shape != (query.n, run.objective.n):
            raise ShapeError(
                f"{self.name!r} returned scores of shape {scores.shape} for {query.n} queries and "
                f"{run.objective.n} training rows; return ({query.n}, {run.objective.n})"
            )
        require_finite(scores, f"what {self.name!r} returned")
        note = joined("a method of the user's own", self.citation, got.note)
        return replace(got, scores=scores, method=self.name, note=note, lds=None)


def register(name: str, attributor: Attributor, *, citation: str = "") -> Attributor:
    """Make a method known by name: ``tp.influence(X, method=name)``, ``tp.evaluate(name, ...)``.

    The same function may be registered again, as when its cell is run again.

    Args:
        name: Small letters, digits and hyphens.
        attributor: ``(run, query) -> InfluenceScores``; see ``check_attributor``.
        citation: Of the paper, such as an arXiv number; goes into the notes of its answers.

    Returns:
        The attributor.

    Raises:
        OptionError: A name that is taken or is none, or something that cannot be called.
    """
    if not NAME.fullmatch(name):
        raise OptionError(
            f"{name!r} is no name for a method; use small letters, digits and hyphens"
        )
    if not callable(attributor):
        raise OptionError(
            f"a {type(attributor).__name__} is no method; pass a function (run, query)"
        )
    if name in OURS or (name in METHODS and not _again(METHODS[name], attributor)):
        raise OptionError(
            f"the method name {name!r} is taken; choose another one"
            + ("" if name in OURS else f", or call unregister({name!r}) first")
        )
    METHODS[name] = Registered(name, attributor, citation)
    return attributor


def unregister(name: str) -> None:
    """Forget a method that was registered.

    Raises:
        UnknownNameError: None of that name was.
    """
    if name in OURS or name not in METHODS:
        raise unknown_name("registered method", name, set(METHODS) - OURS)
    del METHODS[name]


def _again(known: Attributor, new: Attributor) -> bool:
    """Whether it is the same definition, run again."""
    old = known.attributor if isinstance(known, Registered) else known
    if old is new:
        return True
    named = [(getattr(f, "__module__", None), getattr(f, "__qualname__", None)) for f in (old, new)]
    return None not in named[0] and named[0] == named[1] and "<lambda>" not in str(named[0][1])
