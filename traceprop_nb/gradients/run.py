"""One training run: what was minimised, where it ended, and which rows went in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, Ints, Objective
from traceprop_nb.gradients.recipe import Recipe


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A finished training run; two runs are equal only if they are the same one.

    Attributes:
        name: The user's name for it.
        framework: ``"sklearn"``, ``"lightgbm"``, ``"xgboost"``, ``"torch"`` or ``"jax"``.
        model: The user's fitted object, never touched.
        objective: The risk that was minimised; its row i is the run's row i.
        w: float64 (p,), the trained parameters, copied.
        checkpoints: float64 (c, p), oldest first; the last one is w.
        learning_rates: float64 (c,) at the checkpoints, or None.
        labels: (n,), as the user has them.
        classes: All labels, in the order of ``predict``'s columns; None for a regression.
        recorded: What was observed: hyperparameters, seed, loss, epochs, seconds, order digest.
        rows_node: Lineage node of the training rows, or None.
        row_index: Row i of the run is row ``row_index[i]`` of that node; None is the identity.
        parent: Name of the run that this one was made from; empty relation means none.
        relation: How it was made from its parent: ``"retrain_without"``, or empty.
        order: Rows in the order in which they were used, int64, one array an epoch; numbers are
            those of the loader's dataset. Empty where the order plays no part.
        prepare: What the user's pipeline does to rows before the model sees them.
        recipe: How to train it again without some rows; None where that was not recorded.
        shards: Runs whose models, each trained on rows of its own, vote on every prediction; row i
            of the run is the next row of ``shard_rows``. Empty for a single model.
    """

    name: str
    framework: str
    model: object
    objective: Objective
    w: Floats
    checkpoints: Floats
    learning_rates: Floats | None
    labels: NDArray[Any]
    classes: NDArray[Any] | None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    rows_node: int | None = None
    row_index: Ints | None = None
    parent: str | None = None
    order: tuple[Ints, ...] = ()
    prepare: Callable[[object], object] | None = None
    relation: str = ""
    recipe: Recipe | None = None
    shards: tuple[TrainingRun, ...] = ()

    def predict(self, X: object) -> Floats:
        """Class probabilities (m, classes), or raw outputs (m, K), of rows as the user has them."""
        return self.objective.predict(self.w, self._prepared(X))

    def query(self, X: object, y: object = None) -> Objective:
        """The query rows as an objective.

        Args:
            X: Rows, as the user would pass them to the model; one row may be a vector.
            y: Their labels; without labels, the model's own predictions.

        Raises:
            OptionError: A regression without y.
            ShapeError, NotFiniteError, UnknownNameError: See ``Objective.on``.
        """
        X = self._prepared(X)
        if y is None:
            if self.classes is None:
                raise OptionError("a regression has no predicted label to explain; pass y=")
            y = self.classes[np.argmax(self.objective.predict(self.w, X), axis=1)]
        return self.objective.on(X, y)

    def _prepared(self, X: object) -> object:
        return X if self.prepare is None else self.prepare(X)
