"""``traceprop-nb log``: sessions of a store, and what happened in one."""

from __future__ import annotations

import argparse
import json
from typing import Any

from traceprop_nb.cli.parser import say, session_option, store_option
from traceprop_nb.cli.stores import looking, whole_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which store and session, and how it is written."""
    store_option(parser)
    session_option(parser, "events of this session")
    parser.add_argument("--kind", metavar="KIND", help="only events of this kind")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--heads", action="store_true", help="the heads to keep elsewhere, for verify --heads"
    )


def run(options: argparse.Namespace) -> int:
    """List."""
    with looking(options.store) as store:
        if options.heads:
            heads = {one.id: [one.events, one.head] for one in store.sessions() if one.events}
            say(json.dumps(heads))
        elif options.session is None and options.kind is None:
            _sessions(store, options.json)
        else:
            _events(store, options)
    return 0


def _sessions(store: Any, as_json: bool) -> None:
    from dataclasses import asdict

    from traceprop_nb.session.retention import holds

    held = holds(store)
    for one in store.sessions():
        kept = [str(hold) for hold in held if hold.covers(one.id)]
        if as_json:
            say(json.dumps({**asdict(one), "held": kept}, ensure_ascii=False))
        else:
            mark = "  held" if kept else ""
            say(f"{one.id}  {one.started[:19]}  {one.events:>7,} events  {one.tool}{mark}")


def _events(store: Any, options: argparse.Namespace) -> None:
    chosen = whole_id(store, options.session)
    for name in [chosen] if chosen else [one.id for one in store.sessions()]:
        for row in store.events(name):
            if options.kind not in (None, row.kind):
                continue
            if options.json:
                told = {"session": name, "number": row.number, "time": row.time, "kind": row.kind,
                        "before": row.before, "digest": row.digest}  # fmt: skip
                body = f',"body":{row.body or "null"}}}'  # as it was appended, to the letter
                say(json.dumps(told, ensure_ascii=False)[:-1] + body)
            else:
                what = f"{row.kind}  {row.body}" if row.body else "removed by retention"
                say(f"{name}  {row.number:>5}  {row.time[:19]:<19}  {what}")
