# Health: a life table and Kaplan-Meier by hand.
# %%
import numpy as np
import pandas as pd

rng = np.random.default_rng(8)
n = 300
patients = pd.DataFrame({
    "arm": rng.choice(["drug", "placebo"], n), "age": rng.normal(60, 9, n).round(),
    "time": rng.exponential(24, n).round(1) + 0.1, "event": rng.random(n) < 0.7,
})
# %%
patients["month"] = np.ceil(patients["time"]).astype(int)
patients["group"] = pd.cut(patients["age"], [0, 55, 65, 120], right=False)
patients = patients.loc[patients["age"].notna()]
# %%
def kaplan_meier(table):
    events = table.groupby("month")["event"].agg(["sum", "count"])
    events.columns = ["deaths", "leaving"]
    at_risk = len(table) - events["leaving"].cumsum().shift(fill_value=0)
    events["at_risk"] = at_risk
    events["survival"] = (1 - events["deaths"] / events["at_risk"]).cumprod()
    return events


whole = kaplan_meier(patients)
# %%
curves = {arm: kaplan_meier(part) for arm, part in patients.groupby("arm")}
both = pd.concat(curves, names=["arm"])
median = whole.index[(whole["survival"] <= 0.5).to_numpy().argmax()]
# %%
order = patients.sort_values("time", ascending=False)
risk = np.exp(0.02 * order["age"].to_numpy())
cumulative = np.cumsum(risk)
likelihood = np.log(risk / cumulative)[order["event"].to_numpy()].sum()
# %%
cross = pd.crosstab(patients["arm"], patients["event"])
rate = patients.groupby(["arm", "group"], observed=True)["event"].mean().unstack()
long = rate.reset_index().melt(id_vars="arm", value_name="rate")
# %%
years = patients["time"].sum() / 12
per_year = patients["event"].sum() / years
boot = []
for b in range(10):
    sample = patients.sample(frac=1.0, replace=True, random_state=b)
    boot.append(sample["event"].mean())
np.percentile(boot, [2.5, 97.5])
