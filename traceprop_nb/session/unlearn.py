"""Unlearning: the model without the rows that were asked for, remembered and logged."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.errors import NoRunError, OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import Convex
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.session.forget_set import forget_set
from traceprop_nb.session.forgotten import UnlearnAnswer
from traceprop_nb.session.shards import refilled, with_models
from traceprop_nb.unlearning.compare import compare
from traceprop_nb.unlearning.forget import forget, retained_run
from traceprop_nb.unlearning.gold import check_gold
from traceprop_nb.unlearning.held_out import HeldOut, held_out
from traceprop_nb.unlearning.methods import require_forgettable
from traceprop_nb.unlearning.result import Unlearning

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

GOLDS = 5
"""Networks that ``gold=True`` retrains: their spread is the noise that a verdict is set against."""

SAME = 1e-6
"""Relative distance at which parameters are the same: those of a float32 model are rounded."""


def unlearn(  # noqa: PLR0913  # the public question
    session: Session,
    *,
    run: str | TrainingRun | None = None,
    gold: bool | int = False,
    background: bool = False,
    method: str = "auto",
    evaluate: Any = None,
    seed: int = 0,
    points: int = 33,
    **what: Any,
) -> UnlearnAnswer:
    """See ``traceprop_nb.unlearn``; ``what`` is one of ``forget_set.WAYS``."""
    asked = run if isinstance(run, TrainingRun) else session.training.find(run)
    require_forgettable(asked)
    _check_model(asked)
    seeds = _seeds(asked, gold)
    check_gold(asked, seeds)
    chosen = forget_set(session, asked, **what)
    held = _held_out(asked, evaluate)
    done = forget(asked, chosen.rows, method=method, points=points, evaluate=held, seed=seed)
    answer = _answer(session, asked, chosen.what, done, chosen.records)
    answer.enough = _enough(asked)
    answer.compare = functools.partial(_compared, asked, held)
    if gold and not background:
        answer.gold(seeds)
    _keep(session, answer)
    if gold and background:
        answer.gold(seeds, background=True)
    return answer


def _seeds(run: TrainingRun, gold: bool | int) -> int:
    """Models to retrain: for True one where the optimum is unique, else as many as a test needs."""
    if gold is True:
        return 1 if isinstance(run.objective, Convex) else GOLDS
    return int(gold)


def _enough(run: TrainingRun) -> int:
    """Models that a comparison needs; 0 where the run cannot be trained again."""
    try:
        check_gold(run, 1)
    except UnsupportedModelError:
        return 0
    return _seeds(run, gold=True)


def _answer(
    session: Session, asked: TrainingRun, what: str, done: Unlearning, records: dict[int, Ints]
) -> UnlearnAnswer:
    if done.shards:
        done = replace(done, shards=with_models(asked, done.shards))
    model = _model(asked, done)
    kept = retained_run(asked, done, model, _name(session, asked, what))
    return UnlearnAnswer(what, asked, kept, model, done, records, session.recorder.cell)


def _model(asked: TrainingRun, done: Unlearning) -> Any:
    if done.shards:
        votes = [bool(shard.objective.n) for shard in done.shards]
        return refilled(asked.model, [shard.model for shard in done.shards], votes)
    return adapters.load(asked.framework, "objective").with_parameters(asked.model, done.w)


def _compared(
    asked: TrainingRun, held: dict[str, HeldOut], done: Unlearning, seeds: int, progress: Progress
) -> Unlearning:
    return compare(asked, done, seeds, evaluate=held, progress=progress)


def _keep(session: Session, answer: UnlearnAnswer) -> None:
    """Remember the run, log the request, and log each comparison that comes later."""
    session.training.keep(answer.run)
    session.record_event("forgot", **_event(answer))

    def changed(answer: UnlearnAnswer) -> None:
        if answer.result.golds is None:
            return  # it was stopped or failed, and nothing has changed
        session.training.update(answer.run)
        session.record_event("compared_with_gold", **_event(answer))

    answer.changed = changed


def _event(answer: UnlearnAnswer) -> dict[str, Any]:
    done = answer.result
    return {
        "what": answer.what,
        "run": answer.asked.name,
        "result": answer.run.name,
        "relation": answer.run.relation,
        "method": done.method,
        "why": done.why,
        "rows": len(done.forgotten),
        "gold_seeds": 0 if done.golds is None else len(done.golds),
        "verified": done.verified,
        "test": done.test,
        "verdict": done.verdict,
    }


def _check_model(run: TrainingRun) -> None:
    """Raise if the user's model is no longer the one that the run trained."""
    for shard in run.shards:
        if shard.objective.n:  # without a row it has left
            _check_model(shard)
    parameters = getattr(adapters.load(run.framework, "objective"), "parameters", None)
    if parameters is None or run.shards:
        return
    now = parameters(run.model)
    if now.shape != run.w.shape:
        return  # some of them were not trained, and are no part of w
    moved = float(np.linalg.norm(now - run.w))
    if not moved <= SAME * (1.0 + float(np.linalg.norm(run.w))):
        raise NoRunError(
            f"the {type(run.model).__name__} of run {run.name!r} is no longer the model that was "
            f"trained: its parameters have moved by {moved:.2g}; train it again under %%train, or "
            "name the run that trained it with run="
        )


def _held_out(run: TrainingRun, evaluate: Any) -> dict[str, HeldOut]:
    found = {}
    for name, given in (evaluate or {}).items():
        if not isinstance(given, tuple) or len(given) not in (2, 3):
            raise OptionError(
                f"evaluate={{{name!r}: ...}} has no labels; pass (X, y), or (X, y, "
                "{slicing: labels}) for accuracies by slice"
            )
        found[str(name)] = held_out(run, *given)
    return found


def _name(session: Session, run: TrainingRun, what: str) -> str:
    name, k = f"{run.name} without {what}", 2
    while name in session.runs:
        name, k = f"{run.name} without {what} ({k})", k + 1
    return name
