# Credit: the same rates with polars.
# %%
import os
from pathlib import Path

import polars as pl
from sklearn.linear_model import LogisticRegression

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
# %%
land = pl.read_csv(DATA / "covtype_20k.csv.gz", n_rows=2000)
land = land.select(["Elevation", "Slope", "Aspect", "Hillshade_Noon", "Cover_Type"])
# %%
land = land.with_columns(
    (pl.col("Cover_Type") == 2).cast(pl.Int8).alias("target"),
    (pl.col("Elevation") / 1000).alias("km"),
    (pl.col("Slope") > 20).alias("steep"),
)
# %%
high = land.filter((pl.col("km") > 2.5) & (pl.col("Slope") < 40))
high = high.sort("Elevation", descending=True)
top = high.head(20)
# %%
rates = land.group_by("Cover_Type", maintain_order=True).agg(pl.len().alias("n"), pl.col("Slope").mean().alias("mean_slope"))
joined = high.join(rates, on="Cover_Type", how="left")
joined = joined.with_columns((pl.col("Slope") - pl.col("mean_slope")).alias("relative"))
# %%
X = joined.select(["km", "Slope", "relative"]).to_numpy()
y = joined["target"].to_numpy()
X = (X - X.mean(axis=0)) / X.std(axis=0)
model = LogisticRegression().fit(X[:1000], y[:1000])
p = model.predict_proba(X[1000:])[:, 1]
# %%
said = joined[1000:].with_columns(pl.Series("p", p))
said.filter(pl.col("p") > 0.5).height
