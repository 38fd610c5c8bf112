"""A traced cell behaves as the same cell without its header, through a real shell."""

from __future__ import annotations

import re

import pytest

HEADERS = ["%%trace", "%%trace named --quiet --granularity op"]
ADDRESS = re.compile(r"0x[0-9a-f]+")


def plainly(text: str) -> str:
    """Printed text without what differs from run to run, and without our own line."""
    kept = [line for line in text.splitlines() if not line.startswith("trace ")]
    text = "\n".join(kept)
    text = re.sub(r"(CPU times|Wall time).*", r"\1", ADDRESS.sub("0x", text))
    text = re.sub(r"(Cell |In ?|Out ?)\[?In? ?\[\d+\]|Out\[\d+\]|<ipython-input[^>]*>", "", text)
    return re.sub(r"^( *-*>? *1 #) .*$", r"\1", text, flags=re.MULTILINE).strip()


CELLS = {
    "the last expression is displayed": "x = 3\nx + 1",
    "a semicolon silences it": "x = 3\nx + 1;",
    "an assignment shows nothing": "x = 3\ny = [x]\ny[0] = 4",
    "an import at the end shows nothing": "import math",
    "await at the top": "import asyncio\nawait asyncio.sleep(0)\nx = 5\nx",
    "async for at the top": (
        "async def g():\n    yield 1\n    yield 2\nr = [i async for i in g()]\n"
        "async for i in g():\n    print(i)\nr"
    ),
    "a line magic": "%time x = 1 + 1\nx",
    "a line magic assigned": "x = %time 1 + 1\nx",
    "a cell magic below": "%%time\nx = [1]\nx[0] + 1",
    "a capturing magic below": "%%capture out\nprint('inside')\nx = 1",
    "a shell command": "v = 'there'\n!echo hello {v} $v",
    "a shell command assigned": "files = !echo a; echo b\nfiles[1]",
    "help": "len?",
    "strings over lines": "s = '''a\n  %%trace\n    b'''\nprint(s)",
    "indented": "    x = 1\n    x + 1",
    "unicode": "größe = 'ä😀'\nprint(größe * 2)\nλ = größe[1]\nλ",
    "a syntax error": "x = 1\ny = = 2",
    "an indentation error": "x = 1\n  y = 2",
    "an error": "x = 1\n\n\ny = x / 0\nz = 3",
    "an error in a function": "def f(v):\n    w = v * 2\n    return w[0] + 1\n\nf(3)",
    "an interrupt": "x = 1\nraise KeyboardInterrupt",
    "an exit": "raise SystemExit(3)",
    "the source of a function": (
        "import inspect\ndef f(x):\n    return x + 1  # here\nprint(inspect.getsource(f))"
    ),
    "a line number": "import sys\nsys._getframe().f_lineno",
    "an undefined magic": "%nonsense 3",
    "a failing line magic": "x = 1\n%time 1 / 0",
    "only a comment": "# nothing",
    "a docstring first": "'''doc'''\nfrom __future__ import annotations\nx: nothing = 1\nx",
    "displays in the middle": "from IPython.display import display\ndisplay([1])\n[2]",
    "underscores": "40 + 2\n",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_the_same_with_and_without_header(shell, name, header):
    source = CELLS[name]
    plain = source if source.startswith(("%%", " ")) else f"# plain\n{source}"
    seen = []
    for cell in (plain, f"{header}\n{source}"):
        shell.ip.user_ns.pop("x", None)
        result = shell(cell)
        error = result.error_before_exec or result.error_in_exec
        names = {k: repr(shell.ip.user_ns.get(k)) for k in ("x", "y", "r", "s", "files", "λ")}
        seen.append(
            {
                "success": result.success,
                "value": ADDRESS.sub("0x", repr(result.result)),
                "error": plainly(repr(error)),
                "names": names,
                "printed": plainly(shell.printed),
                "errors": plainly(shell.errors),
            }
        )
    without, with_header = seen
    assert with_header == without


def test_an_error_names_its_own_line_and_shows_one_traceback(shell):
    shell("%%trace\nx = 1\n\ny = x / 0\n")
    assert shell.printed.count("ZeroDivisionError: division by zero") == 1
    assert "----> 4 y = x / 0" in shell.printed
    assert "traceprop" not in shell.printed


def test_a_syntax_error_names_its_own_line_and_the_next_cell_is_traced(shell, session):
    result = shell("%%trace\nx = 1\ny = = 2\n")
    assert isinstance(result.error_before_exec, SyntaxError)
    assert result.error_before_exec.lineno == 3
    assert shell.value("%%trace\n1 + 1") == 2


def test_history_keeps_the_header(shell):
    shell("%%trace clean\nx = 1\nx")
    assert shell.ip.history_manager.input_hist_raw[-1] == "%%trace clean\nx = 1\nx"
    assert "%%trace clean" in shell.ip.user_ns["In"][-1]
    assert shell.ip.user_ns["Out"][shell.ip.execution_count - 1] == 1
    assert shell.ip.user_ns["_"] == 1


@pytest.mark.parametrize(
    "interactivity", ["all", "last", "last_expr", "none", "last_expr_or_assign"]
)
@pytest.mark.parametrize(
    "source",
    ["1\n[2]\nx = 3", "x = [1]\nx += [2]", "x = [1]\nx[0] = 5", "import math", "x = 4\n-x"],
)
def test_what_is_displayed_follows_the_users_setting(shell, interactivity, source):
    shell.ip.ast_node_interactivity = interactivity
    shell("\n" + source)
    without = plainly(shell.printed)
    shell("%%trace --quiet\n" + source)
    assert plainly(shell.printed) == without


def test_nothing_is_left_in_the_users_names(shell):
    shell("\nx = 0")
    before = set(shell.ip.user_ns)
    shell("%%trace\nimport math\nx = math.pi + 1\nx = [x][0] * 2\n")
    assert {k for k in set(shell.ip.user_ns) - before if not re.fullmatch("_i?[0-9]*", k)} == {
        "math"
    }


def test_a_wrong_header_stops_the_cell_with_one_line(shell):
    result = shell("%%trace --quite\nran = True\n")
    assert not result.success
    assert "ran" not in shell.ip.user_ns
    text = (shell.printed + shell.errors).strip()
    assert text == (
        "UsageError: %%trace: no option --quite; did you mean --quiet? (%%trace? explains)"
    )


def test_one_line_says_what_a_cell_added_unless_it_is_quiet(shell):
    shell("%%trace load\nx = 1\n")
    assert shell.printed.startswith("trace load · ")
    assert len(shell.printed.strip().splitlines()) == 1
    shell("%%trace load --quiet\nx = 1\n")
    assert shell.printed == ""


def test_a_cell_that_fails_shows_its_error_and_no_summary(shell):
    shell("%%trace\n1 / 0\n")
    assert "trace of cell" not in shell.printed


def test_another_transformer_of_the_users_still_works(shell):
    def shout(lines):
        return [line.replace("QUIET", "'loud'") for line in lines]

    shell.ip.input_transformers_post.append(shout)
    try:
        assert shell.value("%%trace --quiet\nQUIET") == "loud"
    finally:
        shell.ip.input_transformers_post.remove(shout)


def test_a_cell_may_run_another(shell):
    shell("%%trace --quiet\na = 1\nr = get_ipython().run_cell('b = a + 1\\nb')\nc = r.result + 1")
    assert shell.value("c") == 3


def test_a_cell_may_run_a_file(shell, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from_file = 40 + 2\n")
    assert shell.value(f"%%trace --quiet\n%run {script}\nfrom_file + 1") == 43


def test_a_silent_run_inside_a_traced_cell_is_harmless(shell):
    shell("%%trace --quiet\nget_ipython().run_cell('q = 1', silent=True)\nq += 1")
    assert shell.value("q") == 2


def test_programmatic_cells_return_their_value_and_raise_their_error(shell):
    shell("ip = get_ipython()")
    assert shell.value("ip.run_cell_magic('trace', '--quiet', 'p = 20\\np + 1')") == 21
    assert shell.ip.user_ns["p"] == 20
    result = shell("\n\nip.run_cell_magic('trace', '--quiet', 'p = 20\\np / 0')")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert "----> 2 p / 0" in shell.printed


def test_a_cell_magic_above_ours_works_too(shell):
    shell("%%capture out\n%%trace\nprint('inside')\nx = 7")
    assert shell.value("x") == 7
    assert "inside" in shell.value("out.stdout")
    shell("%%time\n%%trace\nx = 8")
    assert "Wall time" in shell.printed
    assert shell.value("x") == 8


def test_help_is_shown_and_the_cell_does_not_run(shell):
    shown = repr(shell.value("%%trace --help\nran = True"))
    assert shown.startswith("%%trace")
    assert "--granularity" in shown
    assert "ran" not in shell.ip.user_ns
    shell("%%trace?")
    assert "--granularity" in shell.printed
    assert "%%trace" in repr(shell.value("%lsmagic"))
