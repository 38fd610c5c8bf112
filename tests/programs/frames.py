"""Statements about a frame ``d`` and a second one ``B``, for generated programs.

Row ids travel along in columns ``_a`` and ``_b``, as sums of powers of two, so that a row made of
several can carry them all. Every statement must leave the ids of a row with that row, or it would
spoil the truth it is checked against. ``$f``, ``$i`` and ``$h`` are drawn numbers.
"""

from __future__ import annotations

SELECTIONS = [
    "d = d[d['w'] > $f]",
    "d = d.loc[d['w'] > $f]",
    "d = d[d.w > $f]",
    "d = d[(d['w'] > $f).to_numpy()]",
    "d = d[(d['w'] > $f).tolist()]",
    "d = d.loc[(d['w'] > $f), :]",
    "d = d.loc[d.index[d['w'] > $f]] if d.index.is_unique else d",
    "d = d.query('w > $f')",
    "t = $f; d = d.query('w > @t')",
    "d = d.dropna(subset=['v'])",
    "d = d.dropna(subset=['v'], ignore_index=True)",
    "d.dropna(subset=['v'], inplace=True)",
    "d = d.dropna(axis=1, subset=[]) if len(d) else d",
    "d = d.drop_duplicates('k')",
    "d = d.drop_duplicates('k', keep='last', ignore_index=True)",
    "d = d.drop(index=d.index[:1])",
    "d = d.drop(columns=[c for c in ['q', 'g', 'r'] if c in d])",
    "d = d.sample(frac=.7, random_state=$i)",
    "d = d.sample(frac=1.5, replace=True, random_state=$i)",
    "d = d.sample(frac=.8, ignore_index=True, random_state=$i)",
    "d = d.head($h)",
    "d = d.tail($h)",
    "d = d.head(-$h)",
    "d = d.tail(-$h)",
    "d = d.iloc[$h:]",
    "d = d.iloc[-$h:]",
    "d = d.iloc[::-1]",
    "d = d.iloc[::2, :]",
    "d = d.iloc[[0, -1]] if len(d) else d",
    "d = d.iloc[[0]] if len(d) else d",
    "d = d.iloc[np.arange(len(d)) % 2 == 0]",
    "d = d[$h:]",
    "d = d[::-1]",
    "d = d.nlargest(5, 'w')",
    "d = d.nsmallest(4, 'w')",
    "d = d[d['k'].isin([1, 2, 3, 4, 5, 6])]",
    "d = d[d['k'].between(2, 8)]",
    "d = d[~d['v'].isna()]",
    "d = d[d['v'].notna() & (d['w'] < 2)]",
    "d = d[~d.duplicated('k')]",
    "d = d[d.index == d.index]",
    "d = d.groupby('k').head(2)",
    "d = d.groupby('k').tail(1)",
    "d = d.groupby('k').nth(0)",
    "d = d.groupby('k').filter(lambda g: len(g) > 1)",
    "d = d.take(np.arange(len(d))[::-1])",
    "d = d.truncate() if d.index.is_monotonic_increasing else d",
    "d = d.explode('v')",
    "d = d.loc[:, [c for c in d.columns if c != 'zz']]",
    "d = d[[c for c in d.columns if c != 'zz']]",
    "m = (d['w'] > $f).to_numpy(copy=True); d = d[m]; m[:] = False",
    "ix = np.arange(len(d))[::-1].copy(); d = d.iloc[ix]; ix[:] = 0",
    "ix = np.arange(len(d))[::-1].copy(); d = d.take(ix); ix[:] = 0",
]
ORDERS = [
    "d = d.sort_values('w')",
    "d = d.sort_values(['k', 'w'], ascending=False, ignore_index=True)",
    "d = d.sort_values('k', kind='stable')",
    "d.sort_values('w', inplace=True)",
    "d = d.sort_values(by='w', key=lambda s: -s)",
    "d = d.sort_index()",
    "d = d.sort_index(ascending=False)",
    "d = d.iloc[d['w'].argsort().to_numpy()]",
    "d = d.reset_index(drop=True)",
    "d = d.reset_index()[list(d.columns)]",
    "d = d.reset_index(drop=True).set_index(np.arange(len(d))[::-1])",
    "d = d.set_index(d['k'].rename(None))",
    "d = d.set_axis(list(range(len(d))), axis=0)",
    "d = d.reindex(d.index[::-1]) if d.index.is_unique else d",
    "d = d.rename(columns={'zz': 'y'})",
    "d = d.copy()",
    "d = d.pipe(lambda t: t.iloc[::-1])",
    "d = d.loc[sorted(d.index, key=str)] if d.index.is_unique else d",
]
COLUMNS = [
    "d['w'] = d['w'] * 2 + 1",
    "d.w = d.w - d.w.mean()",
    "d['w'] += 1.0",
    "d.loc[:, 'w'] = d['w'] * 2",
    "d.insert(0, 'n$i', d['w']) if 'n$i' not in d else None",
    "d = d.assign(q=d['w'] ** 2)",
    "d = d.assign(q=lambda t: t['w'] * 2)",
    "d = d.eval('q = w * 2')",
    "d['v'] = d['v'].fillna(0)",
    "d['v'] = d['v'].fillna(d['v'].mean())",
    "d['v'] = d['v'].fillna(d['w'])",
    "d['v'] = d['v'].fillna(d.groupby('k')['v'].transform('mean'))",
    "d = d.fillna({'v': 0.0})",
    "d = d.fillna(0.0)",
    "m_ = d['v'].notna(); d = d.assign(v=d['v'].ffill(), **{t: (d[t].fillna(0).where(m_).ffill()"
    ".fillna(0).astype('int64') | d[t].fillna(0).astype('int64')).astype('float64')"
    " for t in ids if t in d})",
    "d['g'] = d.groupby('k')['w'].transform('mean')",
    "d['g'] = d.groupby('k')['w'].transform(lambda s: s - s.mean())",
    "d['g'] = d.groupby('k')['w'].cumsum()",
    "d['g'] = d.groupby('k').cumcount()",
    "d['g'] = d['w'].cumsum()",
    "d['g'] = d['w'].rolling(3, min_periods=1).mean()",
    "d = d.assign(g=d.groupby('k')['w'].shift(1), **{t: (d[t].fillna(0).astype('int64')"
    " | d.groupby('k')[t].shift(1).fillna(0).astype('int64')).astype('float64')"
    " for t in ids if t in d})",
    "d['g'] = d['w'].expanding().max()",
    "d['s'] = d['c'].astype('category').cat.codes if 'c' in d else 0",
    "d['r'] = d['w'].rank()",
    "d['r'] = pd.cut(d['w'], 3, labels=False) if len(d) > 1 else 0",
    "d.loc[d['w'] > 1, 'v'] = 0.0",
    "d.loc[d.index[:1], 'v'] = 0.0",
    "d.iloc[:2, list(d.columns).index('v')] = 0.0",
    "d = d.astype({'v': 'float32'})",
    "d = d.where(d['k'] >= 0)",
    "d.update(d[['v']].fillna(0.0)) if d.index.is_unique else d",
    "d['v'] = d['v'].mask(d['w'] > 0, 0.0)",
    "d['v'] = d['v'].where(d['w'] > 0, d['w'])",
    "d = pd.get_dummies(d, columns=['c']) if 'c' in d else d",
    "d = d.join(pd.get_dummies(d['c'])) if 'c' in d and d.index.is_unique and 'x' not in d else d",
    "d['s'] = d['c'].str.upper() if 'c' in d else 0",
    "d['s'] = d['c'].map({'x': 1, 'y': 2}) if 'c' in d else 0",
    "d['s'] = d['k'].apply(lambda k: k + 1)",
    "d['s'] = d.apply(lambda row: row['w'], axis=1) if len(d) else 0.0",
    "d['n'] = np.log1p(np.abs(d['w']))",
    "d['n'] = np.where(d['w'] > 0, d['w'], 0.0)",
    "d['n'] = d['w'].to_numpy() * 2",
    "d['n'] = d['w'].values.clip(0, 1)",
    "d['n'] = d[['w', 'k']].mean(axis=1)",
    "d['n'] = list(range(len(d)))",
    "d['z'] = (d['w'] - d['w'].mean()) / (d['w'].std() + 1)",
    "d[['n', 'z']] = d[['w', 'k']] * 2",
    "d[['n', 'z']] = StandardScaler().fit_transform(d[['w', 'k']]) if len(d) else 0.0",
    "d['v'] = SimpleImputer(strategy='constant', fill_value=0.).fit_transform(d[['v']])[:, 0]"
    " if len(d) else d['v']",
]
PARTS = [
    "d = pd.concat([d, d])",
    "d = pd.concat([d, d.head(2)], ignore_index=True)",
    "d = pd.concat([d.iloc[:2], d.iloc[2:]])",
    "d = pd.concat([d.iloc[:2], None, d.iloc[:0]])",
    "d = pd.concat({'u': d.head(1), 'v': d.tail(1)}, ignore_index=True)",
    "d = pd.concat([d, (d['w'] * 2).rename('q2')], axis=1) if d.index.is_unique and 'q2' not in d"
    " else d",
    "d = pd.concat([d, (d['w'].sort_values() * 2).rename('q3')], axis=1)"
    " if d.index.is_unique and 'q3' not in d else d",
    "d = pd.concat([d.reset_index(drop=True), pd.Series(np.ones(len(d)), name='o$i')], axis=1)"
    " if 'o$i' not in d else d",
    "d = pd.concat([part for _, part in d.groupby('k')]) if len(d) else d",
    "L_ = []\nfor _, part in d.groupby('k'):\n    L_.append(part[::-1])\n"
    "d = pd.concat(L_) if L_ else d",
    "d = d.set_index('k', append=True).xs(3, level='k', drop_level=False).reset_index('k')"
    "[list(d.columns)] if (d['k'] == 3).any() else d",
    "d = d.melt([c for c in d if c != 'v'], ['v'], var_name='n', value_name='v')"
    " if 'n' not in d else d",
    "d = d.assign(k=d['k'].where(d['w'] > $f)).dropna(subset=['k']).astype({'k': 'int64'})",
    "parts = [d.iloc[:3], d.iloc[3:]]; d = pd.concat(parts[::-1])",
    "d, rest = train_test_split(d, test_size=.3, random_state=$i) if len(d) > 3 else (d, d)",
    "d, rest, y1, y2 = train_test_split(d, d['w'], test_size=.3, random_state=$i)"
    " if len(d) > 3 else (d, d, 0, 0)",
    "rest, d = train_test_split(d, test_size=.5, shuffle=False) if len(d) > 3 else (d, d)",
    "d = pd.DataFrame({c: d[c] for c in d.columns})",
    "d = pd.DataFrame(d)",
    "d = pd.DataFrame({c: d[c].to_numpy() for c in d.columns})",
]
_OF_THE_GROUP = (
    "g = d.groupby('k')[['w', *(c for c in ids if c in d)]].agg("
    "{c: either if c in ids else 'mean' for c in ['w', *(c for c in ids if c in d)]})\n"
    "d = d.join(g, on='k', rsuffix='_g')\n"
    "for t_ in [c for c in ids if c in d]:\n"
    "    d[t_] = (d[t_].fillna(0).astype('int64')"
    " | d[t_ + '_g'].fillna(0).astype('int64')).astype('float64')\n"
    "d = d.drop(columns=[c for c in d if str(c).endswith('_g')])"
)
SEVERAL = [
    "d['n'] = d['k'].map(d['k'].value_counts())\n" + _OF_THE_GROUP,
    "d = d.groupby('k', as_index=False).agg({c: either if c in ids else 'first' for c in d"
    " if c != 'k'})",
    "d = d.groupby('k', sort=False).agg({c: either if c in ids else 'first' for c in d"
    " if c != 'k'}).reset_index()",
    _OF_THE_GROUP,
    "d = d.pivot_table(index='k', values=['w', 'v', *(c for c in ids if c in d)], aggfunc="
    "{c: either if c in ids else 'mean' for c in ['w', 'v', *(c for c in ids if c in d)]})"
    ".reset_index() if len(d) and d['v'].notna().any() else d",
    "d = d.assign(u=d['w'].shift(1), **{t: (d[t].fillna(0).astype('int64')"
    " | d[t].shift(1).fillna(0).astype('int64')).astype('float64') for t in ids if t in d})",
    "d = d.assign(u=d['w'].diff(), **{t: (d[t].fillna(0).astype('int64')"
    " | d[t].shift(1).fillna(0).astype('int64')).astype('float64') for t in ids if t in d})",
]
FRAME = [*SELECTIONS, *ORDERS, *COLUMNS, *PARTS, *SEVERAL]
JOIN = [
    "d = d.reset_index(drop=True).merge(B, on='k')",
    "d = d.reset_index(drop=True).merge(B, on='k', how='left')",
    "d = B.merge(d.reset_index(drop=True), on='k', how='inner')",
    "d = pd.merge(d.reset_index(drop=True), B, on='k', how='outer')",
    "d = pd.merge(d, B, on='k', how='outer', indicator=True)",
    "d = d.merge(B, on='k', how='right')",
    "d = d.merge(B, left_on='k', right_on='k', how='inner', sort=True)",
    "d = d.merge(B.rename(columns={'k': 'kk'}), left_on='k', right_on='kk', how='left')",
    "d = d.merge(B.set_index('k'), left_on='k', right_index=True, how='left')",
    "d = d.join(B.drop_duplicates('k').set_index('k'), on='k', rsuffix='_r')",
    "d = d.join(B.add_suffix('_y').rename(columns={'_b_y': '_b'}), how='inner')",
    "d = d.merge(B, how='cross', suffixes=('', '_y'))",
    "d = d.merge(B.drop_duplicates('k'), on='k', how='left', sort=True)",
    "d = d.merge(B.drop_duplicates('k'), on='k', how='left', validate='m:1')",
    "d['_b'] = d['k'].map(B.drop_duplicates('k').set_index('k')['_b'])",
    "d = pd.concat([d.reset_index(drop=True), B[['z', '_b']].reset_index(drop=True)], axis=1)",
    "d = pd.concat([d, B[['k', '_b']].assign(w=0.5, v=0.1)], ignore_index=True)",
]
