"""Row maps as lists of sets, and lineage as a walk over sets: by the definition, slow, obvious."""

from __future__ import annotations

import numpy as np

from traceprop_nb.lineage.maps import (
    All,
    Chain,
    Deferred,
    Gather,
    Groups,
    Identity,
    Mask,
    Mosaic,
    OnDemand,
    Part,
    Prefix,
    Ragged,
    Range,
    Repeat,
    Runs,
    SameGroup,
    Tile,
    Union,
    Window,
)


def back(sets, rows):
    return sorted(set().union(*(sets[r] for r in rows)))


def forward(sets, rows):
    return [out for out, behind in enumerate(sets) if behind & set(rows)]


def at(sets, rows):
    return [max(sets[r], default=-1) for r in rows]


def pairs(sets, rows):
    return [(k, r) for k, row in enumerate(rows) for r in sorted(sets[row])]


def composed(outer, inner):
    return [set().union(*(inner[y] for y in behind)) for behind in outer]


def united(many):
    return [set().union(*behind) for behind in zip(*many, strict=True)]


def of_index(index):
    return [{i} if i >= 0 else set() for i in index]


# One entry a kind: how a map is made from drawn numbers, and the lists of sets it must equal.


def identity(n):
    return Identity(n), [{i} for i in range(n)]


def a_range(start, step, n_out, n_in):
    return Range(start, step, n_out, n_in), [{start + step * i} for i in range(n_out)]


def mask(bits):
    return Mask.of(np.array(bits, bool)), [{i} for i, b in enumerate(bits) if b]


def gather(index, n_in):
    return Gather(np.array(index, np.int64), n_in), of_index(index)


def deferred(index, n_in):
    return Deferred(np.array(index, np.int64), n_in), of_index(index)


def mosaic(made, sets):
    return Mosaic(made), sets


def on_demand(made, sets):
    return OnDemand(lambda: made, made.n_in, made.n_out), sets


def part(offset, n_in, n_out):
    inside = range(offset, offset + n_in)
    return Part(offset, n_in, n_out), [{o - offset} if o in inside else set() for o in range(n_out)]


def groups(codes, n_groups):
    members = [{i for i, c in enumerate(codes) if c == g} for g in range(n_groups)]
    return Groups(np.array(codes, np.int64), n_groups), members


def same_group(codes, n_groups):
    made, members = groups(codes, n_groups)
    return SameGroup(made), [members[c] if c >= 0 else set() for c in codes]


def everything(n_in, n_out):
    return All(n_in, n_out), [set(range(n_in)) for _ in range(n_out)]


def repeat(k, n_in):
    return Repeat(k, n_in), [{i} for i in range(n_in) for _ in range(k)]


def tile(k, n_in):
    return Tile(k, n_in), [{i} for _ in range(k) for i in range(n_in)]


def prefix(n):
    return Prefix(n), [set(range(i + 1)) for i in range(n)]


def window(low, high, n_in, n_out):
    sets = [{j for j in range(i + low, i + high + 1) if 0 <= j < n_in} for i in range(n_out)]
    return Window(low, high, n_in, n_out), sets


def ragged(sets, n_in):
    start = np.cumsum([0, *map(len, sets)])
    values = [v for behind in sets for v in sorted(behind)]
    return Ragged(start, np.array(values, np.int64), n_in), [set(s) for s in sets]


def runs(stretches, n_in):
    """Stretches are (length, origin or -1)."""
    first = np.cumsum([0, *(length for length, _ in stretches)])
    index = [
        origin + k if origin >= 0 else -1 for length, origin in stretches for k in range(length)
    ]
    origins = np.array([origin for _, origin in stretches], np.int64)
    return Runs(first, origins, n_in), of_index(index)


def chain(outer, inner):
    return Chain(outer[0], inner[0]), composed(outer[1], inner[1])


def union_of(members):
    return Union([m for m, _ in members]), united([sets for _, sets in members])


def provenance(nodes, node, row):
    """Lineage of one row, by recursion over sets.

    Args:
        nodes: For each node its own status and its edges (parent, sets, kind, status).
        node: The value.
        row: One of its rows.

    Returns:
        (direct records by origin, context records by origin, status, context status, visited).
    """
    direct, aside, visited = {}, {}, set()
    worst = {"direct": 0, "context": 0}

    def go(n, r, way):
        status, edges = nodes[n]
        worst[way] = max(worst[way], status)
        if way == "direct":
            visited.add(n)
        into = direct if way == "direct" else aside
        if not edges:
            into.setdefault(n, set()).add(r)
        for parent, sets, kind, edge_status in edges:
            to = "context" if kind or way == "context" else "direct"
            if sets[r] or edge_status in (1, 3):
                worst[to] = max(worst[to], edge_status)
            for q in sets[r]:
                go(parent, q, to)

    go(node, row, "direct")
    return direct, aside, worst["direct"], worst["context"], visited
