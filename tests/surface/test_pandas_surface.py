"""pandas: every public callable is classified, and every rule's answer is the truth."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.surface.pandas_witnesses import LIBRARY
from tests.surface.witness import Witness, check
from traceprop_nb.adapters.pandas import fills, groups, reshape, times, windows
from traceprop_nb.lineage.maps import Gather, Repeat, Window
from traceprop_nb.lineage.nodes import Status

EXACT = 0.78
"""Least share of the callables with rows whose every witness is exact."""
_BY_OWNER: dict[str, list[Witness]] = {}
for _one in LIBRARY.witnesses:
    _BY_OWNER.setdefault(_one.name.rpartition(".")[0], []).append(_one)
_OUTCOMES = {}


def there(one: Witness) -> bool:
    """Whether this pandas has it, without the last digits of rows that left the window."""
    old = pd.__version__ < "3"
    return not old or (one.name in LIBRARY.public() and not one.name.endswith(("skew", "kurt")))


@pytest.mark.filterwarnings("ignore")  # of pandas' own: calls that will be gone some day
@pytest.mark.parametrize("owner", _BY_OWNER)
def test_every_call_has_the_rows_that_its_result_depends_on(owner):
    outcomes = {one: check(LIBRARY.setting, one) for one in _BY_OWNER[owner] if there(one)}
    _OUTCOMES.update(outcomes)
    wrong = [f"{one.name}: {one.call}\n{out}" for one, out in outcomes.items() if not out.holds]
    assert not wrong, "\n".join(wrong)


def test_nothing_public_is_left_out():
    assert LIBRARY.unclassified() == []


def test_most_of_it_is_exact():
    if set(_OUTCOMES) != set(LIBRARY.witnesses):
        pytest.skip("only with all witnesses")
    counts = LIBRARY.coverage(_OUTCOMES)
    print(dict(counts))  # noqa: T201  # the figures, for who asks with -s
    followed = counts["exact"] + counts["inexact"] + counts["opaque"]
    assert counts["exact"] / followed > EXACT
    assert not counts["not classified"]


BROKEN = {
    "melt by row instead of by block": (
        reshape, "Tile", lambda k, n: Repeat(k, n),
        "d[['w', 'w']].set_axis(['a', 'b'], axis=1).melt()",
    ),
    "a window one row too high": (
        windows, "Window", lambda low, high, n, m: Window(low + 1, high + 1, n, m),
        "d['w'].shift(1)",
    ),
    "gaps filled from the row itself": (
        fills, "Gather", lambda index, n: Gather(index * 0 - 1, n), "d[['v', 'w']].ffill()",
    ),
    "bins in the order of time": (
        groups, "Deferred", lambda index, n: Gather(sorted(index), n),
        "d[['t', 'o', 'w']].sort_values('o').resample('12h', on='t').sum()",
    ),
    "times that are not there": (
        times, "Deferred", lambda index, n: Gather(abs(index), n),
        "d.set_index('t')[['w']].asfreq('3h')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_rule_that_is_wrong_is_noticed(what, monkeypatch):
    module, name, broken, call = BROKEN[what]
    witness = Witness("pandas", call, "changed" if "fill" in call or "sum" in call else "carried")
    outcome = check(LIBRARY.setting, witness)
    assert outcome.holds, outcome
    assert outcome.status == Status.EXACT
    monkeypatch.setattr(module, name, broken)
    assert not check(LIBRARY.setting, witness).holds
