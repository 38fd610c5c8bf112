# Health: progression of diabetes by ridge regression in plain NumPy.
# %%
import numpy as np
from sklearn.datasets import load_diabetes
# %%
X, y = load_diabetes(return_X_y=True, scaled=False)
X.shape, y.shape
# %%
rng = np.random.default_rng(3)
order = rng.permutation(len(X))
train, test = order[:300], order[300:]
X_train, X_test = X[train], X[test]
y_train, y_test = y[train], y[test]
# %%
mu = X_train.mean(axis=0)
sd = X_train.std(axis=0)
Z_train = (X_train - mu) / sd
Z_test = (X_test - mu) / sd
Z_train = np.hstack([Z_train, np.ones((len(Z_train), 1))])
Z_test = np.c_[Z_test, np.ones(len(Z_test))]
# %%
def ridge(A, b, strength):
    gram = A.T @ A + strength * np.eye(A.shape[1])
    return np.linalg.solve(gram, A.T @ b)


weights = ridge(Z_train, y_train, 1.0)
# %%
predicted = Z_test @ weights
residual = y_test - predicted
rmse = np.sqrt(np.mean(residual ** 2))
r2 = 1 - np.sum(residual ** 2) / np.sum((y_test - y_test.mean()) ** 2)
print(rmse, r2)
# %%
errors = []
for strength in [0.1, 1.0, 10.0]:
    w = ridge(Z_train, y_train, strength)
    errors.append(np.abs(Z_test @ w - y_test).mean())
best = np.argmin(errors)
# %%
worst = np.argsort(-np.abs(residual))[:10]
table = np.column_stack([predicted[worst], y_test[worst], residual[worst]])
outliers = np.abs(residual) > 2 * residual.std()
clipped = np.clip(predicted, 50, 300)
flagged = np.where(outliers, np.nan, clipped)
np.nanmean(flagged)
# %%
U, s, Vt = np.linalg.svd(Z_train[:, :-1], full_matrices=False)
components = U[:, :2] * s[:2]
corr = np.corrcoef(Z_train[:, :-1], rowvar=False)
