"""How an estimator's results hang on the rows it is given: alone, together, or nobody knows.

``PROVEN`` are the estimators whose rows were seen to depend on themselves and the fitted rows
alone, by changing one row at a time (``tests/surface``). In ``TOGETHER`` the rows that are asked
about share a step, such as one stopping rule: each is context of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from traceprop_nb.adapters.sklearn.proven import PROVEN, STATELESS, TOGETHER

_PARTS = (
    "steps", "transformers_", "transformers", "transformer_list", "estimator", "estimators",
    "base_estimator", "final_estimator", "regressor", "transformer", "remainder",
    "kmeans_estimator",
)  # fmt: skip
_LIBRARIES = ("sklearn.", "imblearn.")
_CODE = (FunctionType, BuiltinFunctionType, MethodType)


class Trust(IntEnum):
    """What is known of an estimator; ``max`` over its parts is the whole's."""

    PROVEN = 0
    LIKELY = 1
    """The library's, but newer than the proof; or it calls a function of the user's."""
    FOREIGN = 2
    """The user's own, or another library's: it may do anything to rows."""


def trust(estimator: Any) -> Trust:
    """What is known of an estimator and of every part of it."""
    found = _own(estimator)
    for part in parts(estimator):
        found = max(found, trust(part))
    return found


def together(estimator: Any) -> bool:
    """Whether rows that are asked about at once influence each other."""
    return type(estimator).__name__ in TOGETHER or any(map(together, parts(estimator)))


def stateless(estimator: Any) -> bool:
    """Whether what it was fitted on does not matter, beyond the number of columns."""
    if type(estimator).__name__ == "RBFSampler":
        return estimator.gamma != "scale"
    return type(estimator).__name__ in STATELESS


def parts(estimator: Any) -> Iterator[Any]:
    """The estimators that it was made of."""
    own = getattr(estimator, "__dict__", {})
    for name in _PARTS:
        if name == "transformers" and "transformers_" in own:
            continue
        yield from _members(own.get(name))


def _members(value: Any) -> Iterator[Any]:
    if hasattr(value, "get_params") and not isinstance(value, type):
        yield value
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _members(member)


def ours(estimator: Any) -> bool:
    """Whether its class is the library's own, not one derived from it."""
    return type(estimator).__module__.startswith(_LIBRARIES)


def _own(estimator: Any) -> Trust:
    if not ours(estimator):
        return Trust.FOREIGN
    if type(estimator).__name__ == "FunctionTransformer":
        return _of_functions(estimator)
    if type(estimator).__name__ not in PROVEN:
        return Trust.LIKELY
    return Trust.LIKELY if any(map(users, vars(estimator).values())) else Trust.PROVEN


def _of_functions(estimator: Any) -> Trust:
    """A transformer that calls whatever function it was given."""
    given = (estimator.func, estimator.inverse_func)
    known = all(f is None or (hasattr(f, "nin") and f.signature is None) for f in given)
    return Trust.PROVEN if known else Trust.FOREIGN


def users(value: Any) -> bool:
    """Whether a parameter is a function from outside the libraries."""
    if not isinstance(value, _CODE):
        return False
    module = str(getattr(value, "__module__", ""))
    return not module.startswith(("sklearn.", "numpy", "scipy."))
