# Credit: a logistic scorecard on census income.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
COLUMNS = """age workclass fnlwgt education education_num marital_status occupation relationship
race sex capital_gain capital_loss hours_per_week native_country income""".split()
# %%
df = pd.read_csv(DATA / "adult.data", header=None, names=COLUMNS, skipinitialspace=True,
                 na_values="?", nrows=2000)
df["record"] = np.arange(len(df))
df.head()
# %%
df.isna().sum()
# %%
df = df.dropna(subset=["occupation", "workclass"])
df = df[df["age"].between(20, 70)]
df["default"] = (df["income"] == "<=50K").astype(int)
df["log_gain"] = np.log1p(df["capital_gain"])
df["overtime"] = df["hours_per_week"] > 45
# %%
df["age_band"] = pd.cut(df["age"], bins=[0, 30, 45, 60, 100], labels=["young", "mid", "senior", "old"])
df.groupby("age_band", observed=True)["default"].mean()
# %%
features = ["age", "education_num", "hours_per_week", "log_gain", "overtime"]
X = pd.get_dummies(df[features + ["sex", "marital_status"]], columns=["sex", "marital_status"], dtype=float)
y = df["default"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=7, stratify=y)
# %%
mean, std = X_train.mean(), X_train.std().replace(0, 1)
X_train = (X_train - mean) / std
X_test = (X_test - mean) / std
model = LogisticRegression(max_iter=500)
model.fit(X_train, y_train)
# %%
p = model.predict_proba(X_test)[:, 1]
print(f"AUC {roc_auc_score(y_test, p):.3f}")
# %%
scores = pd.DataFrame({"p": p, "y": y_test.to_numpy()}, index=X_test.index)
scores["points"] = (600 - 50 * np.log(scores["p"] / (1 - scores["p"]))).round()
scores["decile"] = pd.qcut(scores["p"].rank(method="first"), 10, labels=False)
table = scores.groupby("decile").agg(n=("y", "size"), bad=("y", "sum"), mean_p=("p", "mean"))
table["rate"] = table["bad"] / table["n"]
table
