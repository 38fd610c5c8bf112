"""The notebook on records in a real JupyterLab: four records, each to look at."""

from __future__ import annotations

import pathlib

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"


def test_four_people_get_their_records(notebook):
    nb = notebook(path=NOTEBOOKS / "06_report.ipynb")
    nb.theme("JupyterLab Light")
    nb.run_all()
    for kind in ("model", "deployer", "decision", "erasure"):
        viewer = nb.panel.locator(".tp", has_text=f"Evidence record: {kind}").first
        viewer.wait_for(timeout=60_000)
        viewer.scroll_into_view_if_needed()
        text = viewer.inner_text()
        assert "not established" in text
        nb.shot(f"report-{kind}", viewer)
    stated = nb.panel.locator(".tp", has_text="Evidence record: deployer").first
    assert "M. Okafor" in stated.inner_text()
    assert nb.violations(nb.widget(0)) == []
    failed = nb.ask("[c.name for c in erasure.verify().checks if c.result == 'fail']")
    assert failed == ["source file clinic_b.csv"]  # which a later cell edits
