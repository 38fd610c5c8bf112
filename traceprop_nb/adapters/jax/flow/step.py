"""One equation as a rule sees it, and the tables of rules by the primitive's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traceprop_nb.adapters.jax.flow.deps import Deps, over, real_axes, unite
from traceprop_nb.adapters.jax.flow.state import Flow

if TYPE_CHECKING:
    from traceprop_nb.adapters.jax.flow.interpret import Reader

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """One equation.

    Attributes:
        name: The primitive's.
        params: Its parameters.
        ins: Its operands.
        shapes: Their shapes.
        outs: Shapes of its results.
        reader: Reads the jaxprs inside it.
    """

    name: str
    params: dict[str, Any]
    ins: Sequence[Flow]
    shapes: Sequence[Shape]
    outs: Sequence[Shape]
    reader: Reader

    @property
    def every(self) -> Deps:
        """The dependences of all operands."""
        return unite(dep for flow in self.ins for dep in flow.deps)

    def same(self, deps: Deps) -> list[Flow]:
        """Every result has these dependences."""
        return [Flow(deps) for _ in self.outs]


Rule = Callable[[Step], "list[Flow]"]
RULES: dict[str, Rule] = {}
"""Rules by the primitive's name."""


def rule(names: str) -> Callable[[Rule], Rule]:
    """Enter a rule for primitives, named in one string."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names.split(), function))
        return function

    return enter


real = real_axes


def everywhere(deps: Deps, *, exact: bool = True) -> Deps:
    """Every element may come from every element: along the array's own axes, all with all."""
    found = unite(over(dep, real(dep.axes)) for dep in deps)
    return found if exact else tuple(dep.inexact() for dep in found)


def opaque(step: Step) -> list[Flow]:
    """A primitive that nobody knows: a superset."""
    return step.same(everywhere(step.every, exact=False))
