"""Primitives that look at a window of neighbours: convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import (
    Dep,
    Deps,
    lifted,
    of_pairs,
    over,
    renumber,
    settled,
    unite,
)
from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import Step, everywhere, rule
from traceprop_nb.lineage.maps import RowMap


@dataclass(frozen=True)
class Window:
    """A window on one axis, as XLA means it.

    Attributes:
        size: Elements.
        stride: Steps between windows.
        low: Padding before the first element.
        base: Dilation of the elements.
        dilation: Dilation of the window.
    """

    size: int
    stride: int = 1
    low: int = 0
    base: int = 1
    dilation: int = 1

    def relation(self, n: int, m: int) -> RowMap:
        """From m windows to n elements."""
        place, inside = self._places(n, m)
        owner = np.broadcast_to(np.arange(m)[:, None], place.shape)
        return of_pairs(owner[inside], place[inside], m, n)

    def elements(self, n: int, m: int) -> RowMap:
        """From m windows to the window's own elements that meet one of n."""
        _, inside = self._places(n, m)
        owner, own = np.nonzero(inside)
        return of_pairs(owner, own, m, self.size)

    def _places(self, n: int, m: int) -> tuple[Any, Any]:
        at = np.arange(m)[:, None] * self.stride - self.low + np.arange(self.size) * self.dilation
        place, rest = np.divmod(at, self.base)
        return place, (rest == 0) & (place >= 0) & (place < n)

    @property
    def plain(self) -> bool:
        """Whether each element is its own window."""
        return (self.size, self.stride, self.low, self.base) == (1, 1, 0, 1)


def _windowed(deps: Deps, windows: Sequence[Window], step: Step) -> Deps:
    found = list(deps)
    for axis, window in enumerate(windows):
        if not window.plain:
            n, m = step.shapes[0][axis], step.outs[0][axis]
            found = [lifted(d, axis, window.relation(n, m)) if axis in d.axes else d for d in found]
    return unite(found)


def _read(p: dict[str, Any], ndim: int) -> list[Window]:
    ones = (1,) * ndim
    padding = p.get("padding") or ((0, 0),) * ndim
    return [
        Window(size, stride, low, base, dilation)
        for size, stride, (low, _), base, dilation in zip(
            p["window_dimensions"],
            p["window_strides"],
            padding,
            p.get("base_dilation") or ones,
            p.get("window_dilation") or ones,
            strict=True,
        )
    ]


@rule("reduce_window reduce_window_sum reduce_window_max reduce_window_min")
def pool(step: Step) -> list[Flow]:
    """Each window of an operand combined."""
    windows = _read(step.params, len(step.shapes[0]))
    half = len(step.ins) // 2 if step.name == "reduce_window" else 1
    found: list[Dep] = [d for flow in step.ins[:half] for d in _windowed(flow.deps, windows, step)]
    return step.same(unite(found))


@rule("select_and_scatter_add select_and_scatter select_and_gather_add")
def unpool(step: Step) -> list[Flow]:
    """What goes back to the largest of each window: axes that have no window stay apart."""
    sizes = step.params["window_dimensions"]
    axes = [axis for axis, size in enumerate(sizes) if size > 1]
    return step.same(
        unite(over(dep, axes).inexact() if set(axes) & set(dep.axes) else dep for dep in step.every)
    )


@rule("conv_general_dilated")
def convolve(step: Step) -> list[Flow]:
    """Examples stay; features are combined; neighbours are windows."""
    p = step.params
    if p["batch_group_count"] != 1:
        return step.same(everywhere(step.every, exact=False))
    left, right, out = (p["dimension_numbers"][k] for k in range(3))
    exact = p["feature_group_count"] == 1
    found: list[Dep] = []
    for dep in step.ins[0].deps:
        feature = left[1] in dep.axes
        one = over(dep, [left[1]])
        for k, axis in enumerate(left[2:]):
            if axis in one.axes:
                window = Window(
                    step.shapes[1][right[2 + k]], p["window_strides"][k], p["padding"][k][0],
                    p["lhs_dilation"][k], p["rhs_dilation"][k],
                )  # fmt: skip
                one = lifted(
                    one, axis, window.relation(step.shapes[0][axis], step.outs[0][out[2 + k]])
                )
        found.append(one if exact or not feature else one.inexact())
    places = {left[0]: out[0]} | {left[2 + k]: out[2 + k] for k in range(len(left) - 2)}
    kernel = _kernel(step, p, right)
    back = {right[0]: out[1]} | {right[2 + k]: out[2 + k] for k in range(len(right) - 2)}
    return step.same(unite([*renumber(tuple(found), places), *renumber(kernel, back)]))


def _kernel(step: Step, p: dict[str, Any], right: Sequence[int]) -> Deps:
    """The kernel's elements behind each window: at the ends some of them meet no element."""
    left, out = p["dimension_numbers"][0], p["dimension_numbers"][2]
    found = list(unite(over(dep, [right[1]]) for dep in step.ins[1].deps))
    for k, axis in enumerate(right[2:]):
        window = Window(
            step.shapes[1][axis], p["window_strides"][k], p["padding"][k][0],
            p["lhs_dilation"][k], p["rhs_dilation"][k],
        )  # fmt: skip
        n, m = step.shapes[0][left[2 + k]], step.outs[0][out[2 + k]]
        link = window.elements(n, m)
        found = [lifted(d, axis, link) if axis in d.axes else d for d in found]
    return unite(settled(dep) for dep in found)
