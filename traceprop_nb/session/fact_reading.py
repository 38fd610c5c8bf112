"""The facts that a stored session kept, read back as the evidence of a record.

What was never kept, as by the first versions, is None: not measured. So is everything that a part
which cannot be read may have told, until a later part tells it whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from numpy.typing import NDArray

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage.segment import unpack
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.session.fact_codec import decoded, hints
from traceprop_nb.session.fact_keeping import FACTS, FORMAT, LISTS, WHOLES
from traceprop_nb.session.others import members

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage


@dataclass(frozen=True)
class KeptFacts:
    """What was kept.

    Attributes:
        evidence: The parts that were.
        models: Lineage node of each run's model -> the run's name; None where they are not known.
        about: For each metric the node whose rows its origins are, as far as they are known.
        damage: Parts that cannot be read, and why.
    """

    evidence: Evidence
    models: Mapping[int, str] | None
    about: tuple[int | None, ...]
    damage: tuple[str, ...]


def _types() -> dict[str, Any]:
    """The type of each part, and of the items of those that are lists."""
    told = {name: hints(Evidence)[name] for name in (*WHOLES, *LISTS)}
    items = {name: get_args(get_args(told[name])[0])[0] for name in LISTS}
    return told | items


TYPES = _types()


@dataclass
class _Reading:
    """Parts as they come in."""

    lists: dict[str, list[Any]] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)

    def add(self, header: Mapping[str, Any], arrays: list[NDArray[Any]]) -> None:
        if header.get("format") != FORMAT:
            raise StoreError(
                f"facts of format {header.get('format')!r}; this package reads {FORMAT}"
            )
        for name, (kept, items) in header["facts"].items():
            before = self.lists.get(name, [])
            if len(before) < kept:
                continue  # the part that told the first ones cannot be read
            new = [decoded(TYPES.get(name, Any), item, arrays) for item in items]
            self.lists[name] = [*before[:kept], *new]

    def lose(self, why: str) -> None:
        self.damage.append(why)
        self.lists.clear()


def kept_facts(storage: Storage, session: str) -> KeptFacts:
    """The facts that a session kept.

    Raises:
        StoreError: The store cannot be read.
    """
    reading = _Reading()
    for _, row in storage.store.events_of_kind(FACTS, session=session):
        try:
            segment = str(members(row).get("segment"))
            reading.add(*unpack(storage.store.segment(session, segment)))
        except StoreError as error:
            reading.lose(f"event {row.number}: {error}")
    found = reading.lists
    parts = {name: found[name][0] for name in WHOLES if found.get(name)}
    parts |= {name: tuple(found[name]) for name in LISTS if name in found}
    models = None if "models" not in found else {int(n): str(run) for n, run in found["models"]}
    return KeptFacts(
        Evidence(**parts), models, tuple(found.get("about", ())), tuple(reading.damage)
    )
