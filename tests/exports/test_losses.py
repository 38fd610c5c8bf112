"""The tables of losses say what is lost, no more and no less.

Of a format that comes back, that nothing else is lost is the law of its own test; here, that each
entry is lost indeed. Of a format that is only written, a change of what is listed does not show in
its bytes, and a change of anything else does.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from tests.exports.pictures import hospital, unordered
from traceprop_nb.exports.formats import FORMATS, Format
from traceprop_nb.exports.loss import Loss, without
from traceprop_nb.exports.model import Agent, Cell, Column, Operations, Run, SessionGraph, Source

READ = [one for one in FORMATS.values() if one.read is not None]
WRITTEN = [one for one in FORMATS.values() if one.read is None]
FIRST, SECOND = hospital().runs
WHOLE = replace(
    hospital(), detail="all",
    runs=(FIRST, replace(SECOND, options=FIRST.options, metrics=FIRST.metrics)),
)  # fmt: skip
REFERENCES = ("id", "child", "value", "source")


def entries(formats: list[Format], *, always: bool) -> list[Any]:
    return [
        pytest.param(form, loss, id=f"{form.name}: {loss.part} {loss.when}".strip())
        for form in formats
        for loss in form.loses
        if always is not bool(loss.when)
    ]


@pytest.mark.parametrize(("form", "loss"), entries(READ, always=True))
def test_what_is_said_to_be_lost_does_not_come_back(form, loss):
    back = unordered(form.read(form.write(WHOLE)))
    assert back == unordered(without(WHOLE, form.loses))
    assert back != unordered(without(WHOLE, [one for one in form.loses if one != loss]))


def changed(name: str, hint: Any, value: Any) -> Any:
    """Another value of a field's type; of what refers to a cell or run, another one."""
    if name in ("cell", "parent"):
        return {"cell/1": "cell/2", "run/0": ""}.get(value, "cell/1" if name == "cell" else value)
    if get_origin(hint) is Literal:
        return next(one for one in get_args(hint) if one != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value[:-1] + "e" if value.startswith("sha256:") else _later(value)
    if isinstance(value, tuple):
        return value[:-1]
    return 7 if value is None else value + 1


def _later(text: str) -> str:
    return text.replace("T17:", "T18:") if "T17:" in text else f"{text}~"


def changes(whole: SessionGraph) -> Iterator[tuple[str, SessionGraph]]:
    """Each field that there is, and the picture in which it is another everywhere."""
    own = get_type_hints(SessionGraph)
    for part in fields(whole):
        held = getattr(whole, part.name)
        if not isinstance(held, tuple):
            yield part.name, replace(whole, **{part.name: changed("", own[part.name], held)})
            continue
        hints = get_type_hints(type(held[0]))
        for field in fields(held[0]):
            if field.name not in REFERENCES:
                was = [getattr(one, field.name) for one in held]
                now = [changed(field.name, hints[field.name], value) for value in was]
                assert was != now, f"{part.name}.{field.name} is nowhere filled in"
                made = [
                    replace(one, **{field.name: value})
                    for one, value in zip(held, now, strict=True)
                ]
                yield f"{part.name}.{field.name}", replace(whole, **{part.name: tuple(made)})


def covers(loss: Loss, path: str) -> bool:
    """Whether a field is listed; what is lost of some only says nothing of its other fields."""
    return path == loss.part or (not loss.when and path.startswith(f"{loss.part}."))


@pytest.mark.parametrize("form", WRITTEN, ids=lambda form: form.name)
def test_what_is_not_written_is_said_to_be_lost(form):
    plain = form.write(WHOLE)
    silent = [path for path, other in changes(WHOLE) if form.write(other) == plain]
    assert [path for path in silent if not any(covers(loss, path) for loss in form.loses)] == []


@pytest.mark.parametrize(("form", "loss"), entries(WRITTEN, always=True))
def test_what_is_said_to_be_lost_is_not_written(form, loss):
    plain = form.write(WHOLE)
    silent = [
        path for path, other in changes(WHOLE) if covers(loss, path) and form.write(other) == plain
    ]
    assert silent, f"{loss.part} is written whole"


def only(part: str, *things: Any) -> SessionGraph:
    """The picture with these things more in a part."""
    return replace(WHOLE, **{part: (*getattr(WHOLE, part), *things)})


NO_DIGEST = Source("source/9", "drawn", "generated", 3, "", None, "")
NO_NAME = Source("source/9", "c.csv", "file", 3, "sha256:" + "5e" * 32, 9, "c.csv", "",
                 (Column("", "int64"),))  # fmt: skip
AFTER = Run("run/2", "last", "Ridge", "sklearn", digest="sha256:" + "6f" * 32, cell="cell/1")
SOME = {
    ("croissant", "sources"): (WHOLE, only("sources", NO_DIGEST)),
    ("croissant", "sources.columns"): (
        only("sources", replace(NO_NAME, columns=())), only("sources", NO_NAME),
    ),
    ("model-card", "runs"): (
        only("runs", AFTER),
        replace(WHOLE, runs=(*(replace(r, loss="other", rows=99) for r in WHOLE.runs), AFTER)),
    ),
    ("model-card", "operations"): (
        only("runs", AFTER),
        replace(only("runs", AFTER), operations=(
            *WHOLE.operations, Operations("cell/4", "too_late", "exact", 1),
        )),
    ),
    ("model-card", "runs.framework"): (
        replace(WHOLE, runs=(replace(WHOLE.runs[-1], framework="a"),)),
        replace(WHOLE, runs=(replace(WHOLE.runs[-1], framework="b"),)),
    ),
    ("in-toto", "agents"): (WHOLE, only("agents", Agent("agent/x", "person", "B. Nurse"))),
    ("in-toto", "sources.name"): (
        WHOLE,
        replace(WHOLE, sources=tuple(replace(s, name="other") for s in WHOLE.sources)),
    ),
    ("in-toto", "runs"): (WHOLE, only("runs", replace(AFTER, digest=""))),
    ("opentelemetry", "cells"): (WHOLE, only("cells", Cell("cell/9", 9, began="2026-11-20T17:09"))),
}  # fmt: skip
SOME |= {("in-toto-signed", part): case for (name, part), case in SOME.items() if name == "in-toto"}


@pytest.mark.parametrize(("form", "loss"), entries([*FORMATS.values()], always=False))
def test_what_is_lost_of_some_is_lost_of_those(form, loss):
    one, other = SOME[form.name, loss.part]
    assert one != other
    assert form.write(one) == form.write(other)


def test_these_checks_can_fail():
    form = FORMATS["in-toto"]
    plain = form.write(WHOLE)
    silent = {path for path, other in changes(WHOLE) if form.write(other) == plain}
    assert "runs.digest" not in silent
    assert "values.name" in silent
