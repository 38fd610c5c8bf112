"""Static twins: everything escaped, nothing executed, the same bytes, small."""

import base64
import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from tests.golden import examples as ex
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.payloads.lineage_graph import lineage_graph
from traceprop_nb.payloads.record import record
from traceprop_nb.payloads.twins.influence_html import influence_html
from traceprop_nb.payloads.twins.lineage_svg import description, lineage_html, lineage_svg
from traceprop_nb.payloads.twins.markup import Markup, element
from traceprop_nb.payloads.twins.record_html import record_html
from traceprop_nb.payloads.twins.unlearning_html import unlearning_html
from traceprop_nb.payloads.twins.valuation_html import valuation_html
from traceprop_nb.payloads.unlearning import unlearning

TWINS = {
    "influence": (influence_html, ex.influence_example),
    "lineage": (lineage_html, ex.lineage_example),
    "record": (record_html, ex.record_example),
    "unlearning": (unlearning_html, ex.unlearning_example),
    "valuation": (valuation_html, ex.valuation_example),
}
EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>\x00\ud800"
KNOWN = {
    "b", "code", "details", "div", "img", "p", "pre", "span", "summary", "table", "tbody", "td",
    "th", "thead", "tr",
}  # fmt: skip


class Tags(HTMLParser):
    """Collects tags and attribute names of markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def poisoned(value):
    """The same JSON with every free text replaced by something hostile."""
    keep = {"schema", "direction", "state", "kind"}
    if isinstance(value, dict):
        return {k: v if k in keep else poisoned(v) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v) for v in value]
    return EVIL if isinstance(value, str) else value


def pictures(html: str) -> list[str]:
    """The SVG images inside a page."""
    found = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)
    return [base64.b64decode(data).decode() for data in found]


@pytest.mark.parametrize("name", TWINS)
def test_nothing_of_the_users_text_becomes_markup(name):
    twin, example = TWINS[name]
    html = twin(poisoned(example()))
    tags = Tags(html)
    assert tags.tags <= KNOWN
    assert tags.attributes <= {"style", "scope", "src", "alt"}
    assert not tags.open
    assert html.encode("utf-8")
    for picture in pictures(html):
        assert ET.fromstring(picture.encode()).tag.endswith("svg")
        assert "<script" not in picture


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_small_and_loads_nothing(name):
    twin, example = TWINS[name]
    html = twin(example())
    assert len(html) < 150_000
    for part in [html, *pictures(html)]:
        assert not re.findall(r"(?:src=|href=|url\()(?!\"data:)", part)


def test_attributes_and_children_are_escaped_unless_they_are_markup():
    assert element("p", "<b>", title='"') == '<p title="&quot;">&lt;b&gt;</p>'
    assert element("p", Markup("<b>"), x=None, data_a=1.5) == '<p data-a="1.5"><b></p>'


def test_the_bytes_do_not_depend_on_the_process():
    code = (
        "from tests.test_twins import TWINS; import hashlib; "
        "print(hashlib.sha256(''.join(t(e()) for t, e in TWINS.values()).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, text=True, check=True, cwd=ex.GOLDEN.parents[1],
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(seen) == 1


def test_the_drawing_shows_every_cell_and_says_what_is_not_exact():
    svg = lineage_svg(ex.lineage_example())
    text = "".join(ET.fromstring(svg.encode()).itertext())
    for shown in ["hospital_a.csv", "6,000 rows", "In [4] · df, X", "≈ not exact", "dashed"]:
        assert shown in text
    assert svg.count("stroke-dasharray") == 1
    assert description(ex.lineage_example()) == (
        "Lineage: 2 sources, 5 cells, 8 operations, 1 inexact"
    )


def test_a_drawing_that_leaves_something_out_says_so():
    cut = lineage_graph(ex.hospital_graph(), limit=4)
    assert "4 earlier operations not shown" in lineage_svg(cut)


def test_a_drawing_without_doubt_says_so():
    graph = LineageGraph()
    graph.append_source(name="a.csv", kind="file", n_rows=1)
    assert "every step is exact" in lineage_svg(lineage_graph(graph))
    assert lineage_svg(lineage_graph(LineageGraph()))


def test_a_large_session_stays_small_on_the_page():
    graph = LineageGraph()
    graph.append_source(name="a.csv", kind="file", n_rows=9)
    same = graph.map(Identity(9))
    for k in range(3000):
        edge = [k, same, Kind.DIRECT * 4]
        graph.append(graph.op("x"), -1, k // 5 + 1, 9, Status.EXACT, edge)
    html = lineage_html(lineage_graph(graph))
    assert len(html) < 150_000
    assert "In [600]" in html


def test_the_table_shows_estimator_lds_sign_and_place_of_every_row():
    html = influence_html(ex.influence_example())
    for shown in ["closed-form, leave_one_out", "LDS 0.99", "hospital_b.csv", "1,207", "+0.31",
                  "-0.24", "p0001,41,58000,benign", "age = 41", "[duplicate]",
                  "predicted malignant (0.83), true benign"]:  # fmt: skip
        assert shown in html


def test_bars_are_as_long_as_the_influences_and_on_their_side():
    html = influence_html(ex.influence_example())
    bars = re.findall(r"width:([\d.]+)%;height:10px;background:(#\w+);margin-left:([\d.]+)%", html)
    assert bars[0] == ("50", "#2f81b7", "50") or bars[0] == ("50.0", "#2f81b7", "50")
    width, colour, left = bars[1]
    assert float(width) == pytest.approx(50 * 0.24 / 0.31, abs=0.1)
    assert float(left) + float(width) == pytest.approx(50, abs=0.1)
    assert colour == "#c2570c"


def test_a_huge_table_is_cut_and_says_how_much_it_shows():
    payload = ex.influence_example()
    row = {**payload["rows"][0], "text": "x" * 5000, "values": [["a", "b" * 500]] * 50}
    html = influence_html({**payload, "rows": [row] * 1000})
    assert len(html) < 150_000
    assert "60 of 7,971 training rows" in html


def test_a_gold_line_is_drawn_only_where_there_is_a_retrained_model():
    with_gold = pictures(unlearning_html(ex.unlearning_example()))
    without = unlearning_html(unlearning(ex.unlearning_done(gold=False), title="b"))
    assert all("retrained" in picture for picture in with_gold)
    assert not any("retrained" in picture for picture in pictures(without))
    assert "not verified" in without


def test_the_baselines_the_band_and_the_choice_are_in_the_twin():
    html = unlearning_html(ex.unlearning_example())
    first, second = pictures(html)
    assert first.count('stroke-dasharray="1 4"') == first.count('stroke-dasharray="6 4"') == 1
    assert "fill-opacity" in first
    assert "fill-opacity" not in second
    for said in ("dotted: random rows", "dotted: nothing", "the model is convex", "damping 0.5",
                 "By class and slice", "class default", "test: parameters"):  # fmt: skip
        assert said in html


def test_values_say_whether_they_settled_and_list_both_ends():
    html = valuation_html(ex.valuation_example())
    for said in ("NOT settled after 400 evaluations", "0.12 in all", "least valuable rows",
                 "Most valuable rows", "its input is gone", "unknown", "[inexact]"):  # fmt: skip
        assert said in html
    exact = valuation_html(ex.valuation_example(sampled=False, steps=False))
    assert "settled" not in exact
    assert "By step" not in exact


def test_over_forgetting_is_marked():
    assert all("over-forgets" in p for p in pictures(unlearning_html(ex.unlearning_example())))


def test_every_state_is_on_the_summary_and_long_records_are_counted():
    html = record_html(ex.record_example())
    for shown in ["1 established", "1 contradicted", "41 test rows in training", "owner"]:
        assert shown in html
    field = {"id": "x", "label": "L", "state": "partial", "value": "y" * 2000}
    sections = [{"id": f"s{k}", "title": "T", "fields": [field] * 10} for k in range(40)]
    cut = record_html(record({"sections": sections}))
    assert len(cut) < 150_000
    assert "more sections in the saved record" in cut
