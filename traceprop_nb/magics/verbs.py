"""The magics themselves: tracing, training, lineage, influence, unlearning and the record.

Each line magic asks the session one question and returns its answer, which displays itself.
``%%trace`` and ``%%train`` are taken off a cell before it runs (``header``); the methods of those
names serve ``%%trace?``, ``%lsmagic`` and calls of ``run_cell_magic``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from traitlets import Bool, Enum, Int

from traceprop_nb.magics import grammars
from traceprop_nb.magics.arguments import Help, MagicParser, joined, without_semicolon
from traceprop_nb.magics.cells import Cells
from traceprop_nb.magics.display import cell_shown
from traceprop_nb.magics.expressions import evaluate
from traceprop_nb.magics.faults import short_errors
from traceprop_nb.magics.header import Header
from traceprop_nb.magics.policy import policy
from traceprop_nb.magics.rows import is_row_list, row_list
from traceprop_nb.magics.view import LineageView
from traceprop_nb.session.inside import inside
from traceprop_nb.tracing.rewrite import GRANULARITIES

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from traceprop_nb.session import Session

Method = Callable[..., Any]


def _documented(parser: MagicParser) -> Callable[[Method], Method]:
    """Give a magic its grammar's text as documentation, for ``?`` and the reference."""

    def set_text(method: Method) -> Method:
        method.__doc__ = parser.documentation()
        return method

    return set_text


@magics_class
class TracepropMagics(Magics):
    """Lineage, influence and unlearning in the notebook."""

    granularity = Enum(GRANULARITIES, default_value="op", help="How much of a loop is kept.").tag(
        config=True
    )
    widget = Bool(True, help="Show answers as widgets; else as text.").tag(config=True)
    k = Int(10, min=1, help="Rows that %influence lists.").tag(config=True)
    proj_dim = Int(4096, min=1, help="Dimensions that %%train keeps of a larger gradient.").tag(
        config=True
    )
    checkpoints = Int(1, min=1, help="Checkpoints that %%train keeps.").tag(config=True)

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        super().__init__(shell)
        self.session = session
        self.undo = ExitStack()
        self.cells = Cells(self, session, cell_shown(self))

    # -- recording ----------------------------------------------------------------------------

    @no_var_expand
    @cell_magic("trace")
    @short_errors
    @_documented(grammars.TRACE_CELL)
    def _trace_cell(self, line: str, cell: str) -> Any:
        options = grammars.TRACE_CELL.read(line)
        if options.help:
            return Help(grammars.TRACE_CELL.documentation())
        return self.cells.run(cell, Header(trace=options))

    @no_var_expand
    @cell_magic("train")
    @short_errors
    @_documented(grammars.TRAIN)
    def _train_cell(self, line: str, cell: str) -> Any:
        options = grammars.TRAIN.read(line)
        if options.help:
            return Help(grammars.TRAIN.documentation())
        return self.cells.run(cell, Header(train=options))

    @no_var_expand
    @line_magic("trace")
    @short_errors
    @_documented(grammars.TRACE_LINE)
    def _trace_line(self, line: str) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            what, more = options.what or "status", options.more
            if what in ("modules", "verify"):
                return self._modules(more) if what == "modules" else self._verify(more)
            if more:
                raise UsageError(f"%trace {what} takes nothing more, not {' '.join(more)!r}")
            if what == "status":
                return self.session.status()
            {"on": self.session.trace_on, "off": self.session.trace_off}.get(
                what, self.session.reset
            )()
            return None

        return self._ask(grammars.TRACE_LINE, line, answer)

    def _modules(self, names: list[str]) -> Any:
        from traceprop_nb.session.modules import trace_modules

        return trace_modules(self.session, *names)

    def _verify(self, cells: list[str]) -> Any:
        from traceprop_nb.session.verify import verify

        if len(cells) > 1:
            raise UsageError(f"%trace verify checks one cell, not {' '.join(cells)!r}")
        return verify(self.session, *cells)

    def _script(self, text: str, value: Any, path: str | None) -> Any:
        from traceprop_nb.session.slicing import script

        answer = script(self.session, text if text.isidentifier() else value)
        if path:
            answer.save(path)
        return answer

    # -- questions ----------------------------------------------------------------------------

    @needs_local_scope
    @no_var_expand
    @line_magic("lineage")
    @short_errors
    @_documented(grammars.LINEAGE)
    def _lineage(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            text = joined(options.value)
            value = None if text is None else self._value(text, "%lineage", local_ns)
            if text is None and (options.row is not None or options.code or options.deep):
                what = "--code" if options.code else "--deep" if options.deep else "--row"
                raise UsageError(f"%lineage: {what} needs a value, as in %lineage X --row 3")
            if options.code:
                return self._script(text or "", value, options.save)
            if options.deep is not None:
                return inside(value, self._value(options.deep, "%lineage", local_ns))
            if options.column is not None and options.row is None:
                raise UsageError("%lineage: --column needs a row, as in %lineage X --row 3")
            if options.row is not None:
                return self.session.rows(value, options.row, _column(options.column))
            view = LineageView(self.session.lineage(value), options.focus or "both", options.depth)
            if options.save:
                view.save(options.save)
            return view

        return self._ask(grammars.LINEAGE, line, answer)

    @needs_local_scope
    @no_var_expand
    @line_magic("influence")
    @short_errors
    @_documented(grammars.INFLUENCE)
    def _influence(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            text = " ".join(options.value)
            found = self.session.influence(
                self._value(text, "%influence", local_ns),
                None if options.y is None else self._value(options.y, "%influence", local_ns),
                title=text,
                k=options.k or self.k,
                run=options.run,
                method=options.method,
                estimand=options.estimand,
                by=options.by,
            )
            if options.save:
                found.save(options.save)
            return found

        return self._ask(grammars.INFLUENCE, line, answer)

    @needs_local_scope
    @no_var_expand
    @line_magic("unlearn")
    @short_errors
    @_documented(grammars.UNLEARN)
    def _unlearn(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            rows = options.rows
            if rows is not None and is_row_list(rows):
                rows = row_list(rows)
            elif rows is not None:
                rows = self._value(rows, "%unlearn", local_ns)
            table = options.influence
            held = options.evaluate
            return self.session.unlearn(
                source=options.source,
                rows=rows,
                where=options.where,
                reached=None if options.reached is None else _file_record(options.reached),
                influence=None if table is None else self._value(table, "%unlearn", local_ns),
                subject=None if options.subject is None else _column_key([options.subject]),
                evaluate=None if held is None else {"test": self._pair(held, "%unlearn", local_ns)},
                run=options.run,
                gold=options.gold,
                background=options.background,
                method=options.method,
            )

        return self._ask(grammars.UNLEARN, line, answer)

    @no_var_expand
    @line_magic("subject")
    @short_errors
    @_documented(grammars.SUBJECT)
    def _subject(self, line: str) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            return self.session.subject(*_column_key(options.who))

        return self._ask(grammars.SUBJECT, line, answer)

    @needs_local_scope
    @no_var_expand
    @line_magic("valuation")
    @short_errors
    @_documented(grammars.VALUATION)
    def _valuation(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            found = self.session.data_valuation(
                val=self._pair(options.val, "%valuation", local_ns),
                run=options.run,
                method=options.method,
                k=options.k,
                by=options.by,
            )
            if options.save:
                found.save(options.save)
            return found

        return self._ask(grammars.VALUATION, line, answer)

    @needs_local_scope
    @no_var_expand
    @line_magic("report")
    @short_errors
    @_documented(grammars.REPORT)
    def _report(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            asked = dict(options.stated)
            asked |= {} if options.by is None else {"by": options.by}
            if options.of is not None:
                asked["of"] = self._value(options.of, "%report", local_ns)
            record = self.session.report(options.kind, as_of=options.as_of, **asked)
            if options.save:
                record.save(options.save)
            return record

        return self._ask(grammars.REPORT, line, answer)

    @no_var_expand
    @line_magic("export")
    @short_errors
    @_documented(grammars.EXPORT)
    def _export(self, line: str) -> Any:
        def answer(options: argparse.Namespace) -> Any:
            from traceprop_nb.session.exporting import export  # light start

            return export(self.session, options.save, format=options.format, detail=options.detail)

        return self._ask(grammars.EXPORT, line, answer)

    @line_magic("policy")
    @short_errors
    @_documented(grammars.POLICY)
    def _policy(self, line: str) -> Any:
        return self._ask(grammars.POLICY, line, lambda given: policy(self.session, given))

    # -- shared -------------------------------------------------------------------------------

    def _ask(
        self, parser: MagicParser, line: str, answer: Callable[[argparse.Namespace], Any]
    ) -> Any:
        """Read a line, answer it; a trailing ``;`` answers without showing."""
        bare, silent = without_semicolon(line)
        options = parser.read(bare)
        if options.help:
            return Help(parser.documentation())
        found = answer(options)
        return None if silent else found

    def _value(self, text: str, magic: str, local: Mapping[str, Any] | None) -> Any:
        return evaluate(text, magic, self.shell.user_ns, local or {})

    def _pair(self, text: str, magic: str, local: Mapping[str, Any] | None) -> tuple[Any, ...]:
        """Rows and labels, written as ``X,y``."""
        found = self._value(text, magic, local)
        if not isinstance(found, tuple) or len(found) < 2:
            raise UsageError(f"{magic}: {text!r} is not rows and labels, such as X_test,y_test")
        return found


def _column(word: str | None) -> str | int | None:
    """A column's label, or its number in a matrix."""
    return int(word) if word is not None and word.isdigit() else word


def _file_record(text: str) -> tuple[str, int]:
    source, _, record = text.rpartition(":")
    if not source or not record.isdigit():
        raise UsageError(f"%unlearn: {text!r} is no FILE:RECORD, such as hospital_a.csv:17")
    return source, int(record)


def _column_key(words: list[str]) -> tuple[str, str]:
    column, equals, key = " ".join(words).partition("=")
    if not column.strip() or not equals or not key.strip():
        raise UsageError("name the column and the person's cell, such as patient=P0017")
    return column.strip(), key.strip().strip("\"'")
