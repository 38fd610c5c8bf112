"""Each widget in a real JupyterLab, in both themes, used as a reader uses it."""

from __future__ import annotations

import json

import pytest

THEMES = ["JupyterLab Light", "JupyterLab Dark"]
HIGH_CONTRAST = ["JupyterLab Dark High Contrast"]  # JupyterLab 4.6 ships no light one

START = """
from tests.golden import examples as ex
from traceprop_nb.widgets import (
    InfluenceWidget, LineageWidget, RecordWidget, UnlearnWidget, ValuationWidget,
)
"""
LINEAGE = (
    START
    + """
def locate(source, row):
    if row > 100:
        from traceprop_nb.errors import RowRangeError
        raise RowRangeError(f"{source} has 101 rows; there is no row {row}")
    return [0, 2, 4]
w = LineageWidget(ex.lineage_example(), locate=locate)
w"""
)
INFLUENCE = (
    START
    + """
def detail(row):
    return {"text": f"the very line of {row}", "values": {"age": "58", "z": "1.31"}}
def export(format):
    return "rank,source\\n"
w = InfluenceWidget(ex.influence_example(), detail=detail, export=export, formats=("csv",))
w"""
)
UNLEARNING = (
    START
    + """
w = UnlearnWidget(ex.unlearning_example())
w"""
)
RETRAINED = (
    START
    + """
asked = []
before = ex.unlearning(ex.unlearning_done(gold=False), title="source b",
                       offer={"seeds": 5, "seconds": 4.6})
w = UnlearnWidget(before, retrain=lambda: asked.append("retrain"),
                  cancel=lambda: asked.append("cancel"))
w"""
)
VALUATION = (
    START
    + """
steps = ex.valuation_example()["steps"]
w = ValuationWidget(ex.valuation_example(steps=False), steps=lambda: steps,
                    export=lambda format: "rank,source")
w"""
)
RECORD = (
    START
    + """
import json
def export(format):
    return json.dumps(ex.record_document()) if format == "json" else "<!doctype html><p>record"
w = RecordWidget(ex.record_example(), export=export, formats=("json", "html"))
w"""
)
ALL = {
    "lineage": LINEAGE,
    "influence": INFLUENCE,
    "unlearning": UNLEARNING,
    "record": RECORD,
    "valuation": VALUATION,
}


@pytest.fixture
def shown(notebook):
    """Runs a cell and gives (notebook, root of its widget), in the light theme."""

    def make(source):
        nb = notebook(source)
        nb.theme(THEMES[0])
        nb.run_all()
        return nb, nb.widget()

    return make


@pytest.mark.parametrize("kind", ALL)
def test_a_widget_is_accessible_in_every_theme_and_hides_its_twin(kind, shown):
    nb, w = shown(ALL[kind])
    twin = nb.panel.locator("[data-tp-static]")
    assert twin.count() == 1
    assert not twin.is_visible()
    if kind == "influence":
        w.get_by_role("button", name="Show where row 3 comes from").click()
        w.get_by_text("the very line of 22").wait_for()
    if kind == "lineage":
        point = w.evaluate("e => e.tp.screen('c1')")
        nb.page.mouse.click(*point)
    for theme in THEMES + HIGH_CONTRAST:
        nb.theme(theme)
        assert nb.violations(w) == []
        nb.shot(f"{kind}-{theme.split(' ', 1)[1].replace(' ', '-').lower()}", w)


@pytest.mark.parametrize("kind", ALL)
def test_the_static_twin_alone_reads_well_in_both_themes(kind, notebook):
    show = "from IPython.display import HTML\nHTML(w.static_html())"
    nb = notebook(ALL[kind].rsplit("\n", 1)[0] + "\n" + show)
    nb.run_all()
    twin = nb.panel.locator("[data-tp-static]")
    for theme in THEMES:
        nb.theme(theme)
        assert twin.is_visible()
        nb.shot(f"twin-{kind}-{theme.split()[1].lower()}", twin)


def test_a_cell_of_the_drawing_opens_in_place_and_tells_python(shown):
    nb, w = shown(LINEAGE)
    nb.page.mouse.dblclick(*w.evaluate("e => e.tp.screen('c1')"))
    assert {"n4", "n5"} <= set(w.evaluate("e => e.tp.keys()"))
    nb.page.wait_for_timeout(300)
    assert nb.ask("w.expanded") == [4]
    nb.shot("lineage-open", w)
    nb.page.mouse.click(*w.evaluate("e => e.tp.screen('n5')"))
    assert "to_numpy" in w.locator(".side h3").inner_text()
    assert "df[cols].to_numpy()" in w.locator(".side code").inner_text()


def test_the_drawing_is_used_from_the_keyboard(shown):
    nb, w = shown(LINEAGE)
    w.locator("canvas").first.focus()
    for key in ["ArrowLeft", "ArrowLeft", "Enter"]:
        nb.page.keyboard.press(key)
    assert w.evaluate("e => e.tp.keys().filter(k => k.startsWith('n')).length") > 2
    nb.page.keyboard.press("Escape")
    assert not w.locator(".side").is_visible()
    nb.page.keyboard.press("/")
    nb.page.keyboard.type("subtract")
    nb.page.keyboard.press("Enter")
    assert "subtract" in w.locator(".side h3").inner_text()
    w.get_by_role("button", name="Outline").click()
    tree = w.get_by_role("tree")
    assert tree.get_by_role("treeitem").count() >= 7
    assert nb.violations(w) == []
    nb.shot("lineage-outline", w)


def test_a_focus_hides_what_the_selection_does_not_come_from(shown):
    nb, w = shown(LINEAGE)
    nb.page.mouse.click(*w.evaluate("e => e.tp.screen('c1')"))
    w.get_by_role("button", name="Upstream").click()
    assert set(w.evaluate("e => e.tp.keys()")) == {"n0", "n1", "c0", "c1"}
    w.get_by_role("button", name="All", exact=True).click()
    assert len(w.evaluate("e => e.tp.keys()")) == 7


def test_a_record_is_followed_through_the_drawing_or_the_reason_is_said(shown):
    nb, w = shown(LINEAGE)
    w.get_by_label("Record, counted from 0").fill("17")
    w.get_by_role("button", name="Trace row").click()
    status = w.get_by_role("status")
    status.get_by_text("Record 17 of hospital_a.csv goes through 2 operations.").wait_for()
    assert sorted(w.evaluate("e => e.tp.lit()")) == [0, 2, 4]
    nb.shot("lineage-probe", w)
    w.get_by_label("Record, counted from 0").fill("500")
    w.get_by_role("button", name="Trace row").click()
    status.get_by_text("there is no row 500").wait_for()
    nb.do("w.probe_row('hospital_a.csv', 5)")
    status.get_by_text("Record 5 of hospital_a.csv").wait_for()


def test_an_influence_row_leads_to_its_file_line(shown):
    nb, w = shown(INFLUENCE)
    assert "LDS 0.99" in w.inner_text()
    w.get_by_role("button", name="Show where row 2 comes from").click()
    w.get_by_text("the very line of 11").wait_for()
    assert "hospital_b.csv, line 1,207" in w.locator(".drill").inner_text()
    assert "1.31" in w.locator(".drill").inner_text()
    assert nb.ask("w.picked") == 11
    w.get_by_role("button", name="Opponents").click()
    assert w.locator("tbody tr:not(.drilled)").count() == 3
    w.get_by_role("button", name="hospital_b.csv").click()
    assert w.locator("tbody tr:not(.drilled)").count() == 1
    w.get_by_role("button", name="hospital_b.csv").click()
    w.get_by_role("button", name="All", exact=True).click()
    w.locator("button[data-rank='2']").focus()
    nb.page.keyboard.press("ArrowDown")
    nb.page.keyboard.press("Enter")
    w.get_by_text("the very line of 22").wait_for()
    nb.shot("influence-open", w)
    with nb.page.expect_download() as download:
        w.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "influence.csv"


def test_the_slider_moves_without_the_kernel(shown):
    nb, w = shown(UNLEARNING)
    slider = w.get_by_role("slider")
    assert "gap closed 100.0 %" in w.locator(".readout").inner_text()
    sent = []
    nb.page.on("websocket", lambda s: sent.append(s))
    slider.focus()
    for _ in range(8):
        nb.page.keyboard.press("ArrowLeft")
    assert "gap closed 100.0 %" not in w.locator(".readout").inner_text()
    slider.fill("32")
    assert "gap closed" in w.locator(".readout").inner_text()
    assert w.locator(".gold").count() == 2
    assert "past the retrained model" in w.inner_text()
    w.get_by_label("Measurement of the second chart").select_option(label="loss on the kept rows")
    nb.shot("unlearning-moved", w)
    assert not sent


def test_the_second_chart_shows_a_class_or_a_slice_beside_the_baselines(shown):
    nb, w = shown(UNLEARNING)
    pick = w.get_by_label("Measurement of the second chart")
    groups = pick.evaluate("e => [...e.querySelectorAll('optgroup')].map(g => g.label)")
    assert groups == ["test accuracy by class", "test accuracy by region"]
    pick.select_option(label="class default")
    assert "test accuracy by class: class default" in w.locator(".readout").inner_text()
    assert w.locator("path.other").count() == 4
    assert w.locator(".legend").first.inner_text().split() == (
        "random rows nothing one more retrained model".split()
    )
    assert w.locator("rect.band").count() == 1
    text = w.inner_text()
    assert "chosen because the model is convex" in text
    assert "at most 0.1 % of the distance" in text
    assert w.get_by_role("button", name="Compare with").count() == 0  # nobody retrains here
    nb.shot("unlearning-class", w)


def test_retraining_is_asked_for_watched_stopped_and_drawn(shown):
    nb, w = shown(RETRAINED)
    button = w.get_by_role("button", name="Compare with 5 retrained models (about 4.6 s)")
    button.click()
    w.get_by_role("status").get_by_text("retraining in the background").wait_for()
    assert nb.ask("asked") == ["retrain"]
    nb.do("w.tell(0.25, 3.0)")
    bar = w.get_by_role("progressbar", name="Retraining")
    bar.wait_for()
    assert bar.evaluate("e => e.value") == 0.25
    assert "25 %, about 3 s left" in w.locator(".bar").inner_text()
    assert nb.violations(w) == []
    nb.shot("unlearning-retraining", w)
    w.get_by_role("button", name="Cancel").click()
    w.get_by_role("status").get_by_text("stopping the retraining").wait_for()
    assert nb.ask("asked") == ["retrain", "cancel"]
    nb.do("w.ended(before)")
    button.wait_for()
    nb.do("w.ended(ex.unlearning_example())")
    w.locator(".verdict.yes").wait_for()
    assert w.locator(".gold").count() == 2
    assert bar.count() == 0


def test_values_are_listed_by_row_source_and_step(shown):
    nb, w = shown(VALUATION)
    assert w.locator("tbody tr").count() == 3
    assert "not settled" in w.inner_text()
    assert w.locator(".chart").count() == 2
    w.get_by_role("button", name="By source").click()
    assert w.locator("tbody tr").first.inner_text().startswith("b.csv")
    w.get_by_role("button", name="By step").click()
    w.get_by_text("its input is gone").wait_for()
    nb.shot("valuation-steps", w)
    w.get_by_role("button", name="Most valuable").click()
    assert w.locator("tbody tr").first.inner_text().split("\t")[1].strip() == "a.csv"
    with nb.page.expect_download() as download:
        w.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "valuation.csv"


def test_without_a_retrained_model_no_gold_line_is_drawn_and_nothing_is_called_verified(shown):
    _, w = shown(
        START
        + "w = UnlearnWidget(ex.unlearning(ex.unlearning_done(gold=False), title='source b'))\nw"
    )
    assert w.locator(".gold").count() == 0
    assert "gap closed" not in w.inner_text()
    assert w.locator(".verdict .flag").inner_text() == "not checked"


def test_the_record_is_downloaded_as_the_kernel_has_it(shown):
    nb, w = shown(RECORD)
    with nb.page.expect_download() as download:
        w.get_by_role("button", name="Download JSON").click()
    assert download.value.suggested_filename == "record.json"
    saved = json.loads(download.value.path().read_text())
    assert saved == nb.ask("ex.record_document()")
    with nb.page.expect_download() as download:
        w.get_by_role("button", name="Download HTML").click()
    assert download.value.suggested_filename == "record.html"
    w.get_by_role("button", name="contradicted").click()
    assert w.locator(".field").count() == 1
    assert "41 test rows" in w.locator(".field").inner_text()


FORGE = """async ([model, state]) => {
  const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
  const other = kernel.clone({handleComms: true});
  await other.info;
  const comm = other.createComm('jupyter.widget', model);
  await comm.send({method: 'update', state, buffer_paths: []}).done;
  other.dispose();
}"""


def test_what_the_browser_forges_is_not_taken(shown):
    nb, _ = shown(RECORD)
    forged = {"payload": {"counts": {"established": 99}}, "_esm": "", "picked": 7}
    nb.page.evaluate(FORGE, [nb.ask("w.model_id"), forged])
    assert nb.ask("[w.picked, w.payload['counts']['established'], len(w._esm) > 100]") == [
        7,
        1,
        True,
    ]


def test_the_picture_stands_when_the_widget_goes(shown):
    nb, _ = shown(RECORD)
    nb.do("w.close()")
    nb.page.wait_for_timeout(300)
    assert nb.panel.locator("[data-tp-static]").is_visible()


def test_inline_widgets_need_no_runtime(notebook):
    nb = notebook(
        START
        + "from traceprop_nb.widgets import use_bundle\nuse_bundle('inline')\n"
        + RECORD.removeprefix(START)
    )
    nb.run_all()
    w = nb.widget()
    assert "Evidence record" in w.inner_text()
    with nb.page.expect_download() as download:
        w.get_by_role("button", name="Download JSON").click()
    assert download.value.suggested_filename == "record.json"
    assert nb.ask("w._rt") is None


def test_a_payload_that_makes_no_sense_says_where(notebook):
    nb = notebook(
        START
        + "p = ex.record_example(); w = RecordWidget(p)\n"
        + "w.set_trait('payload', {**p, 'kind': 3}); w"
    )
    nb.run_all()
    alert = nb.panel.get_by_role("alert").filter(has_text="payload.kind")
    alert.wait_for()
    assert "expected a string, got 3" in alert.inner_text()
