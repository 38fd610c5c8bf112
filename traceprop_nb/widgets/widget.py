"""What all widgets share: a payload drawn by the runtime, and its static twin shown before it.

A display is two outputs. The first is plain HTML without scripts, which is what a reader of the
saved notebook sees; the second is the widget, which hides the first as long as it lives.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from traceprop_nb.payloads.twins.markup import Markup, element, joined
from traceprop_nb.widgets.one_writer import OneWriter
from traceprop_nb.widgets.questions import Question, Questions, Reply, export_question
from traceprop_nb.widgets.runtime import STATIC, is_inline, runtime

VIEW = "application/vnd.jupyter.widget-view+json"

# A notebook opened again without its kernel shows an error box where the widget was.
NO_ERROR_BOX = Markup(
    "<style>.jp-OutputArea-child:has([data-tp-static]) + .jp-OutputArea-child > "
    ".jp-OutputArea-output.jupyter-widgets{display:none}</style>"
)

Export = Callable[[str], bytes | str]


class TracepropWidget(OneWriter):
    """Draws a payload, answers the questions it was given, says what was picked.

    Attributes:
        payload: What is shown; ``show`` replaces it.
        probe: What Python asks the view to light, or None.
        picked: What the reader chose last, or -1.
        expanded: What the reader opened.
    """

    _esm = STATIC / "shim.js"
    _kind = traitlets.Unicode().tag(sync=True, writer="python")
    _rt = anywidget.WidgetTrait().tag(sync=True, writer="python")
    _twin = traitlets.Unicode().tag(sync=True, writer="python")
    payload = traitlets.Dict(read_only=True).tag(sync=True, writer="python")
    probe = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True, writer="python")
    commands = traitlets.List(traitlets.Unicode()).tag(sync=True, writer="python")
    formats = traitlets.List(traitlets.Unicode()).tag(sync=True, writer="python")
    height = traitlets.Int(420).tag(sync=True, writer="python")
    picked = traitlets.Int(-1).tag(sync=True, writer="browser")
    expanded = traitlets.List(traitlets.Int()).tag(sync=True, writer="browser")

    KIND = ""

    def __init__(
        self,
        payload: Mapping[str, Any],
        *,
        questions: Mapping[str, Question] | None = None,
        export: Export | None = None,
        formats: tuple[str, ...] = (),
        text: str = "",
    ) -> None:
        """Draw a payload.

        Args:
            payload: From the function of the same name in ``traceprop_nb.payloads``.
            questions: What the browser may ask, by name.
            export: Makes a file of one of the formats.
            formats: Formats that can be downloaded, such as ``("json", "html")``.
            text: What a plain terminal shows; a line about the widget if empty.
        """
        known = dict(questions or {})
        if export is not None and formats:
            known["export"] = export_question(self.KIND, formats, export)
        self._questions = Questions(known)
        self._text = text
        self._twin_html = self.twin(payload)
        code = {"_esm": (STATIC / "runtime.js").read_text("utf-8")} if is_inline() else {}
        super().__init__(
            _kind=self.KIND,
            _rt=None if code else runtime(),
            _twin=hashlib.sha256(self._twin_html.encode()).hexdigest()[:16],
            commands=self._questions.names,
            formats=list(formats) if export is not None else [],
            **code,
        )
        self.set_trait("payload", dict(payload))

    def twin(self, payload: Mapping[str, Any]) -> str:
        """The payload as HTML without scripts."""
        raise NotImplementedError

    def show(self, payload: Mapping[str, Any]) -> None:
        """Replace what is shown."""
        self._twin_html = self.twin(payload)
        self.set_trait("payload", dict(payload))

    @anywidget.experimental.command
    def ask(self, message: Any, _buffers: list[bytes]) -> Reply:
        """Answer the browser."""
        return self._questions.reply(message)

    def static_html(self) -> str:
        """The static twin as it is put before the widget; the same bytes for the same payload."""
        return element(
            "div", joined(NO_ERROR_BOX, Markup(self._twin_html)), data_tp_static=self._twin
        )

    def outputs(self) -> list[dict[str, Any]]:
        """The two outputs of a display as MIME bundles: the static twin, then the widget."""
        view = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        return [{"text/html": self.static_html(), "text/plain": repr(self)}, {VIEW: view}]

    def __repr__(self) -> str:
        return self._text or f"<traceprop_nb {self.KIND} view>"

    def _ipython_display_(self) -> None:
        """Publish both outputs. Only IPython calls this, so it is loaded; we do not import it."""
        for bundle in self.outputs():
            sys.modules["IPython"].display.display(bundle, raw=True)
