"""Layered drawing of a directed acyclic graph, left to right.

The classical four steps: ranks, order within a rank by medians, then positions that pull every
node towards its neighbours without overlap (pool adjacent violators). It is written so that
``js/src/layout/layered.ts`` does the same arithmetic in the same order: both give the same
coordinates to the last bit, and a test holds them to it.

Sugiyama, Tagawa, Toda 1981, doi:10.1109/TSMC.1981.4308636; the medians are those of
Gansner, Koutsofios, North, Vo 1993, doi:10.1109/32.221135.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

ORDER_SWEEPS = 6
PLACE_SWEEPS = 8
LONGEST_CHAIN = 12  # edges over more ranks are drawn straight: their chains would cost the most

Adjacency = list[list[int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Centres of the nodes and bends of the edges, in pixels, from (0, 0) at the top left.

    Attributes:
        x: Centre of each node, left to right.
        y: Centre of each node, top to bottom.
        bends: For each edge the points it passes, where it enters and leaves each column of
            nodes on its way; empty for short ones.
        width: Of the whole drawing.
        height: Of the whole drawing.
    """

    x: list[float]
    y: list[float]
    bends: list[list[tuple[float, float]]]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Levels:
    """The graph after long edges were cut into chains of dummies, numbered from n on."""

    level: list[int]
    down: Adjacency
    up: Adjacency
    chains: list[list[int]]


def layered(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    *,
    gap_x: float = 56.0,
    gap_y: float = 12.0,
) -> Layout:
    """Lay out nodes of the given (width, height) along edges (from, to) without a cycle."""
    n = len(sizes)
    rank = _ranks(n, edges)
    levels = _cut(rank, edges)
    rows = _order(n, levels)
    heights = [h for _, h in sizes] + [2.0] * (len(levels.level) - n)
    y = _place(n, rows, levels, heights, gap_y)
    columns, half, width = _columns(rank, sizes, gap_x)
    top = min((y[i] - sizes[i][1] / 2 for i in range(n)), default=0.0)
    bottom = max((y[i] + sizes[i][1] / 2 for i in range(n)), default=0.0)
    return Layout(
        x=[columns[rank[i]] for i in range(n)],
        y=[y[i] - top for i in range(n)],
        bends=[_bends(c, levels, columns, half, y, top) for c in levels.chains],
        width=width,
        height=bottom - top,
    )


def _adjacency(n: int, edges: Sequence[tuple[int, int]]) -> tuple[Adjacency, Adjacency]:
    down: Adjacency = [[] for _ in range(n)]
    up: Adjacency = [[] for _ in range(n)]
    for a, b in edges:
        down[a].append(b)
        up[b].append(a)
    return down, up


def _ranks(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Longest path from the left, then nodes with more outgoing edges move up to their users."""
    down, up = _adjacency(n, edges)
    waiting = [len(u) for u in up]
    rank = [0] * n
    ready = [i for i in range(n) if not waiting[i]]
    for a in ready:
        for b in down[a]:
            rank[b] = max(rank[b], rank[a] + 1)
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    for a in reversed(ready):
        if down[a] and len(up[a]) <= len(down[a]):
            rank[a] = max(rank[a], min(rank[b] for b in down[a]) - 1)
    return rank


def _cut(rank: list[int], edges: Sequence[tuple[int, int]]) -> _Levels:
    level = list(rank)
    links: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    for a, b in edges:
        chain: list[int] = []
        if 1 <= rank[b] - rank[a] <= LONGEST_CHAIN:
            last = a
            for between in range(rank[a] + 1, rank[b]):
                chain.append(len(level))
                links.append((last, len(level)))
                last = len(level)
                level.append(between)
            links.append((last, b))
        chains.append(chain)
    down, up = _adjacency(len(level), links)
    return _Levels(level, down, up, chains)


def _order(n: int, g: _Levels) -> list[list[int]]:
    """The order in each rank with the fewest crossings that the sweeps met."""
    rows = _first_order(n, g)
    place = [0.0] * len(g.level)
    for row in rows:
        _number(row, place)
    best, fewest = [list(r) for r in rows], _crossings(rows, g.down, place)
    for sweep in range(ORDER_SWEEPS):
        if fewest == 0:
            break
        rightwards = sweep % 2 == 0
        beside = g.up if rightwards else g.down
        for row in rows[1:] if rightwards else rows[-2::-1]:
            key = {u: _median(u, beside[u], place) for u in row}
            row.sort(key=lambda u, key=key: (key[u], place[u]))  # type: ignore[misc] # loop value
            _number(row, place)
        crossings = _crossings(rows, g.down, place)
        if crossings < fewest:
            best, fewest = [list(r) for r in rows], crossings
    return best


def _first_order(n: int, g: _Levels) -> list[list[int]]:
    """Depth first from the nodes without parents, in their order: old nodes keep their place."""
    rows: list[list[int]] = [[] for _ in range(max(g.level, default=-1) + 1)]
    seen = [False] * len(g.level)
    for root in range(n):
        stack = [root] if not g.up[root] else []
        while stack:
            u = stack.pop()
            if not seen[u]:
                seen[u] = True
                rows[g.level[u]].append(u)
                stack.extend(reversed(g.down[u]))
    return rows


def _number(row: list[int], place: list[float]) -> None:
    for k, u in enumerate(row):
        place[u] = float(k)


def _median(u: int, beside: list[int], place: list[float]) -> float:
    if not beside:
        return place[u]
    at = sorted(place[v] for v in beside)
    middle = len(at) >> 1
    return at[middle] if len(at) % 2 else (at[middle - 1] + at[middle]) / 2


def _crossings(rows: list[list[int]], down: Adjacency, place: list[float]) -> int:
    """Inversions among the ends of the edges between neighbouring ranks (Fenwick tree)."""
    total = 0
    for row, following in pairwise(rows):
        tree = [0] * (len(following) + 2)
        ends = [int(e) for u in row for e in sorted(place[v] for v in down[u])]
        for end in reversed(ends):
            k = end
            while k > 0:
                total += tree[k]
                k -= k & -k
            k = end + 1
            while k < len(tree):
                tree[k] += 1
                k += k & -k
    return total


def _place(
    n: int, rows: list[list[int]], g: _Levels, heights: list[float], gap: float
) -> list[float]:
    y = [0.0] * len(g.level)
    offsets = [_stacked(row, heights, gap) for row in rows]
    for row, offset in zip(rows, offsets, strict=True):
        for u, o in zip(row, offset, strict=True):
            y[u] = o - offset[-1] / 2
    for sweep in range(PLACE_SWEEPS):
        last = sweep >= PLACE_SWEEPS - 2
        beside = [g.up] if sweep % 2 == 0 else [g.down]
        sides = [g.up, g.down] if last else beside
        order = range(len(rows)) if sweep % 2 == 0 else range(len(rows) - 1, -1, -1)
        for k in order:
            wishes = [_wish(n, u, sides, y) for u in rows[k]]
            for u, value in zip(rows[k], _settle(wishes, offsets[k]), strict=True):
                y[u] = value
    return y


def _stacked(row: list[int], heights: list[float], gap: float) -> list[float]:
    """Centres of a rank's nodes when they stand as close as they may, the first at 0."""
    offset: list[float] = []
    at = 0.0
    for k, u in enumerate(row):
        if k:
            at += heights[row[k - 1]] / 2 + heights[u] / 2 + gap
        offset.append(at)
    return offset


def _wish(n: int, u: int, sides: list[Adjacency], y: list[float]) -> tuple[float, float]:
    """Where a node would like to be, and how much; chains are straightened first."""
    pull = weight = 0.0
    for side in sides:
        for v in side[u]:
            z = 4.0 if u >= n or v >= n else 1.0
            pull += z * y[v]
            weight += z
    return (pull / weight, weight) if weight else (y[u], 0.01)


def _settle(wishes: list[tuple[float, float]], offset: list[float]) -> list[float]:
    """Nearest positions to the wishes that keep order and distance (weighted least squares)."""
    blocks: list[tuple[float, float, int]] = []
    for k, (at, weight) in enumerate(wishes):
        block = (at - offset[k], weight, k)
        while blocks and blocks[-1][0] > block[0]:
            p = blocks.pop()
            mean = (p[0] * p[1] + block[0] * block[1]) / (p[1] + block[1])
            block = (mean, p[1] + block[1], k)
        blocks.append(block)
    settled: list[float] = []
    for value, _, end in blocks:
        while len(settled) <= end:
            settled.append(value + offset[len(settled)])
    return settled


def _columns(
    rank: list[int], sizes: Sequence[tuple[float, float]], gap: float
) -> tuple[list[float], list[float], float]:
    """Centre and half width of each rank's column, and the width of all."""
    widest = [0.0] * (max(rank, default=-1) + 1)
    for r, (w, _) in zip(rank, sizes, strict=True):
        widest[r] = max(widest[r], w)
    centres: list[float] = []
    at = 0.0
    for w in widest:
        centres.append(at + w / 2)
        at += w + gap
    return centres, [w / 2 for w in widest], max(0.0, at - gap)


def _bends(
    chain: list[int],
    g: _Levels,
    columns: list[float],
    half: list[float],
    y: list[float],
    top: float,
) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for d in chain:
        column = g.level[d]
        points.append((columns[column] - half[column], y[d] - top))
        points.append((columns[column] + half[column], y[d] - top))
    return points
