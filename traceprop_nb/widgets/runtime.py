"""One hidden model per kernel carries the JavaScript of all widgets; each widget is a shim.

A host that cannot compose widgets gets the whole bundle with each widget instead ("inline").
"""

from __future__ import annotations

import pathlib
import sys
import threading
from typing import Literal

import traitlets

from traceprop_nb.errors import OptionError
from traceprop_nb.widgets.one_writer import OneWriter

STATIC = pathlib.Path(__file__).parent / "static"

Bundle = Literal["auto", "shared", "inline"]
BUNDLES: tuple[Bundle, ...] = ("auto", "shared", "inline")


class Runtime(OneWriter):
    """Carries the bundle; draws nothing itself."""

    _esm = STATIC / "runtime.js"
    _kind = traitlets.Unicode("").tag(sync=True, writer="python")


class _Kernel:
    """What there is once a kernel."""

    runtime: Runtime | None = None
    bundle: Bundle = "auto"
    lock = threading.Lock()


def runtime() -> Runtime:
    """The kernel's runtime; a new one if its connection was closed."""
    with _Kernel.lock:
        if _Kernel.runtime is None or _Kernel.runtime.comm is None:
            _Kernel.runtime = Runtime()
        return _Kernel.runtime


def use_bundle(bundle: Bundle) -> None:
    """Choose how widgets made from now on get their JavaScript.

    Args:
        bundle: ``"shared"`` once a kernel, ``"inline"`` with every widget, ``"auto"`` shared
            except in Colab, where each output is a page of its own.

    Raises:
        OptionError: For any other word.
    """
    if bundle not in BUNDLES:
        raise OptionError(f"bundle {bundle!r} is none of {', '.join(BUNDLES)}")
    _Kernel.bundle = bundle


def is_inline() -> bool:
    """Whether a widget made now carries the bundle itself."""
    if _Kernel.bundle == "auto":
        return "google.colab" in sys.modules
    return _Kernel.bundle == "inline"
