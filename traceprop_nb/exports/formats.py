"""The formats that a session can be written in, and which of them come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traceprop_nb.errors import FormatError, OptionError, unknown_name
from traceprop_nb.exports import (
    croissant,
    cyclonedx,
    in_toto,
    model_card,
    openlineage,
    openlineage_read,
    opentelemetry,
    prov_json,
    prov_read,
    prov_turtle,
)
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import SessionGraph
from traceprop_nb.exports.plain_form import from_json

Write = Callable[[SessionGraph], bytes]
Read = Callable[[bytes], SessionGraph]


@dataclass(frozen=True)
class Format:
    """A format of one file.

    Attributes:
        name: As it is asked for.
        title: What people call it.
        suffixes: Ends of file names that mean it; the first is the usual one.
        write: Picture -> bytes.
        read: Bytes -> picture; None for one that is not read back.
        loses: What does not come back, or, where nothing is read back, what is not written.
        checked: The foreign package that the tests check it with.
        payload_type: Where it is not empty, what ``write`` gives is signed and goes into a DSSE
            envelope of this type; who exports has the key, this layer has none.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    write: Write
    read: Read | None
    loses: tuple[Loss, ...]
    checked: str
    payload_type: str = ""

    @property
    def carries_steps(self) -> bool:
        """Whether it has a place for what was done, and how sure that is."""
        return not {loss.part for loss in self.loses} & {"values", "operations", "edges"}


FORMATS = {
    one.name: one
    for one in (
        Format(
            prov_json.NAME, "W3C PROV, as PROV-JSON", (".prov.json",),
            prov_json.write, prov_read.read, prov_json.LOSES, "prov",
        ),
        Format(
            prov_turtle.NAME, "W3C PROV-O, as Turtle", (".ttl",),
            prov_turtle.write, None, prov_turtle.LOSES, "rdflib, prov",
        ),
        Format(
            openlineage.NAME, "OpenLineage events", (".openlineage.jsonl", ".jsonl", ".ndjson"),
            openlineage.write, openlineage_read.read, openlineage.LOSES,
            "openlineage-python, jsonschema",
        ),
        Format(
            cyclonedx.NAME, "CycloneDX 1.6 ML-BOM", (".cdx.json", "bom.json"),
            cyclonedx.write, cyclonedx.read, cyclonedx.LOSES, "cyclonedx-python-lib",
        ),
        Format(
            model_card.NAME, "Hugging Face model card", (".md",),
            model_card.write, None, model_card.LOSES, "huggingface_hub",
        ),
        Format(
            croissant.NAME, "Croissant 1.0", (".croissant.json", "croissant.json"),
            croissant.write, croissant.read, croissant.LOSES, "mlcroissant",
        ),
        Format(
            in_toto.NAME, "in-toto Statement v1, SLSA provenance v1", (".intoto.json",),
            in_toto.write, None, in_toto.LOSES, "in-toto-attestation",
        ),
        Format(
            in_toto.SIGNED, "the same statement, signed, in a DSSE envelope", (".intoto.jsonl",),
            in_toto.write, None, in_toto.LOSES, "securesystemslib", in_toto.PAYLOAD_TYPE,
        ),
        Format(
            opentelemetry.NAME, "OpenTelemetry spans, OTLP JSON", (".otlp.json",),
            opentelemetry.write, None, opentelemetry.LOSES, "opentelemetry-proto",
        ),
    )
}  # fmt: skip


def named(name: str) -> Format:
    """The format of a name.

    Raises:
        UnknownNameError: There is none; names the nearest.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, FORMATS)
    return FORMATS[name]


def by_suffix(path: str | Path) -> Format | None:
    """The format that the end of a file's name means, or None."""
    name = Path(path).name.lower()
    ends = {end: one for one in FORMATS.values() for end in one.suffixes}
    fits = [end for end in ends if name.endswith(end)]
    return ends[max(fits, key=len)] if fits else None


def format_to_write(path: str | Path, name: str | None) -> Format:
    """The format by its name, or by the path where there is none.

    Raises:
        UnknownNameError: No format of that name.
        OptionError: No name, and a path that says nothing.
    """
    found = named(name) if name is not None else by_suffix(path)
    if found is None:
        known = ", ".join(f"{one.suffixes[0]} ({one.name})" for one in FORMATS.values())
        raise OptionError(
            f"{Path(path).name!r} does not say which format it is to be; end it in {known}, or "
            "give format="
        )
    return found


def format_to_read(path: str | Path, data: bytes, name: str | None) -> Format:
    """What a file is: by the name of its format, its own name, or what stands in it.

    Raises:
        UnknownNameError: No format of that name.
        OptionError: A format that is not read back.
        FormatError: Nothing says what it is.
    """
    found = named(name) if name is not None else by_suffix(path) or _by_content(data)
    if found is None:
        readable = ", ".join(one.name for one in FORMATS.values() if one.read is not None)
        raise FormatError(
            f"{Path(path).name!r} is in none of the formats that are read: {readable}"
        )
    if found.read is None:
        raise OptionError(f"{found.name} is written and not read back; prov-json carries all of it")
    return found


def _by_content(data: bytes) -> Format | None:
    """The format of a JSON file, by members that only it has."""
    try:
        whole = from_json(data)
    except FormatError:
        whole = None
    members = set(whole) if isinstance(whole, dict) else set()
    if "bomFormat" in members:
        return FORMATS[cyclonedx.NAME]
    if "conformsTo" in members and "distribution" in members:
        return FORMATS[croissant.NAME]
    if "entity" in members or "activity" in members:
        return FORMATS[prov_json.NAME]
    events = isinstance(whole, list) or "eventTime" in members or data.startswith(b'{"eventType"')
    return FORMATS[openlineage.NAME] if events else None
