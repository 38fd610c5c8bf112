# Credit: out-of-fold target encoding and weight of evidence, with loops over rows.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import KFold

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
cols = "age work weight school years marital job relation race sex gain loss hours country income".split()
# %%
people = pd.read_csv(DATA / "adult.data", names=cols, skipinitialspace=True, usecols=["age", "work", "years", "job", "hours", "income"], nrows=800)
people["bad"] = people["income"].map({"<=50K": 1, ">50K": 0})
people["record"] = np.arange(len(people))
# %%
people["job_te"] = 0.0
for fold, (fit, use) in enumerate(KFold(4, shuffle=True, random_state=0).split(people)):
    means = people.iloc[fit].groupby("job")["bad"].mean()
    people.loc[people.index[use], "job_te"] = people.iloc[use]["job"].map(means).to_numpy()
people["job_te"] = people["job_te"].fillna(people["bad"].mean())
# %%
counts = people.groupby(["work", "bad"]).size().unstack(fill_value=0)
share = (counts + 0.5) / counts.sum()
woe = np.log(share[0] / share[1])
people["work_woe"] = people["work"].map(woe)
# %%
def bucket(row):
    if row["hours"] < 35:
        return "part"
    return "full" if row["hours"] <= 45 else "over"


people["bucket"] = people.apply(bucket, axis=1)
people["years_group"] = people["years"].apply(lambda v: min(v // 4, 3))
# %%
limits = []
for row in people.head(100).itertuples():
    limits.append(row.hours * 10 + row.age)
rejected = 0
for index, row in people.head(50).iterrows():
    if row["age"] < 25 and row["bad"] == 1:
        rejected += 1
# %%
features = people[["age", "years", "hours", "job_te", "work_woe"]].to_numpy()
features = (features - features.mean(0)) / features.std(0)
model = SGDClassifier(loss="log_loss", random_state=0).fit(features, people["bad"])
people["score"] = model.decision_function(features)
# %%
ranked = people.sort_values("score").reset_index(drop=True)
ranked["cum_bad"] = ranked["bad"].cumsum() / ranked["bad"].sum()
ranked["cum_good"] = (1 - ranked["bad"]).cumsum() / (1 - ranked["bad"]).sum()
ks = (ranked["cum_bad"] - ranked["cum_good"]).abs().max()
ks
