"""pandas, NumPy and Python's own objects that look at their caller or at reference counts."""

SNIPPETS = {
    "query sees local variables": """
def f(df):
    thr = 1
    return df.query('a > @thr')
r = f(pd.DataFrame({'a': [1, 2, 3]}))
def g(df):
    top = 2
    return [df.query('a < @top').shape for _ in range(1)], df.eval('b = a * @top')
s = g(pd.DataFrame({'a': [1, 2, 3]}))
""",
    "eval sees local variables": """
def f():
    q = pd.Series([1, 2])
    w = 3
    return pd.eval('q + w')
r = f()
""",
    "deleting a column and setting attributes": """
df = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})
del df['b']
df.index = [5, 6]
df.columns = ['z']
df.z = df.z + 1
df['y'] = df.z * 2
df.loc[5, 'y'] = -1
df.attrs['k'] = 3
r = list(df.columns) + list(df.index)
""",
    "out arguments": """
a = np.arange(3.)
o = np.empty(3)
z = np.add(a, 1, out=o)
r = z is o
np.multiply(a, 2, o)
s = np.cumsum(a, out=a) is a
""",
    "chained assignment warns as ever": """
import warnings
df = pd.DataFrame({'a': [1, 2, 3], 'b': [4, 5, 6]})
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    df['a'][0] = 100
    df[df.b > 4]['a'] = 5
    df['a'].fillna(0, inplace=True)
    df.loc[0]['a'] = 9
    df['a'].replace(1, 2, inplace=True)
    df['a'] += 1
    df[df['a'] > 2].loc[0, 'a'] = 3
    r = [(x.category.__name__, x.lineno) for x in w]
del w
""",
    "temporaries are held no longer than in plain code": """
import sys
x = []
n = sys.getrefcount(x), sys.getrefcount([]), sys.getrefcount(np.zeros(3))
def f(v):
    return sys.getrefcount(v)
r = f(x), f([]), f(np.zeros(3) + 1), f(np.zeros(3)[1:]), f(pd.DataFrame({'a': [1]}))
class C:
    def m(self):
        return sys.getrefcount(self)
s = C().m(), (lambda v: sys.getrefcount(v))(object())
def g(v, *a, **k):
    return sys.getrefcount(v), [sys.getrefcount(q) for q in a]
t = g(np.ones(2) * 2, np.ones(2) + 1), g(*[np.ones(2)])
""",
    "finalisers run at the same moment": """
class F:
    def __init__(self, n):
        self.n = n
    def __del__(self):
        log.append(self.n)
    def __add__(self, o):
        return F(self.n + o.n)
    def __getitem__(self, k):
        return self.n + k
    def me(self, *a):
        return self
def f(x):
    log.append('in f')
    return 1
r = f(F(1)) + f(F(2))
log.append('then')
x = (F(10) + F(20) + F(30)).n
log.append('then')
F(3)[F(4).n]
log.append('then')
F(5).me(F(6)).me().n
log.append('then')
y = F(7)
y = F(8)
del y
log.append('then')
f(F(9).me)
log.append('end')
""",
    "finalisers run at the same moment after an error": """
class F:
    def __init__(self, n):
        self.n = n
    def __del__(self):
        log.append(self.n)
    def fail(self, *a):
        raise ValueError
try:
    F(1).fail(F(2), [F(3)])
except ValueError:
    log.append('caught')
log.append('end')
""",
    "resizing in place needs the only reference": """
a = np.arange(4)
a.resize(6)
r = a.copy()
b = a[:2]
try:
    a.resize(8)
except ValueError as e:
    s = 'refused'
    del e
""",
    "a callee may resize the array that it alone holds": """
def grow(a):
    a.resize(6)
    return a
r = grow(np.arange(4))
s = grow(np.arange(4) + 1)
""",
    "a callee may let go of its argument": """
import weakref
def f(x):
    w = weakref.ref(x)
    del x
    return w() is None
r = f(np.arange(3) + 1), f(np.arange(3)), f(a := np.arange(2))
class C:
    def m(self, x, **k):
        del self
        return f(x)
s = C().m(np.arange(3), k=np.arange(2))
""",
    "arrays are the very objects that were passed": """
a = np.arange(6.).reshape(2, 3)
b = a.T
v = a[0]
r = (b.base is a.base, v.base is not None, np.asarray(a) is a, a.flags.c_contiguous,
     np.shares_memory(a, v), (a + 0).base is None, type(a[0, 0]).__name__, a.dtype.str)
m = np.ma.masked_array([1, 2], [0, 1]) * 2
t = m.sum(), type(m).__name__
""",
    "random streams are not touched": """
rng = np.random.default_rng(0)
np.random.seed(3)
import random
random.seed(5)
a = rng.normal(size=3) + np.random.rand(3)
p = rng.permutation(5)[1:]
i = rng.integers(0, 9, 4)
rng.shuffle(i)
np.random.shuffle(p)
r = random.random() + 1, [random.choice('abc') for _ in range(3)]
s = np.random.get_state()[2], rng.bit_generator.state['state']
""",
    "subclasses of arrays and frames": """
class A(np.ndarray):
    def __array_finalize__(self, o):
        log.append(type(o).__name__)
    def __getitem__(self, k):
        log.append(('get', k))
        return super().__getitem__(k)
class D(pd.DataFrame):
    @property
    def _constructor(self):
        return D
a = np.arange(3).view(A)
b = a + 1
c = a[1:]
d = D({'x': [1, 2]})
e = d[d.x > 1]
r = type(b).__name__, type(c).__name__, type(e).__name__
""",
    "array functions of the user's own class": """
class L:
    def __array_ufunc__(self, ufunc, method, *a, **k):
        log.append(ufunc.__name__)
        return 'ufunc'
    def __array_function__(self, func, types, a, k):
        log.append(func.__name__)
        return 'function'
    def __array__(self, dtype=None, copy=None):
        return np.arange(2)
l = L()
r = np.arange(3) + l, np.concatenate([l, l]), np.asarray(l), l.__class__.__name__
""",
    "dictionaries, sets and strings": """
d = {'a': 1}
d['b'] = d.get('a') + 1
d.setdefault('c', []).append(np.arange(2))
s = {1, 2} | {3} - {1}
t = 'abc'[1:] + 'd' * 2 % ()
u = b'ab'[0], bytearray(b'x')[0:1], (1, 2)[-1], range(5)[1:3], memoryview(b'abc')[1]
r = sorted(d), sorted(s)
""",
    "groups, pipes and applies": """
df = pd.DataFrame({'k': list('aab'), 'v': [1., 2., np.nan]})
r = df.groupby('k').v.transform('mean')
def scale(d, by=1):
    log.append(len(d))
    return d.assign(w=d.v * by)
s = df.pipe(scale, by=3).groupby('k', sort=False).apply(lambda g: g.v.sum() + 1)
t = df.assign(z=lambda d: d.v + 1, y=lambda d: d.z * 2)
u = [(k, g.v.sum()) for k, g in df.groupby('k')]
for row in df.itertuples():
    log.append(row.v * 2)
""",
    "context managers of the libraries": """
with np.errstate(divide='ignore'):
    a = np.arange(3) / 0
with pd.option_context('display.precision', 2):
    r = repr(pd.Series([1.2345]))
o = pd.get_option('display.precision')
""",
    "imports in every form": """
import os.path, sys as system
from math import pi as p, sqrt
import collections.abc
r = os.path.join('a', 'b') + str(p * 2), sqrt(4), system is __import__('sys')
def f():
    from decimal import Decimal
    return Decimal(1) / 4
s = f(), 'Decimal' in globals(), sorted(k for k in globals() if k in ('os', 'collections', 'math'))
""",
    "an import that fails": """
from math import nothing_of_that_name
""",
    "display names and special methods": """
class R:
    def __repr__(self):
        log.append('repr')
        return 'R!'
    def __len__(self):
        return 3
    def __iter__(self):
        return iter([1, 2])
    def __bool__(self):
        log.append('bool')
        return False
    def __index__(self):
        return 1
    def __call__(self, *a, **k):
        return a, k
    def __enter__(self):
        return self
    def __exit__(self, *e):
        return True
r = R()
s = len(r), list(r), r or 5, [7, 8][r], r(1, b=2), not r
with r:
    1 / 0
""",
    "properties, slots and descriptors": """
class D:
    def __get__(self, o, t):
        log.append('get')
        return 5
    def __set__(self, o, v):
        log.append(('set', v))
class S:
    __slots__ = ('a',)
    d = D()
    @classmethod
    def make(cls):
        s = cls()
        s.a = 1 + 1
        return s
    @staticmethod
    def st(x):
        return x * 2
s = S.make()
s.d = s.d + 1
s.a += 1
r = s.a, S.st(3), s.st(4)
try:
    s.b = 1 + 1
except AttributeError as e:
    m = str(e)
""",
}
