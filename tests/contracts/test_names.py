"""Public names and magics stand in docs/reference.md, and everything that stands there exists."""

import inspect
import re

import pytest

import traceprop_nb as tp
from tests.contracts.tree import ROOT
from traceprop_nb.attribution.methods import METHODS
from traceprop_nb.magics.grammars import PARSERS

REFERENCE = (ROOT / "docs/reference.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_FOR_USERS = {"load_ipython_extension", "unload_ipython_extension", "__version__"}


def row_of(magic: str, text: str = REFERENCE) -> str:
    """The table's row for a magic, or nothing."""
    found = re.search(rf"^\| `{re.escape(magic)}[ `].*$", text, re.MULTILINE)
    return found[0] if found else ""


def undocumented(magic: str, text: str = REFERENCE) -> list[str]:
    """Options that a magic has and its row in the reference lacks."""
    usage = row_of(magic, text)
    return [
        o for o in PARSERS[magic].options() if o != "--help" and not re.search(rf"{o}\b", usage)
    ]


@pytest.mark.parametrize("magic", PARSERS)
def test_a_magic_is_documented_with_all_its_options(magic):
    assert row_of(magic)
    assert not undocumented(magic)


def test_the_reference_names_no_magic_or_option_that_does_not_exist():
    for magic, usage in re.findall(r"^\| `(%\S+) ?(.*?)` \|", REFERENCE, re.MULTILINE):
        assert magic in PARSERS
        assert set(re.findall(r"-{1,2}[a-z][\w-]*", usage)) <= set(PARSERS[magic].options())


def test_every_public_name_is_documented():
    assert not [n for n in tp.__all__ if n not in NOT_FOR_USERS and f"`tp.{n}" not in REFERENCE]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\btp\.([a-z_]+)", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_function_that_does_not_exist(page):
    assert names_in(page.read_text()) <= set(tp.__all__)


def misnamed(name: str, arguments: str) -> list[str]:
    """Documented arguments that a function does not have; ``**options`` stand in its docstring."""
    function = getattr(tp, name)
    real = inspect.signature(function).parameters
    options = any(p.kind is p.VAR_KEYWORD for p in real.values())
    written = [a.split("=")[0].strip("* ") for a in arguments.split(",") if a.strip(" *")]
    return [
        a for a in written if a not in real and not (options and f"``{a}``" in function.__doc__)
    ]


def test_documented_arguments_are_the_real_ones():
    rows = re.findall(r"^\| `tp\.(\w+)\((.*?)\)` \|", REFERENCE, re.MULTILINE)
    assert len(rows) > 8
    assert not {name: wrong for name, arguments in rows if (wrong := misnamed(name, arguments))}


def test_every_method_of_influence_is_documented():
    assert not [name for name in METHODS if f"`{name}`" not in REFERENCE]


def test_every_public_name_says_what_it_does():
    assert not [n for n in tp.__all__ if callable(getattr(tp, n)) and not getattr(tp, n).__doc__]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_our_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    assert not [link for link in links if not (page.parent / link).exists()]


def paths_in(text: str) -> set[str]:
    """Files and folders of ours that a page names, but for those with a NAME to fill in."""
    found = re.findall(
        r"`((?:traceprop_nb|tests|docs|js|scripts|benchmarks|notebooks)/[^` ]*)`", text
    )
    return {path for path in found if not re.search(r"[A-Z]{3}|\bX\b|[{*]", path)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_our_pages_name_are_there(page):
    assert not [path for path in paths_in(page.read_text()) if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_our_pages_are_targets_of_the_makefile(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b(?=`|$)", page.read_text(), re.MULTILINE)) <= targets


def test_the_checks_above_can_fail():
    shorter = REFERENCE.replace(" [--quiet]`", "`")
    assert undocumented("%%trace", shorter) == ["--quiet"]
    assert misnamed("rows", "x, j") == ["j"]
    assert misnamed("influence", "X, *, k=10, nothing=3") == ["nothing"]
    assert not row_of("%nothing")
    assert paths_in("`tests/nowhere.py`, `adapters/NAME/x.py`") == {"tests/nowhere.py"}
    assert names_in("call `tp.nothing(x)`") - set(tp.__all__)
