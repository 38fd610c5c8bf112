"""The lineage payload as cards: one a source, one a run of a notebook cell, and wires between.

The twin of ``js/src/layout/cards.ts`` with every cell closed; both give the same coordinates,
so the static picture and the widget show the reader the same drawing. Widths are estimated from
the number of characters because Python cannot measure the browser's font.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from traceprop_nb.payloads.layout.layered import layered
from traceprop_nb.payloads.lineage_graph import Direction, LineagePayload

TITLE_WIDTH = 7.2
DETAIL_WIDTH = 6.3
MARGIN = 28
HEIGHT = 44
NARROWEST = 96
LONGEST_TITLE = 34


@dataclass(frozen=True, slots=True)
class Card:
    """A box of the drawing, with its centre and size in pixels.

    Attributes:
        node: The source's node, or -1.
        cell: The cell's place in the payload, or -1.
        status: The worst status of what it stands for.
    """

    title: str
    detail: str
    node: int
    cell: int
    status: int
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge between cards, for ``count`` edges between their operations."""

    start: int
    end: int
    count: int
    context: bool
    bends: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All cards and wires, within (0, 0) and (width, height)."""

    cards: list[Card]
    wires: list[Wire]
    width: float
    height: float


def drawing(payload: LineagePayload, *, latest: int | None = None) -> Drawing:
    """Lay out the payload with every cell closed.

    Args:
        payload: The graph; its focus and direction decide what is shown.
        latest: Cells to show at most, the latest ones; earlier ones are left out.
    """
    shown = visible(payload, payload["focus"], payload["direction"])
    if latest is not None:
        first = len(payload["cells"]) - latest
        cell_of = payload["nodes"]["cell"]
        shown = {k for k in shown if cell_of[k] < 0 or cell_of[k] >= first}
    groups = _groups(payload, shown)
    place = {key: k for k, key in enumerate(groups)}
    ends = _ends(payload, shown, place)
    texts = [_text(payload, key, members) for key, members in groups.items()]
    sizes = [(_width(title, detail), float(HEIGHT)) for title, detail in texts]
    laid = layered(sizes, list(ends))
    cards = []
    for k, ((node, cell), members) in enumerate(groups.items()):
        status = max(payload["nodes"]["status"][m] for m in members)
        cards.append(Card(*texts[k], node, cell, status, laid.x[k], laid.y[k], *sizes[k]))
    wires = [
        Wire(a, b, count, not direct, laid.bends[k])
        for k, ((a, b), (count, direct)) in enumerate(ends.items())
    ]
    return Drawing(cards, wires, laid.width, laid.height)


def visible(payload: LineagePayload, focus: int | None, direction: Direction) -> set[int]:
    """The nodes that a focus leaves on the screen: all of them without one."""
    n = len(payload["nodes"]["id"])
    if focus is None:
        return set(range(n))
    pairs = list(zip(payload["edges"]["start"], payload["edges"]["end"], strict=True))
    seen = {focus}
    if direction != "down":
        seen |= _reached(focus, [(b, a) for a, b in pairs])
    if direction != "up":
        seen |= _reached(focus, pairs)
    return seen


def _reached(start: int, pairs: list[tuple[int, int]]) -> set[int]:
    follow: dict[int, list[int]] = {}
    for a, b in pairs:
        follow.setdefault(a, []).append(b)
    seen, waiting = {start}, [start]
    while waiting:
        for b in follow.get(waiting.pop(), ()):
            if b not in seen:
                seen.add(b)
                waiting.append(b)
    return seen


def _groups(payload: LineagePayload, shown: set[int]) -> dict[tuple[int, int], list[int]]:
    groups: dict[tuple[int, int], list[int]] = {}
    for k, cell in enumerate(payload["nodes"]["cell"]):
        if k in shown:
            groups.setdefault((-1, cell) if cell >= 0 else (k, -1), []).append(k)
    return groups


def _ends(
    payload: LineagePayload, shown: set[int], place: dict[tuple[int, int], int]
) -> dict[tuple[int, int], tuple[int, bool]]:
    cell = payload["nodes"]["cell"]
    ends: dict[tuple[int, int], tuple[int, bool]] = {}
    e = payload["edges"]
    for a, b, context in zip(e["start"], e["end"], e["context"], strict=True):
        if a in shown and b in shown and (cell[a] != cell[b] or cell[a] < 0):
            key = (
                place[(-1, cell[a]) if cell[a] >= 0 else (a, -1)],
                place[(-1, cell[b]) if cell[b] >= 0 else (b, -1)],
            )
            count, direct = ends.get(key, (0, False))
            ends[key] = (count + 1, direct or not context)
    return ends


def _text(payload: LineagePayload, key: tuple[int, int], members: list[int]) -> tuple[str, str]:
    node, cell = key
    nodes = payload["nodes"]
    if cell < 0:
        return clipped(payload["labels"][nodes["label"][node]]), counted(nodes["rows"][node], "row")
    card = payload["cells"][cell]
    where = f"In [{card['number']}]" if card["number"] else "outside a cell"
    title = f"{where} · {card['names'] or payload['labels'][nodes['label'][members[-1]]]}"
    rows = counted(nodes["rows"][members[-1]], "row")
    return clipped(title), f"{counted(len(members), 'operation')} → {rows}"


def clipped(text: str, longest: int = LONGEST_TITLE) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def counted(n: int, noun: str) -> str:
    """``6,000 rows``; ``1 row``."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _width(title: str, detail: str) -> float:
    wide = max(TITLE_WIDTH * len(title), DETAIL_WIDTH * len(detail))
    return float(max(NARROWEST, math.ceil(wide) + MARGIN))
