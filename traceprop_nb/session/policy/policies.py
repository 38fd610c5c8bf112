"""The rules in force, and what they say to a use: nothing, a warning, a question, a refusal."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError, PolicyError, PolicyWarning, unknown_name
from traceprop_nb.session.policy import pack as packs
from traceprop_nb.session.policy.ahead import uses
from traceprop_nb.session.policy.look import Look
from traceprop_nb.session.policy.pack import Pack, Rule, Use
from traceprop_nb.session.policy.stand import Stand
from traceprop_nb.session.privacy.levels import level_of, own_of
from traceprop_nb.session.privacy.scan import scrubbed

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

OUTCOMES = ("allowed", "warned", "reasoned", "asked", "blocked")
"""From the mildest; ``asked`` waits for a reason, ``reasoned`` has got one."""

_MAGIC = re.compile(r"^(\s*)(?:[%!]|.*\?\s*$).*$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """What a rule said to a use.

    Attributes:
        rule: Its id.
        pack: Name and version of its pack.
        digest: Of the pack.
        use: What was about to happen.
        outcome: One of ``OUTCOMES``.
        why: The rule's own words.
        cell: The cell, 0 where there is none.
    """

    rule: str
    pack: str
    digest: str
    use: Use
    outcome: str
    why: str
    cell: int = 0

    def __str__(self) -> str:
        use = self.use
        carried = ", ".join(map(str, sorted(use.marks)[:4])) or "nothing tagged"
        at = f"cell {self.cell}, line {use.line}: " if use.line else ""
        what = f"{at}{use.call} ({use.sink}) with {carried}"
        return f"{self.outcome:8} {what}: {self.rule}, {self.why}"


@dataclass(frozen=True, repr=False)
class Checked:
    """The verdicts on some uses; empty where no rule had anything to say."""

    verdicts: tuple[Verdict, ...]

    @property
    def worst(self) -> str:
        """The strictest outcome; ``"allowed"`` where no rule spoke."""
        return max((v.outcome for v in self.verdicts), key=OUTCOMES.index, default="allowed")

    def __repr__(self) -> str:
        return "\n".join(map(str, self.verdicts)) or "no rule has anything to say"


class Policies:
    """The rules of one session. Without a pack nothing is looked at.

    Attributes:
        packs: In force, in the order in which they were put there.
        reasons: Rule -> the reason that somebody gave.
        verdicts: Everything that was said before a cell or a call.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.packs: list[Pack] = []
        self.reasons: dict[str, str] = {}
        self.verdicts: list[Verdict] = []
        self._warned: set[tuple[object, ...]] = set()
        self._stand = Stand(session, self.at_call)

    def __bool__(self) -> bool:
        return bool(self.packs)

    # -- what is in force --------------------------------------------------------------------

    def on(self, which: str | Path) -> Policies:
        """Put a pack in force; the same name again replaces it.

        Raises:
            UnknownNameError, OptionError: There is no such pack, or it is none.
        """
        return self.take(packs.load(which))

    def take(self, pack: Pack) -> Policies:
        """Put a pack in force that was read already."""
        self.packs = [one for one in self.packs if one.name != pack.name] + [pack]
        self._stand.up({sink for pack in self.packs for rule in pack.rules for sink in rule.sink})
        body = {"pack": pack.name, "version": pack.version, "rules": len(pack.rules)}
        self._session.record_event("policy_on", **body, digest=pack.digest)
        return self

    def off(self) -> None:
        """No rule is in force any more."""
        if self.packs:
            self._session.record_event("policy_off", packs=[pack.name for pack in self.packs])
        self.packs = []
        self._stand.down()

    def __repr__(self) -> str:
        lines = []
        for pack in self.packs:
            lines.append(f"{pack.name} {pack.version}  {pack.digest[:19]}")
            lines += [f"  {r.action:14} {', '.join(r.sink)}: {r.id}, {r.why}" for r in pack.rules]
        return "\n".join(lines) or f"no policy is in force; known: {', '.join(packs.known())}"

    def close(self) -> None:
        """Take our places at the libraries' calls off; the rules stay."""
        self._stand.down()

    def reason(self, rule: str, words: str) -> None:
        """Answer a rule that asks for a reason; it goes on record.

        Raises:
            UnknownNameError: No pack in force has that rule.
            OptionError: No words, or the rule asks for none.
        """
        known = {one.id: one for pack in self.packs for one in pack.rules}
        if rule not in known:
            raise unknown_name("rule", rule, known)
        if known[rule].action != "require_reason":
            raise OptionError(f"rule {rule!r} asks for no reason: it is to {known[rule].action}")
        if not words.strip():
            raise OptionError(f"rule {rule!r} asks for a reason in words")
        self.reasons[rule] = scrubbed(words)
        self._session.record_event("policy_reason", rule=rule, reason=self.reasons[rule])

    # -- looking -----------------------------------------------------------------------------

    def check(self, source: str, *, train: bool = False, cell: int = 0) -> Checked:
        """What the rules say to a cell's text, as the names stand now; nothing happens.

        Args:
            source: The cell.
            train: Whether it is a training cell: then a model learns from all of its names.
            cell: Its number.
        """
        try:
            tree = ast.parse(_MAGIC.sub(r"\1pass", source))
        except SyntaxError:
            return Checked(())
        look = Look(self._session, self._leak())
        found = uses(tree, self._session.namespace, look)
        if train and not any(use.sink == "model" for use in found):
            found.append(look.everything(tree, self._session.namespace))
        return self._judged(found, cell)

    def check_cell(self, number: int) -> Checked:
        """What the rules say to a cell that ran, by its number; nothing happens.

        Raises:
            UnknownNameError: No cell of that number has run.
        """
        found = [cell for cell in self._session.cells if cell.number == number]
        if not found:
            raise unknown_name("cell", str(number), {str(c.number) for c in self._session.cells})
        return self.check(found[-1].source, cell=number)

    def replay(self) -> Checked:
        """What the rules would have said to the session so far, by its cells and its lineage."""
        found: list[Verdict] = []
        for cell in self._session.cells:
            found += self.check(cell.source, cell=cell.number).verdicts
        look = Look(self._session, self._leak())
        for number, use in look.fits():
            found += self._judged([use], number).verdicts
        key = {(v.rule, v.pack, v.use.sink, v.cell): v for v in reversed(found)}
        return Checked(tuple(sorted(key.values(), key=lambda v: (v.cell, v.use.line, v.rule))))

    def before_cell(self, source: str, *, train: bool, cell: int) -> None:
        """A cell is about to run.

        Raises:
            PolicyError: It must not; nothing of it has run.
        """
        self._stand.refresh()
        self._said(self.check(source, train=train, cell=cell), "before the cell")

    def at_call(self, sink: str, call: str, values: Sequence[Any]) -> None:
        """A library's function is about to be called.

        Raises:
            PolicyError: It must not be.
        """
        use = Look(self._session, self._leak()).use(sink, call, values)
        self._said(self._judged([use], self._session.recorder.cell), "before the call")

    # -- inside ------------------------------------------------------------------------------

    def _leak(self) -> bool:
        return any(rule.test_rows for pack in self.packs for rule in pack.rules)

    def _judged(self, found: Iterable[Use], cell: int) -> Checked:
        verdicts: dict[tuple[object, ...], Verdict] = {}
        for use in found:
            for pack, rule in self._about(use):
                verdict = self._verdict(pack, rule, use, cell)
                verdicts.setdefault((rule.id, pack.name, use), verdict)
        return Checked(tuple(verdicts.values()))

    def _about(self, use: Use) -> Iterator[tuple[Pack, Rule]]:
        """The rules that are about a use, up to one that allows it."""
        for pack in self.packs:
            for rule in pack.rules:
                if rule.about(use):
                    yield pack, rule
                    if rule.action == "allow":
                        return

    def _verdict(self, pack: Pack, rule: Rule, use: Use, cell: int) -> Verdict:
        outcome = {"allow": "allowed", "warn": "warned", "block": "blocked"}.get(rule.action, "")
        if not outcome:
            outcome = "reasoned" if rule.id in self.reasons else "asked"
        name = f"{pack.name} {pack.version}".strip()
        return Verdict(rule.id, name, pack.digest, use, outcome, rule.why, cell)

    def _said(self, checked: Checked, when: str) -> None:
        """Log every verdict once, warn once, and refuse if one of them does."""
        fresh = []
        for verdict in checked.verdicts:
            key = (verdict.rule, verdict.pack, verdict.use.sink, verdict.use.marks, verdict.outcome)
            if key in self._warned and verdict.outcome not in ("asked", "blocked"):
                continue
            self._warned.add(key)
            self.verdicts.append(verdict)
            self._session.record_event("policy", **_event(verdict, when))
            fresh.append(verdict)
        for verdict in checked.verdicts:
            if verdict.outcome in ("asked", "blocked"):
                raise PolicyError(_refusal(verdict, when))
        for verdict in fresh:
            if verdict.outcome == "warned":
                warnings.warn(str(verdict), PolicyWarning, stacklevel=4)


def _event(verdict: Verdict, when: str) -> dict[str, Any]:
    use = verdict.use
    return {
        "rule": verdict.rule, "pack": verdict.pack, "digest": verdict.digest, "sink": use.sink,
        "call": use.call, "result": verdict.outcome, "when": when, "cell": verdict.cell,
        "line": use.line, "level": level_of(use.marks), "tags": list(own_of(use.marks)),
        "from": sorted({f"{m.source}: {m.column}" if m.column else m.source for m in use.marks}),
    }  # fmt: skip


def _refusal(verdict: Verdict, when: str) -> str:
    use = verdict.use
    carried = ", ".join(map(str, sorted(use.marks)[:6])) or "what it was given"
    line = f" in line {use.line}" if use.line and when == "before the cell" else ""
    if verdict.outcome == "asked":
        way = f"say why with tp.policy(reason=({verdict.rule!r}, '...')), and run it again"
    else:
        way = "leave those columns out, take the tag off with tp.declassify, or change the rule"
    return (
        f"rule {verdict.rule!r} of policy {verdict.pack} stops {use.call}{line} {when}: {carried} "
        f"would go to {use.sink!r} ({verdict.why}); {way}"
    )
