"""Sources, traced blocks and recorded trainings as functions; light until called."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def source(value: Any, name: str) -> Any:
    """Declare a frame, series, array or tensor to be a source: row i is its record i.

    Returns:
        The value itself.
    """
    from traceprop_nb.session import current

    return current().source(value, name)


def trace(name: str | None = None) -> AbstractContextManager[None]:
    """Watch what libraries read and load while a block runs, outside a notebook cell.

    Calls and operators in the block itself are only seen in a cell under ``%%trace``.
    """
    from traceprop_nb.session import current
    from traceprop_nb.session.blocks import traced

    return traced(current(), name)


def train(name: str, **options: Any) -> AbstractContextManager[None]:
    """Record the training that happens in a block, as ``%%train NAME`` does in a cell.

    Args:
        name: Name of the run.
        **options: Those of ``%%train``: model, loss, proj_dim, checkpoints, sources, rows, predict,
            fit, shards. What is a name there may be the thing itself here; a model that the block
            makes anew, as a JAX tree of parameters, is a function without arguments that returns
            it.

    Raises:
        NoModelError: Nothing was trained in the block.
        UnknownNameError: There is no such option.
    """
    from traceprop_nb.session import current
    from traceprop_nb.session.blocks import trained

    return trained(current(), name, options)
