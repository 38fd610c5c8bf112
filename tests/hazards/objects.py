"""Objects that notice who looks at them: the user's own classes, and what holds references."""

SNIPPETS = {
    "objects that count who reads them": """
class P:
    def __init__(self): self.n = 1
    def __getattribute__(self, name):
        log.append(name)
        return object.__getattribute__(self, name)
    def __getitem__(self, k):
        return [k]
    def __call__(self, x): return self
    def __iter__(self):
        yield self
    def take(self, x): return x
def f(x, y=None): return x
p = P()
log.append('--')
f(p)
f([p], y=(p,))
log.append('a')
q = p[1]
q = p.n
p.n = 2
p.n += 1
log.append('b')
q = p.take(p)
q = p(p)
for r in p: pass
log.append('c')
r = [s for s in p]
d = {'a': p}
d['a'] = p
d['a'].n += 2
x = np.arange(3)
y = p.take(x)
y = p(x)
log.append('d')
z = np.size([p])
z = (lambda v: v)(p)
""",
    "containers that count who reads them": """
class L(list):
    def __getitem__(self, k):
        log.append(('get', k)); return list.__getitem__(self, k)
    def __iter__(self):
        log.append('iter'); return list.__iter__(self)
    def __len__(self):
        log.append('len'); return list.__len__(self)
class D(dict):
    def values(self): log.append('values'); return dict.values(self)
    def __iter__(self): log.append('iter'); return dict.__iter__(self)
    def keys(self): log.append('keys'); return dict.keys(self)
    def __getitem__(self, k): log.append('get'); return dict.__getitem__(self, k)
class T(tuple):
    def __getitem__(self, k): log.append('tget'); return tuple.__getitem__(self, k)
    def __iter__(self): log.append('titer'); return tuple.__iter__(self)
def f(*a, **k): return a[0]
x = np.arange(6.)
l, d, t = L([x, x]), D(a=x), T((x, x))
log.append('--')
f(l)
f(d)
f(t)
f(x, l, d, t)
f(*l)
f(*t)
f(x, **d)
log.append('a')
g = lambda: l
h = [g() for _ in range(2)]
y = l[0]
y = d['a']
y = t[1]
l[0] = x
d['b'] = x
l[0] += 1
log.append('b')
m = np.concatenate(l)
m = np.concatenate(t)
m = np.vstack([l, l])
m = np.stack((t, t))
m = np.dstack([l])
m = np.array(l)
m = np.sum(l)
m = np.where(l, 1, 2)
m = np.hstack([t, l])
log.append('c')
df = pd.DataFrame(d)
s = pd.Series(l)
df = pd.concat([s, pd.Series(l)])
s[L([0])]
df = pd.DataFrame({'a': [1, 2]})
df[L(['a'])]
df['b'] = L([3, 4])
df.isin(L([3]))
s = df['a'].map(D({1: 2}))
s = df['a'].replace(D({1: 2}))
df.assign(c=L([1, 2]))
df.groupby(L(['a'])).sum()
df.drop(columns=L(['b']))
df.merge(df, on=L(['a']))
x[L([0, 1])]
x.take(L([0]))
x.reshape(T((2, 3)))
np.zeros(T((2,))) + 1
log.append('d')
""",
    "array-likes that count who converts them": """
class A:
    def __array__(self, dtype=None, copy=None):
        log.append('array'); return np.arange(3.)
class I:
    def __index__(self): log.append('index'); return 1
class S:
    def __len__(self): log.append('len'); return 3
    def __getitem__(self, k):
        log.append('get')
        if k > 2: raise IndexError
        return float(k)
a, x, i, s = A(), np.arange(3.), I(), S()
log.append('--')
y = np.concatenate([a, x])
y = np.vstack([a, x])
y = np.where(a, x, 1)
y = x + a
y = np.add(x, a)
y = np.stack([x, a])
log.append('a')
y = x[i]
y = x[i:]
y = np.take(x, i)
y = np.roll(x, i)
y = np.repeat(x, i)
log.append('b')
x[i] = 3
x[:] = a
x[:] = s
""",
    "resize through a name": """
a = np.arange(3.) + 1
f = a.resize
f(8)
c = np.arange(3.) + 1
[g(5) for g in [c.resize]]
""",
    "modules and classes that count who looks into them": """
import types
m = types.ModuleType('m')
exec('def __getattr__(name):\\n    log.append(name)\\n    return lambda *a: 1', m.__dict__)
m.__dict__['log'] = log
m.f(np.arange(3))
m.g(1)
x = m.h
class M(type):
    def __getattribute__(self, name): log.append(name); return type.__getattribute__(self, name)
class C(metaclass=M):
    @classmethod
    def c(cls, x): return x
    @staticmethod
    def s(x): return x
    class D:
        def __get__(self, o, t=None): log.append('get'); return lambda *a: 1
    d = D()
C.c(1)
C.s(np.arange(2))
C.d(2)
C().d(3)
C()
c = C()
c.d(np.arange(3))
c.n = 1
c.n += 1
""",
    "chained assignment through getattr": """
df = pd.DataFrame({"a": [1, 4, 2], "b": 1})
getattr(df["a"], 'where')(df["a"] > 2, 5, inplace=True)
getattr(df[["a"]], 'mask')(df["a"] > 2, 5, inplace=True)
""",
    "references are counted as they are": """
import sys
import gc
def f():
    kind, x = np.dtype('O,i'), np.arange(3)
    y = x[1:]
    counts = [sys.getrefcount(kind), sys.getrefcount(x), sys.getrefcount(y.base)]
    return counts + [len(gc.get_referrers(x))]
seen = f()
log += [sys.getrefcount(object()), sys.getrefcount(np.arange(5))]
""",
}

UNHASHABLE = """
class Meta(type):
    def __eq__(self, other): return self is other
class A(metaclass=Meta):
    def __add__(self, o): return self
    def __getitem__(self, k): return self
    def __matmul__(self, o): return self
    def __iadd__(self, o): return self
    def __call__(self, *a): return self
    b = property(lambda self: self)
    def __iter__(self): yield self
a = A()
x = a + a
x = a() + a
x = a[0]
x = a[x]
x = a.b
x = a().b
x = a @ a
x += a
x = a(a)
x[1:2]
for r in a: pass
x = [r for r in a]
def f(x): return x
f(a)
f([a])
"""
