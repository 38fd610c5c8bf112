"""The risk of models that were trained on disjoint shards of the rows, and that vote together.

Training minimised the risk of each shard by itself, F(w) = sum_k F_k(w_k); a prediction is the mean
of the models' class probabilities. Bourtoule et al. 2021, Machine unlearning, arXiv:1912.03817.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Floats, Ints, Objective, Shardable, all_rows

Prepare = Callable[[object], object]
"""What one model's pipeline does to rows before it sees them."""


@dataclass(frozen=True, eq=False)
class ShardedRisk:
    """S models over rows in blocks.

    The parameters are those of each model, one after the other, and then one number each: its
    vote, 1, or 0 for a model that has left. Votes are set and not trained, so derivatives in them
    are given as zero.

    Attributes:
        blocks: ``blocks[j][k]`` is model k over the rows of block j. In a training run block j is
            what shard j was trained on.
        home: Whether a row's loss is that of the model of its block, which training minimised;
            otherwise it is that of the vote, -log of the mean over models of exp(-loss).
        prepares: What each model's pipeline does to rows as the user has them, or None.
    """

    blocks: tuple[tuple[Objective, ...], ...]
    home: bool = True
    prepares: tuple[Prepare | None, ...] = ()

    @property
    def n(self) -> int:
        """Number of rows."""
        return sum(block[0].n for block in self.blocks)

    @property
    def p(self) -> int:
        """Number of parameters, votes included."""
        return self._places[-1].stop + len(self._models)

    @property
    def weights(self) -> Floats:
        """Weight of each row's loss, (n,)."""
        return np.concatenate([own.weights for own in self._own])

    @property
    def penalty(self) -> Floats:
        """Second derivative of the penalty, (p,)."""
        each = [model.penalty for model in self._models]
        return np.concatenate([*each, np.zeros(len(each))])

    @property
    def note(self) -> str:
        """What a reader must know about this view of the models."""
        notes = dict.fromkeys(model.note for model in self._models if model.note)
        said = f"{len(self._models)} models, each trained on rows of its own, vote by the mean of "
        return "; ".join([said + "their class probabilities", *notes])

    @property
    def features(self) -> Floats:
        """What the models are given of each row, (n, d)."""
        return np.concatenate([own.features for own in self._shardable()])

    @property
    def answers(self) -> Ints | Floats:
        """Number of each row's class, int64 (n,)."""
        return np.concatenate([own.answers for own in self._shardable()])

    def models(self, w: Floats) -> list[Floats]:
        """The parameters of each model."""
        return [w[place] for place in self._places]

    def votes(self, w: Floats) -> Floats:
        """The vote of each model, (S,)."""
        return w[self._places[-1].stop :]

    def value(self, w: Floats) -> float:
        """F(w)."""
        if self.home:
            parts = zip(self._own, self.models(w), strict=True)
            return float(sum(own.value(v) for own, v in parts if own.n))
        return float(self.weights @ self.loss(w, all_rows(self)) + 0.5 * (self.penalty * w) @ w)

    def loss(self, w: Floats, rows: Ints) -> Floats:
        """Loss of each of these rows, (m,): by its own model or by the vote, see ``home``."""
        out = np.empty(len(rows))
        for j, local, at in self._located(rows):
            out[at] = self._own_loss(w, j, local) if self.home else self._vote_loss(w, j, local)
        return out

    def per_example_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of each of these rows' loss, (m, p)."""
        out = np.zeros((len(rows), self.p))
        for j, local, at in self._located(rows):
            for k, share in enumerate(self._shares(w, j, local)):
                if share.any():
                    slope = self.blocks[j][k].per_example_grad(w[self._places[k]], local)
                    out[at, self._places[k]] = share[:, None] * slope
        return out

    def grad(self, w: Floats) -> Floats:
        """Gradient of F, (p,)."""
        return self.loss_grad(w, all_rows(self)) + self.penalty * w

    def loss_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of the weighted losses of these rows, summed, (p,)."""
        if not self.home:
            return self.weights[rows] @ self.per_example_grad(w, rows)
        total = np.zeros(self.p)
        for j, local, _ in self._located(rows):
            place = self._places[j]
            total[place] = self.blocks[j][j].loss_grad(w[place], local)
        return total

    def hvp(self, w: Floats, v: Floats) -> Floats:
        """Hessian of F times v, (p,): of the trained risk only.

        Raises:
            UnsupportedModelError: Of the vote's loss it is not known.
        """
        if not self.home:
            raise UnsupportedModelError("the second derivative of a vote is not known; ask a shard")
        out = np.zeros(self.p)
        for own, place in zip(self._own, self._places, strict=True):
            if own.n:
                out[place] = own.hvp(w[place], v[place])
        return out

    def restrict(self, keep: Ints) -> Self:
        """The same models over the kept rows, which are sorted."""
        kept: list[Ints] = [np.empty(0, dtype=np.int64)] * len(self.blocks)
        for j, local, _ in self._located(np.asarray(keep, dtype=np.int64)):
            kept[j] = local
        blocks = tuple(
            tuple(model.restrict(local) for model in block)
            for block, local in zip(self.blocks, kept, strict=True)
        )
        return replace(self, blocks=blocks)

    def on(self, X: object, y: object) -> Self:
        """The vote over other rows."""
        seen = zip(self._models, self._prepared(X), strict=True)
        return replace(self, blocks=(tuple(model.on(x, y) for model, x in seen),), home=False)

    def correct(self, w: Floats) -> NDArray[np.bool_]:
        """Whether each row's own class is the most probable one, (n,)."""
        return np.asarray(self.predicted(w, all_rows(self)) == self.answers)

    def predicted(self, w: Floats, rows: Ints) -> Ints:
        """Index of the most probable class of each of these rows, (m,)."""
        found = np.empty(len(rows), dtype=np.int64)
        for j, local, at in self._located(rows):
            each = [
                model.probabilities(v, local)
                for model, v in zip(self._shardable(j), self.models(w), strict=True)
            ]
            found[at] = self._mean(w, each).argmax(axis=1)
        return found

    def predict(self, w: Floats, X: object) -> Floats:
        """Class probabilities, (m, classes): the mean of the models'."""
        parts = zip(self._models, self.models(w), self._prepared(X), strict=True)
        return self._mean(w, [model.predict(v, x) for model, v, x in parts])

    def shares(self, w: Floats) -> Floats:
        """Share of each model in each row's loss by the vote, (S, n); they sum to 1."""
        voted = replace(self, home=False)
        each = [voted._shares(w, j, all_rows(b[0])) for j, b in enumerate(self.blocks)]
        return np.concatenate(each, axis=1)

    @property
    def _models(self) -> tuple[Objective, ...]:
        return self.blocks[0]

    @property
    def _own(self) -> list[Objective]:
        """A model of each block's rows: its own, where it has one."""
        square = len(self.blocks) == len(self._models)
        return [block[j if square else 0] for j, block in enumerate(self.blocks)]

    def _shardable(self, j: int | None = None) -> list[Shardable]:
        models = self._own if j is None else self.blocks[j]
        return [cast("Shardable", model) for model in models]  # ``sharded`` has seen to it

    @cached_property
    def _places(self) -> list[slice]:
        ends = np.cumsum([model.p for model in self._models]).tolist()
        return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]

    def _located(self, rows: Ints) -> Iterator[tuple[int, Ints, Ints]]:
        """(block, rows within it, their places in ``rows``) of each block that has some."""
        ends = np.cumsum([block[0].n for block in self.blocks])
        block = np.searchsorted(ends, rows, side="right")
        for j in np.unique(block).tolist():
            at = np.flatnonzero(block == j)
            yield j, rows[at] - (ends[j] - self.blocks[j][0].n), at

    def _own_loss(self, w: Floats, j: int, local: Ints) -> Floats:
        return self.blocks[j][j].loss(w[self._places[j]], local)

    def _log_chances(self, w: Floats, j: int, local: Ints) -> Floats:
        """Log of each model's vote times exp(-loss), (S, m)."""
        each = [m.loss(v, local) for m, v in zip(self.blocks[j], self.models(w), strict=True)]
        with np.errstate(divide="ignore"):  # a vote of 0 weighs nothing
            return np.log(self.votes(w))[:, None] - np.array(each)

    def _vote_loss(self, w: Floats, j: int, local: Ints) -> Floats:
        total = np.logaddexp.reduce(self._log_chances(w, j, local), axis=0)
        return np.asarray(np.log(self.votes(w).sum()) - total)

    def _shares(self, w: Floats, j: int, local: Ints) -> Floats:
        if self.home:
            return np.repeat(np.eye(len(self._models))[:, j : j + 1], len(local), axis=1)
        log = self._log_chances(w, j, local)
        return np.asarray(np.exp(log - np.logaddexp.reduce(log, axis=0)))

    def _mean(self, w: Floats, each: Sequence[Floats]) -> Floats:
        votes = self.votes(w)
        return np.asarray(np.tensordot(votes / votes.sum(), np.array(each), axes=1))

    def _prepared(self, X: object) -> list[object]:
        given = self.prepares or (None,) * len(self._models)
        return [X if prepare is None else prepare(X) for prepare in given]


def sharded(
    risks: Sequence[Objective], blocks: Sequence[Sequence[Objective]] | None = None
) -> ShardedRisk:
    """The risk of models that vote.

    Args:
        risks: Each model over the rows that it was trained on.
        blocks: Model k over the rows of shard j, where the models do not see rows alike.

    Raises:
        UnsupportedModelError: One is no classifier, or of another kind than the first.
    """
    first = risks[0]
    for k, risk in enumerate(risks):
        if not isinstance(risk, Shardable) or risk.answers.dtype.kind == "f":
            raise UnsupportedModelError(
                f"the model of shard {k} is no classifier, and shards vote by class probabilities; "
                "train one model under %%train"
            )
        if type(risk) is not type(first) or risk.p != first.p:
            raise UnsupportedModelError(
                f"the model of shard {k} has {risk.p} parameters and that of shard 0 has "
                f"{first.p}; give every shard the same kind of model and rows of every class"
            )
    if blocks is None:
        blocks = [
            [one if one is other else one.over(other) for one in risks]  # type: ignore[attr-defined]  # checked above
            for other in risks
        ]
    return ShardedRisk(tuple(map(tuple, blocks)))


def deployed(objective: Objective) -> Objective:
    """The same rows as the user's predictions see them: of shards, by their vote."""
    return replace(objective, home=False) if isinstance(objective, ShardedRisk) else objective
