"""Which tests of which library are run, as far as the library ships them."""

from __future__ import annotations

import importlib.util
import pathlib
import sysconfig
from dataclasses import dataclass

GRAMMAR = """
asyncgen augassign baseexception binop bool builtin call class code compare complex contains
context contextlib contextlib_async copy coroutines dataclasses decorators defaultdict deque descr
dict dictcomps dictviews dynamic dynamicclassattribute enum enumerate exceptions except_star
exception_group exception_hierarchy exception_variations extcall eof float format frame frozen
fstring funcattrs functools future future3 future4 future5 gc generator_stop generators
genericclass genericpath genexps global grammar hash heapq import inspect int isinstance iter
iterlen itertools keywordonlyarg lambda list listcomps long memoryview metaclass named_expressions
numeric_tower opcodes operator ordered_dict patma pep646_syntax pickle pkgutil positional_only_arg
pow print property raise range reprlib richcmp scope set setcomps slice sort string_literals
structseq subclassinit super sys syntax tokenize traceback tuple type_annotations type_comments
typechecks types typing unary unicode_identifiers unpack unpack_ex userdict userlist utf8source
warnings weakref weakset with yield_from
""".split()
"""Modules of CPython's own tests that are about the language rather than about a library."""


@dataclass(frozen=True)
class Suite:
    """Tests of one library.

    Attributes:
        name: Of the library.
        root: Folder that its modules are imported from.
        folders: Of test files, below ``root``.
        modules: What is rewritten; the test files by their names where they are in no package.
        config: pytest's configuration, below ``root``; empty for none.
        options: Of pytest.
        quick: How many files a quick run takes, spread over all.
        names: The files of the folders, without ``test_`` and ``.py``; empty for all.
    """

    name: str
    root: pathlib.Path
    folders: tuple[str, ...]
    modules: tuple[str, ...] = ()
    config: str = ""
    options: tuple[str, ...] = ()
    quick: int = 2
    names: tuple[str, ...] = ()

    def files(self) -> list[pathlib.Path]:
        """Test files that are installed, by path."""
        found = [f for folder in self.folders for f in (self.root / folder).rglob("test_*.py")]
        if self.names:
            found = [f for f in found if f.stem.removeprefix("test_") in self.names]
        return sorted(found)

    def rewritten(self, files: list[pathlib.Path]) -> tuple[str, ...]:
        """Names of the modules that the hook reads."""
        return (*self.modules, *(f.stem for f in files if not (f.parent / "__init__.py").exists()))


_FAST = ("-m", "not slow and not network")


def suites() -> list[Suite]:
    """Those of the installed libraries."""
    packages = pathlib.Path(sysconfig.get_path("purelib"))
    frames = "frame series reshape groupby copy_view indexing".split()
    numpy = ("numpy/_core/tests", "numpy/lib/tests")
    learn = tuple(
        f"sklearn/{part}/tests" for part in ("preprocessing", "model_selection", "compose")
    )
    every = [
        Suite("pandas", packages, tuple(f"pandas/tests/{one}" for one in frames),
              ("pandas.tests",), "pandas/pyproject.toml", _FAST, 6),
        Suite("numpy", packages, numpy, ("numpy.lib.tests",), options=_FAST, quick=4),
        Suite("sklearn", packages, learn, tuple(one.replace("/", ".") for one in learn), quick=1),
        Suite("sklearn pipeline", packages, ("sklearn/tests",), ("sklearn.tests",), quick=1,
              names=("pipeline",)),
    ]  # fmt: skip
    found = importlib.util.find_spec("test")
    if found is not None and found.origin:  # some distributions leave it out
        root = pathlib.Path(found.origin).parents[1]
        modules = tuple(f"test.test_{one}" for one in GRAMMAR)
        grammar = Suite("cpython", root, ("test",), modules, quick=10, names=tuple(GRAMMAR))
        every.append(grammar)
    return [suite for suite in every if suite.files()]


def spread(files: list[pathlib.Path], number: int) -> list[pathlib.Path]:
    """So many of the files, from all over the list."""
    return files[:: max(len(files) // number, 1)][:number]
