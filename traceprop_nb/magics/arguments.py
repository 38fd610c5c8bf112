"""Reads the line behind a magic: words as a shell would split them, options by argparse.

Two things differ from a shell. A word that has brackets is taken as it stands, so that an
expression such as ``X_test.loc[["a b", "c"]]`` needs no quotes. And whatever is wrong with a line
is one ``UsageError`` that names the nearest valid option, never a stack of frames.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from IPython.core.error import UsageError

_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "'\""
_DOUBLE = r'"(?:\\.|[^"\\])*"'
# Outside brackets quotes are a shell's, in which '\' ends a word; inside they are Python's.
_OUTSIDE = re.compile(rf"\\.|'[^']*'|{_DOUBLE}|.", re.DOTALL)
_IN_BRACKETS = re.compile(rf"\\.|'(?:\\.|[^'\\])*'|{_DOUBLE}|.", re.DOTALL)


class Help:
    """What ``--help`` returns: the text, shown by its own repr."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def split(line: str) -> list[str]:
    """The words of a line.

    Args:
        line: What stands behind the magic's name.

    Returns:
        Words without their quotes, as ``shlex.split`` gives them; a word with a bracket outside
        quotes is left as written.

    Raises:
        UsageError: A quote or bracket is never closed.
    """
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        end, bracketed = _word_end(line, at)
        piece = line[at:end]
        words.extend([piece] if bracketed else _unquoted(piece, line))
        at = end
    return words


def _word_end(line: str, start: int) -> tuple[int, bool]:
    """Where the word ends, and whether it has a bracket outside quotes."""
    depth, bracketed, at = 0, False, start
    while at < len(line):
        pieces = _IN_BRACKETS if depth else _OUTSIDE
        piece = pieces.match(line, at)[0]  # type: ignore[index]  # its last branch takes anything
        if piece.isspace() and not depth:
            break
        if piece in _QUOTES:
            raise _unclosed(f"quote {piece}", line)
        if piece in _OPENING:
            depth, bracketed = depth + 1, True
        elif piece in _CLOSING:
            depth = max(depth - 1, 0)
        at += len(piece)
    if depth:
        raise _unclosed("bracket", line)
    return at, bracketed


def _unclosed(what: str, line: str) -> UsageError:
    return UsageError(f"a {what} is never closed in {line.strip()!r}")


def _unquoted(piece: str, line: str) -> list[str]:
    try:
        return shlex.split(piece)
    except ValueError as error:
        raise UsageError(f"cannot read {line.strip()!r}: {error}") from None


class MagicParser(argparse.ArgumentParser):
    """The grammar of one magic.

    Args:
        magic: Its name with its percent signs, such as ``"%influence"``.
        summary: One sentence, for the help.
        example: Lines for the end of the help.
    """

    def __init__(self, magic: str, summary: str, example: str = "") -> None:
        super().__init__(
            prog=magic,
            description=summary,
            epilog=example,
            add_help=False,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add_argument("--help", action="store_true", help="show this and do nothing else")

    def error(self, message: str) -> Any:
        """Refuse the line in one line.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f"{self.prog}: {message} ({self.prog}? explains)")

    def read(self, line: str) -> argparse.Namespace:
        """Parse a line.

        Args:
            line: What stands behind the magic's name.

        Returns:
            The values by name; ``help`` alone is to be trusted where it is true.

        Raises:
            UsageError: An option or value that the magic does not have, with the nearest one.
        """
        words = split(line)
        if "--help" in words:
            return argparse.Namespace(help=True)
        values, left = self.parse_known_args(words)
        if left:
            self._refuse(left[0])
        return values

    def _refuse(self, word: str) -> None:
        if not word.startswith("-"):
            self.error(f"nothing to do with {word!r}")
        name = word.split("=")[0]
        self.error(f"no option {name}{nearest(name, self.options())}")

    def options(self) -> list[str]:
        """Every option, as it is typed."""
        return sorted(name for action in self._actions for name in action.option_strings)

    def choices_of(self, option: str) -> tuple[str, ...]:
        """The words that may follow an option; none for free text."""
        for action in self._actions:
            if option in action.option_strings or option == action.dest:
                return tuple(getattr(action.type, "words", ()))
        return ()

    def takes_value(self, option: str) -> bool:
        """Whether a word follows the option."""
        return any(option in a.option_strings and a.nargs != 0 for a in self._actions)

    def takes_expression(self) -> bool:
        """Whether the magic asks about a value."""
        return any(action.dest == "value" for action in self._actions)

    def documentation(self) -> str:
        """The text of ``--help``, of ``?`` and of the reference."""
        return self.format_help().removeprefix("usage: ")


def nearest(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'run'?"``, or nothing where no known word comes close."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def one_of(*words: str) -> Callable[[str], str]:
    """An argument type: one of these words; anything else is refused with the nearest."""

    def read(word: str) -> str:
        if word in words:
            return word
        raise argparse.ArgumentTypeError(
            f"{word!r} is none of {', '.join(words)}{nearest(word, words)}"
        )

    read.words = words  # type: ignore[attr-defined]  # for Tab completion
    return read


def positive(word: str) -> int:
    """An argument type: a whole number from 1."""
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number from 1")
    return int(word)


def assignment(word: str) -> tuple[str, str]:
    """An argument type: ``field=value``."""
    field, equals, value = word.partition("=")
    if not equals or not field.strip():
        raise argparse.ArgumentTypeError(f"{word!r} is not of the form field=value")
    return field.strip(), value


def without_semicolon(line: str) -> tuple[str, bool]:
    """The line without the ``;`` that silences a magic, and whether there was one."""
    bare = line.rstrip()
    return (bare[:-1].rstrip(), True) if bare.endswith(";") else (bare, False)


def joined(words: Sequence[str] | None) -> str | None:
    """The words of an expression as one text; None where there are none."""
    return " ".join(words) if words else None
