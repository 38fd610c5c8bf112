# Credit: own functions and classes that clean, fit and score.
# %%
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
cols = "age work weight school years marital job relation race sex gain loss hours country income".split()
# %%
class Cleaner:
    """Fills and clips; remembers what it saw."""

    def __init__(self, low=0.01, high=0.99):
        self.low, self.high = low, high

    def fit(self, frame):
        self.limits = frame.quantile([self.low, self.high])
        self.median = frame.median()
        return self

    def transform(self, frame):
        out = frame.fillna(self.median)
        for column in out.columns:
            out[column] = out[column].clip(self.limits[column].iloc[0], self.limits[column].iloc[1])
        return out
# %%
@dataclass
class Logistic:
    rate: float = 0.5
    steps: int = 30

    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        for _ in range(self.steps):
            p = 1 / (1 + np.exp(-X @ self.w))
            self.w -= self.rate * X.T @ (p - y) / len(y)
        return self

    def predict(self, X):
        return 1 / (1 + np.exp(-X @ self.w))
# %%
raw = pd.read_csv(DATA / "adult.data", names=cols, skipinitialspace=True, nrows=1000)
numbers = raw[["age", "years", "gain", "loss", "hours"]].astype(float)
label = raw["income"].eq(">50K").astype(int)
# %%
def split(frame, label, share=0.8, seed=0):
    picked = np.random.default_rng(seed).random(len(frame)) < share
    return frame[picked], frame[~picked], label[picked], label[~picked]


train, test, y_train, y_test = split(numbers, label)
cleaner = Cleaner().fit(train)
A, B = cleaner.transform(train), cleaner.transform(test)
# %%
center, spread = A.mean(), A.std()
A = ((A - center) / spread).to_numpy()
B = ((B - center) / spread).to_numpy()
model = Logistic().fit(A, y_train.to_numpy())
p = model.predict(B)
# %%
def confusion(y, said):
    return np.array([[np.sum((y == a) & (said == b)) for b in (0, 1)] for a in (0, 1)])


matrix = confusion(y_test.to_numpy(), (p > 0.5).astype(int))
accuracy = np.trace(matrix) / matrix.sum()
# %%
reasons = pd.DataFrame(B * model.w, columns=train.columns, index=test.index)
main = reasons.idxmax(axis=1)
main.value_counts()
