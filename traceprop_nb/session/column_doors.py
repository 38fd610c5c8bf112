"""``columns`` as a function over this process's session; light until it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.session.cell_answers import ColumnsAnswer


def columns(x: Any) -> ColumnsAnswer:
    """Which columns of which sources each column of a value derives from, and how.

    Directly, as "identity", "transformation" or "aggregation", or because they decided over it,
    as "filter", "join", "group by", "sort", "conditional" or "statistic". The words are those of
    OpenLineage's column lineage facet.

    Args:
        x: A live value: frame, series, matrix or tensor; or its name.

    Raises:
        UntracedError: Nobody saw the value made.
        OptionError: It is a value of a stored session, whose columns are not kept.
    """
    from traceprop_nb.session import cell_answers, current

    return cell_answers.columns(current(), x)
