# Reading forms: fours and nines by logistic regression in JAX.
# %%
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
# %%
with np.load(DATA / "mnist_4v9.npz") as file:
    images, label = file["x_train"][:600], file["y_train"][:600]
    test_images, test_label = file["x_test"][:300], file["y_test"][:300]
# %%
X = jnp.asarray(images.reshape(len(images), -1) / 255.0)
y = jnp.asarray(label, dtype=jnp.float32)
X_test = jnp.asarray(test_images.reshape(-1, 784) / 255.0)
y_test = jnp.array(test_label)
mean = X.mean(axis=0)
X, X_test = X - mean, X_test - mean
# %%
def predict(w, X):
    return jax.nn.sigmoid(X @ w[:-1] + w[-1])


def loss(w, X, y):
    p = jnp.clip(predict(w, X), 1e-6, 1 - 1e-6)
    return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)) + 1e-3 * jnp.sum(w ** 2)


gradient = jax.jit(jax.grad(loss))
# %%
w = jnp.zeros(785)
for step in range(30):
    w = w - 0.1 * gradient(w, X, y)
float(loss(w, X, y))
# %%
p = predict(w, X_test)
said = (p > 0.5).astype(jnp.int32)
accuracy = jnp.mean(said == y_test)
# %%
wrong = jnp.where(said != y_test)[0]
order = jnp.argsort(jnp.abs(p - 0.5))
hard = X_test[order[:10]]
pictures = np.asarray(hard).reshape(-1, 28, 28)
