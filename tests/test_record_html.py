"""The page: self-contained, readable without colour, and whole in both schemes."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pytest

from tests.record_examples import clock, session
from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.finding import STATES
from traceprop_nb.reports.html import SIGNS
from traceprop_nb.reports.html_values import captured, escaped, shown

CSS = (files("traceprop_nb.reports") / "record.css").read_text("utf-8")


def wrong_page() -> str:
    a, b = session().sources
    changed = replace(a, digest_now="sha256:" + "0" * 64)
    return build(session(sources=(changed, b)), clock=clock, stated={"purpose": "x"}).to_html()


def test_the_page_loads_nothing_and_runs_nothing():
    for page in (build(Evidence(), clock=clock).to_html(), wrong_page()):
        assert not re.search(r"<script|<iframe|<object|<link|\bsrc=|url\(|@import|https?://", page)
        assert "default-src 'none'" in page


def test_a_state_is_a_sign_and_a_word():
    page = wrong_page()
    for state in STATES:
        sign = f'<span class="sign" aria-hidden="true">{SIGNS[state]}</span>'
        assert f'<span class="state">{sign} {state.replace("_", " ")}</span>' in page
    assert len(set(SIGNS.values())) == len(STATES)


def test_contradictions_come_before_the_sections():
    page = wrong_page()
    assert page.index('class="alarm"') < page.index('<section id="system"')
    assert "alarm" not in build(session(), clock=clock).to_html().split("</style>")[1]


def test_one_heading_of_the_first_rank_and_no_rank_is_skipped():
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])", wrong_page())]
    assert ranks.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(ranks))


def test_what_scrolls_can_be_reached_by_keyboard():
    page = wrong_page()
    assert page.count('class="scroll"') == page.count('class="scroll" tabindex="0"')
    assert '<pre id="record-json" tabindex="0"' in page


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_in_both_colour_schemes(scheme):
    block = CSS.split(":root {")[scheme + 1].split("}")[0]
    colours = dict(re.findall(r"--([a-z_]+): (#[0-9a-f]{6})", block))
    for text in ("ink", "soft", "link", *STATES):
        for ground in ("paper", "sheet", "alarm"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def test_hidden_characters_are_written_out():
    assert escaped("a\u202eb\x00\U000e0041") == "a\\u202eb\\u0000\\udb40\\udc41"
    assert captured("<b>") == "<bdi>&lt;b&gt;</bdi>"


def test_long_texts_are_cut_and_say_so():
    cut = captured("x" * 10_000)
    assert "(10000 characters)" in cut
    assert len(cut) < 400


@pytest.mark.parametrize(
    ("value", "html"),
    [
        (None, '<span class="none">not recorded</span>'),
        (True, "yes"),
        (7, "7"),
        (0.25, "0.25"),
        (1 / 3, '<span title="0.3333333333333333">0.333333</span>'),
        ([], "none"),
        ("", "none"),
        ([1, 2], "1, 2"),
        ({"name": "C", "value": None}, "<bdi>C</bdi> = none"),
    ],
)
def test_small_values_are_shown_plainly(value, html):
    assert shown(value) == html


def test_columns_begin_with_the_name():
    table = shown([{"cell": 1, "digest": "d", "name": "a"}])
    assert re.findall(r'<th scope="col">(\w+)', table) == ["name", "digest", "cell"]
