"""A lineage answer as ``%lineage`` was told to look at it: which way, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from traceprop_nb.payloads.lineage_graph import LineagePayload, lineage_graph
from traceprop_nb.session import LineageAnswer
from traceprop_nb.session.drawings import drawing


@dataclass(frozen=True, repr=False)
class LineageView:
    """A lineage answer, seen in one direction and up to a depth.

    Attributes:
        answer: The session's answer.
        direction: Only what led to it, only what came of it, or both.
        depth: Steps away that are shown at most; None shows all.
    """

    answer: LineageAnswer
    direction: Literal["both", "up", "down"] = "both"
    depth: int | None = None

    def payload(self) -> LineagePayload:
        """What the explorer draws."""
        answer = self.answer
        whole = lineage_graph(
            answer.graph, focus=answer.focus, direction=self.direction, names=answer.names
        )
        if self.depth is None or whole["focus"] is None:
            return whole
        return restricted(whole, _within(whole, self.depth))

    def save(self, path: str | Path) -> Path:
        """Write the picture or the data, by the suffix: .svg, .html, .json or .dot.

        Raises:
            OptionError: Another suffix.
        """
        target = Path(path)
        target.write_text(drawing(self.payload(), target.suffix), encoding="utf-8")
        return target

    def __repr__(self) -> str:
        return repr(self.answer)


def _within(payload: LineagePayload, depth: int) -> set[int]:
    """Nodes at most so many steps from the focus, in the directions that are shown."""
    focus = payload["focus"]
    assert focus is not None
    down = list(zip(payload["edges"]["start"], payload["edges"]["end"], strict=True))
    ways = {"down": down, "up": [(end, start) for start, end in down]}
    kept = {focus}
    for direction, pairs in ways.items():
        reached = {focus}
        if payload["direction"] in (direction, "both"):
            for _ in range(depth):
                reached |= {end for start, end in pairs if start in reached}
        kept |= reached
    return kept


def restricted(payload: LineagePayload, kept: set[int]) -> LineagePayload:
    """The payload of some of its nodes; cells without a node left out.

    Args:
        payload: The whole.
        kept: Nodes of the payload, the focus among them.
    """
    order = sorted(kept)
    place = {node: k for k, node in enumerate(order)}
    nodes, edges = payload["nodes"], payload["edges"]
    used = sorted({nodes["cell"][n] for n in order} - {-1})
    card = {cell: k for k, cell in enumerate(used)} | {-1: -1}
    ends = [
        k
        for k, ends in enumerate(zip(edges["start"], edges["end"], strict=True))
        if kept.issuperset(ends)
    ]
    focus = payload["focus"]
    return {
        **payload,
        "focus": None if focus is None else place[focus],
        "cells": [payload["cells"][cell] for cell in used],
        "nodes": {
            "id": [nodes["id"][n] for n in order],
            "label": [nodes["label"][n] for n in order],
            "cell": [card[nodes["cell"][n]] for n in order],
            "rows": [nodes["rows"][n] for n in order],
            "status": [nodes["status"][n] for n in order],
            "site": [nodes["site"][n] for n in order],
        },
        "edges": {
            "start": [place[edges["start"][k]] for k in ends],
            "end": [place[edges["end"][k]] for k in ends],
            "context": [edges["context"][k] for k in ends],
        },
        "names": [{**n, "node": place[n["node"]]} for n in payload["names"] if n["node"] in kept],
        "sources": [
            {**s, "node": place[s["node"]]} for s in payload["sources"] if s["node"] in kept
        ],
    }
