"""The notebooks on unlearning and valuation in a real JupyterLab, used as a reader uses them."""

from __future__ import annotations

import pathlib

from tests.browser.test_quickstart_browser import widget

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"

LONGER = """%%train longer
torch.manual_seed(1)
slow = nn.Sequential(nn.Linear(rows.shape[1], 32), nn.ReLU(), nn.Linear(32, 2))
loader = DataLoader(TensorDataset(rows, labels), batch_size=32, shuffle=True)
optimizer = torch.optim.Adam(slow.parameters(), lr=2e-3)
for epoch in range(40):
    for batch, answer in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(slow(batch), answer).backward()
        optimizer.step()
"""  # long enough that a reader can cancel five retrainings of it on any machine


def test_a_branch_is_forgotten_compared_and_watched(notebook):
    nb = notebook(path=NOTEBOOKS / "04_unlearning.ipynb")
    nb.theme("JupyterLab Light")
    nb.run_all()
    network = nb.panel.locator(".tp", has_text="retraining 5 models took")
    network.last.wait_for(timeout=120_000)
    panel = network.last
    panel.scroll_into_view_if_needed()
    assert "not verified" in panel.inner_text() or "verified against" in panel.inner_text()
    assert panel.locator("rect.band").count() >= 1
    pick = panel.get_by_label("Measurement of the second chart")
    assert "trusted accuracy by class" in pick.evaluate(
        "e => [...e.querySelectorAll('optgroup')].map(g => g.label)"
    )
    pick.select_option(label="class 0")
    nb.shot("forgetting-network", panel)
    nb.shot("forgetting-value", widget(nb, "knn-shapley"))
    nb.add(LONGER)
    before = nb.ask("[credit.coef_.sum(), len(tp.session().runs)]")
    retrains_from_the_panel(nb)
    assert nb.ask("[credit.coef_.sum(), len(tp.session().runs)]") == [before[0], before[1] + 1]


def retrains_from_the_panel(nb):
    """A new request in a new cell, whose panel retrains, is stopped, and retrains again."""
    nb.add("later = tp.unlearn(rows=range(40), run='longer', evaluate={'trusted': held})\nlater")
    panel = nb.panel.locator(".tp", has_text="Forget rows 0-39").last
    panel.wait_for(timeout=120_000)
    button = panel.get_by_role("button", name="Compare with 5 retrained models")
    button.click()
    panel.get_by_role("button", name="Cancel").click()
    panel.get_by_text("the retraining was cancelled").wait_for(timeout=60_000)
    assert nb.ask("later.verified") is None
    button.click()
    panel.get_by_role("progressbar").wait_for(timeout=60_000)
    panel.get_by_text("retraining 5 models took").wait_for(timeout=120_000)
    assert nb.ask("later.verified") in (True, False)
    nb.shot("forgetting-retrained", panel)


def test_rows_are_valued_by_row_source_and_step(notebook):
    nb = notebook(path=NOTEBOOKS / "07_valuation.ipynb")
    nb.theme("JupyterLab Dark")
    nb.run_all()
    table = widget(nb, "knn-shapley")
    assert table.locator("tbody tr").count() == 10
    nb.shot("valuation-rows", table)
    table.get_by_role("button", name="By source").click()
    assert table.locator("tbody tr").first.inner_text().startswith("clinic_3.csv")
    table.get_by_role("button", name="By step").click()
    table.get_by_text("clip").first.wait_for()
    nb.shot("valuation-by-step", table)
    sampled = widget(nb, "data-oob")
    assert sampled.locator(".chart").count() == 2
    nb.shot("valuation-sampled", sampled)
