"""What must not stand in any file, and what must not stand in the package."""

import ast
import json
import re

import nbformat
import pytest

from tests.contracts.tree import PACKAGE, ROOT, modules, texts

# Written in pieces, so that this file does not find itself.
EVERYWHERE = {
    "a path of one machine": (
        r"(?<![\w.$}>])/(?:wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers)/(?!someone/)[\w.]"
    ),
    "a path below /tmp": r"/t" r"mp/[a-z]",
    "the address of a registry": r"https?://[\w.]*(?:py" r"pi|npm" r"js|pythonho" r"sted)\.",
    "unfinished work": r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b",
    "a verdict that is not ours": r"\b(?:is|are) (?:\w+[- ])?(?:compl" r"iant|cert" r"ified)\b",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "common", "manager", "base", "misc"}


def marks(text: str) -> list[str]:
    """What a text has that no file may have."""
    return [what for what, pattern in EVERYWHERE.items() if re.search(pattern, text)]


def test_no_file_names_a_machine_a_registry_or_unfinished_work():
    found = {name: marks(text) for name, text in texts() if name != "js/package-lock.json"}
    assert not {name: what for name, what in found.items() if what}


def test_the_lock_file_names_no_registry():
    assert '"resolved": "http' not in (ROOT / "js/package-lock.json").read_text()


@pytest.mark.parametrize(
    "text",
    ["open('/ho" "me/me/a.csv')", "cat /t" "mp/x", "--index-url https://py" "pi.org/simple",
     "# TO" "DO: later", "this system is compl" "iant"],
)  # fmt: skip
def test_the_check_above_can_fail(text):
    assert marks(text)


def faults(source: str) -> list[str]:
    """Calls and handlers that the package may not have, by line."""
    found = []
    tree = ast.parse(source)
    local = set(ast.walk(ast.Module(body=[n for n in ast.walk(tree) if catches_warnings(n)])))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print" | "breakpoint" as name)):
                found.append(f"{node.lineno}: {name}()")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="logging"), attr="basicConfig")):
                found.append(f"{node.lineno}: logging.basicConfig()")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="warnings"), attr=attr)):
                if attr in {"filterwarnings", "simplefilter"} and node not in local:
                    found.append(f"{node.lineno}: a warning filter for everybody")
            case ast.ExceptHandler(body=[only]) if swallows_all(node.type) and says_nothing(only):
                found.append(f"{node.lineno}: an error swallowed")
            case ast.ImportFrom(level=level) if level:
                found.append(f"{node.lineno}: a relative import")
    return found


def catches_warnings(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and "catch_warnings(" in ast.unparse(node.items[0])


def says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or ast.unparse(statement) == "..."


def swallows_all(caught: ast.expr | None) -> bool:
    return caught is None or (
        isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"}
    )


def test_the_package_prints_nothing_and_swallows_nothing():
    found = {str(path.relative_to(ROOT)): faults(path.read_text()) for path in modules(PACKAGE)}
    assert not {name: what for name, what in found.items() if what}


@pytest.mark.parametrize(
    "source",
    ["print(1)", "try:\n    f()\nexcept Exception:\n    pass", "try:\n    f()\nexcept:\n    ...",
     "import warnings\nwarnings.simplefilter('ignore')", "from . import lineage"],
)  # fmt: skip
def test_faults_are_found(source):
    assert faults(source)


@pytest.mark.parametrize(
    "source",
    ["try:\n    f()\nexcept KeyError:\n    pass",
     "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')"],
)  # fmt: skip
def test_a_narrow_handler_and_a_local_filter_are_no_faults(source):
    assert not faults(source)


def test_module_names_say_something():
    names = {
        part
        for path in modules(PACKAGE)
        for part in path.relative_to(PACKAGE).with_suffix("").parts
    }
    assert not names & VAGUE


def test_every_module_says_what_it_is():
    assert not [
        str(path.relative_to(ROOT))
        for path in modules(PACKAGE)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def stains(notebook: dict) -> list[str]:
    """What running a notebook leaves in it, and a commit may not have."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found = ["outputs"] * any(cell["outputs"] for cell in code)
    found += ["execution counts"] * any(cell["execution_count"] is not None for cell in code)
    found += ["widget state"] * ("widgets" in notebook["metadata"])
    ids = [cell.get("id") for cell in notebook["cells"]]
    return found + ["cells without an id of their own"] * (None in ids or len(set(ids)) < len(ids))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_valid_and_committed_without_outputs(path):
    notebook = json.loads(path.read_text())
    nbformat.validate(notebook)
    assert not stains(notebook)


def test_there_is_a_notebook_and_stains_are_found():
    assert NOTEBOOKS
    cell = {"cell_type": "code", "outputs": [{}], "execution_count": 1}
    assert len(stains({"cells": [cell], "metadata": {"widgets": {}}})) == 4
