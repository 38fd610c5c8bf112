"""Every paper that the code cites stands in docs/references.bib, and the other way round."""

import re

from tests.contracts.tree import PACKAGE, ROOT, modules

BIB = ROOT / "docs/references.bib"
CITED = re.compile(
    r"\barXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+/\d{7})|\bdoi:\s?(10\.\d{4,9}/[^\s,;)\]`\"']+)",
    re.IGNORECASE,
)
FIELD = re.compile(r"^\s*(eprint|doi)\s*=\s*[{\"]([^}\"]+)[}\"]", re.MULTILINE | re.IGNORECASE)


def citations(text: str) -> set[str]:
    """arXiv numbers and DOIs in a text, lower case, without the full stop that ends a sentence."""
    return {(a or d).rstrip(".").lower() for a, d in CITED.findall(text)}


def entries(bib: str) -> set[str]:
    """arXiv numbers and DOIs that a bibliography has."""
    return {value.strip().lower() for _, value in FIELD.findall(bib)}


def test_every_citation_has_an_entry():
    known = entries(BIB.read_text())
    cited = [*modules(PACKAGE), *sorted((ROOT / "docs").rglob("*.md"))]
    missing = {
        str(path.relative_to(ROOT)): sorted(citations(path.read_text()) - known) for path in cited
    }
    assert not {name: papers for name, papers in missing.items() if papers}


def test_every_entry_is_cited_by_the_code_or_the_documents():
    texts = [path.read_text() for path in modules(PACKAGE)]
    texts += [path.read_text() for path in (ROOT / "docs").rglob("*.md")]
    cited = set().union(*map(citations, texts))
    unused = [
        entry
        for entry in re.split(r"^(?=@)", BIB.read_text(), flags=re.MULTILINE)
        if entry.startswith("@") and not entries(entry) & cited
    ]
    assert not unused


def test_every_entry_can_be_found_and_says_who_when_and_what():
    for entry in re.findall(r"^@\w+\{.*?^\}", BIB.read_text(), re.MULTILINE | re.DOTALL):
        assert entries(entry), f"neither eprint nor doi: {entry}"
        for field in ("author", "title", "year"):
            assert re.search(rf"^\s*{field}\s*=", entry, re.MULTILINE), f"no {field}: {entry}"


def test_the_checks_above_can_fail():
    cited = (
        "Koh and Liang (arXiv:1703.04730). See doi:10.1145/3297280.3297463, and arXiv: 2303.14186v2"
    )
    assert citations(cited) == {"1703.04730", "10.1145/3297280.3297463", "2303.14186"}
    assert entries('@misc{a,\n  eprint = {1703.04730},\n  doi = "10.1/X"\n}') == {
        "1703.04730",
        "10.1/x",
    }
