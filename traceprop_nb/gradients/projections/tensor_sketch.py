"""TensorSketch: a sign sketch of a layer's gradient from its two factors, in the time of these.

Pham and Pagh 2013, doi:10.1145/2487575.2487591. Entry (o, i) of delta a^T goes into bucket
h(o) + h'(i) modulo k with sign s(o) s'(i): the circular convolution of a sketch of delta and one
of a, which is a product after a Fourier transform. The layers' sketches are summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.blocks import BUDGET
from traceprop_nb.gradients.layers import Factors
from traceprop_nb.gradients.objective import Ints
from traceprop_nb.gradients.projections.projector import require_dimension, signs, stream

CHUNK = 512
"""Vectors that are transformed at once: 2 to 16 MiB, near the caches' size."""


@dataclass(frozen=True)
class Side:
    """Buckets and signs of one factor's entries.

    Attributes:
        bucket: int64 (d,), 0 to k - 1.
        sign: float64 (d,).
        k: Number of buckets.
    """

    bucket: Ints
    sign: NDArray[np.float64]
    k: int

    @cached_property
    def matrix(self) -> Any:
        """The sketch as a sparse matrix (k, d), float32."""
        from scipy.sparse import csr_array

        entries = (self.bucket, np.arange(len(self.bucket)))
        shape = (self.k, len(self.bucket))
        return csr_array((self.sign.astype(np.float32), entries), shape=shape)

    def transformed(self, x: NDArray[np.floating]) -> NDArray[np.complexfloating]:
        """The Fourier transform of the sketch of each row of x (m, d), (k // 2 + 1, m)."""
        from scipy.fft import rfft

        matrix = self.matrix if x.dtype == np.float32 else self.matrix.astype(np.float64)
        return np.asarray(rfft(matrix @ np.ascontiguousarray(x.T), axis=0))


@dataclass(frozen=True)
class TensorSketch:
    """A projection of gradients of layers to k dimensions.

    The variance bound of ``Projector`` holds but for terms in 1/k^2.

    Attributes:
        shapes: (d_out, d_in) of each layer.
        k: Dimension after.
        seed: Same seed, same projection.

    Raises:
        OptionError: k is less than 1.
    """

    shapes: tuple[tuple[int, int], ...]
    k: int
    seed: int = 0

    def __post_init__(self) -> None:
        require_dimension(self.k)

    @cached_property
    def sides(self) -> list[tuple[Side, Side]]:
        """Of each layer's deltas and inputs."""
        return [
            (self._side(2 * number, d_out), self._side(2 * number + 1, d_in))
            for number, (d_out, d_in) in enumerate(self.shapes)
        ]

    def _side(self, stripe: int, d: int) -> Side:
        rng = stream(self.seed, stripe)
        bucket = rng.integers(0, self.k, d)
        return Side(bucket, signs(rng, d), self.k)

    def __call__(self, parts: Sequence[Factors]) -> NDArray[np.floating]:
        """Project the first gradient of each of m rows: (m, k)."""
        m = len(parts[0].inputs)
        out = np.empty((m, self.k), dtype=parts[0].inputs.dtype)
        most = max(x.inputs.shape[1] for x in parts)
        step = max(1, min(CHUNK, BUDGET // (16 * self.k * most)))
        for start in range(0, m, step):
            rows = slice(start, start + step)
            out[rows] = self._some([Factors(x.inputs[rows], x.deltas[rows]) for x in parts])
        return out

    def _some(self, parts: Sequence[Factors]) -> NDArray[np.floating]:
        from scipy.fft import irfft

        m, total = len(parts[0].inputs), None
        for (out, into), x in zip(self.sides, parts, strict=True):
            T = x.inputs.shape[1]
            met = out.transformed(x.deltas[:, 0].reshape(m * T, -1))
            met *= into.transformed(x.inputs.reshape(m * T, -1))
            if T > 1:
                met = met.reshape(-1, m, T).sum(axis=2)
            total = met if total is None else total + met
        return np.asarray(irfft(total, n=self.k, axis=0).T)
