"""The area under the curve of the membership test, against its definition."""

import numpy as np
from hypothesis import given, strategies as st

from traceprop_nb.unlearning.measures import auc

scores = st.lists(st.integers(-3, 3).map(float), max_size=8)


@given(scores, scores)
def test_auc_is_the_share_of_pairs_that_are_ranked_right(members, others):
    got = auc(np.array(members, dtype=float), np.array(others, dtype=float))
    pairs = [(m > o) + 0.5 * (m == o) for m in members for o in others]
    if not pairs:
        assert np.isnan(got)
    else:
        assert abs(got - np.mean(pairs)) < 1e-12
