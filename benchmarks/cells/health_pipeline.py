# Health: tumours by a pipeline with cross-validation.
# %%
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
# %%
bunch = load_breast_cancer(as_frame=True)
df = bunch.frame
df.columns = [name.replace(" ", "_") for name in df.columns]
# %%
rng = np.random.default_rng(0)
mask = rng.random(len(df)) < 0.1
df.loc[mask, "mean_radius"] = np.nan
df["mean_radius"].isna().sum()
# %%
X = df.drop(columns="target")
y = df["target"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
# %%
model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000))
model.fit(X_train, y_train)
pred = model.predict(X_test)
# %%
print(accuracy_score(y_test, pred), f1_score(y_test, pred))
confusion_matrix(y_test, pred)
# %%
cv = StratifiedKFold(5, shuffle=True, random_state=1)
scores = cross_val_score(model, X_train, y_train, cv=cv)
print(scores.mean().round(3), scores.std().round(3))
# %%
forest = RandomForestClassifier(30, random_state=0).fit(X_train.fillna(0), y_train)
importance = pd.Series(forest.feature_importances_, index=X.columns).sort_values(ascending=False)
importance.head(10)
# %%
wrong = X_test[pred != y_test]
wrong = wrong.assign(p=model.predict_proba(wrong)[:, 1])
wrong[["mean_radius", "p"]]
