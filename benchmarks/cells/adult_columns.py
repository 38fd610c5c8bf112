# Credit: a column transformer, one-hot and ordinal encoders, boosted trees.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
names = "age work weight school years marital job relation race sex gain loss hours country income".split()


def load(file, skip):
    table = pd.read_csv(DATA / file, names=names, skiprows=skip, skipinitialspace=True, nrows=1200, na_values=["?"])
    table["income"] = table["income"].str.rstrip(".")
    return table
# %%
train = load("adult.data", 0)
test = load("adult.test", 1)
train.describe()
# %%
y_train = (train.pop("income") == ">50K").to_numpy()
y_test = (test.pop("income") == ">50K").to_numpy()
numbers = train.select_dtypes("number").columns.tolist()
words = [c for c in train.columns if c not in numbers]
# %%
numeric = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
categorical = Pipeline([("fill", SimpleImputer(strategy="most_frequent")), ("hot", OneHotEncoder(handle_unknown="ignore", sparse_output=False))])
prepare = ColumnTransformer([("n", numeric, numbers), ("w", categorical, words)])
A = prepare.fit_transform(train)
B = prepare.transform(test)
# %%
tree = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [3, 5]}, cv=3)
tree.fit(A, y_train)
tree.best_params_, tree.score(B, y_test)
# %%
encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
C = np.hstack([train[numbers].to_numpy(), encoder.fit_transform(train[words])])
boosted = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(C, y_train)
D = np.hstack([test[numbers].to_numpy(), encoder.transform(test[words])])
p = boosted.predict_proba(D)[:, 1]
# %%
print(roc_auc_score(y_test, p), log_loss(y_test, p), brier_score_loss(y_test, p))
oof = cross_val_predict(DecisionTreeClassifier(max_depth=4), A, y_train, cv=3, method="predict_proba")[:, 1]
# %%
bins = np.digitize(p, np.linspace(0, 1, 6)) - 1
calibration = pd.DataFrame({"bin": bins, "p": p, "y": y_test}).groupby("bin").mean()
# %%
test["p"] = p
parity = test.groupby("sex")["p"].agg(lambda s: (s > 0.5).mean())
gap = parity.max() - parity.min()
