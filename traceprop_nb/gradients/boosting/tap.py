"""Sees fits of boosted trees by a library of their own."""

from __future__ import annotations

from typing import Any

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.grown import grown, placed
from traceprop_nb.gradients.boosting.library import Library
from traceprop_nb.gradients.capture import Captured
from traceprop_nb.gradients.fit_tap import FitTap, plain
from traceprop_nb.gradients.run import TrainingRun


class BoostedTap(FitTap):
    """A ``TrainingTap`` for the estimators of one library."""

    library: Library
    kinds: tuple[type, ...] = ()
    """The very classes that are watched; a subclass may do anything."""
    harmless: frozenset[str] = frozenset()
    """Further arguments of ``fit`` that do not change the model."""

    def watches(self, model: Any) -> bool:
        """Whether it is one of the kinds."""
        return type(model) in self.kinds

    def captured(self, model: Any, took: dict[str, float], given: tuple[Any, ...]) -> Captured:
        """The run of a fit."""
        X, y, sample_weight, more = given
        unknown = sorted(set(more) - self.harmless)
        if unknown:
            raise UnsupportedModelError(
                f"{type(model).__name__}.fit was given {', '.join(unknown)}, which a repetition "
                "and the leaves do not know of; fit without"
            )
        facts = {
            "hyperparameters": {k: plain(v) for k, v in model.get_params().items()},
            "sample_weight": sample_weight is not None,
            **took,
        }
        made = grown(self.library, model, (X, y, sample_weight), facts)
        node = self._node_of(X)

        def run(name: str) -> TrainingRun:
            return placed(made, name=name, rows_node=node)

        return Captured(made.framework, model, X, y, node, self._node_of(y), None, run)
