"""Small notebooks with a recorded training, and what their record says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.record_examples import fields
from tests.traced import Notebook

IMPORTS = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
"""
SPLIT = """\
train, test = table.iloc[:140], table.iloc[140:]
X, y = train[["a", "b"]], train["y"]
X_test, y_test = test[["a", "b"]], test["y"]
"""
FIT = "model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)"


def people(n: int = 200, seed: int = 3) -> pd.DataFrame:
    """Rows of two features and a label that they tell, more or less."""
    draw = np.random.default_rng(seed)
    a, b = draw.normal(size=(2, n))
    sick = a - b + draw.normal(size=n) > 0
    return pd.DataFrame({"a": a, "b": b, "y": np.where(sick, "sick", "well")})


class Lab(Notebook):
    """A notebook that trains, and reports.

    Attributes:
        stated: What a person states in its record.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stated: dict[str, Any] = {}

    def train(self, name: str, source: str, *, traced: bool = True) -> None:
        """Run a cell as under ``%%train NAME``."""
        self.session.begin_train(name)
        self(source, traced=traced)
        self.session.end_train(True)

    def fields(self, **stated: Any) -> dict[str, dict[str, Any]]:
        """The fields of its record by id."""
        return fields(self.session.report(**stated))

    def contradicted(self, **stated: Any) -> dict[str, str]:
        """Ids of the contradicted fields, and what contradicts them."""
        found = self.fields(**stated).items()
        return {i: f["check"]["detail"] for i, f in found if f["state"] == "contradicted"}

    def metrics(self, **stated: Any) -> list[dict[str, Any]]:
        """The fields of metrics, in order."""
        return [f for i, f in self.fields(**stated).items() if i.startswith("eval.metric.")]


def trained(fit: str = FIT) -> Lab:
    """A notebook with a table, a split and a trained model."""
    lab = Lab()
    lab(IMPORTS)
    lab.source("table", people())
    lab(SPLIT)
    lab.train("screen", fit)
    return lab
