"""Exports, imports and decisions as functions over this process's session; light until called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.exports.model import SessionGraph
    from traceprop_nb.session.decisions.answer import DecisionAnswer


def export(
    what: Any,
    path: str | Path | None = None,
    *,
    format: str | None = None,
    detail: str = "named",
    person: str = "",
) -> Path | str:
    """Write the session, or a frame with its row lineage, in another tool's format.

    Args:
        what: Path of the file to write; or a frame, and then ``path`` is the file.
        path: Where a frame goes, ending in ``.parquet``.
        format: "prov-json", "prov-turtle", "openlineage", "cyclonedx", "model-card", "croissant",
            "in-toto", "in-toto-signed" (a DSSE envelope, by the user's key), "opentelemetry",
            "parquet" or "mlflow", whose path is a tracking address; by the end of the path where
            it is not given.
        detail: "named" for values that have a name, "all" for every recorded one.
        person: Who is responsible, if that is to be said.

    Returns:
        The path; for "mlflow" the id of the run there.

    Raises:
        UnknownNameError: No such format; names the nearest.
        OptionError: A path that says no format, a session without what the format is about.
        UntracedError: Nobody saw the frame made.
        MissingFrameworkError: The format needs a package that is not installed.
        TrustError: It is to be signed, and there is no key.
    """
    from traceprop_nb.session import current, exporting

    if path is not None:
        return exporting.export_frame(current(), what, path, format)
    return exporting.export(current(), what, format=format, detail=detail, person=person)


def import_(path: str | Path) -> Any:
    """Read a Parquet file that ``export`` wrote: the frame, whose rows keep their lineage.

    Raises:
        FormatError: There is no lineage in it, or its rows are not those it was written for.
        MissingFrameworkError: pyarrow is not installed.
    """
    from traceprop_nb.session import current, exporting

    return exporting.import_frame(current(), path)


def import_lineage(path: str | Path, format: str | None = None) -> SessionGraph:
    """Read what a session, or another tool, wrote: sources, values, cells, runs and edges.

    Args:
        path: A file of prov-json, openlineage, cyclonedx or croissant, a ``.dvc`` file or
            ``dvc.lock``; with ``format="mlflow"`` a tracking address, and after a ``#`` the id
            that ``export`` gave, for the session that was logged then.
        format: Its format, where neither its name nor its content says.

    Raises:
        FormatError: It is not what its format says; names the place.
        OptionError: A format that is not read back.
        UnknownNameError: No such format.
    """
    from traceprop_nb.session import exporting

    return exporting.import_lineage(path, format)


def decision(  # noqa: PLR0913  # one for each part of the question
    x: Any, *, run: Any = None, threshold: float | None = None, favourable: Any = None, k: int = 4,
    names: Sequence[str] | None = None, fixed: Sequence[str] = (), budget: int = 200_000,
    seed: int = 0, title: str | None = None,
) -> DecisionAnswer:  # fmt: skip
    """One decision about one person: its score again, its reasons, and what would change it.

    Args:
        x: One row, as the model takes it: a vector, or a frame or array of one row.
        run: Name of the training run, or the run; the newest by default.
        threshold: Probability of the favourable class, or value, from where on it is decided; by
            default the most probable class is.
        favourable: The class that is good for the person; "high" or "low" for a regression.
        k: Most reasons.
        names: Names of the features, where neither ``x`` nor the model has them.
        fixed: Features that the counterfactual may not change, such as an age.
        budget: Most rows that the model is asked for where its score is not linear.
        seed: Of what is then drawn.
        title: The row in words; it is in no log and no record.

    Returns:
        ``outcome``, ``score``, ``probability``, ``recomputes``, ``reasons``, ``contributions``,
        ``toward``, ``counterfactual``, ``influence()`` (a diagnosis, not a reason), ``record()``.

    Raises:
        NoRunError: No model was trained under ``%%train``.
        UnknownNameError: No such run, class or feature.
        ShapeError, NotFiniteError: Not one row that the model can take.
        OptionError: A threshold without ``favourable``, or out of range; k or budget too small.
        UnsupportedModelError: A model of several inputs, or a regression of several values.
    """
    from traceprop_nb.session import current
    from traceprop_nb.session.decisions.ask import decision as ask

    return ask(
        current(), x, run=run, threshold=threshold, favourable=favourable, k=k, names=names,
        fixed=fixed, budget=budget, seed=seed, title=title,
    )  # fmt: skip
