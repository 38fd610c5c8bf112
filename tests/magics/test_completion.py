"""Tab in the line of a magic, through IPython's own completer."""

from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter


def tab(shell, text: str) -> list[str]:
    """What Tab offers behind a text."""
    with provisionalcompleter():
        found = list(shell.ip.Completer.completions(text, len(text)))
    return [c.text for c in found]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%%trace --g", ["--granularity"]),
        ("%%trace --granularity ", ["op", "batch", "epoch"]),
        ("%%trace --granularity b", ["batch"]),
        ("%trace o", ["on", "off"]),
        ("%influence X --by ", ["row", "source"]),
        ("t = %influence X --b", ["--by"]),
        ("%lineage x --focus u", ["up"]),
        ("%unlearn --g", ["--gold"]),
        ("%%train clf --proj", ["--proj-dim"]),
        ("%report --s", ["--save", "--set"]),
    ],
)
def test_options_and_their_words_are_offered(shell, line, offered):
    assert sorted(tab(shell, line)) == sorted(offered)


def test_a_models_name_is_one_of_the_users_variables(shell):
    shell("classifier = 1\nclarity = 2\n_hidden = 3")
    assert tab(shell, "%%train r --model cla") == ["clarity", "classifier"]
    assert "_hidden" not in tab(shell, "%%train r --model ")


def test_a_value_is_completed_from_the_users_names(shell):
    shell("some_values = [1]\nimport math")
    assert tab(shell, "%influence some_v") == ["some_values"]
    assert tab(shell, "%lineage math.asi") == tab(shell, "%time math.asi")


def test_other_lines_are_left_alone(shell):
    assert "--granularity" not in tab(shell, "%time --g")
    assert "--granularity" not in tab(shell, "x = 1 --g")
    assert "--granularity" not in tab(shell, "%%trace")


def test_the_second_line_of_a_cell_is_python(shell):
    shell("some_values = [1]")
    assert "some_values" in tab(shell, "%%trace --quiet\nsome_v")
    assert "--quiet" not in tab(shell, "%%trace\nsome_values --q")
