"""``columns`` and ``script`` as functions over this process's session; light until called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.session.cell_answers import ColumnsAnswer
    from traceprop_nb.session.slicing import ScriptAnswer


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


def script(x: Any) -> ScriptAnswer:
    """The shortest script that makes a value again: the statements of the cells it depends on.

    Statements of every cell that ran count, traced or not, in the order in which they ran. Run on
    the same files it makes the same value, except for what the code can't show: random streams
    without a seed, the clock, the network, objects changed through another name.

    Args:
        x: The name of a variable, or the value it holds.

    Returns:
        ``.text``, ``.cells``, ``.left_out``, ``.notes``; ``.save(path)``.

    Raises:
        UntracedError: The value has no name in the session.
    """
    from traceprop_nb.session import current, slicing

    return slicing.script(current(), x)
