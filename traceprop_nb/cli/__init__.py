"""The command line, ``traceprop-nb VERB``: one module a verb, loaded when it is asked for.

A verb's module has ``arguments(parser)``, which adds its options, and ``run(options)``, which does
it and returns the exit code: 0 done, 1 what was checked is not whole, 2 it could not be done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from traceprop_nb.cli.parser import Parser
from traceprop_nb.errors import TracepropError

VERBS: dict[str, tuple[str, str]] = {
    "report": ("report", "show a saved record, or write it in another form"),
    "export": ("export", "write a stored session in another tool's format"),
    "verify": ("verify", "check a saved record or a store; exit 0 whole, 1 not, 2 cannot tell"),
    "log": ("log", "list a store's sessions, or the events of one"),
    "retain": ("retain", "say how long events are kept"),
    "hold": ("hold", "keep a session whatever the rules say, or end that"),
    "gc": ("gc", "remove what events say of sessions whose time is over"),
    "erase": ("erase", "make a person's name in a store mean nobody; whose, by standard input"),
    "import": ("imports", "read a lineage file of another tool, and say what is in it"),
    "run": ("run", "run a plain script, traced the way a cell is"),
    "policy": ("policy", "list the packs of rules, or check and show one"),
    "migrate": ("migrate", "bring a store to the newest schema, a copy first"),
    "backup": ("backup", "write a copy of a store while others write"),
}
"""Verb -> its module in this folder, and what it does in a line."""

PROGRAM = "traceprop-nb"
FAILED, PIPE, STOPPED = 2, 141, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; an error is one line on stderr.

    Args:
        arguments: Words after the program's name; those of the process if None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    code, what = FAILED, ""
    try:
        code = _run(words)
        _flush()
    except SystemExit as left:  # argparse: help, or words that make no sense
        code = left.code if isinstance(left.code, int) else FAILED
    except BrokenPipeError:
        _forget_output()
        code = PIPE
    except KeyboardInterrupt:
        code, what = STOPPED, "stopped; what was done until then stays"
    except OSError as error:
        what = f"{error.filename or PROGRAM}: {error.strerror or error}"
    except TracepropError as error:
        what = str(error)
    except Exception as error:  # noqa: BLE001  # whoever typed a command gets a line, not a trace
        what = f"internal error, {type(error).__name__}: {error}; please report it"
    if what:
        _say_wrong(words, what)
    return code


def _flush() -> None:
    if not getattr(sys.stdout, "closed", True):  # a script may have closed it
        sys.stdout.flush()


def _verb(words: list[str]) -> str:
    return next((word for word in words if not word.startswith("-")), "")


def _run(words: list[str]) -> int:
    asked = _verb(words)
    parser = Parser(
        prog=PROGRAM,
        description="Records, logs and stores of traceprop_nb, outside a notebook.",
        epilog="exit codes: 0 done, 1 what was checked is not whole, 2 it could not be done",
    )
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    for verb, (module, told) in VERBS.items():
        own = verbs.add_parser(verb, help=told, description=told[:1].upper() + told[1:] + ".")
        if verb == asked:
            import_module(f"traceprop_nb.cli.{module}").arguments(own)
    options = parser.parse_args(words)
    return int(import_module(f"traceprop_nb.cli.{VERBS[options.verb][0]}").run(options))


def _say_wrong(words: list[str], what: str) -> None:
    """One line, with where to read on if the error does not say what to do."""
    line = " ".join(what.split())
    more = "" if "; " in line else f"; see {PROGRAM} {_verb(words)} --help"
    sys.stderr.write(f"{PROGRAM}: {line}{more}\n")


def _forget_output() -> None:
    """Nobody reads on: let the interpreter's last flush go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
