"""The recorded training runs, and the taps that watch while a training cell runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from traceprop_nb import adapters
from traceprop_nb.errors import NoModelError, NoRunError, unknown_name
from traceprop_nb.gradients.capture import Captured, TrainingTap, TrainOptions
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.session.shards import sharded_run

if TYPE_CHECKING:
    from traceprop_nb.attribution.scores import Attributor
    from traceprop_nb.attribution.truth import GroundTruth
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.decisions.answer import DecisionAnswer

    Measured = dict[tuple[Attributor, str], float]

TRAINING_TAPS = {
    "sklearn": "SklearnTap", "lightgbm": "LightgbmTap", "xgboost": "XgboostTap",
    "torch": "TorchTap", "jax": "JaxTap",
}  # fmt: skip
"""The class that watches each framework's training, in its adapter's ``training`` door."""


@dataclass
class _Open:
    name: str
    options: TrainOptions
    began: float
    taps: dict[str, TrainingTap]


class Training:
    """The runs of a session.

    Attributes:
        runs: By name, oldest first; a name used again is the newer run.
        cells: Cell in which each run was trained.
        models: Lineage node of each run's model, as it was trained -> the run's name.
        truths: Models trained again to judge influence by, by what they are.
        lds: Measured LDS of a run by method (itself: names can pass on) and estimand.
        decisions: Decisions that were asked about, by the runs' models, in order.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: _Open | None = None
        self._given: Mapping[str, Any] = {}
        self.runs: dict[str, TrainingRun] = {}
        self.cells: dict[str, int] = {}
        self.models: dict[int, str] = {}
        self.truths: dict[str, GroundTruth] = {}
        self.lds: WeakKeyDictionary[TrainingRun, Measured] = WeakKeyDictionary()
        self.decisions: list[DecisionAnswer] = []

    def begin(self, name: str, options: TrainOptions, now: float, given: Mapping[str, Any]) -> None:
        """Begin to watch. See ``Session.begin_train``."""
        self._abandon()
        self._given = given
        self._open = _Open(name, options, now, {})
        self.watch(adapters.imported())

    def watch(self, frameworks: Sequence[str]) -> None:
        """Watch these too, if a training cell is running."""
        if self._open is None:
            return
        for framework in frameworks:
            if framework in TRAINING_TAPS and framework not in self._open.taps:
                door = adapters.load(framework, "training")
                kind = getattr(door, TRAINING_TAPS[framework])
                tap: TrainingTap = kind(self._node_of, self._lookup)
                tap.start(self._open.options)
                self._open.taps[framework] = tap

    def end(self, ok: bool) -> TrainingRun | None:
        """Stop watching and keep the run. See ``Session.end_train``."""
        if self._open is None:
            return None
        opened, self._open = self._open, None
        captured = [c for tap in opened.taps.values() for c in tap.stop()]
        if not ok:
            return None
        if not captured:
            raise NoModelError(_nothing(opened))
        self._check_names(opened.options)
        if opened.options.shards:
            run = sharded_run(self._session.recorder, opened.name, captured, self._models(opened))
        else:
            run = self._chosen(opened, captured).run(opened.name)
        run = replace(
            run, recorded={**run.recorded, "cell_seconds": time.perf_counter() - opened.began}
        )
        self._check_sources(opened)
        self._remember(run)
        return run

    def keep(self, run: TrainingRun) -> None:
        """Keep a run that unlearning made."""
        self.runs.pop(run.name, None)
        self.runs[run.name] = run
        self.cells[run.name] = self._session.recorder.cell
        self._made(run)

    def update(self, run: TrainingRun) -> None:
        """Put a run in the place of the one of its name, if that is still of the same model."""
        if run.name in self.runs and self.runs[run.name].model is run.model:
            self.runs[run.name] = run

    def find(self, name: str | None) -> TrainingRun:
        """A run by name; without one, the newest that was trained.

        Raises:
            NoRunError: Nothing was trained under ``%%train`` yet.
            UnknownNameError: There is no such run.
        """
        if not self.runs:
            raise NoRunError(
                "no training run is recorded; put %%train NAME at the top of the cell that fits "
                "the model and run it again"
            )
        if name is None:
            trained = [run for run in self.runs.values() if run.parent is None]
            return (trained or list(self.runs.values()))[-1]
        if name not in self.runs:
            raise unknown_name("run", name, self.runs)
        return self.runs[name]

    def of_model(self, model: object) -> TrainingRun:
        """The run that trained this very model.

        Raises:
            NoRunError: It was not trained under ``%%train``.
        """
        for run in reversed(self.runs.values()):
            if run.model is model:
                return run
        raise NoRunError(
            f"this {type(model).__name__} has no recorded training run; put %%train NAME at the "
            "top of the cell that fits it and run it again"
        )

    def _chosen(self, opened: _Open, captured: list[Captured]) -> Captured:
        wanted = opened.options.model
        if wanted is None:
            return captured[-1]
        model = self._lookup(wanted)
        if model is None:
            raise unknown_name("model", wanted, self._session.namespace)
        for found in reversed(captured):
            if found.model is model:
                return found
        raise NoModelError(
            f"{wanted!r} was not trained in this cell; leave --model out or fit it here"
        )

    def _models(self, opened: _Open) -> Any:
        """What holds the models of the shards; None if nothing was named."""
        wanted = opened.options.model
        models = None if wanted is None else self._lookup(wanted)
        if wanted is not None and models is None:
            raise unknown_name("model", wanted, self._session.namespace)
        return models

    def _check_names(self, options: TrainOptions) -> None:
        for name in options.own_names():
            if self._lookup(name) is None:
                raise unknown_name("variable", name, self._session.namespace)

    def _check_sources(self, opened: _Open) -> None:
        known = self._session.sources
        for name in opened.options.sources:
            if name not in known:
                raise unknown_name("source", name, known)

    def _remember(self, run: TrainingRun) -> None:
        self.keep(run)
        more = {"shards": len(run.shards)} if run.shards else {}
        self._session.record_event("trained", run=run.name, rows=run.objective.n, **more)
        recorder = self._session.recorder
        for one in run.shards or (run,):
            if one.rows_node is None or recorder.identity.node(one.model) is not None:
                continue
            rows = recorder.graph.rows(one.rows_node)
            edge = (one.rows_node, All(rows, 1), Kind.DIRECT, Status.EXACT)
            recorder.emit(-1, f"train {type(one.model).__name__}", one.model, [edge], rows=1)
        self._made(run)

    def _made(self, run: TrainingRun) -> None:
        node = self._node_of(run.model)
        self.models = {at: name for at, name in self.models.items() if name != run.name}
        if node is not None:
            self.models[node] = run.name

    def _abandon(self) -> None:
        if self._open is not None:
            for tap in self._open.taps.values():
                tap.stop()
            self._open = None

    def _node_of(self, thing: object) -> int | None:
        return self._session.recorder.identity.node(thing)

    def _lookup(self, name: str) -> Any:
        return self._given[name] if name in self._given else self._session.namespace.get(name)


def _nothing(opened: _Open) -> str:
    advice = " ".join(filter(None, (tap.advice() for tap in opened.taps.values())))
    return (
        "no model was trained in this cell; fit a scikit-learn LogisticRegression, boosted trees "
        "(scikit-learn, LightGBM, XGBoost) or run a PyTorch loop over a DataLoader under %%train"
    ) + (f" ({advice})" if advice else "")
