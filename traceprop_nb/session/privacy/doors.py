"""The public functions of privacy and policy: thin, over this process's session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traceprop_nb.session import current

if TYPE_CHECKING:
    from pathlib import Path

    from traceprop_nb.session.policy.policies import Policies
    from traceprop_nb.session.privacy.erasure import ErasureAnswer
    from traceprop_nb.session.privacy.tags import Tagged


def tag(what: Any, *tags: str, source: str | None = None, ahead: bool = False) -> Tagged:
    """Say how sensitive something is; whatever is made of it is then as sensitive.

    Args:
        what: A source by its file name, a column by its name, or a live value or model.
        *tags: "internal", "personal" or "special", and words of your own, such as "hipaa".
        source: The source that the column is one of; in every source without it.
        ahead: Whether the source or column may still be to come.

    Returns:
        ``.level``, ``.own``, ``.marks``, ``.columns``, ``.unseen``.

    Raises:
        UnknownNameError: No source or column of that name has entered yet.
        UntracedError: Nobody saw the value made.
        OptionError: No tag, or one that is no word.
    """
    return current().guard.tags.tag(what, tags, source, ahead)


def tags(what: Any) -> Tagged:
    """How sensitive something is, and which sources and columns made it so.

    Raises:
        UnknownNameError: No source or column has that name.
        UntracedError: Nobody saw the value made.
    """
    return current().guard.tags.of(what)


def declassify(  # what must be said to take a tag off
    value: Any, *, how: str, reason: str, minimum: int = 10, to: str = "none",
    also: tuple[str, ...] = (),
) -> Tagged:  # fmt: skip
    """Take the tag off a value, and off what is made of it from now on; the log says why.

    Args:
        value: A live value that was traced.
        how: "aggregate": every row is made of at least ``minimum`` records, which is counted;
            "drop": the tagged columns are gone, which is looked at; "keyed-hash": you say so.
        reason: In your words; it goes on record.
        minimum: Records behind each row.
        to: The level from now on.
        also: Tags of your own that come off too.

    Raises:
        OptionError: It is not what you say, there is nothing to take off, or no reason.
        UntracedError: Nobody saw the value made.
    """
    from traceprop_nb.session.privacy.declassify import declassify as take_off

    return take_off(current(), value, how, minimum, reason, to, also)


def erase_subject(column: str, key: Any) -> ErasureAnswer:
    """Make a person's name in the log mean nobody: the key behind it is destroyed for good.

    The log stays as it was, and its chain holds. Files, values and models are listed, not erased;
    see ``unlearn(subject=...)`` for models.

    Args:
        column: The column that identifies people.
        key: The person's cell in it; several for a person with several.

    Returns:
        ``keys``, ``scanned``, ``found``, ``still`` (where their rows are), ``unreached``.

    Raises:
        StoreError: The keys cannot be written.
    """
    from traceprop_nb.session.privacy.erasure import erase_subject as erase

    return erase(current(), column, key)


def policy(
    pack: str | Path | None = None, *, reason: tuple[str, str] | None = None, off: bool = False
) -> Policies:
    """The rules about where tagged values may go: put some in force, or look at them.

    A guard rail inside your own process, not a wall: whoever runs the cells can take it off.

    Args:
        pack: "built-in", a name in ``.traceprop/policies``, or the path of a TOML file.
        reason: (rule, words): the answer to a rule that asks for a reason.
        off: Take every rule off first.

    Returns:
        ``.packs``, ``.check(source)`` and ``.check_cell(number)`` as a dry run, ``.replay()`` over
        the session so far, ``.verdicts``.

    Raises:
        UnknownNameError: There is no such pack, rule, sink, action or condition.
        OptionError: The file is no pack; the rule asks for no reason.
    """
    rules = current().guard.policies
    if off:
        rules.off()
    if pack is not None:
        rules.on(pack)
    if reason is not None:
        rules.reason(*reason)
    return rules
