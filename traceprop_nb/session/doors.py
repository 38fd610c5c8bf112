"""Exports and imports as functions over the session of this process; light until called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.exports.model import SessionGraph


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
            "in-toto", "opentelemetry", "parquet" or "mlflow", whose path is a tracking address;
            by the end of the path where it is not given.
        detail: "named" for values that have a name, "all" for every recorded one.
        person: Who is responsible, if that is to be said.

    Returns:
        The path; for "mlflow" the id of the run there.

    Raises:
        UnknownNameError: No such format; names the nearest.
        OptionError: A path that says no format, a session without what the format is about.
        UntracedError: Nobody saw the frame made.
        MissingFrameworkError: The format needs a package that is not installed.
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
            ``dvc.lock``; with ``format="mlflow"`` a tracking address.
        format: Its format, where neither its name nor its content says.

    Raises:
        FormatError: It is not what its format says; names the place.
        OptionError: A format that is not read back.
        UnknownNameError: No such format.
    """
    from traceprop_nb.session import exporting

    return exporting.import_lineage(path, format)
