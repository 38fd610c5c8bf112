"""A session as PROV-O in Turtle: the statements of the PROV-JSON document, as triples.

Derivations are written both ways, plain and qualified: the plain ones are what most queries ask,
the qualified ones say how sure each is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import SessionGraph
from traceprop_nb.exports.prov_json import document

NAME = "prov-turtle"
LOSES: tuple[Loss, ...] = ()
"""Nothing is left out; this package reads PROV-JSON back and not Turtle."""

_CLASSES = {"entity": "prov:Entity", "activity": "prov:Activity", "agent": "prov:Agent"}
_ATTRIBUTES = {
    "prov:label": "rdfs:label", "prov:startTime": "prov:startedAtTime",
    "prov:endTime": "prov:endedAtTime",
}  # fmt: skip
_ENDS = {
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "used": ("prov:activity", "prov:entity"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible"),
}
_TIMES = ("prov:startTime", "prov:endTime")
_PREFIXES = {
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def write(graph: SessionGraph) -> bytes:
    """The triples, as UTF-8, by subject in the order of the picture."""
    told = document(graph)
    prefixes = _PREFIXES | {"tp": told["prefix"]["tp"]}
    names = _Names(told["prefix"]["s"])
    lines = [f"@prefix {short}: <{whole}> ." for short, whole in prefixes.items()]
    for subject, statements in _subjects(told, names).items():
        lines += ["", f"{subject} " + " ;\n    ".join(statements) + " ."]
    return ("\n".join(lines) + "\n").encode()


class _Names:
    """Writes identifiers as IRIs."""

    def __init__(self, resources: str) -> None:
        self._resources = resources

    def __call__(self, name: str) -> str:
        local = name.removeprefix("s:")
        return f"<{self._resources}{quote(local, safe='/:.-_~!*()+,;=@')}>"


def _subjects(told: Mapping[str, Any], names: _Names) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part, kind in _CLASSES.items():
        for name, attributes in told.get(part, {}).items():
            found[names(name)] = [f"a {kind}", *_attributes(attributes)]
    for relation, (subject, thing) in _ENDS.items():
        for one in told.get(relation, {}).values():
            at = found[names(one[subject])]
            if "prov:role" in one:
                role = f"prov:entity {names(one[thing])} ; prov:hadRole {one['prov:role']['$']}"
                at.append(f"prov:qualifiedUsage [ a prov:Usage ; {role} ]")
            else:
                at.append(f"prov:{relation} {names(one[thing])}")
    plain = set()
    for one in told.get("wasDerivedFrom", {}).values():
        child, parent = names(one["prov:generatedEntity"]), names(one["prov:usedEntity"])
        if (child, parent) not in plain:
            found[child].append(f"prov:wasDerivedFrom {parent}")
            plain.add((child, parent))
        ends = ("prov:generatedEntity", "prov:usedEntity")
        held = _attributes({k: v for k, v in one.items() if k not in ends})
        whole = " ; ".join(["a prov:Derivation", f"prov:entity {parent}", *held])
        found[child].append(f"prov:qualifiedDerivation [ {whole} ]")
    return found


def _attributes(told: Mapping[str, Any]) -> Iterator[str]:
    for name, value in told.items():
        for one in value if isinstance(value, list) else [value]:
            if name == "prov:type":
                yield f"a {one['$']}"
            elif name in _TIMES:
                yield f"{_ATTRIBUTES[name]} {_quoted(one)}^^xsd:dateTime"
            else:
                yield f"{_ATTRIBUTES.get(name, name)} {_literal(one)}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f'"{value}"^^xsd:{"int" if abs(value) < 2**31 else "long"}'
    return _quoted(value)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(text: str) -> str:
    """A string literal; control characters become escapes, since readers differ on them."""
    whole = re.sub(
        r"[\\\"\x00-\x1f\x7f-\x9f\u2028\u2029]",
        lambda m: _ESCAPES.get(m[0], f"\\u{ord(m[0]):04X}"),
        text,
    )
    return f'"{whole}"'
