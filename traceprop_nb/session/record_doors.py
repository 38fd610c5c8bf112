"""Records and statements as functions over the session of this process; light until called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.reports import Record
    from traceprop_nb.reports.stated_facts import StatementFact
    from traceprop_nb.session.groups import Groups


def report(kind: str = "session", **stated: Any) -> Record:
    """What is on record, and what is not.

    What is stated goes into the session's log too, signed, and stands until it is withdrawn.

    Args:
        kind: "session", "model" (technical documentation), "deployer" (duties in operation),
            "erasure" (a person's request) or "decision" (the last one, see ``decision``).
        **stated: Fields that a person states, by name, and ``by``, who says so. Two names are
            kept: ``of``, a traced value, or a decision's answer or number, that the record is
            about, and ``as_of``, a day such as "2026-07-01" as of which the law is read.

    Returns:
        ``.to_json()``, ``.to_html()``, ``.to_pdf()``, ``.save(path)``, ``.verify()``.

    Raises:
        UnknownNameError: No such kind or field.
        OptionError: An empty or odd value; ``as_of`` is no day.
        UntracedError: Nobody saw the value ``of`` made.
    """
    from traceprop_nb.session import current

    return current().report(kind, **stated)


def attest(  # one for each part of a statement
    field: str,
    value: Any = None,
    *,
    by: str | None = None,
    until: str | None = None,
    attach: str | Path | None = None,
    withdraw: bool = False,
) -> StatementFact:
    """State what no trace can show, for every record that asks for it.

    It goes into the log with the time and a signature of this account, which shows that the
    account signed, not who spoke. The last statement of a field counts.

    Args:
        field: Name or id of a field that people answer, such as "purpose".
        value: Text, a number, a date, or lists and dicts of these; "not applicable: why" rules
            the field out.
        by: Who says so.
        until: The last day on which it holds, year-month-day.
        attach: A file that belongs to it: its digest is kept, and compared in every record.
        withdraw: Take back what stands instead.

    Returns:
        ``.about``, ``.who``, ``.when``, ``.until``, ``.key``, ``.withdrawn``.

    Raises:
        UnknownNameError: Nobody can state such a field; names the nearest.
        OptionError: No value, an odd one, a day that is over, a file that cannot be read, or
            nothing to withdraw.
    """
    from traceprop_nb.errors import OptionError
    from traceprop_nb.session import current, statements

    if not withdraw:
        return statements.attest(current(), field, value, by, until, attach)
    if value is not None or until is not None or attach is not None:
        raise OptionError("withdraw=True takes a field back; give no value, until or attach")
    return statements.withdraw(current(), field, by)


def groups(labels: Any, name: str, *, minimum: int = 10) -> Groups:
    """Declare groups of rows, in each of which the record shows the session's metrics.

    Args:
        labels: One label a row (m,), in the order of the rows that metrics were computed on:
            series, array or list. A traced one is checked against those rows by lineage.
        name: What the groups are of, such as "sex". Its and the groups' names go on record.
        minimum: Rows below which a group is counted only; and with it the next one, where the
            groups that are shown would tell its metric.

    Returns:
        ``.groups``, ``.code``; its text counts the rows of each.

    Raises:
        OptionError: No name, more than fifty different labels, or a minimum below 1.
        ShapeError: The labels are not one a row.
    """
    from traceprop_nb.session import current
    from traceprop_nb.session.groups import declare

    return declare(current(), labels, name, minimum)


def compliance_report(  # Traceprop's signature
    tensor: Any,
    system_name: str,
    system_version: str,
    deployer_name: str,
    high_risk_category: str,
    output_path: str | Path | None = None,
) -> Record:
    """The deployer's record of a traced value, under the name and arguments that Traceprop has.

    Args:
        tensor: A traced value; its source rows are on the record.
        system_name: Stated, as the three that follow.
        system_version: Of the system.
        deployer_name: Who uses it.
        high_risk_category: As the deployer classes it; nobody checks it.
        output_path: Where to save it: .json, .html, .pdf or .zip.

    Returns:
        The record; Traceprop's dict is ``.to_dict()``.

    Raises:
        UntracedError: Nobody saw the value made.
        OptionError: An empty text, or a path of another kind.
    """
    stated = {"system": f"{system_name} {system_version}".strip(), "deployer": deployer_name}
    record = report("deployer", of=tensor, risk_class=high_risk_category, **stated)
    if output_path is not None:
        record.save(output_path)
    return record
