"""The user's own modules: traced when asked, from their next import on, and else as they were."""

from __future__ import annotations

import importlib
import inspect
import sys

import numpy as np
import pytest

from traceprop_nb.errors import OptionError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.modules import trace_modules

CLEAN = '''"""Cleaning."""
from __future__ import annotations

import numpy as np

LIMIT = 2.0
TABLE = np.arange(3.0) * LIMIT


def keep(x, by=LIMIT):
    """Rows above."""
    chosen = x[x[:, 0] > by]
    return chosen * 2


class Cleaner:
    def __init__(self, start):
        self.start = start

    def __call__(self, x):
        return x[self.start:]


def broken(x):
    y = x + 1
    raise ValueError("on line 27")
'''


@pytest.fixture
def project(notebook, tmp_path, monkeypatch):
    """A package ``shop`` with a module ``clean``, importable."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").write_text("from shop import clean\n")
    (folder / "clean.py").write_text(CLEAN)
    monkeypatch.syspath_prepend(tmp_path)
    yield notebook
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def begin(notebook):
    notebook("import numpy as np\nfrom shop import clean")
    notebook.source("a", np.arange(12.0).reshape(6, 2))


def test_without_asking_its_functions_are_unknown(project):
    begin(project)
    project("out = clean.keep(a)")
    assert project.status("out") == Status.UNKNOWN


def test_a_function_of_a_traced_module_is_exact_and_says_where_it_lies(project):
    said = trace_modules(project.session, "shop")
    assert repr(said) == "traced when imported: shop"
    begin(project)
    project("out = clean.keep(a)\nlater = clean.Cleaner(2)(a)")
    assert project.behind("out", "a") == [[2], [3], [4], [5]]
    assert project.behind("later", "a") == [[2], [3], [4], [5]]
    assert (project.status("out"), project.status("later")) == (Status.EXACT, Status.EXACT)
    texts = {project.session.graph.site(at).text for at in range(len(project.session.graph))
             if project.session.graph.site(at) is not None}  # fmt: skip
    assert "clean.py:12: x[x[:, 0] > by]" in texts


def test_the_module_itself_is_as_it_was(project, tmp_path):
    trace_modules(project.session, "shop.clean")
    begin(project)
    module = project.names["clean"]
    assert module.__doc__ == "Cleaning."
    assert inspect.getsource(module.keep).startswith("def keep(x, by=LIMIT):")
    assert module.keep.__doc__ == "Rows above."
    assert module.TABLE.tolist() == [0.0, 2.0, 4.0]
    with pytest.raises(ValueError, match="on line 27") as caught:
        project("clean.broken(a)")
    assert [entry.lineno + 1 for entry in caught.traceback][-1] == 26
    assert not list(tmp_path.glob("shop/__pycache__/clean*"))


def test_outside_of_traced_cells_nothing_is_recorded(project):
    trace_modules(project.session, "shop")
    begin(project)
    size = len(project.session.graph)
    project("clean.keep(np.ones((3, 2)) * 3)", traced=False)
    assert len(project.session.graph) == size


def test_what_was_imported_before_is_named_and_a_reload_traces_it(project):
    begin(project)
    said = trace_modules(project.session, "shop")
    assert sorted(said.early) == ["shop", "shop.clean"]
    assert "importlib.reload()" in repr(said)
    importlib.reload(project.names["clean"])
    assert trace_modules(project.session).early == ("shop",)
    project("out = clean.keep(a)")
    assert project.status("out") == Status.EXACT


def test_a_module_with_an_error_says_so_itself(project, tmp_path):
    (tmp_path / "shop" / "wrong.py").write_text("x = (\n")
    trace_modules(project.session, "shop")
    begin(project)
    with pytest.raises(SyntaxError, match="never closed"):
        project("from shop import wrong")


def test_a_module_that_cannot_be_rewritten_is_imported_as_it_is(project, monkeypatch):
    def refuse(*_):
        raise RecursionError("too deep")

    trace_modules(project.session, "shop")
    monkeypatch.setattr(sys.modules[trace_modules.__module__], "rewrite_module", refuse)
    project("import numpy as np\nfrom shop import clean", traced=False)
    said = trace_modules(project.session)
    assert "shop.clean (RecursionError: too deep)" in repr(said)
    assert project.names["clean"].keep(np.ones((2, 2)) * 3).tolist() == [[6.0, 6.0]] * 2


@pytest.mark.parametrize("name", ["numpy", "json", "sys", "sklearn.linear_model"])
def test_installed_libraries_are_left_alone(project, name):
    with pytest.raises(OptionError, match="installed library"):
        trace_modules(project.session, name)


def test_a_name_that_is_none_is_refused(project):
    with pytest.raises(OptionError, match=r"'my package' is no module's name"):
        trace_modules(project.session, "my package")


def test_closing_the_session_takes_the_hook_off(project):
    trace_modules(project.session, "shop")
    assert project.session.modules in sys.meta_path
    project.session.close()
    assert project.session.modules not in sys.meta_path


def test_code_from_strings_and_files_is_unknown_and_says_so(notebook, tmp_path):
    notebook("import numpy as np, runpy")
    notebook.source("a", np.arange(4.0))
    notebook("exec('b = a[::-1].copy()')\nc = b + 0")
    assert notebook.status("c") == Status.UNKNOWN
    assert "nobody saw it made" in repr(notebook.session.why(notebook.names["c"]))
    (tmp_path / "script.py").write_text("import numpy as np\nmade = np.arange(3.0)\n")
    notebook(f"made = runpy.run_path({str(tmp_path / 'script.py')!r})['made']\nd = made + 1")
    assert notebook.status("d") == Status.UNKNOWN
