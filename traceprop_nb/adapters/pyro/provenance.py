"""Sets that travel with tensors: the set of a result is the union of its operands' sets.

A tracked tensor is the tensor itself, of another class, so that nothing is copied and what writes
into a tensor in place, by ``out=`` or through an index, leaves its set there too. Wingate,
Goodman, Stuhlmüller & Siskind (2011), "Nonstandard interpretations of probabilistic programs for
efficient inference".
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

import torch
from torch._functorch import apis, eager_transforms

Provenance = frozenset[Any]


class TrackedTensor(torch.Tensor):
    """A tensor with a set."""

    _provenance: Provenance

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        brought = of_tree((args, kwargs))
        with torch._C.DisableTorchFunctionSubclass():
            out = func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if not brought or name in _SETTLING:
            return out
        written = args[0] if args and _writes(name) else None
        given = {id(tensor) for tensor in _tensors((args, kwargs))}
        targets = list(_tensors((kwargs.get("out"), written)))
        for tensor in targets:
            _written(tensor, brought)
        return _brought_to(out, brought, given - {id(tensor) for tensor in targets})

    def __deepcopy__(self, memo: Any) -> Any:
        return add(copy.deepcopy(plain(self), memo), own(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _again, (plain(self), sorted(self._provenance, key=repr))


_SETTLING = frozenset(("backward", "__repr__", "__format__", "requires_grad_", "retain_grad"))
"""Methods that read a tensor and make none."""


_IN_PLACE = frozenset(
    f"__i{name}__"
    for name in "add sub mul truediv floordiv mod pow and or xor lshift rshift matmul".split()
)


def _writes(name: str) -> bool:
    """Whether a method of that name writes into its tensor."""
    if name.startswith("__"):
        return name == "__setitem__" or name in _IN_PLACE
    return name.endswith("_")


def _again(tensor: torch.Tensor, provenance: list[Any]) -> torch.Tensor:
    """A tracked tensor read from a file."""
    return add(tensor, frozenset(provenance))


def add(tensor: torch.Tensor, provenance: Provenance) -> torch.Tensor:
    """Give a tensor a set beside its own, in place.

    Returns:
        The same tensor.
    """
    kept = own(tensor) | provenance
    if type(tensor) is torch.Tensor:
        tensor.__class__ = TrackedTensor
    tensor._provenance = kept
    return tensor


def _written(tensor: torch.Tensor, provenance: Provenance) -> None:
    """What was written into a view is in what it is a view of, too."""
    add(tensor, provenance)
    with torch._C.DisableTorchFunctionSubclass():
        base = tensor._base
    if base is not None:
        add(base, provenance)


def _brought_to(out: Any, provenance: Provenance, given: set[int]) -> Any:
    """Results with a set; an operand that came back as it was stays so, and another object goes."""

    def bring(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor) or own(leaf) >= provenance:
            return leaf
        if id(leaf) in given:
            return add(alias(leaf), own(leaf) | provenance)
        return add(leaf, provenance)

    return torch.utils._pytree.tree_map(bring, out)


def own(tensor: Any) -> Provenance:
    """The set of one tensor."""
    found: Provenance = getattr(tensor, "__dict__", {}).get("_provenance", frozenset())
    return found


def track(tensor: torch.Tensor, provenance: Provenance) -> torch.Tensor:
    """A tensor that shares the data and has a set beside its own."""
    if not provenance:
        return tensor
    install()
    return add(alias(tensor), own(tensor) | provenance)


def alias(tensor: torch.Tensor) -> torch.Tensor:
    """Another object over the same data, without a set."""
    with torch._C.DisableTorchFunctionSubclass():
        return tensor.as_subclass(torch.Tensor)


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """The same data without a set: one object for as long as the tensor lives."""
    if type(tensor) is not TrackedTensor:
        return tensor
    kept: torch.Tensor | None = tensor.__dict__.get("_plain")
    if kept is None:
        kept = tensor.__dict__["_plain"] = alias(tensor)
    return kept


def of_tree(tree: Any) -> Provenance:
    """The union of the sets of all tensors in a tree."""
    found: Provenance = frozenset()
    for tensor in _tensors(tree):
        found |= own(tensor)
    return found


def _tensors(tree: Any) -> Iterator[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, list | tuple | set | frozenset):
        for member in tree:
            yield from _tensors(member)
    elif isinstance(tree, Mapping):
        for member in tree.values():
            yield from _tensors(member)


def _without(tree: Any) -> Any:
    return torch.utils._pytree.tree_map(
        lambda leaf: plain(leaf) if isinstance(leaf, torch.Tensor) else leaf, tree
    )


# -- functions of functions: torch unwraps tensors before any subclass can see them ----------------


def _passing(inner: Callable[..., Any]) -> Callable[..., Any]:
    """A transform whose results have the sets of all that its function was given or reads."""

    def passing(func: Any, *rest: Any, **kwargs: Any) -> Any:
        brought = of_tree((rest, kwargs)) | of_tree(list(_read_by(func)))
        out = inner(func, *(_without(one) for one in rest), **_without(kwargs))
        for tensor in _tensors(out) if brought else ():
            add(tensor, brought)
        return out

    return passing


def _read_by(func: Any) -> Iterator[Any]:
    if isinstance(func, FunctionType):
        for cell in func.__closure__ or ():
            yield cell.cell_contents
        for name in func.__code__.co_names:
            yield func.__globals__.get(name)


_PLACES = (
    (apis, "vmap_impl"),
    (eager_transforms, "grad_impl"),
    (eager_transforms, "grad_and_value_impl"),
)
_replaced: dict[tuple[Any, str], Any] = {}


def install() -> None:
    """Let sets pass through ``vmap`` and ``grad``: from the first tracked tensor on."""
    if _replaced:
        return
    for module, name in _PLACES:
        inner = getattr(module, name, None)
        if inner is not None:
            _replaced[module, name] = inner
            setattr(module, name, _passing(inner))


def remove() -> None:
    """Put torch's own functions back."""
    for (module, name), inner in _replaced.items():
        setattr(module, name, inner)
    _replaced.clear()


torch.serialization.add_safe_globals([_again])
