"""A call of every function of scikit-learn that has a rule."""

from __future__ import annotations

from tests.surface.witness import Witness

FUNCTIONS: list[Witness] = []
