"""The files of the project, as the contracts read them."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "traceprop_nb"
FOLDERS = (
    ".ci", "benchmarks", "binder", "docs", "js/src", "js/test", "notebooks", "scripts", "tests",
    "traceprop_nb",
)  # fmt: skip
TEXT = {
    "", ".bib", ".cfg", ".css", ".html", ".ipynb", ".json", ".md", ".mjs", ".py", ".sh", ".svg",
    ".toml", ".ts", ".txt", ".yaml", ".yml",
}  # fmt: skip
NOT_OURS = {
    "__pycache__",
    ".ipynb_checkpoints",
    "node_modules",
    "quickstart_data",
    "quickstart_answers",
    ".test",
}


def modules(folder: pathlib.Path = PACKAGE) -> list[pathlib.Path]:
    """Every Python file below a folder, in order."""
    return sorted(folder.rglob("*.py"))


def texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every file that people wrote, and of the top-level ones."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.is_file()]
    for path in sorted(top + below):
        inside = path.relative_to(ROOT)
        if path.suffix in TEXT and not NOT_OURS & set(inside.parts):
            yield str(inside), path.read_text(encoding="utf-8")


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, methods and nested ones included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
