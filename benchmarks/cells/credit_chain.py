# Credit: the whole cleaning as one chain, then rates by group.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
NAMES = ["age", "workclass", "fnlwgt", "education", "education_num", "marital", "occupation",
         "relationship", "race", "sex", "gain", "loss", "hours", "country", "income"]
# %%
raw = pd.read_csv(DATA / "adult.data", header=None, names=NAMES, skipinitialspace=True, nrows=1500)
# %%
clean = (
    raw
    .assign(record=range(len(raw)))
    .replace("?", np.nan)
    .dropna()
    .query("age >= 18 and hours > 0")
    .assign(
        target=lambda d: (d["income"] == ">50K").astype(int),
        net=lambda d: d["gain"] - d["loss"],
        married=lambda d: d["marital"].str.startswith("Married"),
    )
    .drop(columns=["fnlwgt", "income"])
    .sort_values(["age", "hours"], ascending=[True, False])
    .reset_index(drop=True)
)
clean.shape
# %%
by_education = (
    clean
    .groupby("education", as_index=False)
    .agg(people=("target", "size"), rate=("target", "mean"), years=("education_num", "first"))
    .sort_values("years")
)
# %%
enriched = clean.merge(by_education[["education", "rate"]], on="education", how="left")
enriched["above"] = enriched["target"] > enriched["rate"]
# %%
top = (
    enriched
    .nlargest(50, "hours")
    .loc[:, ["record", "age", "hours", "rate", "target"]]
    .rename(columns={"rate": "education_rate"})
)
# %%
pivot = enriched.pivot_table(index="sex", columns="married", values="target", aggfunc="mean")
pivot.round(3)
# %%
enriched["country"].value_counts().head(5)
