# Reading forms: hand-made features of images with NumPy, nearest centroid and a forest.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
# %%
archive = np.load(DATA / "mnist_4v9.npz")
images = archive["x_train"][:500].astype(np.float32) / 255
y = archive["y_train"][:500]
test = archive["x_test"][:200].astype(np.float32) / 255
y_test = archive["y_test"][:200]
# %%
flat = images.reshape(len(images), -1)
flat_test = test.reshape(len(test), -1)
ink = images.sum(axis=(1, 2))
rows, columns = images.mean(axis=2), images.mean(axis=1)
edges = np.abs(np.diff(images, axis=1)).mean(axis=(1, 2))
# %%
def describe(stack):
    top = stack[:, :14].mean(axis=(1, 2))
    bottom = stack[:, 14:].mean(axis=(1, 2))
    middle = stack[:, 10:18, 10:18].reshape(len(stack), -1)
    return np.concatenate([top[:, None], bottom[:, np.newaxis], middle, stack.mean(axis=2)], axis=1)


A, B = describe(images), describe(test)
# %%
centroids = np.stack([flat[y == c].mean(axis=0) for c in (0, 1)])
distance = np.linalg.norm(flat_test[:, None] - centroids[None], axis=2)
nearest = distance.argmin(axis=1)
print((nearest == y_test).mean())
# %%
forest = RandomForestClassifier(25, random_state=0).fit(A, y)
svm = SVC(probability=False).fit(A, y)
agree = forest.predict(B) == svm.predict(B)
# %%
flipped = images[:, :, ::-1]
more = np.vstack([images, flipped])
labels = np.concatenate([y, y])
shuffled = np.random.default_rng(0).permutation(len(more))
more, labels = more[shuffled], labels[shuffled]
noisy = np.clip(more + np.random.default_rng(1).normal(0, 0.05, more.shape), 0, 1)
# %%
doubt = np.flatnonzero(~agree)
table = pd.DataFrame({"image": doubt, "truth": y_test[doubt], "near": nearest[doubt]})
unique, counts = np.unique(labels, return_counts=True)
