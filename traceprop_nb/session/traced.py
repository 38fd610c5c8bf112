"""What questions about lineage need: this process's session has it, and so has a stored one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.session.sources import Sources

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage


class RunRows(Protocol):
    """Which rows a training run saw."""

    @property
    def rows_node(self) -> int | None:
        """Node of the training rows, or None."""
        ...

    @property
    def row_index(self) -> Ints | None:
        """Row i of the run is this row of that node; None is the identity."""
        ...


class Traced(Protocol):
    """A lineage with names.

    Attributes:
        graph: The lineage.
        files: Its sources by name.
    """

    @property
    def id(self) -> str:
        """The session's id in the store, or empty."""
        ...

    @property
    def title(self) -> str:
        """The session in words."""
        ...

    @property
    def graph(self) -> LineageGraph: ...  # noqa: D102  # see Attributes
    @property
    def files(self) -> Sources: ...  # noqa: D102
    @property
    def storage(self) -> Storage | None:
        """Where other sessions' lineage is, or None."""
        ...

    @property
    def runs(self) -> Mapping[str, RunRows]:
        """The training runs by name."""
        ...

    @property
    def lost(self) -> frozenset[int]:
        """Nodes of which nothing is known, because what held them cannot be read."""
        ...

    @property
    def damage(self) -> tuple[str, ...]:
        """What that was."""
        ...

    def names(self) -> dict[int, str]:
        """Node of every named value -> its name."""
        ...

    def describe(self, node: int) -> str:
        """What made a node."""
        ...
