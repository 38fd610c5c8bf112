# Health: grouped splits, duplicates and leakage checks, indices moved by hand.
# %%
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, TimeSeriesSplit
from sklearn.preprocessing import LabelEncoder, QuantileTransformer
# %%
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X.iloc[:, :8].copy()
X.columns = ["radius", "texture", "perimeter", "area", "smooth", "compact", "concave", "points"]
X.insert(0, "clinic", np.arange(len(X)) % 7)
# %%
doubled = pd.concat([X, X.sample(30, random_state=0)])
is_copy = doubled.duplicated()
unique = doubled[~is_copy]
doubled["copy"] = is_copy.values
# %%
clinic = LabelEncoder().fit_transform(X["clinic"].astype(str))
accuracy = []
for fit, held in GroupKFold(3).split(X, y, groups=clinic):
    model = LogisticRegression(max_iter=2000)
    model.fit(X.iloc[fit, 1:], y.iloc[fit])
    accuracy.append(model.score(X.iloc[held, 1:], y.iloc[held]))
np.round(accuracy, 3)
# %%
values = X.to_numpy(dtype=float)
seen, held = values[:400], values[400:]
shift = np.roll(values[:, 1], 1)
shift[0] = values[0, 1]
quantile = QuantileTransformer(n_quantiles=50).fit(seen)
flat = quantile.transform(held)
# %%
filled = values.copy()
filled[::10, 2] = np.nan
column = filled[:, 2]
column[np.isnan(column)] = np.nanmedian(column)
filled[:, 3] /= 1000
filled[filled[:, 4] > 0.12] *= 1.0
# %%
spans = [(a[-1], b[0], b[-1]) for a, b in TimeSeriesSplit(3).split(values)]
corr = X.corr().abs()
upper = corr.where(np.triu(np.ones(corr.shape), k=1).astype(bool))
drop = [c for c in upper.columns if (upper[c] > 0.97).any()]
reduced = X.drop(columns=drop)
# %%
order = np.lexsort((X["radius"], X["clinic"]))
ranked = X.take(order)
positions = np.searchsorted(ranked["radius"].sort_values(), [12, 15, 18])
halves = np.array_split(values, 2)
