"""Programs out of statements: straight, in functions, loops, recursion, failing blocks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from tests.programs.frames import FRAME, JOIN
from tests.programs.matrices import IMPORTS, MATRIX, SETUP

Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several: Hypothesis does, or a random generator."""

PLAIN = "$body"
SHAPES = [
    "def step(x, B):\n$two\n    return x\n$it = step($it, B)",
    "def step($it, B):\n$body4\n    return $it\n$it = step($it, B)",
    "def step($it, depth=0):\n    if depth > 1:\n        return $it\n$body4\n"
    "    return step($it, depth + 1)\n$it = step($it)",
    "class Step:\n    def __call__(self, $it):\n$body8\n        return $it\n$it = Step()($it)",
    "def steps($it):\n$body4\n    yield $it\n$it = next(steps($it))",
    "for turn in range(2):\n$body4",
    "turn = 0\nwhile turn < 2:\n$body4\n    turn += 1",
    "try:\n$body4\n    $it['nothing of that name']\nexcept (KeyError, IndexError):\n    pass",
    "try:\n    $it.iloc[10 ** 9] + np.ones(7) @ np.ones(5)\nexcept Exception:\n$body4",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\nfinally:\n$body4",
    "if len($it) >= 0:\n$body4\nelse:\n    $it = None",
    "with contextlib.nullcontext():\n$body4",
    "kept = [$it]\n$body\nkept.append($it); $it = kept[-1]",
    "held = {'it': $it}\n$it = held['it']\n$body",
    "before = $it\n$body\n$it = $it if len($it) else before",
    "$body\n$it = [t for t in ($it, None) if t is not None][0]",
    "$body\n$it = (lambda t: t)($it)",
]


@dataclass(frozen=True)
class Program:
    """A program and what it runs on.

    Attributes:
        source: Its text; ``d`` and ``B`` are there when it begins, ``X`` is what it ends with.
        seed: Of the frames' contents and of every random generator.
        read: Whether it reads the first frame from the file ``path`` instead.
    """

    source: str
    seed: int
    read: bool


def program(pick: Pick) -> Program:
    """A program, by choices."""
    read = pick([False, False, True])
    lines = [pick(READERS)] if read else []
    frame = [_shaped(pick, pick(FRAME), "d") for _ in range(pick(range(5)))]
    if pick([True, False]):
        frame.insert(pick(range(len(frame) + 1)), pick(JOIN))
    matrix = [_shaped(pick, pick(MATRIX), "X") for _ in range(pick(range(4)))]
    lines += [*frame, SETUP.strip(), *matrix]
    return Program(IMPORTS.lstrip() + "\n".join(lines) + "\n", pick(range(100_000)), read)


READERS = [
    "d = pd.read_csv(path)",
    "d = pd.read_csv(path, engine='python')",
    "d = pd.read_csv(path, dtype={'k': 'int64', '_a': 'float64'})",
    "with open(path) as file:\n    pass\nd = pd.read_csv(filepath_or_buffer=path)",
    "d = pd.concat(list(pd.read_csv(path, chunksize=7)))",
]


def _shaped(pick: Pick, statement: str, it: str) -> str:
    numbers = {"f": pick([-0.8, -0.2, 0.0, 0.3, 0.9]), "i": pick(range(100)), "h": pick(range(5))}
    body = Template(statement).safe_substitute(numbers)
    shape = pick([PLAIN] * 12 + SHAPES)
    inside = body.replace("; ", "\n") if "\n" in body and "lambda" not in body else body
    return Template(shape).safe_substitute(
        it=it,
        body=body,
        body4=textwrap.indent(inside, " " * 4),
        body8=textwrap.indent(inside, " " * 8),
        two=textwrap.indent(f"{it} = x\n{inside}\nx = {it}", " " * 4),
    )
