"""Products of matrices, decompositions, solves and transforms."""

from __future__ import annotations

from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, over, renumber, repeated, unite
from traceprop_nb.adapters.jax.flow.reductions import along, suffix
from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import Shape, Step, everywhere, real, rule
from traceprop_nb.lineage.maps import Prefix


@rule("dot_general")
def dot(step: Step) -> list[Flow]:
    """Contracted axes are combined; the others stay, batch axes first."""
    contract, batch = step.params["dimension_numbers"]
    free = [
        [a for a in range(len(shape)) if a not in contract[k] and a not in batch[k]]
        for k, shape in enumerate(step.shapes[:2])
    ]
    found: list[Dep] = []
    for k in (0, 1):
        first = len(batch[0]) + (len(free[0]) if k else 0)
        places = {axis: place for place, axis in enumerate(batch[k])}
        places |= {axis: first + place for place, axis in enumerate(free[k])}
        kept = renumber(unite(over(dep, contract[k]) for dep in step.ins[k].deps), places)
        own = set(places.values())
        others = [axis for axis, n in enumerate(step.outs[0]) if axis not in own and n > 1]
        found += repeated(kept, others)
    return step.same(unite(found))


@rule("cholesky eig eigh lu qr svd schur geqrf geqp3 lu_pivots_to_permutation tridiagonal_solve")
def decompose(step: Step) -> list[Flow]:
    """Every element of a matrix may come from every element of it; stacks stay apart."""
    keep = min(len(shape) for shape in step.shapes if shape) - 2
    kept = unite(over(dep, [a for a in real(dep.axes) if a >= max(keep, 0)]) for dep in step.every)
    return step.same(kept)


@rule("hessenberg tridiagonal householder_product symmetric_product cholesky_update ormqr")
def structured(step: Step) -> list[Flow]:
    """The same, where parts of the matrices are known to be zero or not to be read: a superset."""
    return [Flow(tuple(dep.inexact() for dep in flow.deps)) for flow in decompose(step)]


@rule("triangular_solve")
def triangular(step: Step) -> list[Flow]:
    """Row i comes from the rows that were solved before it, and from theirs of the matrix."""
    p, (a, b) = step.params, step.shapes
    axis = len(b) - 2 if p["left_side"] else len(b) - 1
    forward = p["lower"] != p["transpose_a"]
    if not p["left_side"]:
        forward = not forward
    relation = Prefix(b[axis]) if forward else suffix(b[axis])
    matrix = unite(over(d, [len(a) - 2, len(a) - 1]).inexact() for d in step.ins[0].deps)
    return step.same(unite([*matrix, *along(step.ins[1].deps, axis, relation)]))


@rule("custom_linear_solve")
def solve(step: Step) -> list[Flow]:
    """A solution of a system comes from all of the system and of the right side."""
    flat = all(len(shape) <= 2 for shape in step.shapes)
    return step.same(everywhere(step.every, exact=flat))


@rule("fft")
def fft(step: Step) -> list[Flow]:
    """The last axes are transformed."""
    return step.same(_last(step.ins[0].deps, step.shapes[0], len(step.params["fft_lengths"])))


def _last(deps: Deps, shape: Shape, count: int) -> Deps:
    axes = range(len(shape) - count, len(shape))
    return unite(over(dep, axes) for dep in deps)


@rule("ragged_dot_general scaled_dot scaled_matmul dot_product_attention_fwd")
def product(step: Step) -> list[Flow]:
    """Products whose groups are values: a superset."""
    return step.same(everywhere(step.every, exact=False))
