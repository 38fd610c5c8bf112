"""What the page on JAX shows does run."""

import re
import sys

import numpy as np

from tests.contracts.tree import ROOT


def test_the_script_on_the_page_runs_and_is_answered(monkeypatch):
    monkeypatch.setattr(sys.modules["traceprop_nb.session"], "_CURRENT", [])
    [script] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/jax.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(script, names)
    assert names["answer"].scores.shape == (1, 60)
    assert np.isfinite(names["answer"].scores).all()
