"""A private JupyterLab, a real kernel and a headless Chromium, once per test session.

Fixtures: ``lab`` (the server), ``page`` (its one browser page), ``notebook`` (opens notebooks).
They skip with the reason where the browser cannot be had; tests/conftest.py makes that a failure
in CI. ``TRACEPROP_CHROMIUM`` names another browser, ``TRACEPROP_SHOTS`` a folder for pictures.
"""

from __future__ import annotations

import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.browser.notebook_page import Notebook

ROOT = pathlib.Path(__file__).parents[2]
AXE = ROOT / "js/node_modules/axe-core/axe.min.js"

CHROMIUM_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}

NOT_NEEDED = [
    "@jupyterlab/debugger-extension", "@jupyterlab/lsp-extension",
    "@jupyterlab/extensionmanager-extension", "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/tooltip-extension", "@jupyterlab/toc-extension",
]  # fmt: skip


@dataclass(frozen=True)
class Lab:
    """A running server: its address, its token, and the folder that it shows."""

    url: str
    token: str
    root: pathlib.Path


def pytest_collection_modifyitems(items):
    here = pathlib.Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    named = os.environ.get("TRACEPROP_CHROMIUM")
    for name in [named] if named else ["chromium", "chromium-browser", "google-chrome"]:
        if found := shutil.which(name):
            return found
    pytest.skip("there is no Chromium; on Debian: apt-get install chromium")


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory) -> Iterator[Lab]:
    """A JupyterLab that nobody else uses, with settings, config and home of its own."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    home = tmp_path_factory.mktemp("lab")
    (home / "root").mkdir()
    for name, value in SETTINGS.items():
        write(home / "settings" / f"{name}.jupyterlab-settings", value)
    disabled = {"disabledExtensions": dict.fromkeys(NOT_NEEDED, True)}
    write(home / "config/labconfig/page_config.json", disabled)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(16), home / "root")
    with (home / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command(server, port, home), env=environment(home), stdout=log, stderr=log
        )
        try:
            wait_for(server, process, home / "lab.log")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def write(path: pathlib.Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def command(server: Lab, port: int, home: pathlib.Path) -> list[str]:
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": server.token,
        "ServerApp.root_dir": server.root,
        "ServerApp.terminals_enabled": False,
        "LabApp.expose_app_in_browser": True,
        "LabApp.extension_manager": "readonly",
        "LabApp.user_settings_dir": home / "settings",
        "LabApp.workspaces_dir": home / "workspaces",
    }
    start = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    return start + [f"--{name}={value}" for name, value in options.items()]


def environment(home: pathlib.Path) -> dict[str, str]:
    own = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "PYTHONPATH": ROOT,
        "NO_COLOR": 1,
        "OMP_NUM_THREADS": 1,
    }
    return {**os.environ, **{name: str(value) for name, value in own.items()}}


def wait_for(server: Lab, process: subprocess.Popen[bytes], log: pathlib.Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            address = f"{server.url}/api/status?token={server.token}"
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def page(lab, chromium):
    """The one page of the session, with JupyterLab loaded."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(f"{lab.url}/lab?token={lab.token}&reset", wait_until="domcontentloaded")
        page.wait_for_function("() => window.jupyterapp?.restored", timeout=90_000)
        page.evaluate(
            "async () => { await jupyterapp.restored;"
            " await jupyterapp.commands.execute('filebrowser:hide-main') }"
        )
        yield page
        browser.close()


@pytest.fixture
def notebook(lab, page) -> Iterator[Callable[..., Notebook]]:
    """Opens notebooks from cells of source, or one from a file; at the end nothing may be wrong.

    ``notebook("import x", "x.show()")`` or ``notebook(path=pathlib.Path("a.ipynb"))``. The test
    fails if the browser's console had an error, whatever else it asserts.
    """
    import nbformat

    wrong: list[str] = []
    hear = {
        "console": lambda m: wrong.append(m.text) if m.type == "error" else None,
        "pageerror": lambda e: wrong.append(str(e)),
    }
    for event, listener in hear.items():
        page.on(event, listener)
    opened: list[Notebook] = []

    def make(*cells: str, path: pathlib.Path | None = None) -> Notebook:
        if path is None:
            made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        else:
            made = nbformat.read(path, as_version=4)
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        made.metadata["kernelspec"] = kernel
        name = f"t_{uuid.uuid4().hex[:8]}.ipynb"
        nbformat.write(made, lab.root / name)
        opened.append(Notebook.open(page, name, AXE))
        return opened[-1]

    yield make
    for made in opened:
        made.close()
    for event, listener in hear.items():
        page.remove_listener(event, listener)
    assert not wrong, wrong
