"""Files that the models of recorded runs were written to, out of the log."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from traceprop_nb.reports.artifact_facts import ArtifactFact
from traceprop_nb.reports.files import file_digest
from traceprop_nb.session.events import Event
from traceprop_nb.session.written import WROTE


def artifact_facts(events: Iterable[Event], models: Mapping[int, str]) -> tuple[ArtifactFact, ...]:
    """The facts, each file as it was written last.

    Args:
        events: Of one session, in order.
        models: Lineage node of each run's model -> the run's name.
    """
    found: dict[tuple[str, str], ArtifactFact] = {}
    for event in events:
        body = event.body
        if event.kind == WROTE and body["node"] in models:
            name = str(body["file"])
            found[models[body["node"]], name] = ArtifactFact(
                models[body["node"]], name, str(body["format"]), str(body["digest"]),
                body.get("size"), file_digest(os.path.abspath(name)), body["cell"],
            )  # fmt: skip
    return tuple(found.values())
