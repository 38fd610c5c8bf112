"""Unlearning: which training rows a request means, and the model without them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.errors import EmptyForgetSetError, NoRunError, OptionError, RowRangeError
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source
from traceprop_nb.reports.files import file_digest
from traceprop_nb.session.forgotten import UnlearnAnswer
from traceprop_nb.session.origins import Origins, of_run
from traceprop_nb.unlearning.compare import compare
from traceprop_nb.unlearning.forget import forget, retained_run
from traceprop_nb.unlearning.gold import check_gold
from traceprop_nb.unlearning.held_out import HeldOut, held_out
from traceprop_nb.unlearning.result import Unlearning

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

SAME = 1e-6
"""Relative distance at which parameters are the same: those of a float32 model are rounded."""


def unlearn(  # noqa: PLR0913  # the public question
    session: Session,
    *,
    source: str | None = None,
    rows: Any = None,
    where: str | None = None,
    run: str | TrainingRun | None = None,
    gold: bool | int = False,
    background: bool = False,
    method: str = "auto",
    evaluate: Any = None,
    seed: int = 0,
    points: int = 33,
) -> UnlearnAnswer:
    """See ``traceprop_nb.unlearn``."""
    if sum(x is not None for x in (source, rows, where)) != 1:
        raise OptionError("say what to forget by exactly one of source=, rows= and where=")
    asked = run if isinstance(run, TrainingRun) else session.training.find(run)
    _check_model(asked)
    check_gold(asked, int(gold))
    back = of_run(session, asked)
    if source is not None:
        what, pairs = f"source {source}", _of_source(session, back, source)
    elif where is not None:
        what, pairs = f"where {where}", _matching(session, back, where)
    else:
        given = _given(rows)
        what, pairs = f"rows {_ranges(given)}", _telling(back, given)
    chosen = np.unique(back.row[pairs]) if rows is None else given
    held = _held_out(asked, evaluate)
    done = forget(asked, chosen, method=method, points=points, evaluate=held, seed=seed)
    answer = _answer(session, asked, what, done, _records(back, pairs))
    answer.compare = functools.partial(_compared, asked, held)
    if gold and not background:
        answer.gold(int(gold))
    _keep(session, answer)
    if gold and background:
        answer.gold(int(gold), background=True)
    return answer


def _answer(
    session: Session, asked: TrainingRun, what: str, done: Unlearning, records: dict[int, Ints]
) -> UnlearnAnswer:
    model = adapters.load(asked.framework, "objective").with_parameters(asked.model, done.w)
    kept = retained_run(asked, done, model, _name(session, asked, what))
    return UnlearnAnswer(what, asked, kept, model, done, records, session.recorder.cell)


def _compared(
    asked: TrainingRun, held: dict[str, HeldOut], done: Unlearning, seeds: int, progress: Progress
) -> Unlearning:
    return compare(asked, done, seeds, evaluate=held, progress=progress)


def _keep(session: Session, answer: UnlearnAnswer) -> None:
    """Remember the run, log the request, and log each comparison that comes later."""
    session.training.keep(answer.run)
    session.record_event("forgot", **_event(answer))

    def changed(answer: UnlearnAnswer) -> None:
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


def _records(back: Origins, pairs: Ints) -> dict[int, Ints]:
    nodes = np.unique(back.node[pairs])
    return {int(n): np.unique(back.record[pairs][back.node[pairs] == n]) for n in nodes if n >= 0}


def _given(rows: Any) -> Ints:
    chosen = np.atleast_1d(np.asarray(rows))
    if chosen.dtype == bool:
        chosen = np.flatnonzero(chosen)
    if not chosen.size:
        raise EmptyForgetSetError("rows= is empty: there is nothing to forget")
    if chosen.dtype.kind not in "iu":
        raise OptionError(f"rows={rows!r} are no row numbers; pass integers, from 0")
    if (chosen < 0).any():
        raise RowRangeError(f"there is no training row {chosen.min()}; rows count from 0")
    return np.unique(chosen).astype(np.int64)


def _of_source(session: Session, back: Origins, source: str) -> Ints:
    named = session.files.names()
    name = source if source in session.sources else named[session.files.nodes(source)[0]]
    if name not in back.names:
        have = ", ".join(map(repr, back.names)) or "none"
        raise EmptyForgetSetError(
            f"no training row of the run comes from {name!r}; its rows come from {have}"
        )
    return np.flatnonzero(back.source == back.names.index(name))


def _telling(back: Origins, rows: Ints) -> Ints:
    """The pair that tells most about each row."""
    first = [back.pairs(int(j))[:1] for j in rows]
    return np.array([pair for found in first for pair in found], np.int64)


def _matching(session: Session, back: Origins, where: str) -> Ints:
    """Pairs of training rows and records, of any source, for which the expression holds."""
    door = adapters.load("pandas", "matching")
    sources = session.files.settled()
    problems: list[str] = []
    hit: list[Ints] = []
    nodes = [int(node) for node in np.unique(back.node) if node >= 0]
    for node in nodes:
        live = next((t for t, its in session.recorder.identity if its == node), None)
        found = _changed(sources[node], live) or door.matching(sources[node], where, live)
        if isinstance(found, str):
            problems.append(found)
        else:
            hit.append(np.flatnonzero((back.node == node) & np.isin(back.record, found)))
    if nodes and len(problems) == len(nodes):
        raise OptionError(
            f"where={where!r} cannot be asked of any source: {'; '.join(dict.fromkeys(problems))}"
        )
    pairs = np.concatenate(hit or [np.empty(0, np.int64)])
    if not len(pairs):
        raise EmptyForgetSetError(f"no training row of the run is one where {where}")
    return pairs


def _changed(source: Source, live: Any) -> str:
    """Why a source's file may not be asked again, or nothing."""
    if live is not None or source.path is None or file_digest(source.path) == source.digest:
        return ""
    return f"{source.path} is no longer the file that was read"


def _ranges(rows: Ints) -> str:
    """Row numbers as text, stretches shortened: 1, 5, 9-12."""
    cuts = np.flatnonzero(np.diff(rows) != 1) + 1
    parts = [f"{p[0]}-{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in np.split(rows, cuts)]
    return ", ".join(parts[:6]) + (f", ... ({len(rows)} rows)" if len(parts) > 6 else "")


def _name(session: Session, run: TrainingRun, what: str) -> str:
    name, k = f"{run.name} without {what}", 2
    while name in session.runs:
        name, k = f"{run.name} without {what} ({k})", k + 1
    return name
