"""Gradients of training rows, logged by hand or those of a recorded training run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.projection import Projection, sign_sketch

if TYPE_CHECKING:
    from traceprop_nb.gradients.run import TrainingRun

FORMAT = 1


@dataclass(eq=False)
class GradientStore:
    """One entry a logged gradient, projected where it has more than ``proj_dim`` numbers.

    Attributes:
        proj_dim: Numbers kept of a gradient at most.
        seed: Of the projection.
        source_id: Source of entries that do not name theirs.
        run: The recorded training that the store stands for, or None: its gradients are computed
            when they are needed and never held.
        rows_node: Lineage node of the training rows that ``sample_index`` counts, or None.
    """

    proj_dim: int = 4096
    seed: int = 0
    source_id: str = ""
    run: TrainingRun | None = None
    rows_node: int | None = None
    _blocks: list[Floats] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _sources: list[str] = field(default_factory=list)
    _project: Projection | None = None
    _p: int = 0

    def __post_init__(self) -> None:
        if self.proj_dim < 1:
            raise OptionError(f"proj_dim={self.proj_dim} keeps nothing; pass at least 1")

    def __len__(self) -> int:
        return len(self._rows) if self.run is None else self.run.objective.n

    @property
    def p(self) -> int:
        """Numbers in a gradient before it is projected; 0 while none was logged."""
        return self._p if self.run is None else self.run.objective.p

    @property
    def matrix(self) -> Floats:
        """float64 (entries, kept), the logged gradients."""
        return np.vstack(self._blocks) if self._blocks else np.empty((0, 0))

    @property
    def sample_indices(self) -> Ints:
        """int64 (entries,), the training row of each logged gradient."""
        return np.array(self._rows, np.int64)

    @property
    def source_ids(self) -> list[str]:
        """The source that each logged gradient was said to come from."""
        return list(self._sources)

    def log_gradient(self, gradient: Any, *, sample_index: int, source_id: str = "") -> None:
        """Log the gradient (p,) of one row's own loss. See ``log_batch``."""
        self.log_batch(
            np.asarray(gradient)[None], sample_indices=[sample_index], source_ids=[source_id]
        )

    def log_batch(
        self, gradients: Any, *, sample_indices: Iterable[int],
        source_ids: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Log the gradients of several rows' own losses; nothing is kept where this raises.

        Args:
            gradients: (m, p) numbers; never the gradient of a mean over rows.
            sample_indices: Their training rows, (m,).
            source_ids: Their sources, (m,); ``source_id`` of the store by default.

        Raises:
            ShapeError: Not (m, p) with the p of those before, or not m rows or sources.
            NotFiniteError: NaN or infinity in a gradient.
            OptionError: The store stands for a recorded training.
        """
        if self.run is not None:
            raise OptionError(f"this store holds the gradients of run {self.run.name!r} already")
        made, rows = np.asarray(gradients, np.float64), [int(at) for at in sample_indices]
        sources = [one or self.source_id for one in source_ids or [""] * len(rows)]
        if made.ndim != 2 or len(made) != len(rows) or len(sources) != len(rows):
            raise ShapeError(
                f"gradients of shape {made.shape} for {len(rows)} rows and {len(sources)} sources; "
                "pass (m, p), one row and one source each"
            )
        if self._p and made.shape[1] != self._p:
            raise ShapeError(
                f"a gradient of {made.shape[1]} numbers after gradients of {self._p}: those of one "
                "store are of one model"
            )
        require_finite(made, "the gradient")
        self._p = made.shape[1]
        self._blocks.append(self.projected(made))
        self._rows += rows
        self._sources += sources

    def projected(self, gradients: Floats) -> Floats:
        """Gradients (m, p) as the store keeps them: (m, at most proj_dim)."""
        if self._project is None:
            self._project = sign_sketch(self._p, self.proj_dim, seed=self.seed)
        return self._project(gradients)

    def save(self, path: str | Path) -> Path:
        """Write what was logged, with the seed of the projection, as a NumPy archive.

        Raises:
            OptionError: The store stands for a recorded training, which ``tp.open`` keeps.
        """
        if self.run is not None:
            raise OptionError(
                f"run {self.run.name!r} is kept by tp.open(features=True), not by a file of its own"
            )
        target = Path(path)
        with target.open("wb") as file:
            np.savez(
                file, format=FORMAT, gradients=self.matrix, rows=self.sample_indices,
                sources=np.array(self._sources, str), p=self._p, proj_dim=self.proj_dim,
                seed=self.seed,
            )  # fmt: skip
        return target

    @classmethod
    def load(cls, path: str | Path) -> GradientStore:
        """A store that ``save`` wrote; questions about it give the same answers.

        Raises:
            OptionError: Another version wrote it.
        """
        with np.load(path, allow_pickle=False) as kept:
            if int(kept["format"]) != FORMAT:
                raise OptionError(f"{path} is of format {kept['format']}; this reads {FORMAT}")
            made = cls(int(kept["proj_dim"]), int(kept["seed"]))
            made._p = int(kept["p"])
            made._blocks = [kept["gradients"]] if len(kept["rows"]) else []
            made._rows, made._sources = kept["rows"].tolist(), kept["sources"].tolist()
        return made
