"""A notebook with a small credit model to decide by, and people to decide about."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.traced import Notebook
from traceprop_nb.session.decisions.answer import DecisionAnswer
from traceprop_nb.session.decisions.ask import decision

MAKE = """
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler
rng = np.random.default_rng(0)
people = pd.DataFrame({
    'income': rng.normal(40, 10, 200), 'debts': rng.integers(0, 6, 200),
    'years': rng.normal(5, 2, 200),
})
good = people.income - 4 * people.debts + people.years + rng.normal(0, 5, 200)
label = np.where(good > 32, 'granted', 'denied')
third = np.where(good > 38, 'granted', np.where(good > 28, 'later', 'denied'))
people['branch'] = np.where(rng.random(200) > 0.5, 'north', 'south')
X = people[['income', 'debts', 'years']]
"""
PLAIN = "model = LogisticRegression(max_iter=500).fit(X, label)"


def trained(nb: Notebook, source: str = PLAIN, name: str = "credit") -> None:
    """Train under ``%%train NAME``."""
    nb.session.begin_train(name)
    nb(source)
    nb.session.end_train(True)


def ask(nb: Notebook, x: Any, **options: Any) -> DecisionAnswer:
    """One decision in this notebook's session."""
    return decision(nb.session, x, **options)


def denied(nb: Notebook, which: int = 0) -> Any:
    """A person whom the model refuses, as a frame of one row."""
    model, X = nb.names["model"], nb.names["X"]
    refused = np.flatnonzero(model.predict(X) == "denied")
    return X.iloc[[int(refused[which])]]
