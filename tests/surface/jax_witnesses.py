"""JAX's witnesses: a call of every function, method and attribute that has a rule.

``jax_calls.txt`` holds them, ``full name | expression``: first those of which every row that is named
changes the result, then those of which some may not.
"""

from __future__ import annotations

import pathlib

import jax

from tests.surface.jax_setting import SETTING, public
from tests.surface.library import Library
from tests.surface.witness import Witness

_WHY = "a truth, a count, a value outside its domain, or a symmetry"


def _witnesses() -> list[Witness]:
    found, loose = [], ""
    for line in (pathlib.Path(__file__).parent / "jax_calls.txt").read_text().splitlines():
        if line.startswith("#"):
            loose = _WHY if "SOME_MAY_NOT" in line else ""
        elif line:
            name, call = line.split(" | ", 1)
            found.append(Witness(name, call, loose=loose))
    return found


WITNESSES = _witnesses()
LIBRARY = Library("jax", jax.__version__, public, SETTING, WITNESSES)
