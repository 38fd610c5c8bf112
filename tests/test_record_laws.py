"""Laws of a record, for any evidence at all: valid, honest by construction, and harmless.

The evidence is generated from the dataclasses themselves, so that a new field is covered on the
day it is added; every text may be hostile.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from html.parser import HTMLParser

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from tests.record_examples import clock, session
from traceprop_nb.reports import Evidence, Record, build, evidence as evidence_module
from traceprop_nb.reports.evidence import STATUS_WORDS, CheckpointFact, Origins
from traceprop_nb.reports.kinds import KINDS, every_human
from traceprop_nb.reports.plain import plain

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</pre></details><script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "]]></style><svg/onload=alert(1)>",
    "javascript:alert(1)//<a href=javascript:alert(1)>",
    "&lt;b&gt;&amp;&#60;",
    "abc\u202etxt.exe\u2066",
    "\U000e0041\udc80\x00\x1b[31m\r\n\u2028",
    "sha256:" + "0" * 64,
    "sha256:" + "0" * 64 + '"><b>',
    "x" * 5000,
    "",
]
IDS = [human.field.id for human in every_human()]
CLOCK = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
texts = st.sampled_from(HOSTILE) | st.text(max_size=12)
digests = st.integers(0, 3).map(lambda n: "sha256:" + f"{n}" * 64) | texts
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just(np.float64("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
row_sets = st.lists(st.integers(0, 9), max_size=4).map(lambda r: np.array(sorted(set(r)), np.int64))
origins = st.builds(
    Origins, st.dictionaries(st.integers(0, 3), row_sets, max_size=3), st.sampled_from(STATUS_WORDS)
)

checkpoints = st.just(
    CheckpointFact(3, "sha256:" + "1" * 64, "0" * 64, 1, "f" * 64, unsigned="no key")
) | st.just(
    CheckpointFact(
        3,
        "sha256:" + "1" * 64,
        "0" * 64,
        1,
        "f" * 64,
        "ed25519:" + "a" * 32,
        "b" * 64,
        "A" * 86 + "==",
        None,
    )
)


def values(hint: object, name: str) -> st.SearchStrategy:
    """A strategy for a field of the evidence, from its type."""
    made_of, parts = typing.get_origin(hint), typing.get_args(hint)
    if made_of is typing.Literal:
        return st.sampled_from(parts)
    if type(None) in parts:
        return st.one_of([values(part, name) for part in parts])
    if made_of is tuple:
        return st.lists(values(parts[0], name), max_size=2).map(tuple)
    if made_of is not None:  # the only mappings: names to settings
        return st.dictionaries(texts, anything, max_size=3)
    return single(hint, name)


def single(hint: object, name: str) -> st.SearchStrategy:
    """A strategy for a type without parts."""
    if dataclasses.is_dataclass(hint):
        own = {Origins: origins, CheckpointFact: checkpoints}
        return own[hint] if hint in own else facts(hint)
    if hint is int:
        seed = st.just(2**70) if name == "value" else st.nothing()
        return st.integers(0, 4 if name == "key" else 12) | seed
    if hint is object:  # a stated value, as it stands in the log
        return anything.map(plain)
    if name == "about":
        return st.sampled_from(IDS) | texts
    simple = {str: digests if "digest" in name else texts, float: st.floats(), bool: st.booleans()}
    if name in ("when", "until"):
        return st.sampled_from([CLOCK, CLOCK[:10]]) | texts
    return st.none() if hint is type(None) else simple[hint]


def facts(kind: type) -> st.SearchStrategy:
    hints = typing.get_type_hints(
        kind, {**vars(evidence_module), **vars(sys.modules[kind.__module__])}
    )
    return st.builds(
        kind, **{f.name: values(hints[f.name], f.name) for f in dataclasses.fields(kind)}
    )


spoken = texts.filter(str.strip) | st.just("not applicable: <b>no</b>")
asked = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {
            "kind": st.just(kind),
            "stated": st.dictionaries(
                st.sampled_from([*(human.name for human in KINDS[kind].humans), "by"]),
                spoken,
                max_size=3,
            ),
            "as_of": st.none() | st.dates().map(str),
        }
    )
)
thorough = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes minutes
)


class Page(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        self.anchors += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.text.append(data)


def page(record: Record) -> Page:
    parsed = Page()
    parsed.feed(record.to_html())
    return parsed


HARMLESS = page(build(session(), clock=clock, stated={"purpose": "x"}, as_of="2026-01-01"))
TAGS = HARMLESS.tags | {"em", "ul", "li", "b", "code", "span", "table", "dl"}


@thorough
@given(facts(Evidence), asked)
def test_any_evidence_gives_a_record_that_is_valid_and_honest(evidence, how):
    record = build(evidence, clock=clock, **how)
    # A signature that was made up is found to be none.
    judged = [c for c in record.verify().checks if "file" not in c.name]
    made_up = evidence.log and evidence.log.checkpoint and evidence.log.checkpoint.signature
    wrong = {c.name for c in judged if c.result == "fail"}
    assert wrong <= {"signature of the log", "signatures of statements"}
    assert ("signature of the log" in wrong) == bool(made_up)
    content = record.to_dict()
    indexed = {entry["id"] for entry in content["evidence"]}
    for field in (field for section in content["sections"] for field in section["fields"]):
        if field["state"] in ("established", "partial", "contradicted"):
            assert field["evidence"]
            assert set(field["evidence"]) <= indexed
        if field["state"] in ("established", "contradicted"):
            result = "pass" if field["state"] == "established" else "fail"
            assert field["check"]["result"] == result
        if field["state"] in ("stated", "not_applicable"):
            assert field["stated_by"]["who"].strip()
        else:
            assert "stated_by" not in field
    assert build(evidence, clock=clock, **how).body == record.body


@thorough
@given(facts(Evidence), asked)
def test_no_captured_text_becomes_markup(evidence, how):
    record = build(evidence, clock=clock, **how)
    parsed = page(record)
    assert parsed.tags <= TAGS
    assert parsed.attributes <= HARMLESS.attributes | {"title"}
    assert all(link.startswith("#") for link in parsed.links)
    assert {link[1:] for link in parsed.links} <= set(parsed.anchors)
    assert len(set(parsed.anchors)) == len(parsed.anchors)
    hidden = {char for text in parsed.text for char in text if char in "\u202e\u2066\x00\x1b"}
    assert not hidden


@thorough
@given(facts(Evidence), asked)
def test_the_page_holds_the_very_record(tmp_path_factory, evidence, how):
    record = build(evidence, clock=clock, **how)
    path = record.save(tmp_path_factory.mktemp("r") / "r.html")
    assert Record.load(path).body == record.body


def test_the_control_markup_in_a_page_is_seen():
    broken = Page()
    broken.feed(f"<p>{HOSTILE[0]}</p><p>{HOSTILE[1]}</p>")
    assert not broken.tags <= TAGS
    assert "onerror" in broken.attributes
