"""Tells the session when a cell begins and ends, and which cells are traced.

IPython's events bracket a cell; one ``Span`` stands for what lies between. Spans nest where a
cell runs another (``%run``, ``get_ipython().run_cell``). IPython prints and swallows whatever a
callback raises, so our own errors are caught here, shown once, in one line.
"""

from __future__ import annotations

import ast
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from IPython.core.error import UsageError

from traceprop_nb.errors import PolicyError, TracepropError
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.magics import faults
from traceprop_nb.magics.header import Header, only_asks, read_header, tidy
from traceprop_nb.magics.placing import Place, find_place, moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.magics.verbs import TracepropMagics
    from traceprop_nb.session import CellSummary, Session

Shown: TypeAlias = "Callable[[CellSummary, TrainingRun | None], None]"


@dataclass
class Span:
    """One running cell.

    Attributes:
        info: IPython's description of the run, by which its end is recognised.
        source: The text whose lines the cell's line numbers count.
        header: What its first lines ask for.
        number: Its execution count.
        traced: Whether its code is rewritten.
        inside: It runs a part of the enclosing cell's own text, as ``%%capture`` does.
        seen: Its own tree has passed; any further tree is a piece of it.
        begun: The session knows of it.
        refusal: Why it must not run, or None.
        thread: The thread it runs on.
    """

    info: Any
    source: str
    header: Header
    number: int
    traced: bool
    inside: bool = False
    seen: bool = False
    begun: bool = False
    refusal: TracepropError | None = None
    thread: int = field(default_factory=threading.get_ident)


class Cells:
    """The running cells of one shell.

    Args:
        magics: Our magics; they hold the configuration.
        session: The session that records.
        shown: Called with what a cell under a header added, unless it is quiet.
    """

    def __init__(self, magics: TracepropMagics, session: Session, shown: Shown) -> None:
        self._magics, self._session, self._shown = magics, session, shown
        self._spans: list[Span] = []

    # -- IPython's events ---------------------------------------------------------------------

    def pre_run_cell(self, info: Any) -> None:
        """A cell is about to run."""
        if self._spans and self._spans[-1].thread != threading.get_ident():
            return  # a subshell; the main thread's cell is still running
        lines = tidy(info.raw_cell)
        try:
            header = read_header(lines)
        except UsageError:
            header = Header()  # the transformer has refused it, and IPython shows why
        source = "".join(lines)
        transformed = getattr(info, "transformed_cell", None)
        if transformed is not None and only_asks(lines):
            source = transformed
        self._begin(info, source, header)

    def post_run_cell(self, result: Any) -> None:
        """A cell has run, or has failed; ``result`` is None if it was cancelled."""
        info = getattr(result, "info", None)
        if self._spans and self._spans[-1].thread != threading.get_ident():
            return
        if not any(result is None or _same(span.info, info) for span in self._spans):
            return
        while self._spans:
            span = self._spans.pop()
            mine = result is None or _same(span.info, info)
            self._end(span, result if mine else None)
            if mine:
                return

    def rewrite(self, tree: ast.Module) -> ast.Module:
        """Make a tree record itself, if the running cell is traced.

        Raises:
            CellRefused: The cell's header asks for what cannot be done; the cell must not run.
        """
        if not self._spans:
            return tree
        span = self._spans[-1]
        if span.refusal is not None:
            raise faults.CellRefused(span.refusal)
        if not span.traced or span.thread != threading.get_ident():
            return tree
        place: Place | None = Place(0, 0)
        if span.seen:
            place = find_place(tree, span.source, self._magics.shell.transform_cell)
        span.seen = True
        if place is None:
            return tree  # code that stands in no cell: its values stay UNKNOWN
        last = tree.body[-1] if tree.body else None
        with moved(tree, place):
            rewritten = self._session.rewrite(tree)
        if self._magics.shell.ast_node_interactivity == "last_expr_or_assign":
            _keep_last(rewritten, last)
        return rewritten

    def close(self) -> None:
        """End every span; the extension is being unloaded from inside a cell."""
        while self._spans:
            if self._spans.pop().begun:
                self._session.end_cell(True)

    # -- programmatic cells -------------------------------------------------------------------

    def run(self, source: str, header: Header) -> Any:
        """Run a cell's text in the user's namespace, traced, for ``run_cell_magic``.

        Returns:
            The value of its last expression, or None.
        """
        shell = self._magics.shell
        text = shell.transform_cell(source)
        number = self._spans[-1].number if self._spans else shell.execution_count
        span = Span(None, text, header, number, traced=True)
        self._open(span)
        self._spans.append(span)
        ok, error = False, None
        try:
            value = self._execute(text)
            ok = True
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            self._spans.remove(span)
            trouble = self._close(span, ok, error)
            if ok and trouble is not None:
                raise trouble
        return value

    def _execute(self, text: str) -> Any:
        shell = self._magics.shell
        name = shell.compile.cache(text, shell.execution_count)
        tree = shell.transform_ast(shell.compile.ast_parse(text, filename=name))
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, name, "exec"), shell.user_ns)  # the user's own cell
        return eval(compile(last, name, "eval"), shell.user_ns) if last is not None else None

    # -- spans --------------------------------------------------------------------------------

    def _begin(self, info: Any, source: str, header: Header) -> None:
        shell = self._magics.shell
        outer = self._spans[-1] if self._spans else None
        if outer is not None and _is_part(source, header, outer):
            part = Span(info, outer.source, header, outer.number, outer.traced)
            part.inside = part.seen = True
            self._spans.append(part)
            return
        traced = header.asked or self._session.tracing or (outer is not None and outer.traced)
        number = shell.execution_count - 1 if info.store_history else shell.execution_count
        if outer is not None:
            number = outer.number
        span = Span(info, source, header, number, traced)
        self._spans.append(span)
        try:
            self._open(span)
        except Exception as error:  # noqa: BLE001  # shown; the user's cell must run
            if isinstance(error, PolicyError) or (
                header.asked and isinstance(error, TracepropError)
            ):
                span.refusal = error
            else:
                span.traced = False
                faults.show(shell, error)

    def _open(self, span: Span) -> None:
        trace, train = span.header.trace, span.header.train
        name = trace.name if trace is not None else train.name if train is not None else None
        # before it begins: a cell that may not run leaves no trace of a run
        self._session.guard.before_cell(span.source, train=train is not None, cell=span.number)
        self._session.begin_cell(
            span.number,
            span.source,
            traced=span.traced,
            name=name,
            granularity=(trace and trace.granularity) or self._magics.granularity,
        )
        span.begun = True
        if train is not None:
            self._session.begin_train(train.name, self._options(train))

    def _options(self, train: Any) -> TrainOptions:
        return TrainOptions(
            model=train.model,
            loss=train.loss,
            proj_dim=train.proj_dim or self._magics.proj_dim,
            checkpoints=train.checkpoints or self._magics.checkpoints,
            sources=tuple(name for word in train.sources for name in word.split(",") if name),
            rows=tuple(name.strip() for name in train.rows.split(",") if name.strip()),
            predict=train.predict,
            fit=train.fit,
            shards=train.shards,
        )

    def _end(self, span: Span, result: Any) -> None:
        if not span.begun:
            return
        failure = result and (result.error_before_exec or result.error_in_exec)
        ok = result is not None and bool(result.success)
        error = None if ok else type(failure).__name__ if failure else "Interrupted"
        try:
            trouble = self._close(span, ok, error)
        except Exception as fault:  # noqa: BLE001  # IPython would print our frames
            faults.show(self._magics.shell, fault)
            return
        if ok and trouble is not None:
            faults.show(self._magics.shell, trouble)
            result.error_in_exec = trouble  # so that Run All stops here

    def _close(self, span: Span, ok: bool, error: str | None) -> TracepropError | None:
        trouble = run = None
        shell = self._magics.shell
        hidden = shell.user_ns_hidden
        self._session.bind(
            {k: v for k, v in shell.user_ns.items() if k[:1] != "_" and k not in hidden}
        )
        if span.header.train is not None and span.refusal is None:
            try:
                run = self._session.end_train(ok)
            except TracepropError as refused:
                trouble = refused
        summary = self._session.end_cell(ok, error)
        if ok and trouble is None and span.header.asked and not self._quiet(span):
            self._shown(summary, run)
        return trouble

    def _quiet(self, span: Span) -> bool:
        return span.header.trace is not None and bool(span.header.trace.quiet)


def _keep_last(tree: ast.Module, last: ast.stmt | None) -> None:
    """Let IPython display ``x += 1`` at the end of a cell, although a hook follows it now."""
    if isinstance(last, ast.AugAssign) and isinstance(last.target, ast.Name):
        shown = ast.Expr(ast.Name(last.target.id, ast.Load()))
        tree.body.append(ast.fix_missing_locations(ast.copy_location(shown, last)))


def _is_part(source: str, header: Header, outer: Span) -> bool:
    """Whether a cell is the rest of the one that runs it, as below ``%%capture``."""
    return outer.source.endswith(source) and (outer.header.asked or not header.asked)


def _same(one: Any, other: Any) -> bool:
    """Whether two descriptions are of one run; after Ctrl-C IPython makes a second."""
    return one is other or (
        one is not None and other is not None and one.raw_cell == other.raw_cell
    )
