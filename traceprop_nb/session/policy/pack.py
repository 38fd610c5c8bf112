"""A pack of rules: a TOML file with a name, a version and a digest."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from traceprop_nb.errors import OptionError, unknown_name
from traceprop_nb.session.policy.sinks import SINKS
from traceprop_nb.session.privacy.levels import LEVELS, Marks, level_of, own_of

ACTIONS = ("allow", "warn", "require_reason", "block")
"""From the mildest; a rule that allows ends the questions about a use."""

PARTS = ("pack", "rule")
"""Members of a pack's file; another one is a slip that would leave rules out."""

FOLDER = Path(".traceprop/policies")
"""Where a project's own packs lie."""


@dataclass(frozen=True)
class Use:
    """A value about to go somewhere.

    Attributes:
        sink: Kind of place, such as ``"model"``.
        call: What is called, such as ``fit``.
        marks: Tags of everything that goes in.
        line: In the cell, from 1; 0 where it is not known.
        unseen: Whether some of it was seen by nobody.
        steps: Names of the steps that every tagged part of it has passed; ``"*"`` among them
            where nothing in it is tagged, so that it lacks none.
        unpinned: Whether something is loaded without a revision.
        test_rows: Whether rows go in that an earlier model was tested on.
    """

    sink: str
    call: str
    marks: Marks = frozenset()
    line: int = 0
    unseen: bool = False
    steps: frozenset[str] = frozenset()
    unpinned: bool = False
    test_rows: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule; it is about a use for which every condition it has holds.

    Attributes:
        id: Its name in the pack.
        sink: Kinds of places it is about.
        action: One of ``ACTIONS``.
        why: For whoever runs into it.
        level: At least so sensitive; empty for any.
        tag: With this tag of the user's own.
        column: With one of these columns in it, if that is tagged.
        unseen: Some of it was seen by nobody.
        without: It has passed none of these steps.
        test_rows: See ``Use``.
        unpinned: See ``Use``.
    """

    id: str
    sink: tuple[str, ...]
    action: str
    why: str = ""
    level: str = ""
    tag: str = ""
    column: tuple[str, ...] = ()
    unseen: bool = False
    without: tuple[str, ...] = ()
    test_rows: bool = False
    unpinned: bool = False

    def about(self, use: Use) -> bool:
        """Whether the rule has to do with a use."""
        conditions = (
            use.sink in self.sink,
            not self.level or LEVELS.index(level_of(use.marks)) >= LEVELS.index(self.level),
            not self.tag or self.tag in own_of(use.marks),
            not self.column or any(mark.column in self.column for mark in use.marks),
            not self.without or not use.steps.intersection({*self.without, "*"}),
            *(getattr(use, flag) or not getattr(self, flag) for flag in FLAGS),
        )
        return all(conditions)


FLAGS = ("unseen", "test_rows", "unpinned")


@dataclass(frozen=True)
class Pack:
    """Rules under one name.

    Attributes:
        digest: SHA-256 of the file's bytes; it stands in every event that the pack causes.
    """

    name: str
    version: str
    digest: str
    rules: tuple[Rule, ...]


def known(folder: Path = FOLDER) -> dict[str, Path]:
    """Packs by name: the one that ships, and the project's own."""
    shipped = Path(str(files("traceprop_nb.session.policy") / "packs" / "built-in.toml"))
    own = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    return {"built-in": shipped} | {path.stem: path for path in own}


def load(which: str | Path) -> Pack:
    """Read a pack by its name or its path.

    Raises:
        UnknownNameError: No pack of that name, no such sink, action or condition.
        OptionError: The file is no pack.
    """
    packs = known()
    path = packs.get(str(which), Path(which))
    if not path.is_file():
        raise unknown_name("policy pack", str(which), packs)
    data = path.read_bytes()
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path.name} is no policy pack: {error}") from error
    head = content.get("pack")
    rules = content.get("rule")
    if not isinstance(head, dict) or not isinstance(rules, list) or not head.get("name"):
        raise OptionError(
            f"{path.name} is no policy pack: it needs [pack] with name and version, and [[rule]]"
        )
    for part in content:
        if part not in PARTS:
            raise unknown_name(f"part of a policy pack ({path.name})", part, PARTS)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    made = tuple(_rule(rule, place, path.name) for place, rule in enumerate(rules, 1))
    ids = [rule.id for rule in made]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise OptionError(
            f"{path.name} has two rules of one id, {twice!r}; the log names rules by their id"
        )
    return Pack(str(head["name"]), str(head.get("version", "")), digest, made)


def _rule(given: object, place: int, file: str) -> Rule:
    if not isinstance(given, dict):
        raise OptionError(f"{file}: rule {place} is {given!r}; each begins with [[rule]]")
    where = f"rule {given.get('id') or place!r} of {file}"
    names = {field.name: field.type for field in fields(Rule)}
    for name in given:
        if name not in names:
            raise unknown_name(f"condition of a rule ({where})", name, names)
    values = {name: _value(name, value, where) for name, value in given.items()}
    if not values.get("id") or not values.get("sink") or "action" not in values:
        has = ", ".join(given) or "nothing"
        raise OptionError(f"{where}: it needs an id, a sink and an action; it has {has}")
    _one_of("sink", values["sink"], SINKS, where)
    _one_of("action", [values["action"]], ACTIONS, where)
    _one_of("level", [values["level"]] if "level" in values else [], LEVELS, where)
    return Rule(**values)


_LISTS = ("sink", "column", "without")


def _value(name: str, value: Any, where: str) -> Any:
    if name in _LISTS:
        value = (value,) if isinstance(value, str) else value
        good = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
        value = tuple(value) if good else value
        wanted = "a text or a list of texts"
    else:
        good = isinstance(value, bool if name in FLAGS else str)
        wanted = "true or false" if name in FLAGS else "a text"
    if not good:
        raise OptionError(f"{where}: {name} = {value!r} makes no sense; it is {wanted}")
    return value


def _one_of(what: str, given: Iterable[str], known: Iterable[str], where: str) -> None:
    for one in given:
        if one not in tuple(known):
            raise unknown_name(f"{what} ({where})", one, known)
