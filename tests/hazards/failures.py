"""Exceptions, warnings and what is printed: text, lines and carets."""

SNIPPETS = {
    "an error in an operator": """
a = np.arange(3)
b = np.arange(4)
def g(x, y):
    u = x * 2
    return (u + 1) / (x + y)
c = g(a, b)
""",
    "an error in a call that spans lines": """
df = pd.DataFrame({'a': [1, 2]})
q = df.merge(df,
     on='zzz').dropna()
""",
    "an error in a subscript that spans lines": """
a = np.arange(3)
z = a[1:][
   7]
""",
    "an error in an attribute": """
df = pd.DataFrame({'a': [1]})
r = df.a.sum() + (df
    .nothing.sum())
""",
    "an undefined name in a tree": """
a = 1
r = (a + 1) * (a - nothing) / 2
""",
    "an undefined name as an argument": """
print(len([1]), max(1, nothing(2)))
""",
    "an undefined name in an augmented assignment": """
nothing += np.arange(3)
""",
    "a call of what cannot be called": """
x = 5
y = x(
  1, 2)
""",
    "the wrong arguments": """
def f(a, b):
    return a
f(1, 2,
  c=3)
""",
    "an error in an assignment's target": """
t = (1, 2)
t[0] = np.arange(3) + 1
""",
    "an error in an augmented subscript": """
d = {}
d['k'] += 1 * 2
""",
    "an error in an attribute's assignment": """
a = np.arange(3)
a.nothing = a * 2
""",
    "an error in a deletion": """
d = {'a': 1}
del d['a'], d['b']
""",
    "an error in a comprehension": """
r = [1 / (2 - x)
     for x in range(5)]
""",
    "an error in a lambda in a method in a class": """
class A:
    def m(self, k):
        return sorted([3, 'a'], key=lambda v: v + k)
A().m(1)
""",
    "an error in a default value": """
def f(x=1 / 0):
    return x
""",
    "an error in a class body": """
class C:
    x = 1
    y = x / 0
""",
    "an error while another is handled": """
try:
    1 / 0
except ZeroDivisionError:
    {}['k'] * 2
""",
    "an error raised from another": """
def f(x):
    try:
        return x[0] + {}['a']
    except KeyError as e:
        raise ValueError('bad ' + str(e)) from e
f([1])
""",
    "an error in a finally": """
try:
    x = 1
finally:
    y = x + 'a'
""",
    "an exception group": """
def f():
    errors = []
    for v in (0, 'a'):
        try:
            errors.append(1 / v)
        except Exception as e:
            errors.append(e)
    raise ExceptionGroup('several', errors)
try:
    f()
except* ZeroDivisionError as g:
    r = len(g.exceptions) + 1
""",
    "a condition that is a comparison": """
a = np.arange(3)
def tests():
    yield lambda: 1 if a > 1 else 2
    yield lambda: a > 1 and 2
    yield lambda: not a > 1
    yield lambda: [x for x in (1,) if a < x]
    yield lambda: any(x for x in (a,) if x == x if 1)
def loop():
    while a > 1:
        pass
def elif_():
    if a is None:
        pass
    elif a > 1 or 0:
        pass
import traceback
for t in [*tests(), loop, elif_]:
    try:
        t()
    except ValueError as e:
        log.append(traceback.format_exc())
del t, e
""",
    "a failed assertion": """
a = np.arange(3)
assert a.sum() * 2 == 7, 'sum is ' + str(a.sum())
""",
    "a bare failed assertion": """
a = 3
assert (a + 1 ==
        a * 2)
""",
    "an error in a format string": """
a = np.arange(3)
r = f'{a[0]} {a[9]:>5}'
""",
    "an error in an f-string's format": """
r = f'{1 + 1:>{"x"}}'
""",
    "an error in a match guard": """
match [1, 2]:
    case [a, b] if a / (b - 2):
        pass
""",
    "an error in a with": """
import contextlib
@contextlib.contextmanager
def cm():
    log.append('in')
    try:
        yield 5
    finally:
        log.append('out')
with cm() as v:
    w = v * 2
    u = v[0]
""",
    "an error in an async function": """
import asyncio
async def f():
    await asyncio.sleep(0)
    return [1][3] + 1
loop = asyncio.new_event_loop()
try:
    loop.run_until_complete(f())
finally:
    loop.close()
    del loop
""",
    "an error thrown into a generator": """
def g():
    x = 1 + (yield
             2)
i = g()
next(i)
i.throw(KeyError('k'))
""",
    "an error in a walrus": """
if (n := np.arange(3)[5]) > 2:
    pass
""",
    "an error behind a star": """
def f(*a):
    return a
f(1, *[1 / x for x in (1, 0)])
""",
    "an ambiguous truth value": """
a = np.arange(3)
if a > 1:
    pass
""",
    "StopIteration inside a generator": """
def g():
    yield next(iter([]))
list(g())
""",
    "try, finally and with leave in order": """
import contextlib
@contextlib.contextmanager
def cm(n):
    log.append(('in', n))
    try:
        yield n * 5
    finally:
        log.append(('out', n))
with cm(1) as v, cm(2) as w:
    x = v + w
try:
    x = 1 / 0
except ZeroDivisionError as e:
    r = str(e)
else:
    r = 'else'
finally:
    log.append('finally')
def f():
    for i in range(3):
        try:
            if i == 1:
                continue
            return i + 1
        finally:
            log.append(i)
s = f()
gone = 'e' in globals()
""",
    "the error's frames hold the user's names only": """
import sys
def f(x):
    y = x * 2
    return y / 0
try:
    f(3)
except ZeroDivisionError as e:
    t = e.__traceback__
    r = []
    while t is not None:
        r.append((t.tb_frame.f_code.co_name, t.tb_lineno, sorted(t.tb_frame.f_locals)[-2:]))
        t = t.tb_next
    t = None
""",
    "warnings name the caller's line": """
import warnings
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    def f(n=2):
        warnings.warn('hey', stacklevel=n)
    f()
    r0 = 1 + (f() or 2)
    np.arange(3) / np.zeros(
        3)
    def g():
        return [f(3) for _ in range(1)]
    g()
    r = [(x.lineno, x.filename, str(x.message), x.category.__name__) for x in w]
del w
""",
    "a warning that is an error": """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter('error')
    x = np.arange(3) / np.zeros(3)
""",
    "printing": """
print('a', 1 + 1, np.arange(3) * 2, sep='|', end='!')
import sys
sys.stdout.write('x' * 2)
print(*[i * 2 for i in range(3)], file=sys.stdout)
""",
    "leaving": """
import sys
sys.exit(1 + 2)
""",
    "an interrupt": """
def f():
    raise KeyboardInterrupt('now')
x = 1 + f()
""",
}
