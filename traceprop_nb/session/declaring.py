"""``rowwise``, ``rule``, ``opaque``, ``probe``: what a user says of a function without a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from traceprop_nb.errors import OptionError, ShapeError

if TYPE_CHECKING:
    import numpy as np

    from traceprop_nb.tracing import declared

F = TypeVar("F", bound=Callable[..., Any])


def rowwise(function: F) -> F:
    """Declare that row i of a function's result comes from row i of its arguments alone.

    Arguments with another number of rows count as context. The lineage is ASSUMED: nobody checks
    it, see ``probe``. Use it as a decorator or call it with a library's function.

    Raises:
        OptionError: It is no function, method or class that can be called and hashed.
    """
    from traceprop_nb.tracing import declared

    declared.rowwise(_callable(function, "rowwise"))
    return function


def rule(function: Callable[..., Any]) -> Callable[[declared.Positions], declared.Positions]:
    """Declare which rows are behind the rows of a function's result.

    The decorated ``(args, kwargs, result)`` is called after each traced call and returns, for
    each row of the result, the row of the first argument that it came from (-1 for none) or a
    list of such rows; or a dict of such answers by an argument's place or name. The lineage is
    ASSUMED; an answer of the wrong length or out of range makes the call INEXACT.

    Raises:
        OptionError: It is no function, method or class that can be called and hashed.
    """
    from traceprop_nb.tracing import declared

    known = _callable(function, "rule")

    def decorate(positions: declared.Positions) -> declared.Positions:
        declared.positions(known, positions)
        return positions

    return decorate


def opaque(function: F, why: str = "declared opaque") -> F:
    """Declare that a function can't be followed: its result may come from any row it was given.

    Raises:
        OptionError: It is no function, method or class that can be called and hashed.
    """
    from traceprop_nb.tracing import declared

    declared.opaque(_callable(function, "opaque"), why)
    return function


@dataclass(frozen=True)
class ProbeAnswer:
    """Whether a function worked row by row on the subsets that were tried.

    Attributes:
        rowwise: It did, and is declared so from now on.
        trials: How many subsets of rows were tried.
        why: What happened, in words.
    """

    rowwise: bool
    trials: int
    why: str

    def __repr__(self) -> str:
        return self.why


def probe(function: F, x: Any, *, trials: int = 5, seed: int = 0) -> ProbeAnswer:
    """Run a function on subsets of the rows of ``x``, and declare it row by row if it is.

    It is run ``trials + 1`` times, on copies, with all its effects: that is why nothing here does
    so by itself. What no subset shows (a rare branch, random numbers) stays unnoticed, so the
    lineage is ASSUMED.

    Args:
        function: Called with one argument.
        x: Array, series or frame of n >= 2 rows.
        trials: Random subsets of half the rows, and orders of them, to try.
        seed: Of the subsets.

    Raises:
        OptionError: It is no function, or ``trials`` is below 1.
        ShapeError: x has fewer than 2 rows.
    """
    import numpy as np

    from traceprop_nb.tracing import declared

    known = _callable(function, "probe")
    if trials < 1:
        raise OptionError(f"probe: {trials} trials show nothing; give 1 or more")
    n = len(x)
    if n < 2:
        raise ShapeError(f"probe: {n} rows have no subsets to compare; give 2 rows or more")
    name = getattr(function, "__qualname__", repr(function))
    whole = function(_taken(x, np.arange(n)))
    if not hasattr(whole, "__len__") or len(whole) != n:
        return ProbeAnswer(False, 0, f"{name}: its result does not have the {n} rows of x")
    drawn = np.random.default_rng(seed)
    for trial in range(1, trials + 1):
        chosen = drawn.permutation(n)[: max(1, n // 2)]
        wrong = _wrong(function(_taken(x, chosen)), _taken(whole, chosen))
        if wrong:
            return ProbeAnswer(False, trial, f"{name}: {wrong}")
    declared.rowwise(known)
    said = f"{name}: row by row on {trials} subsets of {n} rows; declared so (ASSUMED)"
    return ProbeAnswer(True, trials, said)


def _wrong(part: Any, expected: Any) -> str:
    """What speaks against a function that gave ``part`` for rows of its result's; "" if nothing."""
    if not hasattr(part, "__len__") or len(part) != len(expected):
        return "a part of the rows gave another number"
    return "" if _equal(expected, part) else "rows came out differently without the other rows"


def _taken(x: Any, chosen: np.ndarray[Any, Any]) -> Any:
    return x.iloc[chosen].copy() if hasattr(x, "iloc") else x[chosen]


def _equal(one: Any, other: Any) -> bool:
    import numpy as np

    left, right = np.asarray(one), np.asarray(other)
    if left.shape != right.shape:
        return False
    if left.dtype.kind in "fc":
        return bool(np.allclose(left, right, rtol=1e-9, atol=0, equal_nan=True))
    return bool(((left == right) | ((left != left) & (right != right))).all())


def _callable(function: Any, what: str) -> Any:
    try:
        hash(function)
    except TypeError:
        function = None
    if not callable(function):
        raise OptionError(f"{what}: give a function, as in {what}(f), not {function!r}")
    return function
