"""Functions, classes, generators, coroutines: whose names, whose frame, which moment."""

SNIPPETS = {
    "super, locals and zero arguments": """
class A:
    def m(self):
        return 1
class B(A):
    def m(self):
        return super().m() + 1
r = B().m()
def h():
    x = 1
    y = x * 2
    return sorted(locals()), sorted(vars()), dir()
k = h()
""",
    "globals and dir at the top show nothing of ours": """
a = np.arange(3) + 1
b = a[a > 1].sum()
g = sorted(k for k in globals() if k not in ('__builtins__', '__tp__'))
d = sorted(k for k in dir() if k not in ('__builtins__', '__tp__'))
l = locals() is globals()
""",
    "class bodies": """
class C:
    xs = [1, 2, 3]
    ys = [x * 2 for x in xs]
    z = np.arange(3) + 1
    first, *rest = xs
    d = {'k': xs[0]}
    d['j'] = xs[1] * 2
    z[0] += 5
    def __init_subclass__(cls, tag=None):
        log.append((cls.__name__, tag))
    names = sorted(k for k in locals() if not k.startswith('__'))
class D(C, tag='t' * 2):
    pass
r, q, n = C.ys, C.z, C.names
m = sorted(k for k in vars(C) if not k.startswith('__'))
""",
    "private names are mangled as ever": """
class P:
    __hidden = np.arange(3)
    def get(self):
        __local = self.__hidden[1:] + 1
        self.__x = __local * 2
        self.__x[0] = 5
        return self.__x, self.__method(1), sorted(vars(self))
    def __method(self, __a):
        return __a + 1
r = P().get()
s = hasattr(P, '_P__hidden'), hasattr(P, '__hidden')
""",
    "closures, lambdas and defaults": """
k = 3
f = lambda x, y=k * 2, *, z=np.arange(2) + 1: x + y * k + z[0]
r = f(np.arange(3))
k = 4
s = f(np.arange(3))
def outer():
    n = 0
    def inc(by=n + 1):
        nonlocal n
        n += by
        return n
    return inc, lambda: n * 10
inc, read = outer()
t = inc(), inc(), read(), inc.__closure__[0].cell_contents
d = f.__defaults__, f.__kwdefaults__, f.__code__.co_varnames, f.__code__.co_freevars
""",
    "global and nonlocal": """
c = 0
def f():
    global c
    c = c + 1
    def g():
        other = c * 2
        return other
    return g()
r = [f(), f()]
def deleting():
    global c
    del c
deleting()
gone = 'c' not in globals()
""",
    "a name that is not there yet": """
def f():
    if False:
        x = 1
    return x + 1
f()
""",
    "a deleted local": """
def f():
    x = np.arange(3)
    y = x * 2
    del x
    return y, x[0]
f()
""",
    "generators are suspended in the middle of an expression": """
def gen(a):
    for i in range(3):
        got = (yield a[i] * 2) + (yield i)
        log.append(got)
    return 'end'
def outer(a):
    r = yield from gen(a)
    log.append(r)
g = outer(np.arange(5))
r = [next(g), g.send(1), g.send(2), g.send(3), g.send(4)]
h = gen(np.arange(5))
next(h)
h.close()
try:
    i = gen(np.arange(5))
    next(i)
    i.throw(KeyError('thrown'))
except KeyError as e:
    caught = str(e)
""",
    "two generators interleave in one expression": """
def count(n):
    total = np.zeros(2)
    while True:
        total = total + (yield total * n)
a, b = count(2), count(3)
next(a), next(b)
r = [a.send(1) + b.send(2) * a.send(3) for _ in range(3)]
""",
    "an abandoned generator": """
def gen():
    try:
        x = np.arange(3) + (yield 1)
    finally:
        log.append('closed')
g = gen()
next(g)
del g
""",
    "recursion": """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
r = fib(15)
def walk(t):
    return [t[0] * 2] + [y for c in t[1:] for y in walk(c)]
w = walk([1, [2, [3]], [4]])
""",
    "recursion with exceptions on the way": """
def f(n):
    if n == 0:
        raise ValueError('bottom')
    try:
        return f(n - 1) + n
    except ValueError:
        log.append(n)
        if n < 4:
            raise
        return n * 10
r = f(6)
""",
    "recursion that is too deep ends at the same depth": """
import sys
depth = 0
def down(n):
    global depth
    depth = n
    return down(n + 1)
try:
    down(0)
except RecursionError as e:
    kind = type(e).__name__
def fits(n):
    return 0 if n == 0 else 1 + fits(n - 1)
r = fits(200)
""",
    "async functions, generators and comprehensions": """
import asyncio
async def f(a):
    await asyncio.sleep(0)
    return a * 2 + 1
async def ag():
    for i in range(2):
        yield i * 2
class M:
    async def __aenter__(self):
        log.append('in')
        return np.arange(2)
    async def __aexit__(self, *e):
        log.append('out')
async def main():
    async with M() as m:
        n = m + 1
    async for x in ag():
        log.append(x * 3)
    both = await asyncio.gather(f(1), f(np.arange(2)))
    return [(await f(np.arange(2))) + 1, [x async for x in ag()], n,
            {x: await f(x) async for x in ag() if x}, both, [await f(i) for i in range(2)]]
loop = asyncio.new_event_loop()
r = loop.run_until_complete(main())
loop.close()
del loop
""",
    "two coroutines interleave in one function": """
import asyncio
async def step(i):
    total = np.zeros(1)
    for k in range(3):
        total = total + (await asyncio.sleep(0, k)) * i
        log.append((i, k))
    return total
async def main():
    return await asyncio.gather(*(step(i) for i in range(3)))
loop = asyncio.new_event_loop()
r = loop.run_until_complete(main())
loop.close()
del loop
""",
    "threads run the same function at once": """
import threading
def work(i, out):
    a = np.arange(50.)
    for k in range(20):
        a = (a + i) * 1.5 - a[::-1]
    out[i] = a.sum()
out = {}
ts = [threading.Thread(target=work, args=(i, out)) for i in range(4)]
for t in ts:
    t.start()
for t in ts:
    t.join()
r = sorted(out.items())
del ts, t, out
""",
    "decorators and annotations": """
import functools, inspect
def named(tag):
    def wrap(f):
        log.append((tag, f.__name__))
        return f
    return wrap
@named('a' * 2)
@functools.lru_cache(maxsize=len([1, 2]) * 2)
def f(x: 'int' = 1 + 1, *a: 3 + 4, y: list[int] = [1 + 1]) -> int:
    return x * 2
r = f(), f.__wrapped__.__annotations__, str(inspect.signature(f))
v: int = 3 + 4
w: 'undefined name'
ann = dict(__annotations__)
""",
    "annotations stay text under the future import": '''"""A docstring."""
from __future__ import annotations
import sys
def f(x: Undefined[1] + 2, y: int = 1 + 1) -> Other.thing:
    """Inner docstring."""
    return y
r = f.__annotations__, f.__doc__, f(0)
d = __doc__
''',
    "docstrings": '''"""Module docstring."""
class C:
    """Class docstring."""
    def m(self):
        """Method docstring."""
        return self.__doc__ + ' ' + self.m.__doc__
    def n(self):
        'not' + ' a docstring'
r = C.__doc__, C().m(), C.n.__doc__, __doc__
''',
    "dataclasses and named tuples": """
import dataclasses, typing
@dataclasses.dataclass(order=True)
class P:
    x: int
    y: list = dataclasses.field(default_factory=lambda: [1 + 1])
    z: typing.ClassVar[int] = 3 * 3
    @property
    def double(self):
        return self.x * 2
class N(typing.NamedTuple):
    a: int
    b: float = 1 / 2
r = P(1).double, P(1) < P(2), repr(P(3)), dataclasses.asdict(P(4)), N(1)._replace(b=2) + (3,)
""",
    "enumerations": """
import enum
class E(enum.Flag):
    A = 1
    B = A << 1
    C = A | B
    @property
    def half(self):
        return self.value / 2
class S(str, enum.Enum):
    X = 'x'.upper()
r = [e.name for e in E], E.C.half, E.A | E.B is E.C, S('X'), E['B'].value
""",
    "pattern matching": """
class Pt:
    __match_args__ = ('x', 'y')
    def __init__(self, x, y):
        self.x, self.y = x, y
def f(x):
    match x:
        case [a, *rest]:
            return a + len(rest)
        case {'k': v, **more}:
            return v * 2, more
        case Pt(x=0, y=y) | Pt(x=y, y=0):
            return 'axis', y + 1
        case Pt(a, b) if a * 2 > b:
            return 'guard'
        case str() as s:
            return s * 2
        case -1 | 1.5 | None:
            return 'literal'
        case _:
            return 0
r = [f([1, 2, 3]), f({'k': 4, 'j': 1}), f(Pt(0, 4)), f(Pt(5, 0)), f(Pt(3, 1)), f('s'), f(-1), f(7)]
""",
    "a function may read its own frame": """
import sys, inspect
def f():
    return sys._getframe(1).f_lineno, sys._getframe(1).f_code.co_name
def g():
    return (f() * 1,
            f(), len(inspect.stack(0)) - base)
base = len(inspect.stack(0))
r = g()
def caller(depth=1):
    return sorted(k for k in sys._getframe(depth).f_locals if not k.startswith('__'))
def h():
    a = np.arange(3)
    return caller(*[1]), [caller() for _ in range(1)] and a.sum() + len(caller())
s = h()
""",
    "exec and eval": """
a = np.arange(3)
exec('b = a + 1')
c = eval('a * 2')
ns = {}
exec('def f(x):\\n    return x + 1', ns)
r = ns['f'](3), sorted(k for k in ns if k != '__builtins__')
def g(p):
    q = 5
    return eval('p + q'), sorted(locals())
s = g(1)
t = eval(compile('a[0] + 1', '<e>', 'eval'))
""",
    "functions keep their signature and code shape": """
import inspect
def f(a, /, b, *, c=1, **d):
    x = a + b
    return [x * i for i in range(c)]
r = str(inspect.signature(f)), f.__code__.co_argcount, f.__code__.co_varnames, f.__name__
s = f.__code__.co_firstlineno, f.__qualname__, f.__code__.co_flags, f.__code__.co_freevars
src = inspect.getsource(f)
""",
    "traced functions pickle": """
import pickle, cloudpickle
k = 2
def f(x, y=np.arange(2) + 1):
    return (x[1:] + y) * k
class C:
    def m(self, x):
        return x * 2 + 1
r = pickle.loads(cloudpickle.dumps(f))(np.arange(3))
s = pickle.loads(cloudpickle.dumps(lambda v: [i + v for i in range(3)]))(1)
t = pickle.loads(cloudpickle.dumps(C()))
t = t.m(3)
""",
}
