"""A notebook open in the browser: run it, ask its kernel, change the theme, look at it."""

from __future__ import annotations

import json
import os
import pathlib
from dataclasses import dataclass
from typing import Any

import pytest

OPEN = """async path => {
  const w = await jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'});
  await w.context.ready; await w.sessionContext.ready;
  const kernel = () => w.sessionContext.session?.kernel?.status;
  while (kernel() !== 'idle') await new Promise(r => setTimeout(r, 20));
}"""

ASK = """async code => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  let out = '';
  const asked = kernel.requestExecute({code, store_history: false, silent: false});
  asked.onIOPub = m => { if (m.header.msg_type === 'stream') out += m.content.text };
  const {content} = await asked.done;
  if (content.status !== 'ok') throw new Error(`${content.ename}: ${content.evalue}`);
  return out;
}"""

ADD = """async source => {
  const {content} = jupyterapp.shell.currentWidget;
  content.activeCellIndex = content.widgets.length - 1;
  await jupyterapp.commands.execute('notebook:insert-cell-below');
  content.activeCell.model.sharedModel.setSource(source);
  await jupyterapp.commands.execute('notebook:run-cell');
}"""

CLOSE = """async path => {
  for (const w of [...jupyterapp.shell.widgets('main')]) if (w.context?.path === path) {
    await w.context.sessionContext.shutdown().catch(() => {});
    w.context.model.dirty = false;
    w.dispose();
  }
}"""

ERRORS = ", ".join(
    f"[data-mime-type='application/vnd.jupyter.{kind}']" for kind in ("stderr", "error")
)


@dataclass(frozen=True)
class Notebook:
    """One notebook in the page.

    Attributes:
        page: Playwright's page; every notebook of the session is in the same one.
        path: Where it lies below the server's root.
        axe: The accessibility checker's source.
    """

    page: Any
    path: str
    axe: pathlib.Path

    @classmethod
    def open(cls, page: Any, path: str, axe: pathlib.Path) -> Notebook:
        """Open it and wait until its kernel is idle."""
        page.evaluate(OPEN, path)
        return cls(page, path, axe)

    @property
    def panel(self) -> Any:
        """What is visible of it, as a locator."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def run_all(self) -> None:
        """Run every cell; none may fail."""
        ran = self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        assert ran is True, self.panel.locator(ERRORS).all_inner_texts()

    def add(self, source: str) -> None:
        """Put a cell at the end and run it."""
        self.page.evaluate(ADD, source)

    def ask(self, expression: str) -> Any:
        """The value of an expression in the live kernel, by way of JSON."""
        code = f"import json as _j; print(_j.dumps({expression}, default=str))"
        return json.loads(self.page.evaluate(ASK, code))

    def do(self, statements: str) -> None:
        """Run statements in the live kernel."""
        self.page.evaluate(ASK, statements)

    def widget(self, number: int = 0) -> Any:
        """The root of one of our widgets, once it is painted."""
        root = self.panel.locator(".tp").nth(number)
        root.wait_for(timeout=30_000)
        root.page.wait_for_function(
            "e => e.dataset.ready === '1'", arg=root.element_handle(), timeout=30_000
        )
        return root

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme and wait until its colours are there."""
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self.page.wait_for_function(
            "name => document.body.dataset.jpThemeName === name", arg=name, timeout=30_000
        )
        self.page.wait_for_timeout(300)

    def violations(self, root: Any) -> list[str]:
        """What axe finds wrong inside a widget: rule, impact, element."""
        if not self.axe.exists():
            pytest.skip("axe-core is missing: npm ci in js/")
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(self.axe.read_text())
        found = root.evaluate("async e => (await axe.run(e.getRootNode().host)).violations")
        return [
            f"{v['id']} ({v['impact']}): {node['html']} {node.get('failureSummary', '')}"
            for v in found
            for node in v["nodes"]
        ]

    def shot(self, name: str, target: Any | None = None) -> None:
        """Save a picture if the environment names a folder for it."""
        if folder := os.environ.get("TRACEPROP_SHOTS"):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            (target or self.panel).screenshot(path=f"{folder}/{name}.png")

    def close(self) -> None:
        """End its kernel and close it without saving."""
        self.page.evaluate(CLOSE, self.path)
