"""How the session's answers look in a notebook: a widget each; in a terminal, their own text.

IPython's display formatter is the one place that knows both an answer and its widget. Widgets
are imported when the first answer is shown.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import display

from traceprop_nb.magics.view import LineageView
from traceprop_nb.payloads.record import record
from traceprop_nb.session import (
    InfluenceAnswer,
    LineageAnswer,
    UnlearnAnswer,
    ValuationAnswer,
)
from traceprop_nb.session.drawings import drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.magics.cells import Shown
    from traceprop_nb.magics.verbs import TracepropMagics
    from traceprop_nb.reports import Record
    from traceprop_nb.session import CellSummary
    from traceprop_nb.widgets.widget import TracepropWidget

QUERIES = 5
"""Queries of one influence answer that get a table each; the answer has all of them."""
_RECORD = ("traceprop_nb.reports.record", "Record")


class Note:
    """One line of text, shown without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def cell_shown(magics: TracepropMagics) -> Shown:
    """What a cell under ``%%trace`` or ``%%train`` shows when it is done."""

    def show(summary: CellSummary, run: TrainingRun | None) -> None:
        display(Note(summary_line(summary, run)))
        if run is None and summary.operations and draws(magics):
            display(magics.session.lineage())

    return show


def summary_line(summary: CellSummary, run: TrainingRun | None) -> str:
    """What a cell added, in one line."""
    parts = [_counted(summary.operations, "operation")]
    if summary.sources:
        parts.append("from " + ", ".join(summary.sources))
    if run is not None:
        parts.append(f"run {run.name!r}: {_counted(run.objective.n, 'training row')}")
    for label, names in (("inexact", summary.inexact), ("unknown", summary.opaque)):
        if names:
            parts.append(f"{label}: {', '.join(names)}")
    return f"trace {summary.name or f'of cell {summary.cell}'} · " + " · ".join(parts)


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def draws(magics: TracepropMagics) -> bool:
    """Whether there is a browser to draw in, and the user wants it to."""
    return bool(magics.widget) and getattr(magics.shell, "kernel", None) is not None


def register_displays(formatter: Any, magics: TracepropMagics, undo: ExitStack) -> None:
    """Give every kind of answer its widget, as long as the extension is loaded.

    Args:
        formatter: IPython's display formatter of last resort, which comes first.
        magics: Say whether to draw, and whose session answers the widgets' questions.
        undo: Takes what removes the displays again.
    """
    makers: dict[type, Callable[[Any], list[TracepropWidget]]] = {
        LineageAnswer: lambda answer: [_lineage(LineageView(answer), magics)],
        LineageView: lambda view: [_lineage(view, magics)],
        InfluenceAnswer: _influence,
        UnlearnAnswer: _unlearn,
        ValuationAnswer: _valuation,
    }
    for kind, make in makers.items():
        formatter.for_type(kind, _shower(make, magics))
        undo.callback(formatter.type_printers.pop, kind, None)
    formatter.for_type_by_name(*_RECORD, _shower(_record, magics))  # not imported until one is made
    undo.callback(_without_record, formatter)


def _without_record(formatter: Any) -> None:
    formatter.deferred_printers.pop(_RECORD, None)
    for kind in [k for k in formatter.type_printers if (k.__module__, k.__name__) == _RECORD]:
        formatter.pop(kind)


def _shower(
    make: Callable[[Any], list[TracepropWidget]], magics: TracepropMagics
) -> Callable[[Any], None]:
    def show(answer: Any) -> None:
        if not draws(magics):
            raise NotImplementedError  # IPython's way to say: use the next formatter, the text
        for widget in make(answer):
            display(widget)

    return show


def _lineage(view: LineageView, magics: TracepropMagics) -> TracepropWidget:
    from traceprop_nb.widgets import LineageWidget

    payload = view.payload()
    return LineageWidget(
        payload,
        locate=lambda source, row: magics.session.impact(source, row).nodes,
        export=lambda form: drawing(payload, f".{form}"),
        formats=("svg", "html", "json", "dot"),
        text=repr(view),
    )


def _influence(answer: InfluenceAnswer) -> list[TracepropWidget]:
    from traceprop_nb.widgets import InfluenceWidget

    def table(q: int) -> TracepropWidget:
        return InfluenceWidget(
            answer.payload(q),
            export=lambda _: _file(lambda path: answer.save(path, q), "influence.csv"),
            formats=("csv",),
            text=repr(answer),
        )

    return [table(q) for q in range(min(len(answer.scores), QUERIES))]


def _file(save: Callable[[Path], Path], name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return save(Path(folder) / name).read_bytes()


def _unlearn(answer: UnlearnAnswer) -> list[TracepropWidget]:
    from traceprop_nb.widgets import UnlearnWidget

    can = answer.enough > 0 and answer.compare is not None
    widget = UnlearnWidget(
        answer.payload(),
        retrain=(lambda: answer.gold(background=True)) if can else None,
        cancel=answer.cancel if can else None,
        text=repr(answer),
    )

    def watch(answer: UnlearnAnswer) -> None:
        job = answer.job
        if job is not None and not job.done:
            widget.tell(job.share, job.seconds_left)
        else:
            widget.ended(answer.payload())

    answer.watchers.append(watch)
    if answer.job is not None:  # it may have ended in between
        watch(answer)
    return [widget]


def _valuation(answer: ValuationAnswer) -> list[TracepropWidget]:
    from traceprop_nb.widgets import ValuationWidget

    widget = ValuationWidget(
        answer.payload(),
        steps=answer.steps_payload,
        export=lambda _: _file(answer.save, "values.csv"),
        formats=("csv",),
        text=repr(answer),
    )
    return [widget]


def _record(answer: Record) -> list[TracepropWidget]:
    from traceprop_nb.widgets import RecordWidget

    files: dict[str, Callable[[], str | bytes]] = {"json": answer.to_json, "html": answer.to_html}
    if find_spec("typst") is not None:  # looked for, not loaded: no button that only fails
        files["pdf"] = answer.to_pdf
    files["zip"] = answer.to_bundle
    widget = RecordWidget(
        record(answer.to_dict()),
        export=lambda form: files[form](),
        formats=tuple(files),
        text=repr(answer),
    )
    return [widget]
