"""JAX's witnesses: a call of every function, method and attribute that has a rule."""

from __future__ import annotations

import jax

from tests.surface.jax_calls import EACH_ROW_COUNTS, SOME_MAY_NOT
from tests.surface.jax_setting import SETTING, public
from tests.surface.library import Library
from tests.surface.witness import Witness

_WHY = "a truth, a count, a value outside its domain, or a symmetry"


def _witnesses(text: str, loose: str = "") -> list[Witness]:
    pairs = (line.split(" | ") for line in text.strip().splitlines())
    return [Witness(name, call, loose=loose) for name, call in pairs]


WITNESSES = [*_witnesses(EACH_ROW_COUNTS), *_witnesses(SOME_MAY_NOT, _WHY)]
LIBRARY = Library("jax", jax.__version__, public, SETTING, WITNESSES)
