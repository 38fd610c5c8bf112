# Fraud: daily payments, rolling windows, lags and resampling.
# %%
import numpy as np
import pandas as pd

rng = np.random.default_rng(5)
days = pd.date_range("2024-01-01", periods=365, freq="D")
payments = pd.DataFrame({
    "day": np.tile(days, 3), "account": np.repeat(["a", "b", "c"], 365),
    "amount": rng.gamma(2, 50, 3 * 365), "count": rng.poisson(4, 3 * 365),
})
# %%
payments = payments.sort_values(["account", "day"]).reset_index(drop=True)
payments["weekday"] = payments["day"].dt.dayofweek
payments["weekend"] = payments["weekday"] >= 5
# %%
g = payments.groupby("account")["amount"]
payments["lag1"] = g.shift(1)
payments["lag7"] = g.shift(7)
payments["change"] = g.diff()
payments["mean7"] = g.transform(lambda s: s.rolling(7, min_periods=1).mean())
payments["total"] = g.cumsum()
# %%
payments["z"] = (payments["amount"] - g.transform("mean")) / g.transform("std")
alarm = payments[payments["z"].abs() > 3]
# %%
one = payments[payments["account"] == "a"].set_index("day")
weekly = one["amount"].resample("W").sum()
monthly = one.resample("MS")[["amount", "count"]].mean()
smooth = one["amount"].rolling(14).mean()
ewm = one["amount"].ewm(span=10).mean()
expanding = one["amount"].expanding().max()
# %%
wide = payments.pivot(index="day", columns="account", values="amount")
wide = wide.ffill().asfreq("D")
corr = wide.corr()
returns = wide.pct_change().dropna()
# %%
cut = pd.Timestamp("2024-10-01")
train, test = payments[payments["day"] < cut].dropna(), payments[payments["day"] >= cut]
baseline = test["lag7"]
mae = (test["amount"] - baseline).abs().mean()
mae
# %%
for account, part in payments.groupby("account"):
    print(account, len(part), part["amount"].max())
