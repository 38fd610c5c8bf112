"""Statements about a matrix ``X``, for generated programs: NumPy, scikit-learn, PyTorch.

Its first column holds values and the others row ids; see ``frames``.
"""

from __future__ import annotations

from tests.programs.arrays import ARRAYS

READS = [
    "X = X[X[:, 0] > $f]",
    "X = X[::2]",
    "X = X[$h:]",
    "X = X[-$h:]",
    "X = X[::-1]",
    "X = X[np.argsort(X[:, 0], kind='stable')]",
    "X = X[X[:, 0].argsort()[::-1]]",
    "X = X[np.lexsort((X[:, 0],))]",
    "X = X[np.random.permutation(len(X))]",
    "X = X[np.random.default_rng($i).integers(0, len(X), 5)] if len(X) else X",
    "X = X[[0, -1, 0]] if len(X) else X",
    "X = X[-np.arange(1, len(X) + 1)]",
    "X = X[[True, False] * (len(X) // 2) + [True] * (len(X) % 2)]",
    "X = X[np.arange(len(X)) % 2 == 0, :]",
    "X = X[np.ix_(np.arange(len(X))[::-1], np.arange(X.shape[1]))]",
    "X = X[np.ix_(X[:, 0] > $f, np.arange(X.shape[1]))]",
    "X = X[np.arange(len(X))[:, None], np.arange(X.shape[1])]",
    "X = X[:, :]",
    "X = X[:, np.arange(X.shape[1])]",
    "X = X[tuple([slice(None, None, 2)])]",
    "X = np.asarray(X)[..., :]",
    "X = X[None][0]",
    "X = np.array([X])[0]",
    "X = X.T.T",
    "X = X.reshape(len(X), -1) if len(X) else X",
    "X = X.ravel().reshape(X.shape)",
    "X = X.take(np.arange(len(X))[::-1], axis=0)",
    "X = np.take(X, [0, -1], axis=0) if len(X) else X",
    "X = np.compress(X[:, 0] > $f, X, axis=0)",
    "X = np.repeat(X, 2, axis=0)",
    "X = np.repeat(X, np.arange(len(X)) % 3, axis=0)",
    "X = np.tile(X, (2, 1))",
    "X = np.delete(X, 0, axis=0) if len(X) else X",
    "X = np.delete(X, [0, -1], axis=0) if len(X) else X",
    "X = np.insert(X, 0, X[-1], axis=0) if len(X) else X",
    "X = np.roll(X, 1, axis=0)",
    "X = np.roll(X, -$h, axis=0)",
    "X = np.flip(X, axis=0)",
    "X = np.flipud(X)",
    "X = np.split(X, [2])[1]",
    "X = np.array_split(X, 2)[0]",
    "i_ = np.flatnonzero(X[:, 0] > 0); X = X[i_]; i_[:] = 0",
    "m_ = X[:, 0] > 0; X = X[m_]; m_[:] = False",
    "i_ = [0] * min(len(X), 2); X = X[i_]; i_.append(1)",
    "X = np.stack([X[j] for j in range(len(X))]) if len(X) else X",
    "X = np.array([row for row in X]) if len(X) else X",
    "X = np.array([X[j] for j in range(len(X) - 1, -1, -1)]) if len(X) else X",
    "r_ = []\nfor j in range(len(X)):\n    r_.append(X[j] * 1)\nX = np.vstack(r_) if r_ else X",
    "X = np.stack([X[:, j] for j in range(X.shape[1])], axis=1)",
    "X = np.column_stack([X[:, j] for j in range(X.shape[1])])",
    "X = np.concatenate([X, X], axis=0)",
    "X = np.concatenate([X[:, :1], X[:, 1:]], axis=1)",
    "X = np.concatenate([X[$h:], X[:$h]])",
    "X = np.vstack([X[:2], X])",
    "X = np.vstack((X, X[0])) if len(X) else X",
    "X = np.hstack([X, X[:, :1] * 2])",
    "X = np.append(X, X[:1], axis=0)",
    "X = np.r_[X, X[:1]]",
    "X = np.c_[X, X[:, :1]]",
    "X = pd.DataFrame(X).to_numpy()",
    "X = pd.DataFrame(X).iloc[::-1].to_numpy()",
    "X = pd.DataFrame(X, index=range(1, len(X) + 1)).sort_values(0).to_numpy()",
]
VALUES = [
    "X = X * np.ones((len(X), 1))",
    "X = X + np.zeros(X.shape[1])",
    "X = np.nan_to_num(X) @ np.eye(X.shape[1])",
    "X = np.dot(np.nan_to_num(X), np.eye(X.shape[1]))",
    "X = np.where(np.arange(X.shape[1]) == 0, X * 2, X)",
    "X = np.where(X == X, X, 0.0)",
    "X = np.nan_to_num(X)",
    "X = X.astype('float64', copy=False)",
    "X = np.maximum(X, X)",
    "X = np.asfortranarray(X)",
    "Z = X.copy(); Z[:, 0] = (Z[:, 0] - Z[:, 0].mean()) / 2; X = Z",
    "X = X.copy(); X[X[:, 0] > 1, 0] = 0.5",
    "X = X.copy(); X[:, 0] += X[:, 0].mean() if len(X) else 0",
    "X = X.copy(); np.add(X, 0.0, out=X)",
    "X = X.copy(); X -= 0.0",
    "X = X.copy(); X[:, 0].sort()",
    "(lambda Y: Y.__setitem__((slice(None), 0), 1.0))(X := X.copy())",
]
WRITES = [
    "X = X.copy(); Y = X[1:3]; Y[:, 0] = 7.0",
    "X = X.copy(); np.random.shuffle(X)",
    "X = X.copy(); np.random.default_rng($i).shuffle(X)",
    "X = X.copy(); X[:2] = X[-2:] if len(X) > 3 else X[:2]",
    "X = X.copy(); X[1:] = X[:-1].copy()",
    "X = X.copy()\nif len(X) > 1: X[[0, 1]] = X[[1, 0]]",
    "X = X.copy()\nif len(X): X[[0, 0]] = X[[-1, -1]]",
    "X = X.copy(); random.shuffle(X)",
    "X = X.copy(); np.add(X[::-1], 0.0, out=X)",
    "X = X.copy(); np.take(X.copy(), np.arange(len(X))[::-1], axis=0, out=X) if len(X) else X",
    "X = X.copy(); Y = X[::-1]; Y += 0.0; X = Y",
    "X = X.copy(); random.Random($i).shuffle(X)",
    "X = X.copy(); X[...] = X[::-1].copy()",
    "X = X.copy(); X[X[:, 0] > 0] = X[:1]",
    "X = X.copy(); X[-1:, :] = X[:1, :]",
    "X = X.copy()\nif len(X): X[0], X[-1] = X[-1].copy(), X[0].copy()",
    "X = X.copy()\nfor j in range(len(X) // 2):\n    X[j] = X[-1]",
    "X = X.copy(); Y = X[::2]; Y[:1] = X[-1:].copy() if len(X) else Y[:1]",
    "X = X.copy(); X[1:3][:1] = X[-1:] if len(X) > 3 else X[1:3][:1]",
    "X = X.copy(); np.copyto(X, X[::-1].copy())",
    "X = X.copy(); Y = X.T; Y[:, :1] = X[-1:].T.copy() if len(X) else Y[:, :1]",
    "X = X.copy(); Y = X.view(); Y[:1] = X[-1:].copy()",
    "X = X.copy(); Y = X[None]; Y[0, :1] = X[-1:].copy()",
    "X = X.copy(); Y = X.reshape(-1); Y[:X.shape[1]] = X[-1:].ravel().copy() if len(X) else 0",
    "X = X.copy(); Y = np.ravel(X); Y[:X.shape[1]] = X[-1:].ravel().copy() if len(X) else 0",
    "X = X.copy(); Y = np.transpose(X); Y[:, :1] = X[-1:].T.copy() if len(X) else 0",
    "X = X.copy()\nfor row in X[:1]:\n    row[:] = X[-1]",
    "X = X.copy()\nfor row in X:\n    row[:] = X[-1]",
    "X = X.copy(); Y = np.split(X, [1])[0]; Y[:] = X[-1:].copy() if len(X) else 0",
    "X = X.copy(); X.flat[:X.shape[1]] = X[-1:].ravel().copy() if len(X) else 0",
    "X = X.copy(); X.T[:, :1] = X[-1:].T.copy() if len(X) else 0",
    "X = X.copy(); X[0:1].__setitem__(slice(None), X[-1:].copy()) if len(X) else 0",
    "X = X.copy(); T = torch.from_numpy(X); T[:1] = T[-1:].clone()",
    "X = X.copy(); T = torch.from_numpy(X); T[:1].copy_(T[-1:].clone())",
    "X = X.copy(); T = torch.from_numpy(X); T[:1] *= 1.0; T.mul_(1.0)",
    "X = X.copy(); T = torch.as_tensor(X).t(); T[:, :1] = T[:, -1:].clone()",
    "X = X.copy(); Y = pd.DataFrame(X, copy=False).to_numpy()\n"
    "if Y.flags.writeable: Y[:1] = X[-1:].copy()",
]
LEARNING = [
    "X, _r = train_test_split(X, test_size=.3, random_state=$i) if len(X) > 3 else (X, 0)",
    "_r, X = train_test_split(X, test_size=.5, random_state=$i) if len(X) > 3 else (0, X)",
    "X, _r, y_, _s = train_test_split(X, X[:, 0], test_size=.3, random_state=$i)"
    " if len(X) > 3 else (X, 0, 0, 0)",
    "_r, _s, _t, X = train_test_split(X[:, 0], X, test_size=.4, random_state=$i)"
    " if len(X) > 3 else (0, 0, 0, X)",
    "X, _r, y_, _s = train_test_split(X, list(range(len(X))), test_size=.3, shuffle=False)"
    " if len(X) > 3 else (X, 0, 0, 0)",
    "X, _r = train_test_split(pd.DataFrame(X), test_size=2, random_state=$i)"
    " if len(X) > 3 else (X, 0)\nX = np.asarray(X)",
    "X = passing.fit_transform(X) if len(X) else X",
    "X = passing.fit(X[::-1]).transform(X) if len(X) else X",
    "X = Pipeline([('p', passing)]).fit(X).transform(X) if len(X) else X",
    "n_ = X.shape[1]; X = encoding.fit_transform(np.c_[X[:, :1] > 0, X]) if len(X) else X\n"
    "X = (X.toarray() if hasattr(X, 'toarray') else X)[:, -n_:]",
    "X = np.hstack([StandardScaler().fit_transform(X[:, :1]), X[:, 1:]]) if len(X) else X",
    "X = np.hstack([SimpleImputer(keep_empty_features=True).fit_transform(X[:, :1]), X[:, 1:]])"
    " if len(X) else X",
    "X = np.hstack([X, OneHotEncoder(sparse_output=False).fit_transform(X[:, :1] > 0)])"
    " if len(X) else X",
    "X = resample(X, random_state=$i) if len(X) else X",
    "X = shuffled(X, random_state=$i) if len(X) else X",
    "k_ = [train for train, _ in KFold(2).split(X)] if len(X) > 3 else [np.arange(len(X))]\n"
    "X = X[k_[0]]",
    "X = resample(X, replace=False, n_samples=len(X) // 2, random_state=$i) if len(X) > 1 else X",
    "Z = X.copy()\nif len(X) > 3:\n"
    "    for tr, te in KFold(2, shuffle=True, random_state=$i).split(X):\n"
    "        Z[te] = passing.fit(X[tr]).transform(X[te])\nX = Z",
    "X = X.copy()\nif len(X): X[:, :1] = StandardScaler(copy=False).fit_transform(X[:, :1])",
    "X = np.nan_to_num(X); Z = X[:, :1]\n"
    "if len(X): Z = StandardScaler(copy=False).fit_transform(Z); X = np.hstack([Z, X[:, 1:]])",
    "X = FunctionTransformer(lambda a: a[::-1]).fit_transform(X) if len(X) else X",
    "X = passing.set_output(transform='pandas').fit_transform(X).to_numpy() if len(X) else X",
    "X = sparse.csr_matrix(np.nan_to_num(X))[::-1].toarray() if len(X) else X",
    "s_ = sparse.csr_array(np.nan_to_num(X)); X = sparse.vstack([s_[1:], s_[:1]]).toarray()"
    " if len(X) > 1 else X",
    "s_ = sparse.csr_matrix(np.nan_to_num(X)); X = sparse.hstack([s_[:, :1], s_[:, 1:]])"
    ".tocsr()[np.arange(len(X))[::-1]].toarray() if len(X) else X",
    "s_ = sparse.csr_matrix(np.nan_to_num(X))\nif len(X): s_[0] = s_[-1].copy()\n"
    "X = s_.toarray() if len(X) else X",
]
TENSORS = [
    "X = torch.from_numpy(np.array(X))[:].numpy()",
    "X = torch.as_tensor(np.array(X))[torch.arange(len(X) - 1, -1, -1)].numpy()",
    "T = torch.tensor(X.copy()); X = T[T[:, 0] > 0].numpy()",
    "T = torch.tensor(X.copy()); X = T[::2].clone().numpy()",
    "T = torch.tensor(X.copy()); X = T.index_select(0, torch.randperm(len(T))).numpy()",
    "T = torch.tensor(X.copy()); X = torch.cat([T[:2], T]).numpy()",
    "T = torch.tensor(X.copy()); X = torch.cat((T[:, :1], T[:, 1:]), dim=1).numpy()",
    "T = torch.tensor(X.copy()); X = torch.stack([T[j] for j in range(len(T))]).numpy()"
    " if len(X) else X",
    "T = torch.tensor(X.copy()); X = T.flip(0).numpy()",
    "T = torch.tensor(X.copy()); X = T.repeat(2, 1).numpy()",
    "T = torch.tensor(X.copy()); X = (T.nan_to_num() @"
    " torch.eye(T.shape[1], dtype=T.dtype)).numpy()",
    "T = torch.tensor(X.copy()); X = T.t().t().numpy()",
    "T = torch.tensor(X.copy()); X = T.unsqueeze(1).squeeze(1).view(len(T), -1).numpy()"
    " if len(X) else X",
    "T = torch.tensor(X.copy()); X = torch.where(T == T, T, 0.0).numpy()",
    "T = torch.tensor(X.copy()); X = torch.cat([b for (b,) in DataLoader(TensorDataset(T),"
    " batch_size=3, shuffle=True)]).numpy() if len(X) else X",
    "T = torch.tensor(X.copy()); X = torch.cat([b for b, _ in DataLoader(TensorDataset(T,"
    " T[:, 0]), batch_size=2, drop_last=True)]).numpy() if len(X) > 1 else X",
    "T = torch.tensor(X.copy()); part = Subset(TensorDataset(T), list(range(len(X)))[::-2])\n"
    "X = torch.cat([b for (b,) in DataLoader(part, batch_size=2, shuffle=True)]).numpy()"
    " if len(X) else X",
    "T = torch.tensor(X.copy()); one, two = random_split(TensorDataset(T), [len(T) // 2,"
    " len(T) - len(T) // 2])\nboth = []\nfor (b,) in DataLoader(two, batch_size=4):\n"
    "    both.append(b)\nX = torch.cat(both).numpy() if both else X",
    "T = torch.tensor(X.copy()); part = Subset(Subset(TensorDataset(T), range(0, len(X), 2)),"
    " [0])\nX = next(iter(DataLoader(part)))[0].numpy() if len(X) else X",
]
ROWS_OF_TENSORS = [
    "X = torch.tensor(X).flip(0).roll($h, 0).numpy()",
    "T = torch.tensor(X); X = T[T[:, 0].argsort()].numpy()",
    "T = torch.tensor(X); X = T[T[:, 0].sort(descending=True).indices].numpy()",
    "T = torch.tensor(X); X = T[T[:, 0].topk(min(3, len(T))).indices].numpy()",
    "T = torch.tensor(X); X = T.gather(0, torch.arange(len(T)).flip(0)[:, None]"
    ".expand(T.shape)).numpy()",
    "T = torch.tensor(X); X = T.take_along_dim(torch.randperm(len(T))[:, None], 0).numpy()"
    " if len(X) else X",
    "T = torch.tensor(X); X = T.reshape(-1).reshape(T.shape).numpy()",
    "T = torch.tensor(X); X = T.T.flip(1).T.numpy()",
    "T = torch.tensor(X); X = (T.t() * 1.0).transpose(0, 1)[$h:].numpy()",
    "T = torch.tensor(X); X = T.unsqueeze(0).repeat(2, 1, 1)[1].numpy()",
    "T = torch.tensor(X); X = torch.stack([T, T.flip(0)])[1].numpy()",
    "T = torch.tensor(X); X = torch.stack([row for row in T]).numpy() if len(X) else X",
    "T = torch.tensor(X); X = torch.vstack([r[None] for r in T.unbind()]).numpy() if len(X) else X",
    "T = torch.tensor(X); X = torch.hstack((T[:, :1], T[:, 1:])).numpy()",
    "T = torch.tensor(X); X = torch.cat(T.split($i % 5 + 1)[::-1]).numpy() if len(X) else X",
    "T = torch.tensor(X); X = torch.cat(T.chunk(3)[1:]).numpy() if len(X) > 3 else X",
    "T = torch.tensor(X); X = T.repeat_interleave(torch.arange(len(T)) % 3, 0).numpy()",
    "T = torch.tensor(X); X = T[T[:, 0] > $f, :].numpy()",
    "T = torch.tensor(X); X = T[[0, -1]].numpy() if len(X) else X",
    "T = torch.tensor(X); X = T[..., :].narrow(0, len(T) // 2, len(T) - len(T) // 2).numpy()",
    "T = torch.tensor(X); X = T.index_copy(0, torch.arange(len(T)), T.flip(0)).numpy()",
    "T = torch.tensor(X); X = torch.nn.functional.pad(T, (0, 0, 1, 1)).numpy()[1:-1]",
    "T = torch.tensor(X); X = torch.nn.functional.embedding(torch.randperm(len(T)), T).numpy()",
    "T = torch.tensor(X); X = torch.einsum('ij->ji', T).T.numpy()",
    "T = torch.tensor(X); X = (torch.eye(len(T), dtype=T.dtype).flip(0) * 1.0 > 0)"
    ".long().argmax(1).numpy(); X = T.numpy()[X] if len(T) else T.numpy()",
    "T = torch.tensor(X); X = torch.nn.Sequential(torch.nn.Identity(), torch.nn.Flatten())(T)"
    ".numpy() if len(X) else X",
    "T = torch.tensor(X); X = torch.stack([T[:, k] for k in range(T.shape[1])], -1).numpy()",
    "T = torch.tensor(X); X = torch.cat([b for b in DataLoader(ConcatDataset([T, T[:1]]),"
    " batch_size=3)]).numpy() if len(X) else X",
    "T = torch.tensor(X); X = torch.cat([b[0] for b in DataLoader(StackDataset(T, T[:, 0]),"
    " batch_size=3, sampler=range(len(T))[::-1])]).numpy() if len(X) else X",
    "T = torch.tensor(X)\nclass Rows(Dataset):\n    def __len__(self): return len(T)\n"
    "    def __getitem__(self, i): return T[-1 - i], i\n"
    "X = torch.cat([b for b, _ in DataLoader(Rows(), batch_size=3, shuffle=True)]).numpy()"
    " if len(X) else X",
    "T = torch.tensor(X)\nX = torch.cat(list(DataLoader(T, batch_size=4, collate_fn=lambda rows:"
    " torch.stack(rows[::-1])))).numpy() if len(X) else X",
]
TENSORS_IN_PLACE = [
    "T = torch.tensor(X); T[:1].copy_(T[-1:].clone()); X = T.numpy()",
    "T = torch.tensor(X); T.copy_(T.flip(0)); X = T.numpy()",
    "T = torch.tensor(X)\nfor row in T[:2]:\n    row.copy_(T[-1].clone())\nX = T.numpy()",
    "T = torch.tensor(X)\nif len(T): T.unbind()[0].copy_(T[-1].clone())\nX = T.numpy()",
    "T = torch.tensor(X)\nif len(T): T.select(0, 0)[:] = T[-1].clone()\nX = T.numpy()",
    "T = torch.tensor(X); T.view(-1)[:T.shape[1]] = T[-1:].flatten().clone() if len(T) else 0.0\n"
    "X = T.numpy()",
    "T = torch.tensor(X); W = T.split(2)[0] if len(T) else T; W.copy_(W.flip(0)); X = T.numpy()",
    "T = torch.tensor(X); T.t_(); T.t_(); X = T.numpy()",
    "T = torch.tensor(X); T.transpose_(0, 1); X = T.T.numpy()",
    "T = torch.tensor(X); T.unsqueeze_(0); T.squeeze_(0); X = T.numpy()",
    "T = torch.tensor(X); T.data[:1] = T[-1:].clone(); X = T.numpy()",
    "T = torch.tensor(X); T.detach()[:1].copy_(T[-1:].clone()); X = T.numpy()",
    "T = torch.tensor(X); W = T.numpy(); W[:1] = W[-1:].copy(); X = T.numpy()",
    "T = torch.tensor(X); W = T[::2].t(); W[:, :1] = T[-1:].t().clone() if len(T) else 0.0\n"
    "X = T.numpy()",
    "T = torch.tensor(X); T[T[:, 0] > $f] = T[-1:].clone() if len(T) else 0.0; X = T.numpy()",
    "T = torch.tensor(X); T[torch.arange(len(T))] = T.flip(0); X = T.numpy()",
    "T = torch.tensor(X)\nfor j in range(len(T) // 2):\n    T[j] = T[-1 - j].clone()\n"
    "X = T.numpy()",
    "T = torch.tensor(X); T.index_copy_(0, torch.arange(len(T)).flip(0), T.clone()); X = T.numpy()",
    "T = torch.tensor(X); U = torch.empty_like(T); torch.add(T.flip(0), 0.0, out=U); X = U.numpy()",
    "T = torch.tensor(X); U = T[1:] if len(T) > 1 else T; U.mul_(1.0).add_(0.0); X = T.numpy()",
    "T = torch.tensor(X); torch.flip(T, (0,)).clone().mul_(1.0); X = T.numpy()",
    "T = torch.tensor(X); T[:] = T[torch.randperm(len(T))]; X = T.numpy()",
    "T = torch.tensor(X); T.expand(2, *T.shape)[0, :1].copy_(T[-1:].clone()); X = T.numpy()",
    "T = torch.tensor(X); T.scatter_(0, torch.arange(len(T)).flip(0)[:, None].expand(T.shape),"
    " T.clone()); X = T.numpy()",
    "T = torch.tensor(X); T.swapaxes(0, 1)[:, :1].copy_(T.T[:, -1:].clone()); X = T.numpy()",
]
MATRIX = [
    *READS, *VALUES, *WRITES, *LEARNING, *TENSORS, *ARRAYS,
    *ROWS_OF_TENSORS, *TENSORS_IN_PLACE,
]  # fmt: skip
SETUP = """
c_ = [c for c in ('w', '_a', '_b') if c in d]
X = d[c_].to_numpy(dtype='float64', copy=True)
imputer = SimpleImputer(keep_empty_features=True)
passing = ColumnTransformer([('s', Pipeline([('i', imputer), ('z', StandardScaler())]), [0])],
                            remainder='passthrough')
encoding = ColumnTransformer([('o', OneHotEncoder(), [0])], remainder='passthrough')
"""
IMPORTS = """
import contextlib
import random
import numpy as np
import pandas as pd
import torch
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils import resample, shuffle as shuffled
from torch.utils.data import (
    ConcatDataset, DataLoader, Dataset, StackDataset, Subset, TensorDataset, random_split
)
"""
