"""Random numbers, and rows drawn or shuffled: exact again from how the generator stood before."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import (
    CONTEXT,
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    axis_of,
    edge,
    every,
    finish,
    flat,
    operands,
    others,
    recorded,
)
from traceprop_nb.lineage.maps import All, Identity, Mosaic, OnDemand, Ragged, RowMap, compress
from traceprop_nb.tracing import opaque
from traceprop_nb.tracing.broadcast import edges
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

NUMBERS = (
    "beta binomial chisquare exponential f gamma geometric gumbel hypergeometric integers laplace "
    "logistic lognormal logseries negative_binomial noncentral_chisquare noncentral_f normal "
    "pareto poisson power rand randint randn random random_integers random_sample ranf rayleigh "
    "sample standard_cauchy standard_exponential standard_gamma standard_normal standard_t "
    "tomaxint triangular uniform vonmises wald weibull zipf"
)
VECTORS = "dirichlet multinomial multivariate_hypergeometric multivariate_normal"
GENERATORS = (np.random.Generator, np.random.RandomState)
Make = Callable[[], Any]


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.states.update({
        np.random.Generator: _generator, np.random.RandomState: _legacy,
        np.random: lambda _: _legacy(np.random.mtrand._rand),
        random.Random: _python, random: lambda _: _python(random._inst),
    })  # fmt: skip
    for rule, names in ((_numbers, NUMBERS), (_vectors, VECTORS), (shuffled, "shuffle"),
                        (_permutation, "permutation"), (_permuted, "permuted"),
                        (_choice, "choice")):  # fmt: skip
        table.function(rule, *named(np.random, names))
        for kind in GENERATORS:
            table.method(rule, kind, [n for n in names.split() if hasattr(kind, n)])
    for kind in GENERATORS:
        table.any_method(_numbers, kind)
    table.function(shuffled, random.shuffle)
    table.function(_one, random.choice)
    table.method(shuffled, random.Random, ("shuffle",))
    table.method(_one, random.Random, ("choice",))


# -- states ----------------------------------------------------------------------------------------


_BITS = (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)


def _generator(generator: np.random.Generator) -> Make | None:
    bits = generator.bit_generator
    return partial(_again, type(bits), bits.state) if type(bits) in _BITS else None


def _again(kind: Any, state: Any) -> np.random.Generator:
    bits = kind(0)
    bits.state = state
    return np.random.Generator(bits)


def _legacy(generator: np.random.RandomState) -> Make | None:
    state = generator.get_state(legacy=False)
    known = state["bit_generator"] == "MT19937"
    return partial(_legacy_again, state) if known else None


def _legacy_again(state: Any) -> np.random.RandomState:
    made = np.random.RandomState(0)
    made.set_state(state)
    return made


def _python(generator: random.Random) -> Make | None:
    return (
        partial(_python_again, generator.getstate()) if type(generator) is random.Random else None
    )


def _python_again(state: Any) -> random.Random:
    made = random.Random()
    made.setstate(state)
    return made


# -- numbers ---------------------------------------------------------------------------------------


def _numbers(call: Call) -> bool | None:
    """Numbers by element of what they are parameters of; the stream is shared by all."""
    if type(call.out) not in call.recorder.table.recorded:
        return None
    ndim, rows, _ = call.recorder.table.snapshot(call.out)
    noted = operands(call, flat([*call.args, *call.kwargs.values()]))
    found, maps = edges(call.recorder, ndim, rows, noted), call.recorder.graph.maps
    own = [(found[k], maps[found[k + 1]], DIRECT if type(maps[found[k + 1]]) is Identity
            else CONTEXT, EXACT) for k in range(0, len(found), 3)]  # fmt: skip
    stream = [(o.node, All(o.rows, rows), CONTEXT, EXACT) for o in noted if o.node is not None]
    return finish(call, *own, *stream)


def _vectors(call: Call) -> bool | None:
    """Vectors whose parameters are spread over all of them."""
    if type(call.out) is not np.ndarray:
        return None
    rows = len(call.out)
    return finish(call, *(every(call, one, rows, CONTEXT) for one in others(call, 0)))


# -- rows ------------------------------------------------------------------------------------------


def _target(call: Call, name: str = "x") -> Any:
    target = call.args[0] if call.args else call.kwargs.get(name)
    if isinstance(target, Operand):  # Python's own shuffle may let go of it
        return target.ref() if target.ref is not None else None
    return target


def shuffled(call: Call) -> bool | None:
    """``shuffle(a)``: the same draws move the numbers of its rows."""
    target = _target(call)
    one = recorded(call, target, 1)
    if one is None or type(target) is not np.ndarray:
        return None
    rows, place = one.rows, axis_of(call.argument(1, "axis", 0), one.ndim)
    made = edge(one, All(rows, rows), DIRECT, INEXACT)
    if place:
        made = edge(one, Identity(rows))
    elif call.mark is not None:
        link = OnDemand(partial(_shuffle, call.mark, one.ndim, rows), rows, rows)
        made = edge(one, link)
    node = call.recorder.emit(call.site, call.name, target, [made])
    opaque.aliases_written(call.recorder, call.site, one.ref, node)
    return True


def _ids(n: int, ndim: int) -> np.ndarray:
    return np.arange(n).reshape((n, *[1] * (ndim - 1)))


def _shuffle(make: Make, ndim: int, n: int) -> RowMap:
    ids = _ids(n, ndim)
    make().shuffle(ids)
    return compress(ids.reshape(n), n)


def _permutation(call: Call) -> bool | None:
    """A shuffled copy; of a number, positions that come from nowhere."""
    one = recorded(call, _target(call), 1)
    if one is None or one.ndim == 0:
        return finish(call, *(every(call, o, len(call.out), CONTEXT) for o in others(call, 0)))
    if call.mark is None or type(call.out) is not np.ndarray:
        return None
    rows, place = len(call.out), axis_of(call.argument(1, "axis", 0), one.ndim)
    if place:
        return finish(call, edge(one, Identity(rows)))

    def make() -> RowMap:
        return compress(call_mark().permutation(_ids(rows, one.ndim)).reshape(rows), rows)

    call_mark = call.mark
    return finish(call, edge(one, OnDemand(make, rows, rows)))


def _permuted(call: Call) -> bool | None:
    """Elements shuffled along an axis, or all of them."""
    one, axis = recorded(call, _target(call), 1), call.argument(1, "axis")
    if one is None or call.mark is None or one.array is None or not one.ndim:
        return None
    place, rows = axis_of(axis, one.ndim), len(call.out)
    if place:
        return finish(call, edge(one, Identity(rows)))
    link: RowMap = OnDemand(
        partial(_mixed, call.mark, np.shape(one.array), axis, rows), one.rows, rows
    )
    if one.ndim > 1:
        return finish(call, edge(one, Mosaic(link), DIRECT, INEXACT))
    return finish(call, edge(one, link))


def _mixed(make: Make, shape: tuple[int, ...], axis: Any, rows: int) -> RowMap:
    n = shape[0]
    ids = np.broadcast_to(_ids(n, len(shape)), shape)
    return _by_row(make().permuted(ids, axis=axis), rows, n)


def _by_row(found: np.ndarray, rows: int, n: int) -> RowMap:
    found = np.asarray(found).reshape(rows, -1)
    if found.shape[1] == 1:
        return compress(found[:, 0], n)
    key = np.unique(np.repeat(np.arange(rows), found.shape[1]) * n + found.reshape(-1))
    return Ragged.of_pairs(key // n, key % n, rows, n)


def _choice(call: Call) -> bool | None:
    """Rows drawn, with or without weights."""
    one = recorded(call, _target(call, "a"), 1)
    if type(call.out) not in call.recorder.table.recorded:
        return None
    rows = call.recorder.table.rows(call.out)
    if one is None or one.ndim == 0:
        return finish(call, *(every(call, o, rows, CONTEXT) for o in others(call, 0)))
    place = axis_of(call.argument(4, "axis", 0), one.ndim)
    if call.mark is None or place is None:
        return None
    weights = [every(call, o, rows, CONTEXT) for o in others(call, 1, "a")]
    if place:
        return finish(call, edge(one, Identity(rows)), *weights) if rows == one.rows else None
    return finish(call, _drawn(call, one, rows), *weights)


def _drawn(call: Call, one: Subject, rows: int) -> Edge:
    size = call.argument(1, "size")
    p = call.argument(3, "p")
    more: dict[str, Any] = {"size": size, "replace": call.argument(2, "replace", True),
                            "p": None if p is None else np.array(p)}  # fmt: skip
    if call.argument(5, "shuffle") is not None:
        more["shuffle"] = call.argument(5, "shuffle")
    make, n = call.mark, one.rows
    link: RowMap = OnDemand(lambda: _repeated(make().choice(n, **more), rows, n), n, rows)
    if size is None or isinstance(size, int | np.integer) or len(size) == 1:
        return edge(one, link)
    return edge(one, Mosaic(link), DIRECT, INEXACT)


def _repeated(found: Any, rows: int, n: int) -> RowMap:
    if np.ndim(found) == 0:  # one row, of which each element is a row of the result
        return compress(np.full(rows, int(found)), n)
    return _by_row(found, rows, n)


def _one(call: Call) -> bool | None:
    """Python's ``random.choice(a)``: one row."""
    target = call.args[0] if call.args else None
    one = target if isinstance(target, Operand) else None
    if one is None:
        found = recorded(call, target)
        n, node = (found.rows, found.node) if found else (0, None)
    else:
        n, node = one.rows, one.node
    if node is None or call.mark is None or type(call.out) not in call.recorder.table.recorded:
        return None
    make, rows = call.mark, call.recorder.table.rows(call.out)
    link = OnDemand(lambda: compress(np.full(rows, make().choice(range(n))), n), n, rows)
    done = finish(call, (node, link, DIRECT, EXACT))
    base = one.ref() if one is not None and one.ref is not None else target
    if isinstance(base, np.ndarray) and isinstance(call.out, np.ndarray):
        call.recorder.identity.share(base, call.out)
    return done
