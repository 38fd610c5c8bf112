"""Tab in the line of one of our magics: options, their words, runs and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from traceprop_nb.magics.arguments import MagicParser
from traceprop_nb.magics.grammars import PARSERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from traceprop_nb.session import Session

_LINE = re.compile(r"\s*(?:[\w.]+\s*=\s*)?(%{1,2}\w+)\s(.*)", re.DOTALL)


_VARIABLES = ("--model", "--loss", "--predict", "--fit", "--influence", "--of")
"""Options whose value is a variable of the user's."""


def matcher(session: Session, names: Callable[[], Iterable[str]]) -> Any:
    """The entry for ``shell.Completer.custom_matchers``.

    Args:
        session: Knows the runs and sources.
        names: The user's variables.
    """

    def known(option: str) -> Iterable[str]:
        if option == "--run":
            return session.runs
        if option in ("--source", "--sources"):
            return session.status().sources
        return names() if option in _VARIABLES else ()

    @context_matcher(identifier="traceprop_nb")
    def complete(context: Any) -> dict[str, Any]:
        found = _LINE.match(context.text_until_cursor)
        parser = PARSERS.get(found[1]) if found else None
        if found is None or parser is None:
            return {"completions": []}
        before, _, fragment = (" " + found[2]).rpartition(" ")
        options, valued = _expected(parser, before.split())
        if valued:
            options = [*options, *sorted(known(valued))]
        elif fragment.isidentifier() and parser.takes_expression():
            options = sorted(names())
        matches = [o for o in options if o.startswith(fragment)]
        return {
            "completions": [SimpleCompletion(text=o, type="param") for o in matches],
            "matched_fragment": fragment,
            "suppress": bool(matches),
        }

    return complete


def _expected(parser: MagicParser, before: list[str]) -> tuple[list[str], str]:
    """What may come next: words, and the option whose value it is."""
    last = next((word for word in reversed(before) if word.startswith("-")), "")
    open_list = last == "--sources"
    if before and (before[-1] == last or open_list) and parser.takes_value(last):
        return list(parser.choices_of(last)), last
    choices = [] if before else list(parser.choices_of("what"))
    return choices + parser.options(), ""
