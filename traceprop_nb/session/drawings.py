"""The lineage graph in a file: a picture, a page, data, or Graphviz text."""

from __future__ import annotations

import json
from collections.abc import Callable

from traceprop_nb.errors import OptionError
from traceprop_nb.payloads.lineage_graph import LineagePayload
from traceprop_nb.payloads.twins.lineage_svg import lineage_html, lineage_svg

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Lineage</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body>{body}</body></html>
"""


def drawing(payload: LineagePayload, suffix: str) -> str:
    """The graph as text of a file with this suffix.

    Raises:
        OptionError: No such form.
    """
    form = _FORMS.get(suffix.lower())
    if form is None:
        raise OptionError(f"cannot write lineage as {suffix!r}; use one of {', '.join(_FORMS)}")
    return form(payload)


def _dot(payload: LineagePayload) -> str:
    """Operations as nodes, in one cluster a cell; made by the graphviz package, drawn by none."""
    import graphviz

    graph = graphviz.Digraph("lineage", graph_attr={"rankdir": "LR"}, node_attr={"shape": "box"})
    nodes, edges = payload["nodes"], payload["edges"]
    named = {source["node"]: source["name"] for source in payload["sources"]}
    for k, (label, rows) in enumerate(zip(nodes["label"], nodes["rows"], strict=True)):
        graph.node(str(k), label=f"{named.get(k, payload['labels'][label])}\n{rows} rows")
    for start, end, context in zip(edges["start"], edges["end"], edges["context"], strict=True):
        graph.edge(str(start), str(end), style="dashed" if context else "solid")
    return str(graph.source)


_FORMS: dict[str, Callable[[LineagePayload], str]] = {
    ".svg": lineage_svg,
    ".html": lambda payload: _PAGE.format(body=lineage_html(payload)),
    ".json": lambda payload: json.dumps(payload, ensure_ascii=False, indent=1),
    ".dot": _dot,
}
