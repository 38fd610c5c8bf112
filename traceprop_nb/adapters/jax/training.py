"""Takes a JAX training from the parts that the user names, since nothing in it can be watched.

A JAX loop is plain functions, mostly compiled ones, over values that are never changed. So the
user says which tree was trained, on which rows and with which loss; they are read when the cell has
ended, and nothing runs or is replaced before.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import jax

from traceprop_nb.adapters.jax.runs import Parts, by_shard, run_of
from traceprop_nb.adapters.jax.tree import is_tree
from traceprop_nb.errors import (
    NoModelError,
    OptionError,
    TracepropError,
    UnknownNameError,
)
from traceprop_nb.gradients.capture import Captured, Lookup, NodeOf, TrainOptions
from traceprop_nb.gradients.run import TrainingRun

HOW = "%%train NAME --model params --loss loss_fn --rows X,y"


class JaxTap:
    """A ``TrainingTap`` for JAX.

    Args:
        node_of: The lineage node of a live object, or None.
        lookup: The user's object of a name.
    """

    def __init__(self, node_of: NodeOf, lookup: Lookup | None = None) -> None:
        self._node_of = node_of
        self._lookup: Lookup = lookup or (lambda _: None)
        self._options = TrainOptions()
        self._before: list[weakref.ref[Any]] = []

    def start(self, options: TrainOptions) -> None:
        self._options = options
        named = self._named(options.model)
        self._before = [weakref.ref(leaf) for leaf in _arrays(named)]

    def stop(self) -> list[Captured]:
        options = self._options
        params = self._named(options.model)
        asked = bool(options.rows or options.predict or options.fit)
        if not is_tree(params) and (params is not None or not asked):
            return []  # another framework's training
        try:
            parts = self._parts(params)
            each = by_shard(parts, options.rows) if options.shards else [parts]
        except TracepropError as error:
            return [_refused(params, error)]
        return [self._captured(one) for one in each]

    def _captured(self, parts: Parts) -> Captured:
        options, node = self._options, self._node_of(parts.X)

        def run(name: str) -> TrainingRun:
            return run_of(parts, options, node, name)

        y_node = self._node_of(parts.y)
        return Captured("jax", parts.params, parts.X, parts.y, node, y_node, None, run)

    def advice(self) -> str:
        return f"of a JAX training, name the parts: {HOW}"

    def _named(self, name: str | None) -> Any:
        return None if name is None else self._lookup(name)

    def _parts(self, params: Any) -> Parts:
        options = self._options
        missing = [
            option
            for option, given in (
                ("--model", options.model), ("--loss", options.loss), ("--rows", options.rows),
            )
            if not given
        ]  # fmt: skip
        if missing:
            raise NoModelError(
                f"a JAX training needs {' and '.join(missing)} as well, because its loop cannot be "
                f"watched: {HOW}"
            )
        if len(options.rows) != 2:
            raise OptionError(
                f"--rows {','.join(options.rows)} names {len(options.rows)} values; name the rows "
                "and their labels, --rows X,y"
            )
        before = [ref() for ref in self._before]
        after = _arrays(params)
        if after and len(before) == len(after) and all(map(_same, before, after)):
            raise NoModelError(
                f"{options.model} is what it was before, to the last array: it was not trained "
                "here; assign the trained parameters to that name, or pass a function that returns "
                "them"
            )
        found = [
            self._object(n) for n in (options.loss, *options.rows, options.predict, options.fit)
        ]
        return Parts(params, *found)

    def _object(self, name: str | None) -> Any:
        """The object behind a name; None for no name."""
        if name is None:
            return None
        found = self._lookup(name)
        if found is None:
            raise UnknownNameError(f"no variable named {name!r}; make it before the cell ends")
        return found


def _same(one: object, other: object) -> bool:
    return one is other


def _arrays(tree: object) -> list[Any]:
    return [leaf for leaf in jax.tree_util.tree_leaves(tree) if isinstance(leaf, jax.Array)]


def _refused(params: object, error: TracepropError) -> Captured:
    def refuse(_name: str) -> TrainingRun:
        raise error

    make: Callable[[str], TrainingRun] = refuse
    return Captured("jax", params, None, None, None, None, None, make)
