"""The notebooks over which exactness is measured are many, whole and counted right."""

import ast

import pytest

from benchmarks import exactness

FILES = exactness.notebooks()


def test_there_are_at_least_twenty():
    assert len(FILES) >= 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_has_five_to_twelve_cells_that_compile(path):
    cells = exactness.cells(path)
    assert 5 <= len(cells) <= 12
    for cell in cells:
        ast.parse(cell)


def notebook(tmp_path, last):
    file, path = tmp_path / "numbers.csv", tmp_path / "small.py"
    file.write_text("x\n" + "".join(f"{x}.5\n" for x in range(6)))
    read = f"df = pd.read_csv({str(file)!r})\ndf['record'] = np.arange(6)\n"
    path.write_text(
        f"# A test.\n# %%\nimport numpy as np\nimport pandas as pd\n# %%\n{read}# %%\n{last}\n"
    )
    return path


def test_what_is_exact_and_what_is_not_are_counted_apart(tmp_path):
    good = exactness.run(notebook(tmp_path, "big = df[df['x'] > 2]"), check=False)
    assert exactness.share(good) == 100
    unseen = "bad = np.apply_along_axis(eval('lambda v: v'), 0, df.to_numpy())"
    bad = exactness.run(notebook(tmp_path, unseen), check=False)
    assert exactness.share(bad) < 100
    assert exactness.doubts(bad)


def test_a_row_that_is_not_the_one_it_carries_is_found(tmp_path):
    right = "df = df[df['x'] > 2].sort_values('x', ascending=False)"
    assert not exactness.run(notebook(tmp_path, right)).wrong
    other = "df = df.copy()\ndf['record'] = [5, 4, 3, 2, 1, 0]"
    assert exactness.run(notebook(tmp_path, other)).wrong
