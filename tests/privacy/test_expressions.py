"""Expressions lose their values, never their names; what cannot be read is not shown."""

from __future__ import annotations

import io
import tokenize

import pytest
from hypothesis import given, strategies as st

from traceprop_nb.session.privacy.expressions import HIDDEN, without_literals

CASES = {
    "name == 'Mrs Canary'": "name == <text>",
    'name in ["a", "b"] and age > 60': "name in [<text>, <text>] and age > <number>",
    "`home town` == 'Ulm' or age.isna()": "`home town` == <text> or age.isna()",
    "X_test[412]": "X_test[412]",
    "X[2:5]": "X[2:5]",
    "X[:2]": "X[:2]",
    "df.loc[4711]": "df.loc[<number>]",
    "df.loc[[4711]]": "df.loc[[<number>]]",
    "x[ids == 4711]": "x[ids == <number>]",
    "x['Ada']": "x[<text>]",
    "f'{x} Ada' != who": "<text> != who",
    "'''Ada\nLovelace''' == who": "<text> == who",
    "who == 'it\\'s Ada'": "who == <text>",
    "age > 1.5e3 # Ada": "age > <number>",
    "age > .5 and id == 0xFF": "age > <number> and id == <number>",
    "who == @wanted": "who == @wanted",
    "who == 'Ada": HIDDEN,
    'who == "Ada\n"': HIDDEN,
    "who == Ada; DROP": HIDDEN,
    "who ? 'Ada'": HIDDEN,
    "": "",
}


@pytest.mark.parametrize(("text", "shown"), CASES.items())
def test_literals_become_their_kind(text, shown):
    assert without_literals(text) == shown


def test_names_are_replaced_too_where_asked_but_not_the_words_of_the_language():
    shown = without_literals("who == 'A' and not `home town`.isna()", name=str.upper)
    assert shown == "WHO == <text> and not `HOME TOWN`.ISNA()"


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(words, st.sampled_from(["'", '"', "'''", '"""']), st.sampled_from(["", "r", "b", "f", "Rb"]))
def test_no_text_literal_of_python_survives(word, quote, prefix):
    marked = f"Zq{word}Zq"
    if "{" in word or "}" in word:
        prefix = ""
    text = f"name == {prefix}{quote}{marked}{quote} and 1 == 1"
    try:
        list(tokenize.generate_tokens(io.StringIO(text).readline))
        compile(text, "?", "eval")
    except (SyntaxError, tokenize.TokenError, ValueError):
        return  # the word ends the literal; whatever it is then, see the next law
    shown = without_literals(text)
    assert "Zq" not in shown
    assert shown in (HIDDEN, "name == <text> and <number> == <number>")


@given(st.text(max_size=30))
def test_any_text_is_shown_without_quotes_or_free_digits_or_not_at_all(text):
    shown = without_literals(text)
    assert shown == HIDDEN or not set("'\"#$;?\\") & set(shown)
