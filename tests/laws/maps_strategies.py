"""Drawn row maps of every kind, each beside the lists of sets that it must equal."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.oracles import row_sets as oracle

small = st.integers(0, 9)


@st.composite
def ranges(draw, n_in=small, n_out=small):
    rows, length, step = draw(n_in), draw(n_out), draw(st.integers(-3, 3))
    if rows == 0 or length == 0:
        return oracle.a_range(0, step, 0, rows)
    fitting = (rows - 1) // abs(step) + 1 if step else length
    length = min(length, fitting)
    reach = abs(step) * (length - 1)
    low = draw(st.integers(0, rows - 1 - reach))
    return oracle.a_range(low if step >= 0 else low + reach, step, length, rows)


@st.composite
def indexes(draw, n_in=small):
    """An index and its n_in: free, ascending, or made of stretches, with and without -1."""
    rows = draw(n_in)
    free = st.lists(st.integers(-1, rows - 1), max_size=12)
    index = draw(free)
    shape = draw(st.sampled_from(["free", "ascending", "stretches", "present"]))
    if shape == "ascending":
        index = sorted({i for i in index if i >= 0})
    elif shape == "stretches":
        stops = [(i, draw(st.integers(i, rows))) if i >= 0 else (i, i) for i in index]
        index = [j for start, stop in stops for j in (range(start, stop) if start >= 0 else [-1])]
    elif shape == "present":
        index = [i for i in index if i >= 0]
    return index, rows


@st.composite
def parts(draw, n_in=small):
    rows = draw(n_in)
    before, after = draw(small), draw(small)
    return oracle.part(before, rows, before + rows + after)


@st.composite
def coded(draw, make):
    n_groups = draw(st.integers(0, 4))
    codes = draw(st.lists(st.integers(-1, n_groups - 1), max_size=10))
    return make(codes, n_groups)


@st.composite
def windows(draw):
    low = draw(st.integers(-4, 4))
    return oracle.window(low, low + draw(st.integers(0, 4)), draw(small), draw(small))


@st.composite
def raggeds(draw, n_in=small):
    rows = draw(n_in)
    sets = st.sets(st.integers(0, rows - 1)) if rows else st.just(set())
    return oracle.ragged(draw(st.lists(sets, max_size=8)), rows)


@st.composite
def runs(draw):
    rows = draw(st.integers(1, 12))
    stretches = []
    for _ in range(draw(st.integers(0, 5))):
        origin = draw(st.integers(-1, rows - 1))
        longest = rows - origin if origin >= 0 else 4
        stretches.append((draw(st.integers(1, longest)), origin))
    return oracle.runs(stretches, rows)


KINDS = {
    "Identity": small.map(oracle.identity),
    "Range": ranges(),
    "Mask": st.lists(st.booleans(), max_size=20).map(oracle.mask),
    "Gather": indexes().map(lambda drawn: oracle.gather(*drawn)),
    "Deferred": indexes().map(lambda drawn: oracle.deferred(*drawn)),
    "Runs": runs(),
    "Part": parts(),
    "Groups": coded(oracle.groups),
    "SameGroup": coded(oracle.same_group),
    "All": st.builds(oracle.everything, small, small),
    "Repeat": st.builds(oracle.repeat, st.integers(0, 4), small),
    "Tile": st.builds(oracle.tile, st.integers(0, 4), small),
    "Prefix": small.map(oracle.prefix),
    "Window": windows(),
    "Ragged": raggeds(),
}
KINDS["OnDemand"] = st.one_of(*KINDS.values()).map(lambda drawn: oracle.on_demand(*drawn))
simple_map = st.one_of(*KINDS.values())


@st.composite
def ending_at(draw, n):
    """A map with exactly n output rows and any number of input rows."""
    rows = draw(st.integers(0, 6))
    index = st.lists(st.integers(-1, rows - 1), min_size=n, max_size=n)
    choices = [
        st.just(oracle.identity(n)),
        st.just(oracle.everything(rows, n)),
        index.map(lambda drawn: oracle.gather(drawn, rows)),
        index.map(lambda drawn: oracle.deferred(drawn, rows)),
        index.map(lambda drawn: oracle.same_group(drawn, rows)),
        st.lists(st.integers(-1, n - 1), max_size=8).map(lambda codes: oracle.groups(codes, n)),
        st.just(oracle.prefix(n)),
        st.integers(-2, 2).map(lambda low: oracle.window(low, low + 1, rows, n)),
        st.integers(-2, 2).map(lambda low: oracle.window(low, low, rows, n)),
        st.permutations(range(n)).map(lambda order: oracle.mask(_scattered(order, n))),
        ranges(n_in=st.integers(n, n + 6), n_out=st.just(n)).filter(lambda m: m[0].n_out == n),
        st.integers(0, n).map(lambda k: oracle.part(n - k, k, n)),
        st.integers(1, max(n, 1)).filter(lambda k: n % k == 0).map(lambda k: _blocks(k, n)),
        st.integers(1, max(n, 1)).filter(lambda k: n % k == 0).map(lambda k: _tiles(k, n)),
    ]
    return draw(st.one_of(*choices))


def _scattered(order, n):
    bits = [False] * (2 * n)
    for k in range(n):
        bits[2 * k + order[k] % 2] = True
    return bits


def _blocks(k, n):
    return oracle.repeat(k, n // k)


def _tiles(k, n):
    return oracle.tile(k, n // k)


@st.composite
def between(draw, n_in, n_out):
    """A map between given numbers of rows."""
    index = st.lists(st.integers(-1, n_in - 1), min_size=n_out, max_size=n_out)
    choices = [
        index.map(lambda drawn: oracle.gather(drawn, n_in)),
        st.just(oracle.window(-1, 1, n_in, n_out)),
        st.just(oracle.everything(n_in, n_out)),
        st.lists(st.integers(-1, n_out - 1), min_size=n_in, max_size=n_in).map(
            lambda codes: oracle.groups(codes, n_out)
        ),
    ]
    if n_in == n_out:
        choices += [st.just(oracle.identity(n_in)), st.just(oracle.prefix(n_in))]
    if n_in <= n_out:
        choices.append(st.integers(0, n_out - n_in).map(lambda k: oracle.part(k, n_in, n_out)))
    return draw(st.one_of(*choices))


@st.composite
def chains(draw):
    outer = draw(simple_map)
    return oracle.chain(outer, draw(ending_at(outer[0].n_in)))


@st.composite
def unions(draw):
    n_in, n_out = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    return oracle.union_of(draw(st.lists(between(n_in, n_out), min_size=1, max_size=3)))


KINDS |= {
    "Chain": chains(),
    "Union": unions(),
    "Mosaic": simple_map.map(lambda drawn: oracle.mosaic(*drawn)),
}
any_map = st.one_of(*KINDS.values())
