"""Parsers whose errors are one line with the next step, and the options that verbs share."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations, and with one line for an error."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]  # argparse's own

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the options are listed, and leave with 2."""
        words = " ".join(message.split())
        sys.stderr.write(f"{self.prog}: {words}; see {self.prog} --help\n")
        raise SystemExit(2)


def store_option(parser: argparse.ArgumentParser) -> None:
    """``--store``, as every verb about a store has it."""
    parser.add_argument(
        "--store", metavar="STORE", required=True,
        help="path of a store, such as .traceprop/store.db, or its address, postgresql://host/name",
    )  # fmt: skip


def session_option(parser: argparse.ArgumentParser, what: str) -> None:
    """``--session``, by id or the beginning of one."""
    parser.add_argument(
        "--session", metavar="ID", help=f"{what}; the beginning of its id is enough"
    )


def say(text: str = "") -> None:
    """A line for whoever reads the output."""
    sys.stdout.write(text + "\n")
