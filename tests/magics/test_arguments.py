"""Lines behind magics: words, options, refusals."""

import shlex

import pytest
from hypothesis import given, strategies as st
from IPython.core.error import UsageError

from traceprop_nb.errors import OptionError
from traceprop_nb.magics import grammars
from traceprop_nb.magics.arguments import split, without_semicolon
from traceprop_nb.magics.rows import is_row_list, row_list

BALANCED = st.recursive(
    st.text("ab1.'\"", max_size=3).filter(lambda s: s.count("'") % 2 == s.count('"') % 2 == 0),
    lambda inner: st.tuples(st.sampled_from(["()", "[]", "{}"]), inner).map(
        lambda t: t[0][0] + t[1] + t[0][1]
    ),
)


@given(st.text("ab \t=-.,'\"\\é", max_size=30))
def test_without_brackets_words_are_what_a_shell_makes_of_them(line):
    try:
        words = shlex.split(line)
    except ValueError:
        return
    assert split(line) == words


@given(st.lists(st.text("ab1.-", min_size=1, max_size=5), max_size=4))
def test_quoted_words_come_back(words):
    assert split(" ".join(map(shlex.quote, words))) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('X_test.loc[["a b", "c"]] -k 3', ['X_test.loc[["a b", "c"]]', "-k", "3"]),
        ("f(x, 'it) s') --run r", ["f(x, 'it) s')", "--run", "r"]),
        ('--where "a > (3)"', ["--where", "a > (3)"]),
        ('--set purpose="a (b) c"', ["--set", "purpose=a (b) c"]),
        ('{"k": [1, 2]}["k"]', ['{"k": [1, 2]}["k"]']),
        (r'df[df.a == "\"]"] x', [r'df[df.a == "\"]"]', "x"]),
        ("größe[1] ähnlich", ["größe[1]", "ähnlich"]),
        ("", []),
    ],
)
def test_a_word_with_brackets_is_left_as_written(line, words):
    assert split(line) == words


@given(BALANCED)
def test_a_balanced_expression_is_one_word(text):
    wrapped = f"x[{text}]"
    assert split(f"  {wrapped}  ") == [wrapped]


@pytest.mark.parametrize("line", ["'open", '"open', "x[1", "f(a, [b)", "a 'b c"])
def test_what_is_never_closed_is_refused(line):
    with pytest.raises(UsageError, match="never closed"):
        split(line)


@pytest.mark.parametrize(
    ("magic", "line", "message"),
    [
        ("%influence", "x --rn a", "%influence: no option --rn; did you mean --run?"),
        ("%influence", "x --metod auto", "did you mean --method"),
        ("%%trace", "--granularty op", "did you mean --granularity"),
        ("%%trace", "--granularity ops", "'ops' is none of op, batch, epoch; did you mean op"),
        ("%%trace", "a b", "nothing to do with 'b'"),
        ("%%train", "", "required: NAME"),
        ("%%train", "clf --checkpoints 0", "'0' is not a whole number from 1"),
        ("%%train", "clf --proj-dim 4e3", "'4e3' is not a whole number from 1"),
        (
            "%trace",
            "of",
            "'of' is none of on, off, status, reset, verify, modules; did you mean off",
        ),
        ("%influence", "", "required: EXPR"),
        ("%influence", "x --by rows", "did you mean row?"),
        ("%lineage", "x --row three", "invalid int value"),
        ("%lineage", "x --focus upp", "did you mean up"),
        ("%unlearn", "--source a --rows 1", "not allowed with"),
        ("%unlearn", "--gold", "--where --reached --influence --subject is required"),
        ("%unlearn", "--rows 1 --golden", "no option --golden; did you mean --gold?"),
        ("%report", "--set purpose", "'purpose' is not of the form field=value"),
        ("%report", "--sav x", "did you mean --save"),
    ],
)
def test_a_wrong_line_is_refused_in_one_line_with_the_nearest_valid_word(magic, line, message):
    with pytest.raises(UsageError) as refusal:
        grammars.PARSERS[magic].read(line)
    text = str(refusal.value)
    assert message in text
    assert "\n" not in text
    assert text.startswith(magic)


@pytest.mark.parametrize("parser", grammars.PARSERS.values(), ids=list(grammars.PARSERS))
def test_help_is_recognised_wherever_it_stands_and_explains_every_option(parser):
    assert parser.read("--help").help
    assert parser.read("what ever --nonsense --help").help
    for option in parser.options():
        assert option in parser.documentation()


def test_options_are_not_abbreviated():
    with pytest.raises(UsageError, match="--gra; did you mean"):
        grammars.TRACE_CELL.read("--gra op")


def test_repeated_statements_are_kept_in_order():
    values = grammars.REPORT.read('session --set a=1 --set b="x = y" --save r.html')
    assert values.stated == [("a", "1"), ("b", "x = y")]
    assert values.save == "r.html"


@pytest.mark.parametrize(
    ("line", "bare", "silent"),
    [
        ("x;", "x", True),
        ("x ; ", "x", True),
        ("x", "x", False),
        ("", "", False),
        ("a;b", "a;b", False),
    ],
)
def test_a_trailing_semicolon_is_not_part_of_the_line(line, bare, silent):
    assert without_semicolon(line) == (bare, silent)


@given(st.sets(st.integers(0, 60), min_size=1))
def test_rows_written_singly_or_as_ranges_are_the_same_rows(rows):
    singly = ",".join(map(str, rows))
    ordered, parts = sorted(rows), []
    while ordered:
        run = [ordered.pop(0)]
        while ordered and ordered[0] == run[-1] + 1:
            run.append(ordered.pop(0))
        parts.append(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]))
    assert row_list(singly).tolist() == row_list(", ".join(parts)).tolist() == sorted(rows)


@pytest.mark.parametrize(
    "text", ["", "a", "1;2", "1-", "-3", "1,,2", "rows", "np.arange(3)", "1.5"]
)
def test_what_is_no_row_list_is_an_expression_or_refused(text):
    assert not is_row_list(text)
    with pytest.raises(OptionError, match="write them as 1,5,9-12"):
        row_list(text)


def test_a_range_that_runs_backwards_is_refused_with_the_right_one():
    with pytest.raises(OptionError, match="12-9 run backwards; write 9-12"):
        row_list("1,12-9")
