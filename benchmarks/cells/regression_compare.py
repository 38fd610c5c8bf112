# Health: several regressors compared in a loop, residuals looked at.
# %%
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
# %%
data = load_diabetes(as_frame=True)
X, y = data.data, data.target
X["bmi_bp"] = X["bmi"] * X["bp"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=100, random_state=5)
# %%
models = {"ols": LinearRegression(), "ridge": Ridge(0.1), "lasso": Lasso(0.1), "net": ElasticNet(0.01), "gbm": GradientBoostingRegressor(n_estimators=30)}
rows = []
predictions = pd.DataFrame(index=X_test.index)
for name, model in models.items():
    predictions[name] = model.fit(X_train, y_train).predict(X_test)
    rows.append({"model": name, "mae": mean_absolute_error(y_test, predictions[name]), "r2": r2_score(y_test, predictions[name])})
results = pd.DataFrame(rows).set_index("model").sort_values("mae")
# %%
blend = predictions[["ols", "gbm"]].mean(axis=1)
weighted = predictions.mul([0.4, 0.2, 0.1, 0.1, 0.2]).sum(axis=1)
mean_squared_error(y_test, blend), mean_squared_error(y_test, weighted)
# %%
errors = []
for fit, held in KFold(3).split(X_train):
    poly = PolynomialFeatures(2, include_bias=False)
    scaler = StandardScaler()
    A = scaler.fit_transform(poly.fit_transform(X_train.iloc[fit]))
    B = scaler.transform(poly.transform(X_train.iloc[held]))
    ridge = Ridge(50).fit(A, y_train.iloc[fit])
    errors.append(np.sqrt(np.mean((ridge.predict(B) - y_train.iloc[held]) ** 2)))
np.mean(errors)
# %%
residual = y_test - blend
worst = residual.abs().sort_values(ascending=False).index[:10]
X_test.loc[worst]
# %%
coefficients = pd.Series(models["ols"].coef_, index=X.columns)
shares = coefficients.abs() / coefficients.abs().sum()
contribution = X_test * coefficients
contribution["total"] = contribution.sum(axis=1) + models["ols"].intercept_
