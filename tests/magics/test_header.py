"""Headers as text: what comes off a cell, what stays."""

import pytest
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import TransformerManager

from traceprop_nb.magics.header import read_header, tidy, without_header


def cleaned(source: str) -> str:
    return "".join(without_header(source.splitlines(keepends=True)))


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n",
        "%time x = 1\n",
        "%%time\nx = 1\n",
        "%%tracer\nx = 1\n",
        "%%trace?\n",
        "%%train?\n",
        "%%trace --help\nx = 1\n",
        "x = 1\n%%trace\n",
        "s = '''\n%%trace\n'''\n",
        "",
    ],
)
def test_a_cell_without_our_header_is_left_alone(source):
    assert cleaned(source) == source


@pytest.mark.parametrize(
    "header", ["%%trace", "%%trace clean --quiet", "%%train clf --model m", "%%trace größe"]
)
def test_a_header_becomes_a_comment_and_lines_keep_their_numbers(header):
    source = f"{header}\n\nx = 1\ny = '''\n%%trace\n'''\n"
    assert cleaned(source) == "# " + source


def test_both_headers_may_stand_together():
    assert cleaned("%%trace load\n%%train clf\nx = 1\n") == "# %%trace load\n# %%train clf\nx = 1\n"
    header = read_header(["%%trace load\n", "%%train clf\n", "x = 1\n"])
    assert header.trace.name == "load"
    assert header.train.name == "clf"


@pytest.mark.parametrize("gap", ["", "\n", "\n  \n"])
def test_the_header_goes_away_where_another_cell_magic_follows(gap):
    assert cleaned(f"%%trace\n{gap}%%time\nx = 1\n") == "%%time\nx = 1\n"


def test_a_line_magic_may_follow():
    assert cleaned("%%trace\n%time x = 1\n") == "# %%trace\n%time x = 1\n"


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("%%trace\nx\n", True),
        ("%%train clf\nx\n", True),
        ("%%time\n%%trace\nx\n", True),
        ("%%trace\n%%time\nx\n", True),
        ("\n\n    %%trace\n    x\n", True),
        (">>> %%trace\n", True),
        ("%%time\nx\n%%trace\n", False),
        ("x\n", False),
        ("%%tracer\n", False),
        ("%%trace?\n", False),
    ],
)
def test_a_header_is_found_among_the_magics_on_top_only(source, asked):
    assert read_header(tidy(source)).asked is asked


@pytest.mark.parametrize("source", ["%%trace --nonsense\nx\n", "%%train\nx\n", "%%trace 'a\nx\n"])
def test_a_wrong_header_is_refused(source):
    with pytest.raises(UsageError):
        cleaned(source)


def test_a_cell_is_read_the_same_way_any_number_of_times():
    once = cleaned("%%trace a\n%%time\nx\n"), cleaned("%%trace a\nx\n")
    assert (cleaned("%%trace a\n%%time\nx\n"), cleaned("%%trace a\nx\n")) == once
    assert cleaned(once[1]) == once[1]


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("%%trace", "incomplete"),
        ("%%trace\nx = 1", "incomplete"),
        ("%%trace\nx = (1,", "incomplete"),
        ("%%trace --nonsense\n", "incomplete"),
        ("%%trace\nx = 1\n\n", "complete"),
    ],
)
def test_a_terminal_waits_for_the_rest_of_the_cell(typed, status):
    manager = TransformerManager()
    plain = manager.check_complete(typed.replace("trace", "timeit"))
    manager.cleanup_transforms.append(without_header)
    found = manager.check_complete(typed)
    assert found == plain
    assert found[0] == status or typed.endswith("nonsense\n")
