"""What an expression computes, in which order, and how often."""

SNIPPETS = {
    "operands are evaluated from left to right": """
def t(x):
    log.append(x)
    return np.arange(3) + x
r = (t(1) - t(2)) / (t(3) + 1)
z = np.concatenate([t(4), t(5)])[t(0)[0]:t(2)[1]]
""",
    "comparisons chain and stop early": """
def t(x):
    log.append(x)
    return x
r = 1 < t(2) < t(0) < t(5)
s = t(0) and t(1)
u = t(1) or t(2)
v = t(3) if t(0) else t(4)
""",
    "arguments come after the callee, keywords in order": """
def t(x):
    log.append(x)
    return x
def f(*a, **k):
    return a, k
r = (log.append('callee') or f)(t(1), *[t(2), t(3)], a=t(4), **{'b': t(5)}, c=t(6))
""",
    "star arguments are spread once": """
def f(*a, **k):
    return len(a), sorted(k)
def g():
    for i in range(3):
        log.append(i)
        yield i
kw = {'z': 1}
r = f(*g(), 3, y=2, **kw)
s = [*g(), *g()]
t = {**kw, 'y': 2}
d = np.zeros((2, 3))[*(0, 1)]
""",
    "an argument given twice is refused": """
def f(**k):
    return k
f(a=1, **{'a': 2})
""",
    "star arguments of the wrong kind are refused": """
def f(*a):
    return a
f(*5)
""",
    "a generator passed as the only argument": """
a = np.arange(9).reshape(3, 3)
r = sum(int(s.sum()) for s in a[1:])
t = sorted((x * 2 for x in (3, 1, 2)), reverse=True)
""",
    "comprehensions of every kind": """
a = np.arange(10)
r = [a[i] * 2 for i in range(5) if a[i] > 1]
d = {i: a[i:i + 2].sum() for i in range(3)}
s = {int(x) % 3 for x in a}
g = sum(float(x) for x in a)
n = [[i * j for j in range(i)] for i in range(4)]
""",
    "a comprehension sees the scope it should": """
x = 10
def f(y):
    return [x + y + z for z in range(3) for w in range(y)]
r = f(2)
fs = [lambda: i * 2 for i in range(3)]
q = [g() for g in fs]
""",
    "names assigned inside an expression": """
r = [y for x in range(5) if (y := x * 2) > 2]
if (n := np.arange(4).sum()) > 3:
    m = n + 1
t = (k := 3) + k * (k := 4) + k
while (j := len(log)) < 3:
    log.append(j)
""",
    "the old value is taken before a name is assigned inside": """
x = np.arange(3)
r = x + (x := x * 2)
s = x[0] if (x := r) is r else None
""",
    "slices arrive as slices": """
class L:
    def __getitem__(self, k):
        return k
l = L()
r = [l[1:2], l[:, 1:3, ...], l[::2], l[1:2, None], l[()], l[1,], l[:], l['a':'b']]
t = [type(k).__name__ for k in r]
""",
    "a key is evaluated after its base": """
def t(x, y):
    log.append(x)
    return y
r = t('base', {1: 'a'})[t('key', 1)]
t('base', {})[t('key', 2)] = t('value', 3)
t('base', [1, 2])[t('from', 0):t('to', 1)] = t('value', [9])
""",
    "an augmented assignment evaluates its target once": """
a = np.zeros(3)
def idx():
    log.append('i')
    return 1
def obj():
    log.append('o')
    return a
obj()[idx()] += 5
class C:
    n = 1
    def me(self):
        log.append('m')
        return self
c = C()
c.me().n += 4
r = c.n
""",
    "augmented assignment works in place where it can": """
a = np.zeros(5)
b = a[1:3]
b += 1
b[:] = b * 2
a[a > 1] = 9
before = a
a *= 2
same = before is a
l = m = [1]
l += [2]
t = u = (1,)
t += (2,)
a[0] -= 1
a[1:3] //= 2
""",
    "augmented assignment of an attribute": """
class Box:
    def __init__(self):
        self.w = np.ones(3)
    def step(self, g):
        self.w -= 0.1 * g
        self.w[0] *= 2
b = Box()
w = b.w
b.step(np.arange(3.))
r, alias = b.w, w is b.w
""",
    "several targets and unpacking": """
a = b = np.arange(3) + 1
(x, y), *z = (a[0], a[1]), 1, 2
d = {}
d['p'], d['q'] = d['q2'], *_ = 'xy'[0:2]
first, *rest = (i * 2 for i in range(4))
p = q = []
p.append(1)
l = [1, 2, 3]
l[0], l[2] = l[2], l[0]
i = 0
i, l[i] = 1, 'second'
""",
    "unpacking the wrong number of values": """
a, b = np.arange(3)
""",
    "format strings": """
a = np.arange(3)
w = 7
r = f'{a.sum() + 1:>5} {a[0]=} {a!r:>20} {w:{w}}'
s = f"{'nested ' + f'{a[1] * 2}' + str({'k': a[2]}['k'])}"
t = f'{{}} {a[-1]:0{w}d}' 'implicit ' f'{w}'
u = '{0.shape} {1[k]}'.format(a, {'k': 2}) + '%s' % w
""",
    "operators of the user's own classes": """
class V:
    def __init__(self, n):
        self.n = n
    def __add__(self, o):
        log.append(('add', self.n))
        return V(self.n + getattr(o, 'n', o))
    def __radd__(self, o):
        log.append(('radd', self.n))
        return V(o + self.n)
    def __matmul__(self, o):
        return 'matmul'
    def __neg__(self):
        return V(-self.n)
    def __eq__(self, o):
        log.append('eq')
        return NotImplemented
    def __contains__(self, o):
        return o
    def __getattr__(self, name):
        if name == 'magic':
            log.append('getattr')
            return 42
        raise AttributeError(name)
    __hash__ = None
r = (V(1) + V(2) + 3).n, (1 + V(2)).n, V(1) @ 2, (-V(3)).n
e = V(1) == 3, V(1) != 3, 0 in V(1), V(1).magic
""",
    "an operation that no operand supports": """
class A:
    pass
class B:
    pass
x = A() - B()
""",
    "an operator may delete the name of its operand": """
class Gone:
    def __add__(self, other):
        global a
        del a
        return 7
a, b = Gone(), 1
r = a + b
left = 'a' in globals()
""",
    "a callee may delete a name that is still in use": """
x = np.arange(3)
def drop():
    global x
    del x
    return 1
r = x[0] + drop()
s = 'x' in globals()
""",
    "a subscript may delete the name it was read through": """
class Once:
    def __getitem__(self, key):
        global o, k
        del o, k
        return key
    @property
    def value(self):
        global p
        del p
        return 5
o, k, p = Once(), 'key', Once()
r = o[k]
q = p.value
""",
    "an in-place operator may delete its own name": """
class Once:
    def __iadd__(self, other):
        global a
        del a
        return other
a = Once()
a += 5
""",
    "names are read as often as they stand there": """
class Namespace(dict):
    def __getitem__(self, name):
        if name in ('a', 'b', 'k'):
            log.append(name)
        return super().__getitem__(name)
class Meta(type):
    @classmethod
    def __prepare__(cls, name, bases):
        return Namespace(a=np.arange(3), b=np.arange(3), k=1)
    def __new__(cls, name, bases, ns):
        return super().__new__(cls, name, bases, dict(ns))
class C(metaclass=Meta):
    c = a + b
    d = a[k]
    e = a.T
    a += 1
""",
    "deep nesting is no problem": """
r = """
    + "(" * 60
    + "1"
    + " + 1)" * 60
    + """
s = [[[[[[[[[[1]]]]]]]]]][0][0][0][0][0][0][0][0][0][0]
""",
    "constants are folded and kept": """
t = (1, 2, 'a')
r = -5, +3, ~1, not 0, 2 ** 8, 'a' 'b', b'c', 1j, ..., None, True
n = -(-3)
""",
    "identity of small values is kept": """
a = [1, 2]
b = a
r = (a is b, (a or b) is a, (lambda v: v)(a) is a, [a][0] is a, {'k': a}['k'] is a)
""",
}
