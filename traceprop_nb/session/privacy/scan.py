"""Finds secrets and addresses of people in text that somebody chose to keep.

A pattern finds what looks like a key, a token or an e-mail address, and nothing else: it is a net
under a person's decision, never a reason to keep text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

PATTERNS: dict[str, re.Pattern[str]] = {
    "private key": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    "password in an address": re.compile(r"(?<=://)[^\s/@:'\"]+:[^\s/@'\"]+(?=@)"),
    "e-mail address": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}"),
    "token": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
        r"|xox[abprs]-[\w-]{10,}|sk-[\w-]{16,}|hf_\w{20,}|pypi-[\w-]{20,}"
        r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
    ),
    "assigned secret": re.compile(
        r"(?i)(?<![\w])(?:[\w-]*(?:passw(?:or)?d|secret|token|api_?key|credential)"
        r"[\w-]*['\"]?\s*[=:]\s*)(?P<value>['\"][^'\"\n]{3,}['\"]"
        r"|(?=\S*\d)[\w+/=!#$%&*-]{6,}(?![\w.(\[]))"
    ),
    "telephone number": re.compile(r"(?<![\w.])\+\d[\d ()/-]{7,}\d\b"),
}
"""Kinds of findings; a group ``value`` is the part to hide."""

RANDOM = 3.8
"""Bits a letter from which on a long word is rather drawn than written: English has about 2.5."""

GUESSED = "random-looking word"

_LONG = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, kind) of everything found, in order and apart."""
    found: list[tuple[int, int, str]] = []
    for kind, pattern in PATTERNS.items():
        for hit in pattern.finditer(" " + text):
            group = "value" if "value" in pattern.groupindex else 0
            found.append((hit.start(group) - 1, hit.end(group) - 1, kind))
    found += [
        (hit.start(), hit.end(), GUESSED)
        for hit in _LONG.finditer(text)
        if _bits(hit[0]) >= RANDOM and any(c.isdigit() for c in hit[0])
    ]
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(found, key=lambda one: (one[0], one[2] == GUESSED)):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, kind))
        elif end > kept[-1][1]:
            kept[-1] = (kept[-1][0], end, kept[-1][2])
    return kept


def scrubbed(text: str) -> str:
    """The text with ``<kind>`` in the place of each finding."""
    out, at = [], 0
    for start, end, kind in spans(text):
        out += [text[at:start], f"<{kind}>"]
        at = end
    return "".join([*out, text[at:]])


PERSONAL = frozenset(
    "name surname forename firstname lastname email mail phone mobile telephone address street "
    "city zip zipcode postcode birthdate birthday dob age gender sex ssn passport iban card "
    "account income salary wage patient customer employee user username person member ip".split()
)
SPECIAL = frozenset(
    "race ethnicity ethnic religion religious faith political party union genetic genome biometric "
    "fingerprint health diagnosis disease icd hiv pregnant disability orientation sexual".split()
)
"""Words in column names at which a suggestion is made; GDPR Article 9 lists what is special."""


def suggested(column: str) -> str:
    """``"personal"``, ``"special"`` or nothing, by the words in a column's name alone."""
    words = set(re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).lower()))
    if words & SPECIAL:
        return "special"
    return "personal" if words & PERSONAL else ""


def looks_like_addresses(cells: Iterable[object], share: float = 0.5) -> bool:
    """Whether at least that share of the cells has an e-mail address; no cell is kept."""
    seen = hits = 0
    for cell in cells:
        seen += 1
        hits += isinstance(cell, str) and bool(PATTERNS["e-mail address"].search(cell))
    return seen > 0 and hits >= share * seen


def _bits(word: str) -> float:
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())
