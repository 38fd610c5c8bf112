"""Which rows of which files, through which steps, drove a prediction; and what if they were gone.

In a notebook, start with ``%load_ext traceprop_nb`` and put ``%%trace`` at the top of a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

# Importing a submodule sets its name here: first the two packages whose names are also questions,
# then the functions that answer them.
import traceprop_nb.lineage
import traceprop_nb.session
from traceprop_nb import compat
from traceprop_nb.compat import (
    Granularity,
    array,
    attribution_engine,
    from_csv,
    from_jax,
    from_numpy,
    from_torch,
    provenance,
    reset_graph,
    set_granularity,
    training_context,
)
from traceprop_nb.errors import TracepropError
from traceprop_nb.session.declaring import opaque, probe, rowwise, rule
from traceprop_nb.session.doors import decision, export, import_, import_lineage
from traceprop_nb.session.inside import inside
from traceprop_nb.session.lineage_doors import columns, script
from traceprop_nb.session.privacy.doors import declassify, erase_subject, policy, tag, tags
from traceprop_nb.session.provenance import detach_provenance, get_provenance, track_provenance
from traceprop_nb.session.record_doors import attest, compliance_report, groups, report
from traceprop_nb.session.recording_doors import source, trace, train
from traceprop_nb.session.sites import dependencies

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from traceprop_nb.attribution.evaluate import Evaluation
    from traceprop_nb.session import (
        ImpactAnswer,
        InfluenceAnswer,
        LineageAnswer,
        RowAnswer,
        Session,
        SubjectAnswer,
        UnlearnAnswer,
        ValuationAnswer,
        WhyAnswer,
    )
    from traceprop_nb.session.storage import Storage

__version__ = "0.1.0"
__all__ = [
    "Granularity", "TracepropError", "array", "attest", "attribution_engine", "columns",
    "compliance_report", "data_valuation", "decision", "declassify", "dependencies",
    "detach_provenance", "erase_subject", "evaluate", "export", "from_csv", "from_jax",
    "from_numpy", "from_torch", "get_provenance", "groups", "impact", "import_", "import_lineage",
    "influence", "inside", "lineage", "load_ipython_extension", "opaque", "open", "policy", "probe",
    "provenance", "report", "reset_graph", "rows", "rowwise", "rule", "script", "session",
    "set_granularity", "source", "subject", "tag", "tags", "trace", "track_provenance", "train",
    "training_context", "unlearn", "unload_ipython_extension", "why",
]  # fmt: skip


def session() -> Session:
    """The session of this process, with everything recorded so far."""
    from traceprop_nb.session import current

    return current()


def rows(x: Any, i: Any, column: Any = None) -> RowAnswer:
    """Where row i of a value came from; with a column, where that cell did.

    Args:
        x: A live value: frame, series, array, tensor, scalar, fitted model; or the name of one,
            here or in an earlier session of the open store.
        i: A row number, from 0 (negative counts from the end), or several.
        column: A label of a frame's column, or its number in a matrix: then ``.cells`` are the
            source cells in that cell, and ``.columns`` the columns that are in it or decided.

    Raises:
        UntracedError: Nobody saw the value made; says which cell to trace.
        RowRangeError: It has no such row.
        UnknownNameError: It has no column of that label; names the nearest.
        OptionError: Its columns are not followed, or it has fewer.
    """
    return session().rows(x, i, column)


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
        run: Name of the training run; the newest by default. A list is averaged over.
        method: "auto", "closed-form", "influence", "cg", "nystrom", "lissa", "arnoldi", "kfac",
            "ekfac", "datainf", "grad-cos", "grad-dot", "last-layer", "representer", "tracin" or
            "trak"; or a name under which a method was registered.
        estimand: What is estimated: "leave_one_out"; for linear models also "half_subset" (the
            row's effect among a random half of the others) and "shapley".
        by: "row", or "source": each is left out as a whole where the model is linear.
        title: The query in words; by default the name of ``X``.

    Returns:
        ``scores`` float64 (m, n): the rise of the query's loss if the row were left out, so that
        proponents are positive; ``top(q)``, ``by_source(q)``, ``rows(j)``, ``to_pandas()``.

    Raises:
        NoRunError: No model was trained under ``%%train``.
        UnknownNameError: No such run, method or estimand.
        UnsupportedModelError: The method or estimand is not for this kind of model.
        NotFiniteError: NaN or infinity in the query.
        ShapeError: The query has other features than the model.
    """
    return session().influence(
        X, y, k=k, run=run, method=method, estimand=estimand, by=by, title=title
    )


def evaluate(  # noqa: PLR0913  # one for each part of the question
    method: str = "auto", X: Any = None, y: Any = None, *, metric: str = "lds", run: Any = None,
    estimand: str | None = None, subsets: int = 100, seeds: int = 1, rows: Any = None,
    k: int | None = None, seed: int = 0, truth: Any = None,
) -> Evaluation:  # fmt: skip
    """How good an influence method is on a run, by training its model again.

    Args:
        method: As for ``influence``.
        X: Queries, whose losses are foretold; not needed for "mislabelled".
        y: Their labels (m,).
        metric: "lds" (ranks of random halves of the rows), "leave_one_out" (single rows),
            "removal" (the strongest proponents together) or "mislabelled" (wrong labels found).
        run: Name of the training run, or the run; the newest by default.
        estimand: As for ``influence``; by default the one that the metric measures.
        subsets: Halves of "lds".
        seeds: Trainings of each part, for models that have several ends.
        rows: Rows left out, 50 random ones by default; for "mislabelled" the wrong rows.
        k: Proponents taken out by "removal"; a twentieth of the rows by default.
        seed: Of what is drawn.
        truth: A ``GroundTruth`` that was trained before, such as a loaded one.

    Returns:
        ``value`` with its 95 % interval ``low`` to ``high``; ``scale``, 1 where the scores have
        the right size; ``models``, the trainings behind it. An interrupted call keeps what was
        trained, and the same call goes on. The LDS is shown with later influence answers.

    Raises:
        NoRunError: No model was trained under ``%%train``.
        UnknownNameError: No such run, method, metric or estimand.
        OptionError: No queries or wrong rows, too few subsets, rows or k out of range.
        ShapeError: ``truth`` belongs to another run or other queries.
        UnsupportedModelError: The model cannot be trained again, or the method does not fit it.
    """
    from traceprop_nb.session.evaluate import Asked, evaluate as ask

    asked = Asked(metric, subsets, seeds, rows, k, seed)
    return ask(session(), method, (X, y), asked, run=run, estimand=estimand, truth=truth)


def unlearn(  # noqa: PLR0913  # one for each part of the request
    *, source: str | None = None, rows: Any = None, where: str | None = None, reached: Any = None,
    influence: Any = None, subject: Any = None, run: Any = None, gold: bool | int = False,
    background: bool = False, method: str = "auto", evaluate: Any = None, seed: int = 0,
    points: int = 33, **traceprop: Any,
) -> UnlearnAnswer:  # fmt: skip
    """A model without the rows that one of the first six arguments names; the old one stays.

    Args:
        source: Every row made of a record of this source.
        rows: These training rows, numbers from 0 or a boolean mask.
        where: Every row made of a record for which this holds, as ``DataFrame.query`` reads it.
        reached: Every row that a source record reached: (source, record), or several of them.
        influence: The rows that an answer of ``influence`` lists.
        subject: Every row of a person: (column, key), or an answer of ``subject``.
        run: Name of the training run, or the run; the newest by default.
        gold: Whether, or from how many seeds, to retrain too; a network's test needs 3, True is 5.
        background: Whether to come back before the retraining is done; see ``.job``.
        method: A key of ``unlearning.methods.METHODS``, or "auto".
        evaluate: Held-out rows, ``{name: (X, y)}`` or ``{name: (X, y, {slicing: labels})}``.
        seed: Of what the method draws, and of the random rows beside.
        points: Points of the trajectory, 33 to 129.
        **traceprop: Traceprop's ``gradient_store`` and ``source_id``, see ``compat.unlearn``.

    Returns:
        ``model``, ``trajectory``, ``verified`` (None: not compared), ``verdict``, ``run``.

    Raises:
        EmptyForgetSetError, RowRangeError: Nothing or everything to forget; no such row.
        UnknownNameError, OptionError: No such source, column, method or run; not exactly one way.
        UnsupportedModelError, NoRunError: Not for this model, no recipe; the model has changed.
    """
    if traceprop:
        return cast(Any, compat.unlearn(**traceprop))
    return session().unlearn(
        source=source, rows=rows, where=where, reached=reached, influence=influence,
        subject=subject, run=run, gold=gold, background=background, method=method,
        evaluate=evaluate, seed=seed, points=points,
    )  # fmt: skip


def open(  # noqa: A001  # the verb, as tp.open
    where: str | Path | None = None, *, names: str = "clear", cells: str = "digest",
    features: bool = False,
) -> Storage:  # fmt: skip
    """Keep the session's log and lineage on disk from now on, what it has so far first.

    Questions by name then reach earlier sessions, and rows of a file lead on to the session that
    wrote it. What is new is written at the end of each cell; what cannot be written waits, and no
    cell fails of it. Several kernels may share a store: each is a session of its own.

    Args:
        where: Path of an SQLite file, made where there is none (``.traceprop/store.db`` by
            default), or the address of a PostgreSQL database.
        names: "clear", or "keyed": names of files, columns, runs and cells only as digests.
        cells: "digest", or "text": the text of each cell too, without what looks like a secret.
        features: Whether the projected gradients of trainings are kept too: numbers made of the
            rows' values.

    Returns:
        ``.sessions()``, ``.events(session)``, ``.heads()`` to keep elsewhere, ``.check(heads)``,
        ``.lineage(session)``, ``.backup(path)``.

    Raises:
        StoreError: It cannot be opened or written, or a newer version of this package wrote it.
        OptionError: This session is stored elsewhere already, or names stand in its log already.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    return session().open(where, names=names, cells=cells, features=features)


def subject(column: str, key: Any) -> SubjectAnswer:
    """Where one person's rows went, for an erasure, and what could not be searched.

    Args:
        column: The column that identifies people, as a source has it.
        key: The person's cell in it; several for a person with several.

    Returns:
        ``sources``, ``values``, ``batches``, ``runs``, ``models``, ``unreached``; pass it to
        ``unlearn(subject=...)``. The key is in none of its texts.

    Raises:
        UnknownNameError: No source has that column.
        EmptyForgetSetError: No record that could be asked holds the key.
    """
    return session().subject(column, key)


def data_valuation(  # noqa: PLR0913  # one for each part of the question
    *, val: Any = None, run: Any = None, method: str = "knn-shapley", k: int = 10, by: str = "row",
    weight: str | None = None, budget: int | None = None, seed: int = 0, **traceprop: Any,
) -> ValuationAnswer:  # fmt: skip
    """What each training row is worth on held-out rows.

    Args:
        val: The held-out rows and their labels, (X, y).
        run: Name of the training run, or the run; the newest by default.
        method: "knn-shapley" (exact), "leave-one-out", "data-shapley", "beta-shapley", "banzhaf",
            "data-oob".
        k: Neighbours of the nearest-neighbour utility.
        by: Whether the text lists rows ("row"), sources ("source") or cleaning steps ("op").
        weight: Of a neighbour by its distance: "inverse-distance", "gaussian"; None counts all.
        budget: Most models that a sampling method trains.
        seed: Of what is drawn.
        **traceprop: Traceprop's ``gradient_store``, ``val_gradients``: ``compat.data_valuation``.

    Returns:
        ``values`` float64 (n,), positive rows help; ``by_source()``, ``by_op()``, ``curve``,
        ``total``, ``top(k)``, ``worst(k)``, ``to_pandas()``, ``save(path)``.

    Raises:
        NoRunError: No model was trained under ``%%train``.
        UnknownNameError: No such run, method or weight.
        OptionError: No validation rows or labels; k or budget out of range.
        ShapeError, NotFiniteError: Validation rows that the model cannot take.
        UnsupportedModelError: The method does not apply to the model.
    """
    if traceprop:
        return cast(Any, compat.data_valuation(**traceprop))
    return session().data_valuation(
        val=val, run=run, method=method, k=k, by=by, weight=weight, budget=budget, seed=seed
    )


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext traceprop_nb``."""
    from traceprop_nb.magics import install

    install(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext traceprop_nb``: leave the shell as it was found."""
    from traceprop_nb.magics import uninstall

    uninstall(shell)
