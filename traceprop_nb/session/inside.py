"""What happens inside a model's call, for one batch: ``inside``, asked for and never always on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from traceprop_nb import adapters
from traceprop_nb.errors import UnsupportedModelError


@dataclass(frozen=True)
class InnerOperation:
    """One operation.

    Attributes:
        module: Path of the part of the model in which it ran, empty for the model itself.
        name: The operation.
        shape: Of its result.
        mixes: Whether rows other than the changed one changed as well; None where the first axis
            of the result does not count the batch's rows.
    """

    module: str
    name: str
    shape: tuple[int, ...]
    mixes: bool | None


@dataclass(frozen=True, repr=False)
class InsideAnswer:
    """The operations inside one call of a model, in their order.

    Attributes:
        model: Its class.
        operations: All of them.
    """

    model: str
    operations: tuple[InnerOperation, ...]

    @property
    def mixing(self) -> tuple[InnerOperation, ...]:
        """Those that put rows of the batch together."""
        return tuple(one for one in self.operations if one.mixes)

    def __repr__(self) -> str:
        wide = max((len(one.module) for one in self.operations), default=0)
        long = max((len(one.name) for one in self.operations), default=0)
        lines = [f"{self.model}: {len(self.operations)} operations"]
        for one in self.operations:
            rows = {None: "", True: "mixes rows", False: "row by row"}[one.mixes]
            shape = " x ".join(map(str, one.shape)) or "one number"
            lines.append(f"  {one.module:<{wide}}  {one.name:<{long}}  {shape:<16}{rows}".rstrip())
        return "\n".join(lines)


def inside(model: Any, *inputs: Any) -> InsideAnswer:
    """The operations inside a PyTorch module's call on a batch, and which of them mix its rows.

    A copy of the module is called twice, the second time with another first row. What is said of
    rows is what was seen then: a proof that rows mix, and no proof that they never do.

    Raises:
        UnsupportedModelError: It is no module of PyTorch, or cannot be copied.
        ShapeError: No tensor with two rows is among the inputs.
    """
    if "torch" not in sys.modules:
        raise UnsupportedModelError(f"{type(model).__name__} is no torch.nn.Module")
    found = adapters.load("torch", "inside").operations(model, inputs)
    return InsideAnswer(type(model).__name__, tuple(InnerOperation(*step) for step in found))
