"""The session's newest model as a Hugging Face model card: YAML head, Markdown body.

What the session shows is filled in; every other section keeps the template's own
"[More Information Needed]". A metric stands here only if it was computed again.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterator

from traceprop_nb.errors import OptionError
from traceprop_nb.exports.cyclonedx import sources_behind
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Run, SessionGraph, Source

NAME = "model-card"
NEEDED = "[More Information Needed]"
LOSES = (
    Loss("values", "a card is about one model"),
    Loss("edges", "only which sources are behind the model is told"),
    Loss("row_lineage", "it has no rows; counts are told"),
    Loss("column_lineage", "it has no columns"),
    Loss("runs", "a card is about one model", when="but the newest"),
    Loss("started", "a card is about one model"),
    Loss("detail", "a card is about one model"),
    Loss("cells", "only the operations up to the model are told"),
    Loss("operations", "a card is read by people", when="beyond fifty, or after the model"),
    Loss("operations.cell", "only the operations up to the model are told"),
    *(
        Loss(f"sources.{part}", "names, counts and digests of sources are told")
        for part in ("kind", "size", "path", "cell", "columns")
    ),
    Loss("runs.framework", "only libraries that the Hub knows are named", when="of other kinds"),
    Loss("agents.version", "people are named, and the tool only as a tag"),
)
"""It is not read back; these parts are not in it."""
_LIBRARIES = {
    "sklearn": "sklearn", "lightgbm": "lightgbm", "xgboost": "xgboost", "torch": "pytorch",
    "jax": "jax",
}  # fmt: skip
_SECTIONS = (
    ("##", "Uses"), ("###", "Direct Use"), ("###", "Downstream Use [optional]"),
    ("###", "Out-of-Scope Use"), ("##", "Bias, Risks, and Limitations"),
    ("###", "Recommendations"), ("##", "How to Get Started with the Model"),
)  # fmt: skip
_AFTER = (
    ("##", "Model Examination [optional]"), ("##", "Environmental Impact"),
)  # fmt: skip
_LAST = (
    ("##", "Citation [optional]"), ("##", "Glossary [optional]"),
    ("##", "More Information [optional]"), ("##", "Model Card Authors [optional]"),
    ("##", "Model Card Contact"),
)  # fmt: skip


def write(graph: SessionGraph) -> bytes:
    """The card, as UTF-8.

    Raises:
        OptionError: No model was recorded.
    """
    if not graph.runs:
        raise OptionError(
            "a model card is about a model, and none was recorded in this session; train one "
            "under %%train first"
        )
    run = graph.runs[-1]
    behind = set(sources_behind(graph, run))
    sources = [source for source in graph.sources if source.id in behind]
    lines = [
        *_head(run),
        f"# Model Card for {shown(run.name)}",
        "",
        *_details(graph, run),
        *_open(_SECTIONS),
        *_training(graph, run, sources),
        *_evaluation(run),
        *_open(_AFTER),
        *_technical(graph, run),
        *_open(_LAST),
    ]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _head(run: Run) -> Iterator[str]:
    yield "---"
    if run.framework in _LIBRARIES:
        yield f"library_name: {_LIBRARIES[run.framework]}"
    yield "model_name: " + _yaml(run.name)
    yield "tags:"
    yield "- traceprop_nb"
    yield "---"
    yield ""


def _details(graph: SessionGraph, run: Run) -> Iterator[str]:
    people = [agent.name for agent in graph.agents if agent.kind == "person"]
    yield "## Model Details"
    yield ""
    yield "### Model Description"
    yield ""
    yield f"- **Developed by:** {shown(people[0]) if people else NEEDED}"
    yield f"- **Model type:** {shown(run.model) or NEEDED}"
    yield f"- **License:** {NEEDED}"
    parent = next((other.name for other in graph.runs if other.id == run.parent), "")
    if parent:
        yield f"- **Made from model:** {shown(parent)} ({shown(run.relation) or 'unlearning'})"
    yield f"- **Parameters, SHA-256:** {run.digest.partition(':')[2] or NEEDED}"
    yield f"- **Recorded in session:** {shown(graph.id)}"
    yield ""


def _training(graph: SessionGraph, run: Run, sources: list[Source]) -> Iterator[str]:
    yield "## Training Details"
    yield ""
    yield "### Training Data"
    yield ""
    if sources:
        yield "| source | records | SHA-256 |"
        yield "| --- | --- | --- |"
        for one in sources:
            records = "" if one.records is None else f"{one.records:,}"
            yield f"| {shown(one.name)} | {records} | {one.digest.partition(':')[2]} |"
        rows = "an unknown number of" if run.rows is None else f"{run.rows:,}"
        yield ""
        yield f"Trained on {rows} rows. Whether they represent anybody is not known here."
    else:
        yield NEEDED
    yield ""
    yield "### Training Procedure"
    yield ""
    yield "#### Preprocessing [optional]"
    yield ""
    done = _before(graph, run)
    yield from done[:50] or [NEEDED]
    if len(done) > 50:
        yield f"- and {len(done) - 50:,} more"
    yield ""
    yield "#### Training Hyperparameters"
    yield ""
    yield from [f"- {shown(name)}: {shown(value)}" for name, value in run.options] or [NEEDED]
    yield ""


def _before(graph: SessionGraph, run: Run) -> list[str]:
    """Named operations of the cells up to the one that trained the run, in their order."""
    numbers = {cell.id: cell.number for cell in graph.cells}
    last = numbers.get(run.cell, max(numbers.values(), default=0))
    counts: dict[tuple[str, str], int] = {}
    for one in graph.operations:
        if numbers.get(one.cell, last) <= last and any(c.isalpha() for c in one.name):
            key = one.name, one.status
            counts[key] = counts.get(key, 0) + one.count
    return [
        f"- {shown(name)} ({'once' if n == 1 else f'{n:,} times'}, {status})"
        for (name, status), n in counts.items()
    ]


def _evaluation(run: Run) -> Iterator[str]:
    yield "## Evaluation"
    yield ""
    if not run.metrics:
        yield from (NEEDED, "")
        return
    yield "| metric | value | rows | data |"
    yield "| --- | --- | --- | --- |"
    for one in run.metrics:
        rows = "" if one.rows is None else f"{one.rows:,}"
        yield f"| {shown(one.name)} | {one.value:.6g} | {rows} | {shown(one.data)} |"
    yield ""


def _technical(graph: SessionGraph, run: Run) -> Iterator[str]:
    yield "## Technical Specifications [optional]"
    yield ""
    yield "### Model Architecture and Objective"
    yield ""
    count = "" if run.parameters is None else f", {run.parameters:,} parameters"
    yield f"{shown(run.model) or NEEDED}{count}; loss: {shown(run.loss) or NEEDED}"
    yield ""
    yield "### Compute Infrastructure"
    yield ""
    yield NEEDED
    yield ""
    yield "#### Software"
    yield ""
    yield from [f"- {shown(p.name)} {shown(p.version)}" for p in graph.packages] or [NEEDED]
    yield ""


def _open(sections: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for level, title in sections:
        yield from (f"{level} {title}", "", NEEDED, "")


def shown(text: str) -> str:
    """A text from the session in a line of Markdown: it starts no tag, link, cell or section."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    plain = " ".join(plain.split())
    plain = plain if len(plain) <= 200 else f"{plain[:200]}..."
    return html.escape(re.sub(r"([\\`*_{}\[\]()#|~!$])", r"\\\1", plain), quote=False)


def _yaml(text: str) -> str:
    """A double-quoted YAML scalar, which JSON is but for characters beyond 16 bits."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    quoted = json.dumps(plain, ensure_ascii=False)
    return "".join(c if ord(c) < 0x10000 else f"\\U{ord(c):08X}" for c in quoted)
