# Insurance: policies and claims, written, read back, joined; frequency and severity.
# %%
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import GammaRegressor, PoissonRegressor

FOLDER = Path(tempfile.mkdtemp())
rng = np.random.default_rng(11)
pd.DataFrame({
    "policy": np.arange(600), "age": rng.integers(18, 85, 600),
    "region": rng.choice(["north", "south", "west"], 600),
    "exposure": rng.uniform(0.2, 1.0, 600).round(2), "start": "2023-01-01",
}).to_csv(FOLDER / "policies.csv", index=False)
pd.DataFrame({
    "policy": rng.integers(0, 700, 300), "amount": rng.gamma(2, 400, 300).round(2),
    "date": pd.to_datetime("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, 300), unit="D"),
}).to_csv(FOLDER / "claims.csv", index=False)
# %%
policies = pd.read_csv(FOLDER / "policies.csv", parse_dates=["start"])
claims = pd.read_csv(FOLDER / "claims.csv", parse_dates=["date"])
# %%
claims = claims[claims["amount"] > 10].drop_duplicates(subset=["policy", "date"])
known = claims[claims["policy"].isin(policies["policy"])]
per_policy = known.groupby("policy")["amount"].agg(["count", "sum", "max"]).reset_index()
per_policy.columns = ["policy", "n_claims", "paid", "largest"]
# %%
book = policies.merge(per_policy, on="policy", how="left")
book[["n_claims", "paid", "largest"]] = book[["n_claims", "paid", "largest"]].fillna(0)
book["frequency"] = book["n_claims"] / book["exposure"]
book["severity"] = np.where(book["n_claims"] > 0, book["paid"] / book["n_claims"].clip(lower=1), 0.0)
# %%
X = pd.get_dummies(book[["age", "region"]], dtype=float)
X["age"] = (X["age"] - X["age"].mean()) / X["age"].std()
poisson = PoissonRegressor(alpha=1e-3, max_iter=300)
poisson.fit(X, book["frequency"], sample_weight=book["exposure"])
book["expected"] = poisson.predict(X)
# %%
hit = book["n_claims"] > 0
gamma = GammaRegressor(max_iter=300).fit(X[hit], book.loc[hit, "severity"])
book["premium"] = book["expected"] * gamma.predict(X)
# %%
ratio = book.groupby("region").apply(lambda g: g["paid"].sum() / g["premium"].sum())
ratio
# %%
by_month = known.assign(month=known["date"].dt.month).groupby("month")["amount"].sum()
cumulative = by_month.cumsum()
largest = known.sort_values("amount", ascending=False).head(10)
largest.merge(policies, on="policy")[["policy", "amount", "age", "region"]]
