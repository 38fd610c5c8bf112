"""Gradients of a stored training, read back: which rows hold their own prediction up the most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.attribution.self_influence import self_influence
from traceprop_nb.errors import StoreError, unknown_name
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.lineage.segment import unpack
from traceprop_nb.session.feature_keeping import FEATURES, FORMAT
from traceprop_nb.session.others import members

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage


@dataclass(frozen=True, eq=False, repr=False)
class Features:
    """Projected gradients of a stored training.

    Attributes:
        run: Its name.
        rows: float32 (n, k), the gradient of each row's loss at the end of the training.
        loss: float32 (n,).
        weights: float32 (n,), of the rows in the training.
        p: Dimensions before the projection.
        seed: Of ``gradients.projection.sign_sketch(p, k, seed=seed)``.
        classifier: Whether the losses are minus the log of the label's probability.
    """

    run: str
    rows: NDArray[np.float32]
    loss: NDArray[np.float32]
    weights: NDArray[np.float32]
    p: int
    seed: int
    classifier: bool

    def self_influence(self) -> Floats:
        """The rise of each row's own loss if it were left out, float64 (n,)."""
        given = (self.rows, self.loss, self.weights)
        rows, loss, weights = (array.astype(np.float64) for array in given)
        return self_influence(rows, loss, weights, classifier=self.classifier)

    def suspects(self, k: int = 10) -> Ints:
        """The k rows that hold their own prediction up the most, such as mislabelled ones."""
        return np.argsort(-self.self_influence(), kind="stable")[:k].astype(np.int64)

    def __repr__(self) -> str:
        n, k = self.rows.shape
        shape = f"{n:,} rows, {self.p:,} parameters"
        fewer = f", projected to {k:,}" if k < self.p else ""
        return f"gradients of {self.run!r}: {shape}{fewer}"


def features(storage: Storage, session: str, run: str) -> Features:
    """The gradients of a stored session's run.

    Raises:
        UnknownNameError: None are stored of a run of that name.
        StoreError: They are gone, or there are none, and why.
    """
    storage.flush()
    found: dict[str, tuple[str, int]] = {}
    for owner, row in storage.store.events_of_kind(FEATURES):
        if owner == session:
            body = members(row)
            found |= {name: (str(body["segment"]), at) for at, name in enumerate(body["runs"])}
    if run not in found:
        raise unknown_name("run with stored gradients", run, found)
    digest, at = found[run]
    header, arrays = unpack(storage.store.segment(session, digest))
    if header.get("format") != FORMAT:
        told = header.get("format")
        raise StoreError(f"gradients of format {told!r}; this package reads {FORMAT}")
    return _features(run, header["runs"][at], arrays)


def _features(run: str, told: dict[str, Any], arrays: list[NDArray[Any]]) -> Features:
    if "skipped" in told:
        raise StoreError(f"no gradients of {run!r} are stored: {told['skipped']}")
    rows, loss, weights = (
        np.ascontiguousarray(arrays[told[name]], "<u4").view("<f4")
        for name in ("rows", "loss", "weights")
    )
    return Features(
        run, rows.reshape(told["n"], told["k"]), loss, weights, told["p"], told["seed"],
        told["classifier"],
    )  # fmt: skip
