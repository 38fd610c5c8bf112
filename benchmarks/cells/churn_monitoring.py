# Insurance: drift between two quarters, stability index, bootstrap of a rate.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.linear_model import LogisticRegression

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
cols = "age work weight school years marital job relation race sex gain loss hours country income".split()
# %%
old = pd.read_csv(DATA / "adult.data", names=cols, skipinitialspace=True, nrows=900)
new = pd.read_csv(DATA / "adult.test", names=cols, skipinitialspace=True, skiprows=1, nrows=700)
both = pd.concat([old.assign(quarter="old"), new.assign(quarter="new")], ignore_index=True)
both["left"] = both["income"].str.contains(">50K", regex=False)
# %%
edges = old["age"].quantile(np.linspace(0, 1, 11)).to_numpy().copy()
edges[0], edges[-1] = -np.inf, np.inf
share_old = pd.cut(old["age"], edges).value_counts(normalize=True, sort=False)
share_new = pd.cut(new["age"], edges).value_counts(normalize=True, sort=False)
psi = ((share_new - share_old) * np.log(share_new / share_old)).sum()
# %%
statistic, p_value = stats.ks_2samp(old["hours"], new["hours"])
z = stats.zscore(both["hours"])
both["outlier"] = np.abs(z) > 3
# %%
compare = both.groupby("quarter")[["age", "hours", "left"]].mean()
change = compare.loc["new"] - compare.loc["old"]
by_job = both.groupby(["job", "quarter"])["left"].mean().unstack("quarter")
by_job["drift"] = by_job["new"] - by_job["old"]
by_job = by_job.dropna().sort_values("drift", key=abs, ascending=False)
# %%
features = ["age", "years", "hours"]
model = LogisticRegression(max_iter=500).fit(both.loc[both["quarter"] == "old", features], both.loc[both["quarter"] == "old", "left"])
both["p"] = model.predict_proba(both[features])[:, 1]
both["decision"] = np.select([both["p"] > 0.6, both["p"] > 0.3], ["call", "mail"], default="none")
# %%
rng = np.random.default_rng(0)
left = both["left"].to_numpy()
means = np.array([left[rng.integers(0, len(left), len(left))].mean() for _ in range(50)])
low, high = np.quantile(means, [0.025, 0.975])
# %%
sample = both.groupby("decision").sample(5, random_state=1, replace=True)
sample[["age", "job", "p", "decision"]].to_dict("records")[:2]
