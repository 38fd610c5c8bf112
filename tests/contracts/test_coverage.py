"""docs/coverage.md is true: every line under "Exact" is, and no line under "Not exact" is."""

import ast
import re

import numpy as np
import pytest

from tests.contracts.tree import ROOT
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import Session

PAGE = (ROOT / "docs/coverage.md").read_text()
IMPORTS = """
import numpy as np
import pandas as pd
import scipy.ndimage
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch.utils.data import DataLoader, TensorDataset
"""
GIVEN = """
df = pd.read_csv(path)
other = pd.read_csv(other_path)
X = df[["a", "b"]].to_numpy(dtype=float)
y = df["k"].to_numpy()
t = torch.from_numpy(X)
"""


def lines(section: str) -> list[str]:
    """The lines of code in a section of the page."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def run_cell(session: Session, number: int, source: str, names: dict) -> None:
    session.begin_cell(number, source, traced=True)
    exec(compile(session.rewrite(ast.parse(source)), f"<cell {number}>", "exec"), names)
    session.bind(names)
    session.end_cell(True)


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("coverage")
    body = "".join(f"{i % 5},{(i * 7) % 10},{'xyz'[i % 3]}\n" for i in range(12))
    (folder / "df.csv").write_text(f"a,b,k\n{body}")
    (folder / "other.csv").write_text("k,z\nx,1\ny,2\n")
    found = {"path": str(folder / "df.csv"), "other_path": str(folder / "other.csv")}
    exec(IMPORTS, found)
    return found


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def status_of(session: Session, names: dict, line: str) -> set[Status]:
    """The statuses of every row of a line's result."""
    run_cell(session, 1, GIVEN, names)
    run_cell(session, 2, f"out = {line}", names)
    out = names["out"]
    answers = [session.rows(out, i) for i in range(min(len(out), 6))]
    assert any(answer.sources or answer.context for answer in answers)
    return {Status(getattr(answer.status, "value", answer.status)) for answer in answers}


@pytest.mark.parametrize("line", lines("Exact"))
def test_what_the_page_calls_exact_is_exact(session, names, line):
    assert status_of(session, names, line) == {Status.EXACT}


@pytest.mark.parametrize("line", lines("Not exact, and said so"))
def test_what_the_page_calls_inexact_is_marked(session, names, line):
    assert max(status_of(session, names, line)) >= Status.INEXACT


def test_the_page_has_lines_for_every_framework():
    text = "\n".join(lines("Exact"))
    assert len(lines("Exact")) > 40
    assert all(word in text for word in ("df.", "np.", "StandardScaler", "torch."))
    assert np.all([line in PAGE for line in lines("Not exact, and said so")])
