"""Law: over generated programs, an exact answer is right and an inexact one misses no row.

Every program carries its row ids as data through the same execution, so that the truth about a
row is read off the row itself. Deterministic: each part has its own seed.
"""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st

from tests.programs.run import Tally, check
from tests.programs.shapes import Program, program

PARTS = 8
EACH = 256
"""Programs that run to their end, a part: 2,048 in all."""
FLOOR = 0.7
"""Least share of exact answers, well below what the programs give."""


@st.composite
def programs(draw):
    return program(lambda options: draw(st.sampled_from(options)))


def run_many(part: int, folder) -> Tally:
    """Check ``EACH`` programs; the first wrong one is shrunk and shown."""
    total = Tally()

    @hypothesis.seed(part)
    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(programs())
    def every_answer_holds(made: Program) -> None:
        tally = check(made, folder)
        total.add(tally)
        if not tally.counts["programs"]:
            hypothesis.reject()  # it raised by itself, so that it does not count
        assert not tally.wrong, tally.wrong[0]

    every_answer_holds()
    return total


@pytest.mark.parametrize("part", range(PARTS))
def test_no_exact_answer_is_wrong_and_no_inexact_one_misses_a_row(part, tmp_path):
    total = run_many(part, tmp_path)
    counts = total.counts
    print(  # noqa: T201  # the figures, for who asks with -s
        f"part {part}: {counts['programs']} programs, {counts['queries']} queries, "
        f"{total.exact_share:.1%} exact, {counts['inexact']} inexact, {counts['unknown']} unknown, "
        f"{counts['programs that raised']} raised"
    )
    assert counts["programs"] >= EACH
    assert counts["recorder errors"] == 0
    assert counts["EXACT BUT WRONG"] == 0
    assert counts["INEXACT AND MISSES A ROW"] == 0
    assert counts["queries"] > 4 * counts["programs"]
    assert total.exact_share > FLOOR


def test_the_parts_are_many_enough():
    assert PARTS * EACH >= 2000


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("X = d[['w', '_a']].to_numpy(copy=True)[::-1]\nc_ = ['w', '_a']\n", "exact"),
        ("d = d[::-1]\nd['_a'] = d['_a'].to_numpy()[::-1]\n"
         "X = d[['w', '_a']].to_numpy()\nc_ = ['w', '_a']\n", "EXACT BUT WRONG"),
        ("X = np.reshape(d[['w', '_a']].to_numpy(), (-1, 2), order='F')\nc_ = ['w', '_a']\n",
         "inexact"),
        ("X = d[['w', '_a']].to_numpy()[1:]\nX = np.reshape(X, X.shape, order='F')\n"
         "X = X + 0\nX[:, 1] = 1.0\n"
         "c_ = ['w', '_a']\n", "INEXACT AND MISSES A ROW"),
    ],
)  # fmt: skip
def test_the_comparison_notices_every_outcome(source, outcome, tmp_path):
    tally = check(Program("import numpy as np\n" + source, 3, False), tmp_path)
    assert tally.counts[outcome] > 0, tally.counts


def test_a_program_that_raises_does_not_count(tmp_path):
    tally = check(Program("1 / 0\n", 3, False), tmp_path)
    assert tally.counts["programs"] == 0
    assert tally.counts["programs that raised"] == 1
