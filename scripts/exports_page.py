"""Writes the tables of docs/exports.md from the formats themselves; a test compares."""

from __future__ import annotations

import pathlib
import sys

from traceprop_nb.exports import dvc, mlflow_store, parquet
from traceprop_nb.exports.formats import FORMATS
from traceprop_nb.exports.loss import Loss

PAGE = pathlib.Path(__file__).parents[1] / "docs/exports.md"
BEGIN, END = "<!-- written by scripts/exports_page.py -->", "<!-- end -->"


def tables() -> str:
    """The formats, and what each loses."""
    lines = [
        "| format | name | file ends in | comes back | checked by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in FORMATS.values():
        ends = ", ".join(f"`{end}`" for end in one.suffixes)
        back = "yes" if one.read is not None else "no"
        lines.append(f"| {one.title} | `{one.name}` | {ends} | {back} | {one.checked} |")
    lines.append(
        f"| Parquet with lineage in the footer | `{parquet.NAME}` | `.parquet` | yes | duckdb |"
    )
    lines.append(
        f"| MLflow, both ways | `{mlflow_store.NAME}` | a tracking address | yes | mlflow-skinny |"
    )
    lines.append(
        f"| DVC's files, in only | `{dvc.NAME}` | `.dvc`, `dvc.lock` | - | files of dvc 3.67 |"
    )
    lines += ["", "| format | what is lost | because |", "| --- | --- | --- |"]
    losing = {one.name: one.loses for one in FORMATS.values()}
    losing |= {parquet.NAME: parquet.LOSES, mlflow_store.NAME: mlflow_store.LOSES}
    for name, losses in losing.items():
        lines += [f"| `{name}` | {_part(one)} | {one.why} |" for one in losses]
        if not losses:
            lines.append(f"| `{name}` | nothing | |")
    return "\n".join(lines)


def _part(loss: Loss) -> str:
    part = loss.part.replace(".", ": ").replace("_", " ")
    return f"{part} {loss.when}" if loss.when else part


def page(text: str) -> str:
    """The page with its tables as they should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
