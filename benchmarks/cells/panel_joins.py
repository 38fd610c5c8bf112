# Health: visits, patients and lab values; joins as of, wide and long.
# %%
import numpy as np
import pandas as pd

rng = np.random.default_rng(21)
patients = pd.DataFrame({"patient": range(80), "sex": rng.choice(["f", "m"], 80), "born": rng.integers(1940, 2005, 80)})
visits = pd.DataFrame({"patient": rng.integers(0, 80, 400), "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 400), unit="D"), "pressure": rng.normal(130, 15, 400).round()})
labs = pd.DataFrame({"patient": rng.integers(0, 90, 300), "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 300), unit="D"), "test": rng.choice(["hba1c", "ldl"], 300), "value": rng.normal(6, 1, 300)})
# %%
visits = visits.sort_values("when")
labs = labs.sort_values("when")
joined = pd.merge_asof(visits, labs[labs["test"] == "hba1c"], on="when", by="patient", direction="backward")
# %%
joined = joined.merge(patients, on="patient", validate="many_to_one")
joined["age"] = joined["when"].dt.year - joined["born"]
joined["high"] = joined["pressure"].gt(140) & joined["value"].gt(6)
# %%
wide = labs.pivot_table(index="patient", columns="test", values="value", aggfunc="last")
wide["both"] = wide.notna().all(axis=1)
orphans = labs.merge(patients, on="patient", how="left", indicator=True)
orphans = orphans[orphans["_merge"] == "left_only"]
# %%
joined = joined.sort_values(["patient", "when"])
joined["nth"] = joined.groupby("patient").cumcount() + 1
joined["gap"] = joined.groupby("patient")["when"].diff().dt.days
last = joined.drop_duplicates("patient", keep="last")
first = joined.groupby("patient").head(1)
# %%
summary = joined.groupby(["sex", pd.cut(joined["age"], [0, 40, 60, 100])], observed=True).agg({"pressure": ["mean", "std"], "high": "sum"})
summary.columns = ["_".join(c) for c in summary.columns]
# %%
indexed = patients.set_index("patient").join(wide, how="left")
indexed["ldl"] = indexed["ldl"].fillna(indexed["ldl"].median())
indexed.loc[indexed["ldl"] > 7, "flag"] = "review"
stacked = indexed[["hba1c", "ldl"]].stack()
# %%
filtered = joined.groupby("patient").filter(lambda g: len(g) >= 5)
filtered["rank"] = filtered.groupby("patient")["pressure"].rank(ascending=False)
filtered[filtered["rank"] <= 2]
