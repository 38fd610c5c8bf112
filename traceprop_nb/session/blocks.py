"""``with`` blocks that stand for a traced or a training cell outside a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from traceprop_nb.gradients.capture import TrainOptions

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


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
    with traced(session, name):
        session.begin_train(name, TrainOptions(**options))
        ok = False
        try:
            yield
            ok = True
        finally:
            session.end_train(ok)
