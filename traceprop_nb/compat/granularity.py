"""How much of loops is kept from now on, as an enumeration."""

from __future__ import annotations

from enum import Enum


class Granularity(Enum):
    """How much of a loop is kept: every operation, its batches, or one entry an epoch."""

    OP = "op"
    BATCH = "batch"
    EPOCH = "epoch"


def set_granularity(granularity: Granularity | str) -> None:
    """Set the granularity of every traced cell that does not ask for its own.

    Raises:
        UnknownNameError: It is none of "op", "batch" and "epoch".
    """
    from traceprop_nb.errors import unknown_name
    from traceprop_nb.session import current

    known = [one.value for one in Granularity]
    wanted = granularity.value if isinstance(granularity, Granularity) else granularity
    if wanted not in known:
        raise unknown_name("granularity", str(wanted), known)
    recorder = current().recorder
    recorder.granularity = recorder.usual_granularity = wanted
