"""Which rows of which files, through which steps, drove a prediction; and what if they were gone.

In a notebook, start with ``%load_ext traceprop_nb`` and put ``%%trace`` at the top of a cell.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

# Importing a submodule sets its name here: first the two packages whose names are also questions,
# then the functions that answer them.
import traceprop_nb.lineage
import traceprop_nb.session
from traceprop_nb.errors import TracepropError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from traceprop_nb.reports import Record
    from traceprop_nb.session import (
        ImpactAnswer,
        InfluenceAnswer,
        LineageAnswer,
        RowAnswer,
        Session,
        UnlearnAnswer,
        WhyAnswer,
    )

__version__ = "0.1.0"
__all__ = [
    "TracepropError",
    "impact",
    "influence",
    "lineage",
    "load_ipython_extension",
    "report",
    "rows",
    "session",
    "source",
    "trace",
    "train",
    "unlearn",
    "unload_ipython_extension",
    "why",
]


def session() -> Session:
    """The session of this process, with everything recorded so far."""
    from traceprop_nb.session import current

    return current()


def rows(x: Any, i: Any) -> RowAnswer:
    """Where row i of a value came from.

    Args:
        x: A live value: frame, series, array, tensor, scalar, fitted model.
        i: A row number, from 0 (negative counts from the end), or several.

    Raises:
        UntracedError: Nobody saw the value made; says which cell to trace.
        RowRangeError: It has no such row.
    """
    return session().rows(x, i)


def impact(source: str, row: int) -> ImpactAnswer:
    """Every live value, batch, model and training run that a source record reached.

    Args:
        source: A source's name, or the path of a file.
        row: The record, from 0.

    Raises:
        UnknownNameError: There is no such source; names the nearest.
        RowRangeError: It has fewer records.
    """
    return session().impact(source, row)


def why(x: Any) -> WhyAnswer:
    """How far a value's lineage may be trusted, and which steps are to blame.

    Raises:
        UntracedError: Nobody saw the value made.
    """
    return session().why(x)


def lineage(x: Any = None) -> LineageAnswer:
    """The lineage graph around a value, or of the whole session.

    Raises:
        UntracedError: Nobody saw the value made.
    """
    return session().lineage(x)


def influence(  # noqa: PLR0913  # one for each part of the question
    X: Any,
    y: Any = None,
    *,
    k: int | None = 10,
    run: Any = None,
    method: str = "auto",
    estimand: str = "leave_one_out",
    by: str = "row",
    title: str | None = None,
) -> InfluenceAnswer:
    """How much each training row moved the loss of each query.

    Args:
        X: Query rows, as the model takes them; one row may be a vector.
        y: Their labels (m,); without labels the model's own predictions are explained.
        k: How many rows the answer lists; None for all.
        run: Name of the training run, or the run; the newest by default.
        method: "auto", "closed-form", "influence", "cg", "grad-dot" or "trak".
        estimand: What is estimated: "leave_one_out".
        by: Whether the text lists rows ("row") or sources ("source").
        title: The query in words; by default the name of ``X``.

    Returns:
        ``scores`` float64 (m, n): the rise of the query's loss if the row were left out, so that
        proponents are positive; ``top(q)``, ``by_source(q)``, ``rows(j)``, ``to_pandas()``.

    Raises:
        NoRunError: No model was trained under ``%%train``.
        UnknownNameError: No such run or method.
        NotFiniteError: NaN or infinity in the query.
        ShapeError: The query has other features than the model.
    """
    return session().influence(
        X, y, k=k, run=run, method=method, estimand=estimand, by=by, title=title
    )


def unlearn(  # noqa: PLR0913  # one for each part of the request
    *,
    source: str | None = None,
    rows: Any = None,
    where: str | None = None,
    run: Any = None,
    gold: bool = False,
    method: str = "auto",
    evaluate: Any = None,
) -> UnlearnAnswer:
    """A model without some of its training rows. The old model is not touched.

    Args:
        source: Forget every row made of a record of this source. Exactly one of ``source``,
            ``rows`` and ``where`` is given.
        rows: Forget these training rows, numbers from 0 or a boolean mask.
        where: Forget every row made of a record for which this expression over a source's columns
            holds, in the language of ``DataFrame.query``.
        run: Name of the training run, or the run; the newest by default.
        gold: Whether to retrain without the rows as well, and compare.
        method: "auto" or "newton".
        evaluate: Held-out rows by name, ``{name: (X, y)}``, measured along the way.

    Returns:
        ``model``, ``trajectory``, ``verified`` (None unless compared with the retrained model),
        ``verdict``, ``run``.

    Raises:
        EmptyForgetSetError: Nothing, or everything, to forget.
        UnknownNameError: No such source or run.
        RowRangeError: A row that the run does not have.
        OptionError: Not exactly one way to say what to forget.
        UnsupportedModelError: The model is not convex.
    """
    return session().unlearn(
        source=source, rows=rows, where=where, run=run, gold=gold, method=method, evaluate=evaluate
    )


def report(kind: str = "session", **stated: Any) -> Record:
    """What is on record, and what is not.

    Args:
        kind: Kind of record.
        **stated: Fields that a person states, by name.

    Raises:
        UnknownNameError: No such kind or field.
    """
    return session().report(kind, **stated)


def source(value: Any, name: str) -> Any:
    """Declare a frame, series, array or tensor to be a source: row i is its record i.

    Returns:
        The value itself.
    """
    return session().source(value, name)


def trace(name: str | None = None) -> AbstractContextManager[None]:
    """Watch what libraries read and load while a block runs, outside a notebook cell.

    Calls and operators in the block itself are only seen in a cell under ``%%trace``.
    """
    from traceprop_nb.session.blocks import traced

    return traced(session(), name)


def train(name: str, **options: Any) -> AbstractContextManager[None]:
    """Record the training that happens in a block, as ``%%train NAME`` does in a cell.

    Args:
        name: Name of the run.
        **options: Those of ``%%train``: model, loss, proj_dim, checkpoints, sources, rows, predict,
            fit. What is a name there may be the thing itself here; a model that the block makes
            anew, as a JAX tree of parameters, is a function without arguments that returns it.

    Raises:
        NoModelError: Nothing was trained in the block.
        UnknownNameError: There is no such option.
    """
    from traceprop_nb.session.blocks import trained

    return trained(session(), name, options)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext traceprop_nb``."""
    from traceprop_nb.magics import install

    install(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext traceprop_nb``: leave the shell as it was found."""
    from traceprop_nb.magics import uninstall

    uninstall(shell)
