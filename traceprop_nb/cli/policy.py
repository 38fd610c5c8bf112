"""``traceprop-nb policy``: the packs of rules that are there, or one of them, checked."""

from __future__ import annotations

import argparse
import json
from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING

from traceprop_nb.cli.parser import say
from traceprop_nb.errors import TracepropError

if TYPE_CHECKING:
    from traceprop_nb.session.policy.pack import Pack, Rule


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which pack, and how it is written."""
    parser.add_argument(
        "pack", metavar="PACK", nargs="?", help="a pack by name, or its file; every one without it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a pack")


def run(options: argparse.Namespace) -> int:
    """List the packs, 1 where one is broken; or show one, 2 where it is."""
    from traceprop_nb.session.policy.pack import known, load

    if options.pack is not None:
        _show(load(options.pack), options.json)
        return 0
    broken = 0
    for name, path in known().items():
        try:
            pack = load(path)
        except TracepropError as error:
            broken += 1
            say(json.dumps({"pack": name, "broken": str(error)}) if options.json
                else f"broken   {name}: {error}")  # fmt: skip
            continue
        line = f"{name:<8} {_title(pack)}, {len(pack.rules)} rules"
        say(_as_json(pack) if options.json else line)
    return 1 if broken else 0


def _show(pack: Pack, as_json: bool) -> None:
    if as_json:
        say(_as_json(pack))
        return
    say(_title(pack))
    for rule in pack.rules:
        say(f"\n{rule.id}: {rule.action}")
        for name, value in _conditions(rule).items():
            say(f"  {name:<10} {value}")


def _title(pack: Pack) -> str:
    return f"{pack.name} {pack.version or 'without a version'}  {pack.digest}"


def _as_json(pack: Pack) -> str:
    return json.dumps(asdict(pack), ensure_ascii=False)


def _conditions(rule: Rule) -> dict[str, str]:
    """What a rule says beside its id and action, as text."""
    found = {}
    for field in fields(rule):
        value = getattr(rule, field.name)
        if field.name in ("id", "action") or (field.default is not MISSING and not value):
            continue
        words = ", ".join(value) if isinstance(value, tuple) else value
        found[field.name] = "yes" if value is True else words
    return found
