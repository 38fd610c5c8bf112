"""JSON Schemas of OpenLineage, made from the classes that its client generates from its own.

The specification's files are in no package, so what is strict in them is read back from what was
generated: which members there are and must be, their types, the values of enumerations, and by the
address of each schema which facet it is about. Formats are added where the specification has them.
Everything lies in one registry together with the schema of our own facets, and nothing is fetched.
"""

from __future__ import annotations

import enum
import functools
import json
import types
import typing
from collections.abc import Iterator
from importlib import resources
from typing import Any

import attr
import jsonschema
from openlineage.client.generated import (
    base,
    column_lineage_dataset,
    data_quality_metrics_input_dataset,
    dataset_version_dataset,
    error_message_run,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
)
from referencing import Registry
from referencing.jsonschema import DRAFT202012

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FACETS = {
    "schema": schema_dataset.SchemaDatasetFacet,
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "dataQualityMetrics": data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet,
    "parent": parent_run.ParentRunFacet,
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
}
"""Official facets that are written, by the member of ``facets`` that the specification gives."""
FORMATS = {
    "eventTime": "date-time", "producer": "uri", "schemaURL": "uri", "runId": "uuid",
    "_producer": "uri", "_schemaURL": "uri",
}  # fmt: skip
OURS = json.loads(
    (resources.files("traceprop_nb.exports") / "schema/openlineage-facets-1.json").read_text()
)
ALWAYS = ("_producer", "_schemaURL", "producer", "schemaURL")
"""Members that the classes fill in themselves and the specification wants written."""
ANY_FACET = (
    base.RunFacet, base.JobFacet, base.DatasetFacet, base.InputDatasetFacet,
    base.OutputDatasetFacet,
)  # fmt: skip
ALIKE = {str: "string", int: "integer", float: "number", bool: "boolean"}


def addressed(kind: type) -> dict[str, Any]:
    """The schema of a generated class as it stands at its address: in ``$defs`` of a file."""
    file, _, name = kind._get_schema().partition("#/$defs/")
    assert name == kind.__name__
    definitions: dict[str, Any] = {}
    _define(kind, definitions)
    return {"$schema": DIALECT, "$id": file, "$defs": definitions}


def _define(kind: type, definitions: dict[str, Any]) -> dict[str, str]:
    """Add a class and what it is made of; open where the specification leaves it to facets."""
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = whole = {"type": "object"}
        hints = typing.get_type_hints(kind)
        members = {field.name: field for field in attr.fields(kind)}
        needed = {name for name, field in members.items() if field.default is attr.NOTHING}
        whole["required"] = sorted(needed | {*ALWAYS} & set(members))
        whole["additionalProperties"] = kind in ANY_FACET
        whole["properties"] = {n: _member(n, hints[n], definitions) for n in members}
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _member(name: str, hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    found = _of(hint, definitions)
    return {**found, "format": FORMATS[name]} if name in FORMATS else found


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):  # None is absence there, and never null
        kinds = [one for one in arguments if one is not types.NoneType]
        made = [_of(one, definitions) for one in kinds]
        return made[0] if len(made) == 1 else {"anyOf": made}
    if origin is list:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], definitions)}
    if attr.has(hint):
        return _define(hint, definitions)
    if isinstance(hint, enum.EnumMeta):
        return {"enum": [one.value for one in hint]}
    return {"type": ALIKE[hint]}


@functools.cache
def registry() -> Registry:
    """Every schema by its address, ours with them; whoever asks for another gets an error."""
    made = [addressed(kind) for kind in (base.RunEvent, *FACETS.values())]
    return Registry().with_resources(
        (one["$id"], DRAFT202012.create_resource(one)) for one in (*made, OURS)
    )


@functools.cache
def validator(address: str) -> jsonschema.Draft202012Validator:
    """The validator that an address names."""
    return jsonschema.Draft202012Validator(
        {"$ref": address},
        registry=registry(),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def check(event: dict[str, Any]) -> None:
    """The event, and every facet in it by the schema that the facet itself names.

    Raises:
        jsonschema.ValidationError: A schema refuses it.
        referencing.exceptions.Unresolvable: A facet names a schema that nobody has.
    """
    validator(base.RunEvent._get_schema()).validate(event)
    for name, facet in facets(event):
        if name in FACETS:
            assert facet["_schemaURL"] == FACETS[name]._get_schema(), name
        validator(facet["_schemaURL"]).validate(facet)


def facets(told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """All facets of an event, of what is in it too, by their names."""
    for name, part in told.items() if isinstance(told, dict) else ():
        if name in ("facets", "inputFacets", "outputFacets"):
            yield from part.items()
        else:
            for one in part if isinstance(part, list) else [part]:
                yield from facets(one)
