"""The model card: huggingface_hub reads it, and no name breaks out of its place."""

import inspect
import pathlib
import re
from dataclasses import replace

import huggingface_hub
import pytest
from huggingface_hub import ModelCard, ModelCardData
from hypothesis import given, settings

from tests.exports.pictures import HOSTILE, hospital, pictures
from traceprop_nb.errors import OptionError
from traceprop_nb.exports import model_card

NEEDED = "[More Information Needed]"


def card(picture) -> ModelCard:
    return ModelCard(model_card.write(picture).decode())


@given(pictures())
@settings(max_examples=50, deadline=None)
def test_huggingface_hub_reads_every_card(picture):
    if not picture.runs:
        with pytest.raises(OptionError, match="about a model, and none was recorded"):
            model_card.write(picture)
        return
    found = card(picture)
    name = "".join(c if c.isprintable() or c == " " else " " for c in picture.runs[-1].name)
    assert len(found.data.model_name) == len(name)
    assert found.data.tags == ["traceprop_nb"]


def headings(text: str, least: str = "##") -> list[str]:
    return re.findall(rf"^({least}#* .*)$", text, re.MULTILINE)


TEMPLATE = pathlib.Path(huggingface_hub.__file__).parent / "templates/modelcard_template.md"


def in_order(few: list[str], many: list[str]) -> bool:
    """Whether the few are among the many, in the order that they have there."""
    rest = iter(many)
    return all(one in rest for one in few)


def test_the_sections_are_those_of_the_hub_s_own_template_in_its_order():
    theirs, ours = headings(TEMPLATE.read_text("utf-8")), headings(card(hospital()).text)
    assert in_order(ours, theirs)
    assert [h for h in theirs if h.startswith("## ")] == [h for h in ours if h.startswith("## ")]
    assert not in_order([*ours, "## Grade"], theirs)
    assert not in_order(ours[::-1], theirs)


@given(pictures().filter(lambda picture: picture.runs))
@settings(max_examples=20, deadline=None)
def test_every_member_of_the_head_is_one_that_the_hub_has(picture):
    known = set(inspect.signature(ModelCardData.__init__).parameters)
    assert set(card(picture).data.to_dict()) <= known


def test_huggingface_hub_can_refuse():
    text = model_card.write(hospital()).decode()
    with pytest.raises(Exception, match="mapping values are not allowed"):
        ModelCard(text.replace("model_name: ", "model_name: a: ", 1))


def test_what_is_known_is_told_and_what_is_not_keeps_the_template_s_words():
    whole = hospital()
    found = card(replace(whole, runs=whole.runs[:1]))
    assert found.data.library_name == "sklearn"
    assert "| a.csv | 6 | " + "1a" * 32 + " |" in found.text
    assert "| accuracy | 0.9375 | 16 | holdout |" in found.text
    assert "- **Developed by:** A. Nurse" in found.text
    assert "- read\\_csv (2 times, exact)\n- concat (once, exact)\n" in found.text
    uses = found.text.partition("### Direct Use")[2]
    assert uses.lstrip().startswith(NEEDED)
    assert found.data.license is None


def test_a_model_that_forgot_names_the_one_it_was_made_from():
    found = card(hospital())
    assert "- **Made from model:** clf (unlearned)" in found.text
    assert "| b.csv | 3 |" in found.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_makes_no_tag_section_or_cell(name):
    whole = hospital()
    sources = tuple(replace(source, name=name) for source in whole.sources)
    runs = tuple(replace(run, name=name, model=name, loss=name) for run in whole.runs)
    text = card(replace(whole, sources=sources, runs=runs)).text
    calm = card(whole).text
    assert "<script" not in text
    assert "</iframe" not in text
    assert len(re.findall(r"^#", text, re.MULTILINE)) == len(re.findall(r"^#", calm, re.MULTILINE))
    assert len(re.findall(r"(?<!\\)\|", text)) == len(re.findall(r"(?<!\\)\|", calm))
