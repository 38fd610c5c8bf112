"""A block in which a training is recorded, or gradients are logged by hand."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import NoModelError, NoRunError

if TYPE_CHECKING:
    from traceprop_nb.compat.gradient_store import GradientStore
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session import Session


class TrainingContext(AbstractContextManager["TrainingContext"]):
    """Records the training in its block. Made by ``compat.training_context``.

    Attributes:
        run: The recorded training, once the block has ended; None if there was none.
    """

    def __init__(
        self, session: Session, name: str, logged: GradientStore, options: dict[str, Any]
    ) -> None:
        from traceprop_nb.session.blocks import trained

        self.run: TrainingRun | None = None
        self._session, self._name, self._logged = session, name, logged
        self._block = trained(session, name, options)
        self._why = "the block has not ended"

    def __enter__(self) -> TrainingContext:
        self._block.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            self._block.__exit__(kind, error, trace)
            self.run = self._session.runs.get(self._name)
        except NoModelError as nothing:
            self._why = str(nothing)

    def log_gradient(self, gradient: Any, *, sample_index: int, source_id: str = "") -> None:
        """Log the gradient of one row's own loss. See ``GradientStore.log_gradient``."""
        self._logged.log_gradient(gradient, sample_index=sample_index, source_id=source_id)

    def log_batch(self, gradients: Any, **named: Any) -> None:
        """Log the gradients of several rows' own losses. See ``GradientStore.log_batch``."""
        self._logged.log_batch(gradients, **named)

    @property
    def gradient_store(self) -> GradientStore:
        """What was logged by hand, else the gradients of the recorded training.

        Raises:
            NoRunError: Neither; says what can be recorded.
        """
        if len(self._logged):
            return self._logged
        if self.run is None:
            raise NoRunError(
                f"no gradient was recorded: {self._why}; or log them, "
                "with log_gradient(g, sample_index=i)"
            )
        self._logged.run = self.run
        return self._logged
