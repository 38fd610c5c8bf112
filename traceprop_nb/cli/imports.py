"""``traceprop-nb import``: what another tool's file says of a session, and what it cannot say."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from traceprop_nb.cli.parser import say

if TYPE_CHECKING:
    from traceprop_nb.exports.model import SessionGraph
    from traceprop_nb.session.exporting import Imported


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which file, and how it is told."""
    parser.add_argument("file", metavar="FILE", help="the file; for mlflow a tracking address")
    parser.add_argument("--format", metavar="F", help="its format; else by its name and content")
    parser.add_argument("--json", action="store_true", help="all of it, as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Read it and say what it holds."""
    from traceprop_nb.session.exporting import imported

    found = imported(options.file, options.format)
    for line in [_as_json(found)] if options.json else _lines(found):
        say(line)
    return 0


def _as_json(found: Imported) -> str:
    from traceprop_nb.exports.plain_form import one_line, to_plain

    loses = [to_plain(loss) for loss in found.loses]
    return one_line({"format": found.format, "loses": loses, "session": to_plain(found.graph)})


def _lines(found: Imported) -> Iterator[str]:
    yield f"{found.format}: {_shown(repr(found.graph))}"
    yield from map(_shown, _held(found.graph))
    for loss in found.loses:
        part = loss.part.replace(".", ": ").replace("_", " ")
        yield f"not told   {part}{loss.when and ' ' + loss.when}: {loss.why}"


def _held(graph: SessionGraph) -> Iterator[str]:
    for source in graph.sources:
        records = "" if source.records is None else f", {source.records:,} records"
        yield f"source     {source.name or source.id}{records}, {source.digest or 'no digest'}"
    counted: Counter[tuple[str, str]] = Counter()
    for one in graph.operations:
        counted[one.name, one.status] += one.count
    for (name, status), number in sorted(counted.items()):
        yield f"operation  {name}, {status}: {number:,}"
    for run in graph.runs:
        rows = "" if run.rows is None else f" on {run.rows:,} rows"
        relation = f", {run.relation} of {run.parent}" if run.parent else ""
        yield f"run        {run.name or run.id}: {run.model or 'a model'}{rows}{relation}"


def _shown(text: str) -> str:
    """Text of a file that anybody wrote, without what would steer a terminal."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
