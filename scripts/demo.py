"""Runs the quickstart notebook from a fresh kernel and prints the answer that it found.

A script and not a module of the package: it needs nbclient, which users of the package do not.
Leaves in ``build/demo/``: quickstart.html, lineage.svg, influence.csv, record.json, record.html,
and the data that the notebook wrote.
"""

from __future__ import annotations

import copy
import csv
import os
import pathlib
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks/01_quickstart.ipynb"
OUT = ROOT / "build/demo"
ANSWERS = ("lineage.svg", "influence.csv", "record.json", "record.html")
WIDGET = "application/vnd.jupyter.widget-view+json"
COLUMNS = ("rank", "file", "line", "label", "influence", "path")


def run(notebook: pathlib.Path, out: pathlib.Path, *, more: Sequence[str] = ()) -> NotebookNode:
    """Execute a notebook in a folder, with nobody's settings.

    Args:
        notebook: The notebook; it is read, not written.
        out: Where its kernel works; gets ``quickstart.html``.
        more: Sources of cells to run after the notebook's own.

    Returns:
        The executed notebook.

    Raises:
        CellExecutionError: A cell failed.
    """
    nobody = {"IPYTHONDIR": out / ".ipython", "JUPYTER_CONFIG_DIR": out / ".jupyter"}
    os.environ.update({name: str(path) for name, path in nobody.items()})
    read = nbformat.read(notebook, as_version=4)
    own = len(read.cells)
    read.cells += [nbformat.v4.new_code_cell(source) for source in more]
    NotebookClient(
        read,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(out)}},
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # the kernel warns about its own transport
    ).execute()
    page = {**read, "cells": read.cells[:own]}
    (out / "quickstart.html").write_text(as_html(nbformat.from_dict(page)), encoding="utf-8")
    return read


def printed(notebook: NotebookNode) -> str:
    """What the cells of an executed notebook wrote to standard output."""
    return "".join(
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream" and output["name"] == "stdout"
    )


def answer_of(notebook: NotebookNode, cell_id: str) -> str:
    """The answer that a cell displayed, as plain text."""
    (cell,) = (cell for cell in notebook.cells if cell.get("id") == cell_id)
    texts = (output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    return "\n".join(filter(None, map(str.strip, texts)))


def as_html(executed: NotebookNode) -> str:
    """An executed notebook as one page without scripts that loads nothing from anywhere.

    Each display has a static twin; the live widgets beside them need a kernel and are left out.
    """
    page = copy.deepcopy(executed)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if WIDGET not in out.get("data", ())]
    html, _ = HTMLExporter(template_name="lab", embed_images=True).from_notebook_node(page)
    return re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows under ``COLUMNS``, aligned: numbers to the right, words to the left."""
    cells = [dict(zip(COLUMNS, COLUMNS, strict=True)), *rows]
    width = {name: max(len(row[name]) for row in cells) for name in COLUMNS}
    right = {"rank", "line", "influence"}

    def line(row: Mapping[str, str]) -> str:
        padded = (
            row[name].rjust(width[name]) if name in right else row[name].ljust(width[name])
            for name in COLUMNS
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(cells[0]), "-" * len(line(cells[0])), *map(line, rows)])


def influential(path: pathlib.Path) -> list[dict[str, str]]:
    """The rows of influence.csv, as ``table`` wants them."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        {**row, "file": row["source"], "influence": f"{float(row['influence']):+.5f}"}
        for row in rows
    ]


def main() -> None:
    """Run the demonstration."""
    began = time.perf_counter()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    done = run(NOTEBOOK, OUT)
    for name in ANSWERS:
        shutil.copy(OUT / "quickstart_answers" / name, OUT / name)
    print(printed(done).rstrip())
    print("\nWhich records drove this prediction? (above 0 they held it up)\n")
    print(table(influential(OUT / "influence.csv")))
    print(f"\nWhat if we forget a hospital?\n\n{answer_of(done, 'unlearn')}")
    print(f"\nWhat is on record?\n\n{answer_of(done, 'record')}")
    print(f"\nIn {time.perf_counter() - began:.0f} s from a fresh kernel. Look at:")
    for name in ("quickstart.html", *ANSWERS):
        print(f"  {(OUT / name).relative_to(ROOT)}")
    print("or run it yourself: make lab")


if __name__ == "__main__":
    sys.exit(main())
