"""``with`` blocks that stand for a traced or a training cell outside a notebook."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import unknown_name
from traceprop_nb.gradients.capture import TrainOptions

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

_OPTIONS = tuple(option.name for option in fields(TrainOptions))


@contextmanager
def traced(session: Session, name: str | None) -> Iterator[None]:
    """Let the taps record what libraries do in the block."""
    session.begin_cell(session.recorder.cell, "", traced=True, name=name)
    ok = False
    try:
        yield
        ok = True
    finally:
        session.end_cell(ok)


@contextmanager
def trained(session: Session, name: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Record the training that happens in the block."""
    named, given, late = _named(options)
    with traced(session, name):
        session.begin_train(name, named, given)
        ok = False
        try:
            yield
            given.update({label: make() for label, make in late.items()})
            ok = True
        finally:
            session.end_train(ok)


def _named(
    options: Mapping[str, Any],
) -> tuple[TrainOptions, dict[str, Any], dict[str, Callable[[], Any]]]:
    """Options of names only, the objects behind them, and those to be had after the block.

    Raises:
        UnknownNameError: There is no such option.
    """
    given: dict[str, Any] = {}
    late: dict[str, Callable[[], Any]] = {}
    names = dict(options)
    for option in options:
        if option not in _OPTIONS:
            raise unknown_name("option", option, _OPTIONS)
    for option in ("model", "loss", "predict", "fit"):
        value = names.get(option)
        if value is None or isinstance(value, str):
            continue
        label = getattr(value, "__name__", "<lambda>")
        names[option] = label = option if label == "<lambda>" or label in given else label
        (late if option == "model" and inspect.isroutine(value) else given)[label] = value
    rows = names.get("rows", ())
    parts = rows.split(",") if isinstance(rows, str) else rows
    labels = [_label(place, part) for place, part in enumerate(parts)]
    given.update((a, b) for a, b in zip(labels, parts, strict=True) if not isinstance(b, str))
    names["rows"] = tuple(labels)
    return TrainOptions(**names), given, late


def _label(place: int, part: Any) -> str:
    return part.strip() if isinstance(part, str) else ("X", "y")[place] if place < 2 else "more"
