"""Statements that generated programs are made of; row ids travel along in columns ``_a``, ``_b``.

``d`` is the frame, ``B`` a second one, ``X`` the matrix made of it. Every statement must leave
the id columns of a row with that row, or it would spoil the truth it is checked against.
"""

from __future__ import annotations

FRAME = [
    "d = d[d['w'] > {f}]",
    "d = d.loc[d['w'] > {f}]",
    "d = d[d.w > {f}]",
    "d = d.query('w > {f}')",
    "t = {f}; d = d.query('w > @t')",
    "d = d.dropna(subset=['v'])",
    "d = d.dropna(subset=['v'], ignore_index=True)",
    "d.dropna(subset=['v'], inplace=True)",
    "d = d.drop_duplicates('k')",
    "d = d.drop_duplicates('k', keep='last', ignore_index=True)",
    "d = d.sort_values('w')",
    "d = d.sort_values(['k', 'w'], ascending=False, ignore_index=True)",
    "d.sort_values('w', inplace=True)",
    "d = d.sort_index()",
    "d = d.sample(frac=.7, random_state={i})",
    "d = d.sample(frac=1.5, replace=True, random_state={i})",
    "d = d.sample(frac=.8, ignore_index=True, random_state={i})",
    "d = d.head({h})",
    "d = d.tail({h})",
    "d = d.iloc[{h}:]",
    "d = d.iloc[::-1]",
    "d = d.iloc[::2]",
    "d = d[{h}:]",
    "d = d.reset_index(drop=True)",
    "d = d.reset_index()[list(d.columns)]",
    "d['w'] = d['w'] * 2 + 1",
    "d.w = d.w - d.w.mean()",
    "d['w'] += 1.0",
    "d = d.assign(q=d['w'] ** 2)",
    "d = d.assign(q=lambda t: t['w'] * 2)",
    "d['v'] = d['v'].fillna(0)",
    "d['v'] = d['v'].fillna(d['v'].mean())",
    "d = d.fillna({{'v': 0.0}})",
    "d = pd.concat([d, d])",
    "d = pd.concat([d, d.head(2)], ignore_index=True)",
    "d = pd.concat([d.iloc[:2], d.iloc[2:]])",
    "d = d.nlargest(5, 'w')",
    "d = d.nsmallest(4, 'w')",
    "d = d[d['k'].isin([1, 2, 3, 4, 5, 6])]",
    "d = d.groupby('k').head(2)",
    "d['g'] = d.groupby('k')['w'].transform('mean')",
    "d['g'] = d.groupby('k')['w'].cumsum()",
    "d['r'] = d['w'].rank()",
    "d = d[~d['v'].isna()]",
    "d = d[d['v'].notna() & (d['w'] < 2)]",
    "d = d.iloc[[0, -1]] if len(d) else d",
    "d = d.copy()",
    "d = d.drop(columns=[c for c in ['q', 'g', 'r'] if c in d])",
    "d.loc[d['w'] > 1, 'v'] = 0.0",
    "d = d.astype({{'v': 'float32'}})",
    "d = d.groupby('k').filter(lambda g: len(g) > 1)",
    "d = d[d.index == d.index]",
    "d = d.rename(columns={{'zz': 'y'}})",
    "d = d.sort_index().truncate()",
    "d = d.set_index('k', drop=False)",
    "d = d.explode('v')",
    "d = d.where(d['k'] >= 0)",
    "m = (d['w'] > {f}).to_numpy(); d = d[m]; m[:] = False",
    "ix = np.arange(len(d))[::-1].copy(); d = d.iloc[ix]; ix[:] = 0",
    "d = d.take(np.arange(len(d))[::-1])",
    "d = pd.get_dummies(d, columns=['c']) if 'c' in d else d",
    "d['s'] = d['c'].str.upper() if 'c' in d else 0",
    "d = d.loc[:, [c for c in d.columns if c != 'zz']]",
    "d['n'] = np.log1p(np.abs(d['w']))",
    "d['n'] = np.where(d['w'] > 0, d['w'], 0.0)",
    "d['z'] = (d['w'] - d['w'].mean()) / (d['w'].std() + 1)",
    "d = (lambda t: t[t['w'] < 2])(d)",
    "def clean(t):\n    t = t.dropna(subset=['w'])\n    return t.sort_values('w')\nd = clean(d)",
    "for j in range(2):\n    d = d[d['w'] > -2 + j]",
    "parts = [d.iloc[:3], d.iloc[3:]]; d = pd.concat(parts[::-1])",
    "d = d.pipe(lambda t: t.iloc[::-1])",
]
JOIN = [
    "d = d.merge(B, on='k')",
    "d = d.merge(B, on='k', how='left')",
    "d = B.merge(d, on='k', how='inner')",
    "d = pd.merge(d, B, on='k', how='outer')",
    "d = d.merge(B, on='k', how='right')",
    "d = d.join(B.drop_duplicates('k').set_index('k'), on='k')",
    "d = d.merge(B, how='cross', suffixes=('', '_y'))",
    "d = d.merge(B.drop_duplicates('k'), on='k', how='left', sort=True)",
]
MATRIX = [
    "X = X[X[:, 0] > {f}]",
    "X = X[::2]",
    "X = X[{h}:]",
    "X = X[np.argsort(X[:, 0], kind='stable')]",
    "X = np.concatenate([X, X], axis=0)",
    "X = np.vstack([X[:2], X])",
    "X = X[np.random.permutation(len(X))]",
    "Z = X.copy(); Z[:, 0] = (Z[:, 0] - Z[:, 0].mean()) / 2; X = Z",
    "X = X[[0, -1, 0]] if len(X) else X",
    "X = np.hstack([X, X[:, :1] * 2])",
    "X = X.copy(); X[X[:, 0] > 1, 0] = 0.5",
    "X, _r = train_test_split(X, test_size=.3, random_state={i}) if len(X) > 3 else (X, 0)",
    "_r, X = train_test_split(X, test_size=.5, random_state={i}) if len(X) > 3 else (0, X)",
    "X = X[::-1]",
    "X = np.where(np.arange(X.shape[1]) == 0, X * 2, X)",
    "X = X.take(np.arange(len(X))[::-1], axis=0)",
    "X = X.copy(); Y = X[1:3]; Y[:, 0] = 7.0",
    "i_ = np.flatnonzero(X[:, 0] > 0); X = X[i_]; i_[:] = 0",
    "X = torch.from_numpy(np.ascontiguousarray(X))[:].numpy()",
    "X = torch.as_tensor(np.array(X))[torch.arange(len(X) - 1, -1, -1)].numpy()",
    "X = np.repeat(X, 2, axis=0)",
    "X = np.delete(X, 0, axis=0) if len(X) else X",
    "X = np.roll(X, 1, axis=0)",
    "X = X.copy(); np.random.shuffle(X)",
    "X = np.stack([X[:, j] for j in range(X.shape[1])], axis=1)",
    "X = passing.fit_transform(X) if len(X) else X",
    "X = Pipeline([('p', passing)]).fit(X).transform(X) if len(X) else X",
    "X = X.copy(); X[:2] = X[-2:] if len(X) > 3 else X[:2]",
    "X = X.copy(); X[[0, 1]] = X[[1, 0]] if len(X) > 1 else X[[0, 0]]",
    "X = X.copy(); Y = X[::2]; Y[:1] = X[-1:].copy() if len(X) else Y[:1]",
    "X = X.copy(); X[1:3][:1] = X[-1:] if len(X) > 3 else X[1:3][:1]",
    "X = X * np.ones((len(X), 1))",
    "X = X + np.zeros(X.shape[1])",
    "X = np.append(X, X[:1], axis=0)",
    "X = X[:, :] if X.ndim == 2 else X",
    "X = np.asarray(X)[..., :]",
    "X = X[np.arange(len(X)) % 2 == 0, :]",
    "X = X.reshape(len(X), -1) if len(X) else X",
    "X = np.array([X])[0]",
    "X = np.flip(X, axis=0)",
    "X = X.copy(); np.add(X, 0.0, out=X)",
    "X = X.copy(); X -= 0.0",
    "T = torch.tensor(X); X = torch.cat([b for (b,) in DataLoader(TensorDataset(T), batch_size=3,"
    " shuffle=True)]).numpy() if len(X) else X",
]
SETUP = """
c_ = [c for c in ('w', '_a', '_b') if c in d]
X = d[c_].to_numpy(dtype='float64', copy=True)
passing = ColumnTransformer([('s', Pipeline([('i', SimpleImputer()), ('z', StandardScaler())]),
                              [0])], remainder='passthrough')
"""
IMPORTS = """
import numpy as np
import pandas as pd
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset
"""
