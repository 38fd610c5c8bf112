"""One row as numbers, by name, with the training rows in the same terms.

A pipeline that only scales each column keeps the user's own terms; one that mixes or makes columns
leaves the columns that its last step is given.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.errors import OptionError, ShapeError, TracepropError, UnsupportedModelError
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Featured, Floats, Linear
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import ShardedRisk

MIXED = "features are those that the pipeline hands to its last step"


@dataclass(frozen=True, eq=False)
class Features:
    """One row and the training rows as numbers.

    Attributes:
        run: Whose model it is.
        given: The row as the user has it, with an axis of rows.
        q: float64 (1, K), the model's outputs by the recorded parameters.
        names: Names of the d features.
        known: Whether these are the user's names, and not numbers in their place.
        x: float64 (d,).
        rows: float64 (n, d), the training rows.
        shape: Of a row as the model takes it.
        scale: What the model sees is a row times this, plus ``shift``.
        shift: See ``scale``.
        own: Whether a row of these numbers is one as the user has them.
    """

    run: TrainingRun
    given: Any
    q: Floats
    names: tuple[str, ...]
    known: bool
    x: Floats
    rows: Floats
    shape: tuple[int, ...]
    scale: Floats
    shift: Floats
    own: bool

    def outputs(self, rows: Floats) -> Floats:
        """Outputs (m, K) for rows (m, d), by the recorded parameters."""
        seen = rows * self.scale + self.shift
        whole = seen.reshape(len(rows), *self.shape)
        return self.run.objective.predict(self.run.w, whole)

    def restored(self, row: Floats) -> Any:
        """A row (d,) as the user's model takes it, (1, ...)."""
        return row.reshape(1, *self.shape)

    def linear(self) -> tuple[Floats, Floats] | None:
        """Slopes (classes, d) and intercepts (classes,) of a linear classifier; else None."""
        objective = self.run.objective
        if not isinstance(objective, Linear) or self.run.classes is None:
            return None
        W = self.run.w.reshape(objective.K, -1)
        W = np.concatenate([np.zeros_like(W), W]) if objective.K == 1 else W
        d = len(self.x)
        slopes, rest = W[:, :d], W[:, d:].sum(axis=1)
        return slopes * self.scale, rest + slopes @ np.broadcast_to(self.shift, (d,))


def features_of(run: TrainingRun, x: Any, names: Sequence[str] | None) -> Features:
    """The row as numbers.

    Raises:
        ShapeError: Not one row, or not of the model's features.
        NotFiniteError: NaN or infinity in it.
        OptionError: Another number of names than of features.
        UnsupportedModelError: The model's rows are no vectors of numbers.
    """
    given = _one_row(x)
    seen = _prepared(run, given)
    q = run.objective.predict(run.w, seen)
    if len(q) != 1:
        raise ShapeError(f"{len(q)} rows; a decision is about one: pass one row, such as X[i]")
    if not isinstance(run.objective, Featured) or _apart(run):
        raise UnsupportedModelError(
            f"the rows of run {run.name!r} are no vectors that all its models share, so there are "
            "no features to explain the decision by"
        )
    scaled = _scaling(run)
    scale, shift = scaled or (np.asarray(1.0), np.asarray(0.0))
    numbers = _numbers(seen)
    rows = run.objective.features
    d = numbers.size
    if d not in (rows.shape[1], rows.shape[1] - 1):  # a linear model's may end in a column of ones
        raise UnsupportedModelError(
            f"a row of {d} numbers where run {run.name!r} was trained on {rows.shape[1]}: models "
            "of several inputs are not explained by features"
        )
    called, known = _names(run, given, names, d, own=scaled is not None)
    return Features(
        run, given, q, called, known, (_numbers(given) if scaled else numbers).ravel(),
        _unscaled(rows[:, :d], scale, shift), numbers.shape[1:], scale, shift, scaled is not None,
    )  # fmt: skip


def told(given: Any) -> str:
    """The values of a row as a text, the same for the same values; for a digest alone."""
    dense = given.toarray() if hasattr(given, "toarray") else given
    values = dense.detach().cpu().numpy() if hasattr(dense, "detach") else np.asarray(dense, object)
    return json.dumps([_text(value) for value in values.ravel().tolist()])


def _text(value: object) -> str:
    return repr(float(value)) if isinstance(value, bool | int | float) else str(value)


def _one_row(x: Any) -> Any:
    if hasattr(x, "to_frame") and not hasattr(x, "columns"):
        return x.to_frame().T.infer_objects()  # a row of a frame, its names beside it
    if hasattr(x, "columns") or hasattr(x, "detach") or hasattr(x, "toarray"):
        if not x.shape[0]:
            raise ShapeError("no row; a decision is about one: pass one row, such as X[i]")
        return x[None] if len(x.shape) == 1 else x
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ShapeError(f"the row is no array ({error}); pass its numbers in order") from error
    if not array.size:
        raise ShapeError("no row; a decision is about one: pass one row, such as X[i]")
    return array[None] if array.ndim < 2 else array


def _prepared(run: TrainingRun, given: Any) -> Any:
    if run.prepare is None:
        return given
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # trained on names, and the row has none
            return run.prepare(given)
    except TracepropError:
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise ShapeError(
            f"the pipeline of run {run.name!r} cannot take this row "
            f"({str(error).splitlines()[0]}); pass it with the columns of training"
        ) from error


def _numbers(seen: Any) -> Floats:
    if hasattr(seen, "detach"):
        seen = seen.detach().cpu().numpy()
    dense = seen.toarray() if hasattr(seen, "toarray") else seen
    array = np.asarray(dense, dtype=np.float64)
    require_finite(array, "the row")
    return array if len(array) == 1 else array[None]  # a row that lacks its axis


def _unscaled(rows: Floats, scale: Floats, shift: Floats) -> Floats:
    """The rows before they were scaled; columns of whole numbers are whole again."""
    before = (rows - shift) / scale
    whole = np.rint(before)
    off = np.abs(before - whole) <= 1e-9 * (1.0 + np.abs(before).max(axis=0))
    return np.where(off.all(axis=0), whole, before)


def _apart(run: TrainingRun) -> bool:
    """Whether each of several models prepares rows in its own way."""
    return isinstance(run.objective, ShardedRisk) and any(run.objective.prepares)


def _scaling(run: TrainingRun) -> tuple[Floats, Floats] | None:
    """Scale and shift of the pipeline; None where it does more than that."""
    if run.prepare is None:
        return np.asarray(1.0), np.asarray(0.0)
    door = _door(run)
    found = None if door is None else door.scaling(run)
    usable = found is not None and np.isfinite(found[0]).all() and (found[0] != 0).all()
    return found if usable else None


def _names(
    run: TrainingRun, given: Any, names: Sequence[str] | None, d: int, *, own: bool
) -> tuple[tuple[str, ...], bool]:
    if names is not None:
        if len(names) != d:
            raise OptionError(f"{len(names)} names for {d} features; pass one for each")
        return _distinct(names), True
    door = _door(run)
    ways = [] if own else [getattr(door, "prepared_names", None)]
    found: list[Sequence[Any]] = [way(run) for way in ways if way]
    if own:
        trained = getattr(door, "input_names", None)
        found = [getattr(given, "columns", ()), trained(run) if trained else ()]
    for some in found:
        if len(some) == d:
            return _distinct(some), True
    return tuple(f"feature {j}" for j in range(d)), False


def _distinct(names: Sequence[Any]) -> tuple[str, ...]:
    """As texts; a name that comes twice with the number of its column."""
    texts = list(map(str, names))
    return tuple(
        text if texts.count(text) == 1 else f"{text} (column {j})" for j, text in enumerate(texts)
    )


def _door(run: TrainingRun) -> Any:
    """The adapter's door to the model's own answers; None where there is none."""
    known = adapters.has(run.framework, "scoring")
    return adapters.load(run.framework, "scoring") if known else None
