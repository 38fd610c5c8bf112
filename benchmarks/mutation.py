"""How many wrong rules the tests notice: sources are changed in one place, and the tests must fail.

``python -m benchmarks.mutation numpy --count 60`` changes constants, comparisons, operators and
kinds of edges, one at a time, in a copy of the package, and runs what proves those files on it.
"""

from __future__ import annotations

import argparse
import ast
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from benchmarks.environment import ROOT

TARGETS = {
    "numpy": ("traceprop_nb/adapters/numpy/*.py", ["tests/surface/test_numpy_surface.py",
                                                   "tests/test_rules_numpy.py"]),
    "maps": ("traceprop_nb/lineage/maps/*.py", ["tests/laws/test_row_maps.py",
                                                "tests/laws/test_codecs.py",
                                                "tests/test_row_map_forms.py"]),
}  # fmt: skip
"""What is changed, and the tests that must notice."""
_COMPARED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult}
_NAMES = {"CONTEXT": "DIRECT", "DIRECT": "CONTEXT", "EXACT": "INEXACT", "INEXACT": "EXACT"}


@dataclass(frozen=True)
class Mutant:
    """One change of one file: where, what it was and became, and the file's new text."""

    path: str
    line: int
    change: str
    text: str


def changes(source: str) -> int:
    """How many changes there are of a file."""
    return len(_places(ast.parse(source)))


def mutant(path: str, source: str, k: int) -> Mutant:
    """The k-th change of a file."""
    tree = ast.parse(source)
    node, number = _places(tree)[k]
    before = ast.unparse(node)
    _change(node, number)
    return Mutant(path, node.lineno, f"{before} -> {ast.unparse(node)}", ast.unparse(tree))


def _places(tree: ast.AST) -> list[tuple[ast.expr, int]]:
    """Expressions within functions that can be changed, in an order that is the same every time."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    inside = {id(n): n for f in functions for s in f.body for n in ast.walk(s)}
    return [
        (node, k)
        for node in inside.values()
        if isinstance(node, ast.expr)
        for k in range(len(node.ops) if isinstance(node, ast.Compare) else 1)
        if _can_change(node, k)
    ]


def _can_change(node: ast.expr, k: int) -> bool:
    if isinstance(node, ast.Compare):
        return type(node.ops[k]) in _COMPARED
    if isinstance(node, ast.BinOp):
        return type(node.op) in _COMPUTED
    if isinstance(node, ast.Name):
        return node.id in _NAMES
    return isinstance(node, ast.Constant) and type(node.value) is int


def _change(node: ast.expr, number: int) -> None:
    if isinstance(node, ast.Compare):
        node.ops[number] = _COMPARED[type(node.ops[number])]()
    elif isinstance(node, ast.BinOp):
        node.op = _COMPUTED[type(node.op)]()
    elif isinstance(node, ast.Name):
        node.id = _NAMES[node.id]
    elif isinstance(node, ast.Constant):
        node.value += 1


def killed(mutant: Mutant, copy: pathlib.Path, tests: list[str]) -> bool:
    """Whether the tests fail on a copy of the repository that has the change."""
    path = copy / mutant.path
    kept = path.read_text()
    path.write_text(mutant.text)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, timeout=900, check=False,
                              env={"PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"})  # fmt: skip
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(kept)


def main() -> None:
    """Draw mutants, try them and say which survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    pattern, tests = TARGETS[given.target]
    sources = {str(p.relative_to(ROOT)): p.read_text() for p in sorted(ROOT.glob(pattern))}
    every = [(path, k) for path, source in sources.items() for k in range(changes(source))]
    drawn = random.Random(given.seed).sample(every, min(given.count, len(every)))
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        for part in ("traceprop_nb", "tests", "benchmarks"):
            shutil.copytree(ROOT / part, copy / part)
        shutil.copy(ROOT / "pyproject.toml", copy)
        first = next(iter(sources))
        if killed(Mutant(first, 0, "nothing", sources[first]), copy, tests):
            raise SystemExit(
                "the tests fail on the unchanged copy, so that they would kill anything"
            )
        dead = 0
        for tried, (path, k) in enumerate(drawn, 1):
            one = mutant(path, sources[path], k)
            gone = killed(one, copy, tests)
            dead += gone
            fate = "killed" if gone else "SURVIVED"
            print(f"{dead}/{tried} of {len(every)}  {fate}: {path}:{one.line}  {one.change}",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
