"""What a stored session says about how long events are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traceprop_nb.session import retention
from traceprop_nb.session.chains import Removed, removals
from traceprop_nb.session.retention import Hold, Removal

if TYPE_CHECKING:
    from traceprop_nb.stores import Store


class Retained:
    """The part of ``Storage`` that keeps and removes."""

    store: Store

    def removed(self) -> list[Removed]:
        """What retention took away, as the log says it; ``check`` does not call it damage."""
        return removals(self.store)

    def retain(
        self, *, days: int | None = None, until: str | None = None, session: str | None = None,
        by: str = "",
    ) -> str:  # fmt: skip
        """Say how long events are kept; returns it in words. Nothing is removed before ``gc``.

        Args:
            days: After a session's last event.
            until: A day such as ``"2030-01-31"``; with ``days`` the later of both holds.
            session: For this session alone; else for every one without a rule of its own.
            by: Who says so.

        Raises:
            OptionError: Neither, or what is no day.
            UnknownNameError: There is no such session.
        """
        return retention.retain(self._own(), days=days, until=until, session=session, by=by)

    def hold(self, session: str | None = None, *, reason: str, by: str) -> None:
        """Keep a session, or every one, whatever the rules say, until ``release``.

        Raises:
            OptionError: No reason, or nobody.
            UnknownNameError: There is no such session.
        """
        retention.hold(self._own(), session, reason=reason, by=by)

    def release(self, session: str | None = None, *, reason: str, by: str) -> None:
        """End the holds on a session, or those on every one.

        Raises:
            OptionError: There is none, no reason, or nobody.
        """
        retention.release(self._own(), session, reason=reason, by=by)

    def holds(self) -> list[Hold]:
        """Holds that were not released."""
        return retention.holds(self.store)

    def gc(self, *, dry_run: bool = True, session: str | None = None) -> Removal:
        """Remove what events say of sessions whose time is over and that no hold covers.

        Their numbers and digests stay, so that ``check`` still follows the chain; what was removed
        is stated in the log. Copies that were made before are not reached.

        Args:
            dry_run: Only say what would be removed.
            session: This one alone.

        Raises:
            OptionError: No rule says how long anything is kept; the session is this one.
            StoreError: A hold covers it; the store cannot be written.
        """
        return retention.gc(self._own(), dry_run=dry_run, session=session)

    def _own(self) -> Any:
        """Itself, as the storage that it is a part of."""
        return self
