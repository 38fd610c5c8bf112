"""Modules stay small enough to read in one sitting, functions to see on one screen."""

import statistics

from tests.contracts.tree import PACKAGE, ROOT, functions, modules

FILE, USUAL, SCREEN = 400, 150, 40


def too_long(sources: dict[str, str], *, file: int = FILE, screen: int = SCREEN) -> list[str]:
    """Modules and functions over their limit, named with their length."""
    found = []
    for name, source in sources.items():
        lines = len(source.splitlines())
        if lines > file:
            found.append(f"{name}: {lines} lines")
        for function in functions(source):
            length = function.end_lineno - function.lineno + 1
            if length > screen:
                found.append(f"{name}:{function.lineno} {function.name}: {length} lines")
    return found


def sources(folder) -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in modules(folder)}


def test_no_module_of_the_package_is_over_400_lines_and_no_function_over_40():
    assert not too_long(sources(PACKAGE))


def test_the_usual_module_has_at_most_150_lines():
    assert statistics.median(len(text.splitlines()) for text in sources(PACKAGE).values()) <= USUAL


def test_tests_scripts_and_benchmarks_keep_to_the_file_limit_too():
    rest = [
        name
        for folder in ("tests", "scripts", "benchmarks")
        for name in sources(ROOT / folder).items()
    ]
    assert not too_long(dict(rest), screen=80)


def test_the_checks_above_can_fail():
    long = "def f():\n" + "    x = 1\n" * 60
    assert too_long({"a.py": long}) == ["a.py:1 f: 61 lines"]
    assert too_long({"b.py": "x = 1\n" * 401}) == ["b.py: 401 lines"]
