"""The answer to a request to forget: the model without the rows, and its comparison with gold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.payloads.unlearning import Offer, unlearning
from traceprop_nb.session.jobs import Job

if TYPE_CHECKING:
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.unlearning.result import Unlearning

Compare = Callable[["Unlearning", int, Progress], "Unlearning"]
"""Retrains that many models, and returns the same unlearning with them beside it."""


@dataclass(repr=False, eq=False)
class UnlearnAnswer:
    """A model without some of its rows, and how it compares with retraining.

    Attributes:
        what: The request in words.
        asked: The run that was asked to forget.
        run: The run of the new model; the old one is untouched.
        model: The new model, fitted.
        result: Everything that was measured; replaced by one with gold when ``job`` ends well.
        records: Source node -> int64 records that the request was about: those of the source, the
            ones that matched, or the telling one of each row; not what they were merged with.
        cell: The cell in which it was asked.
        job: The latest retraining, or None.
        enough: Models that a test needs; 0 where the run cannot be trained again.
        watchers: Called with the answer, from the thread that retrains, at every step and when it
            has ended.
    """

    what: str
    asked: TrainingRun
    run: TrainingRun
    model: Any
    result: Unlearning
    records: Mapping[int, Ints]
    cell: int = 0
    job: Job[Unlearning] | None = None
    compare: Compare | None = None
    changed: Callable[[UnlearnAnswer], None] | None = field(default=None)
    enough: int = 1
    watchers: list[Callable[[UnlearnAnswer], None]] = field(default_factory=list)

    @property
    def trajectory(self) -> Any:
        """Structured array, a point each: see ``unlearning.measures.fields``."""
        return self.result.trajectory

    @property
    def verified(self) -> bool | None:
        """Whether the model cannot be told from a retrained one; None where that is not checked."""
        return self.result.verified

    @property
    def verdict(self) -> str:
        """One sentence for the reader."""
        return self.result.verdict

    def gold(self, seeds: int | None = None, *, background: bool = False) -> UnlearnAnswer:
        """Retrain without the rows, and compare.

        Args:
            seeds: Models to retrain; as many as a test needs by default: one where the optimum is
                unique, else five.
            background: Whether to come back at once; ``job`` then tells how far it is.

        Raises:
            OptionError: No seeds, or a retraining that still runs.
            UnsupportedModelError, ConvergenceError: The run cannot be trained again.
        """
        seeds = max(1, self.enough) if seeds is None else seeds
        if seeds < 1:
            raise OptionError(f"gold({seeds}) would retrain nothing; pass 1 seed or more")
        if self.job is not None and not self.job.done:
            raise OptionError("a retraining is running already; wait for it, or .cancel() it")
        if self.compare is None:
            raise OptionError("this answer was not made by a session, so it cannot be retrained")
        done, compare = self.result, self.compare
        self.job = Job(lambda progress: compare(done, seeds, progress), self._ended)
        self.job.on_change(self._told)
        if background:
            return self
        try:
            self.job.wait()
        except KeyboardInterrupt:
            self.job.cancel()
            self.result = unchecked(done, "the retraining was cancelled")
            return self
        if self.job.error is not None and not self.job.cancelled:
            raise self.job.error
        return self

    def cancel(self) -> None:
        """Stop the retraining; the unlearned model stays, and is not checked."""
        if self.job is not None:
            self.job.cancel()

    def payload(self) -> Any:
        """What the panel draws."""
        seconds = self.asked.recorded.get("seconds")
        offer: Offer | None = None
        if self.enough and self.compare is not None and self.result.golds is None:
            whole = None if seconds is None else float(seconds) * (self.enough + (self.enough > 1))
            offer = {"seeds": self.enough, "seconds": whole}
        return unlearning(self.result, title=self.what, offer=offer)

    def _told(self, _job: Job[Unlearning]) -> None:
        for watcher in tuple(self.watchers):
            watcher(self)

    def _ended(self, job: Job[Unlearning]) -> None:
        if job.result is not None:
            self.result = job.result
            recorded = {**self.run.recorded, "verified": job.result.verified}
            self.run = replace(self.run, recorded=recorded)
        elif job.cancelled:
            self.result = unchecked(self.result, "the retraining was cancelled")
        else:
            # a message may hold somebody's value, and the verdict goes on record
            why = f"the retraining failed with {type(job.error).__name__}; see .job.error"
            self.result = unchecked(self.result, why)
        if self.changed is not None:
            self.changed(self)

    def __repr__(self) -> str:
        word = {True: "yes", False: "no", None: "not checked"}[self.verified]
        how = f"\nby {self.result.method}" + (f": {self.result.why}" if self.result.why else "")
        return (
            f"forgot {self.what}: {len(self.result.forgotten):,} of "
            f"{self.asked.objective.n:,} training rows of run {self.asked.name!r}{how}\n"
            f"verified against retraining: {word}\n{self.verdict}"
        )


def unchecked(done: Unlearning, because: str) -> Unlearning:
    """The same unlearning, whose verdict says why gold did not come."""
    if done.verified is not None:  # an earlier comparison stands
        return done
    head = done.verdict.split(";")[0]
    return replace(done, verdict=f"{head}; not checked: {because}.")
