# Insurance: customer segments by k-means and principal components.
# %%
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import RobustScaler
# %%
frame = load_wine(as_frame=True).frame
frame = frame.rename(columns=str.lower).sample(frac=1, random_state=4).reset_index(drop=True)
features = frame.columns.drop("target")
# %%
Z = RobustScaler().fit_transform(frame[features])
pca = PCA(n_components=3, random_state=0)
scores = pca.fit_transform(Z)
pca.explained_variance_ratio_.cumsum()
# %%
best = {}
for k in (2, 3, 4):
    labels = KMeans(k, n_init=3, random_state=0).fit_predict(scores)
    best[k] = silhouette_score(scores, labels)
# %%
km = KMeans(3, n_init=3, random_state=0).fit(scores)
frame["segment"] = km.labels_
distance = km.transform(scores).min(axis=1)
frame["far"] = distance > np.quantile(distance, 0.95)
# %%
profile = frame.groupby("segment")[list(features)].mean().T
sizes = frame["segment"].value_counts().sort_index()
table = pd.crosstab(frame["segment"], frame["target"], normalize="index")
# %%
odd = IsolationForest(random_state=0, n_estimators=20).fit_predict(Z) == -1
frame.loc[odd, ["segment", "alcohol"]]
# %%
neighbours = NearestNeighbors(n_neighbors=5).fit(scores)
d, i = neighbours.kneighbors(scores[:10])
knn = KNeighborsClassifier(5).fit(scores[:120], frame["target"][:120])
knn.score(scores[120:], frame["target"][120:])
