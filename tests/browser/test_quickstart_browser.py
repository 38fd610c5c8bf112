"""The quickstart in a real JupyterLab: run it, ask it, forget with it, take the record home."""

from __future__ import annotations

import json
import pathlib

import pytest

NOTEBOOK = pathlib.Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
THEMES = ["JupyterLab Light", "JupyterLab Dark"]


def widget(nb, text):
    """The widget that says this; the notebook shows one after every traced cell."""
    roots = nb.panel.locator(".tp", has_text=text)
    roots.last.wait_for(timeout=60_000)
    root = roots.last
    root.page.wait_for_function(
        "e => e.dataset.ready === '1'", arg=root.element_handle(), timeout=30_000
    )
    root.scroll_into_view_if_needed()
    return root


@pytest.mark.parametrize("theme", THEMES)
def test_the_quickstart_answers_to_a_reader(theme, notebook):
    nb = notebook(path=NOTEBOOK)
    nb.theme(theme)
    nb.run_all()
    shade = theme.split()[1].lower()
    opens_a_node(nb, shade)
    drills_into_a_row(nb, shade)
    moves_the_slider(nb, shade)
    downloads_the_record(nb, shade)


def opens_a_node(nb, shade):
    drawing = widget(nb, "In [6]")
    drawing.get_by_role("button", name="Fit").click()
    nb.page.wait_for_timeout(300)  # the way there is animated
    before = set(drawing.evaluate("e => e.tp.keys()"))
    cell = next(key for key in sorted(before) if key.startswith("c"))
    nb.page.mouse.dblclick(*drawing.evaluate("(e, key) => e.tp.screen(key)", cell))
    opened = set(drawing.evaluate("e => e.tp.keys()")) - before
    assert opened
    drawing.get_by_label("Record, counted from 0").fill("3")
    drawing.get_by_role("button", name="Trace row").click()
    drawing.get_by_role("status").get_by_text("Record 3 of").wait_for()
    assert drawing.evaluate("e => e.tp.lit()")
    nb.shot(f"quickstart-lineage-{shade}", drawing)


def drills_into_a_row(nb, shade):
    table = widget(nb, "leave_one_out")
    first = nb.ask("dict(line=first.line, source=first.source, text=first.text, row=first.row)")
    table.get_by_role("button", name="Show where row 1 comes from").click()
    drill = table.locator(".drill")
    drill.get_by_text(first["text"]).wait_for()
    assert first["source"] in drill.inner_text()
    assert f"line {first['line']:,}" in drill.inner_text()
    assert nb.ask("X_train[first.row].shape[0] > 0")
    nb.shot(f"quickstart-influence-{shade}", table)
    nb.shot(f"quickstart-page-{shade}")


def moves_the_slider(nb, shade):
    panel = widget(nb, "hospital_b.csv")
    slider = panel.get_by_role("slider")
    before = panel.locator(".readout").inner_text()
    slider.focus()
    for _ in range(6):
        nb.page.keyboard.press("ArrowLeft")
    assert panel.locator(".readout").inner_text() != before
    assert "verified" in panel.inner_text()
    nb.shot(f"quickstart-unlearning-{shade}", panel)


def downloads_the_record(nb, shade):
    viewer = widget(nb, "not established")
    with nb.page.expect_download() as download:
        viewer.get_by_role("button", name="JSON").click()
    record = json.loads(pathlib.Path(download.value.path()).read_text())
    assert record["kind"].startswith("session")
    with nb.page.expect_download() as download:
        viewer.get_by_role("button", name="HTML").click()
    assert "<!doctype html>" in pathlib.Path(download.value.path()).read_text().lower()
    nb.shot(f"quickstart-record-{shade}", viewer)
