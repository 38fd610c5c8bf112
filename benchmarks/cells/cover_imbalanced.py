# Land: rare cover types, class weights, thresholds.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import resample

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
# %%
land = pd.read_csv(DATA / "covtype_20k.csv.gz", nrows=3000)
land["record"] = np.arange(len(land))
land["Cover_Type"].value_counts(normalize=True)
# %%
land["rare"] = land["Cover_Type"].isin([4, 5, 6]).astype(int)
wild = [c for c in land.columns if c.startswith("Wilderness")]
land["area"] = land[wild].to_numpy().argmax(axis=1)
land = land.drop(columns=[c for c in land if c.startswith("Soil")])
# %%
train, test = train_test_split(land, test_size=0.3, random_state=2, stratify=land["rare"])
few, many = train[train["rare"] == 1], train[train["rare"] == 0]
# %%
more = resample(few, replace=True, n_samples=len(many), random_state=0)
fewer = many.sample(len(few), random_state=0)
up = pd.concat([many, more])
down = pd.concat([fewer, few], ignore_index=True)
# %%
features = ["Elevation", "Slope", "Horizontal_Distance_To_Hydrology", "Hillshade_9am", "area"]
scaler = MinMaxScaler()
A = scaler.fit_transform(up[features])
B = scaler.transform(test[features])
model = LogisticRegression(max_iter=300, class_weight="balanced").fit(A, up["rare"])
# %%
p = model.predict_proba(B)[:, 1]
precision, recall, thresholds = precision_recall_curve(test["rare"], p)
fpr, tpr, _ = roc_curve(test["rare"], p)
average_precision_score(test["rare"], p)
# %%
f1 = 2 * precision * recall / (precision + recall + 1e-9)
at = thresholds[np.argmax(f1[:-1])]
called = test.assign(p=p)[p >= at]
missed = test[(p < at) & (test["rare"].to_numpy() == 1)]
# %%
costs = {}
for threshold in np.linspace(0.1, 0.9, 9):
    said = p >= threshold
    costs[round(threshold, 1)] = int(((said == 0) & (test["rare"] == 1)).sum() * 5 + ((said == 1) & (test["rare"] == 0)).sum())
min(costs, key=costs.get)
