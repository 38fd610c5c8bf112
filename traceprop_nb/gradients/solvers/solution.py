"""What a solver answers, and how it ended: a name with its cause and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np

from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.objective import Floats, Ints


class Code(StrEnum):
    """How a solve ended; from the best to the worst.

    Attributes:
        cause: Why, in words.
        remedy: What to do next.
    """

    cause: str
    remedy: str

    CONVERGED = "converged", "the residual is within rtol", "nothing"
    BUDGET = (
        "budget",
        "the steps or the rank were used up first",
        "raise max_steps=, rank=, damping= or rtol=",
    )
    SINGULAR = (
        "singular",
        "the curvature is flat, or nearly, along a part of the right-hand side",
        "pass damping= above 0, or take that part off",
    )
    INDEFINITE = (
        "indefinite",
        "the curvature is negative along a direction, so the model is not at a minimum",
        "raise damping=, train longer, or use curvature='gauss-newton'",
    )
    DIVERGED = (
        "diverged",
        "the answer is not finite",
        "raise damping=, or use solver='cg' or 'explicit'",
    )

    def __new__(cls, name: str, cause: str, remedy: str) -> Self:
        """A member that is its name, with its words."""
        made = str.__new__(cls, name)
        made._value_ = name
        made.cause, made.remedy = cause, remedy
        return made


@dataclass(frozen=True, eq=False)
class Attempt:
    """What a solver found, before anybody looked whether it is right.

    Attributes:
        x: float64 (m, p); NaN where it has no answer.
        steps: int64 (m,), products that each took, beside those that all have in common.
        words: For each, how it ended in the solver's own view; what is right, others say.
    """

    x: Floats
    steps: Ints
    words: tuple[Code, ...]


def no_answer(B: Floats, code: Code) -> Attempt:
    """That there is no solution for any row of B (m, p), and why."""
    return Attempt(np.full_like(B, np.nan), np.zeros(len(B), dtype=np.int64), (code,) * len(B))


@dataclass(frozen=True, eq=False)
class Solution:
    """Solutions of m right-hand sides.

    Attributes:
        x: float64 (m, p); NaN where there is no answer.
        residual: float64 (m,), |H x + damping x - b| / |b|, computed anew from x.
        codes: How each ended.
        steps: int64 (m,), products of the curvature for each.
        solver: Its name.
        damping: What was added to the diagonal.
        note: Where the damping comes from; may be empty.
    """

    x: Floats
    residual: Floats
    codes: tuple[Code, ...]
    steps: Ints
    solver: str
    damping: float = 0.0
    note: str = ""

    @property
    def code(self) -> Code:
        """The worst of the codes."""
        order = list(Code)
        return max(self.codes, key=order.index, default=Code.CONVERGED)

    def __repr__(self) -> str:
        worst = float(np.max(self.residual, initial=0.0))
        out = f"{len(self.x)} solved by {self.solver}: {self.code}, relative residual {worst:.1e}"
        end = "" if self.code is Code.CONVERGED else f"; {self.code.cause}; {self.code.remedy}"
        return f"{out}, damping {self.damping:.2g}{end}"

    def require(self) -> Floats:
        """X (m, p), if all are solved.

        Raises:
            ConvergenceError: One is not; says why, and what to do.
        """
        if self.code is Code.CONVERGED:
            return self.x
        which = int(np.flatnonzero([code is self.code for code in self.codes])[0])
        raise ConvergenceError(
            f"{self.solver} left right-hand side {which} at relative residual "
            f"{self.residual[which]:.1e} ({self.code}): {self.code.cause}; {self.code.remedy}"
        )
