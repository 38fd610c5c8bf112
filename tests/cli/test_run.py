"""``run``: a script does, prints, raises and returns what it does without us, and is traced."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.contracts.tree import ROOT
from tests.merged import A, B
from tests.stores.conftest import _kernels_end  # noqa: F401  # the same stores
from tests.stores.stored import reopened

READ = "import pandas as pd\na = pd.read_csv('a.csv')\nb = pd.read_csv('b.csv')\n"
SCRIPTS = {
    "a script that ends": READ + "d = a.dropna().merge(b, on='id')\nprint(d, len(d))\n",
    "names of its module": "'''told'''\nprint(__name__, __file__, __doc__, __package__, __spec__)\n"
    "print(sorted(n for n in globals() if n != '__tp__'))\n",
    "words": "import sys\nprint(sys.argv, sys.path[0])\n",
    "main": "def main():\n    return 3\nif __name__ == '__main__':\n    raise SystemExit(main())\n",
    "an exit in words": "import sys\nsys.exit('not today')\n",
    "an exit with nothing": "import sys\nprint('a')\nsys.exit()\n",
    "a large exit": "import sys\nsys.exit(300)\n",
    "an error of its own": READ + "def f(x):\n    return g(x) + 1\ndef g(x):\n"
    "    raise ValueError(len(x))\n\nd = (a\n  .dropna()\n)\nf(d).sum(\n)\n",
    "an error in a library": READ + "a['none']\n",
    "an error in an operator": READ + "c = 1\nx = a.v + (c / 0) * 2\n",
    "an error from an error": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n"
    "    raise RuntimeError('x') from e\n",
    "an error in a lambda of apply": READ + "a.v.apply(lambda v: 1 // int(v > 2))\n",
    "a hook of its own": "import sys\nsys.excepthook = lambda *e: print(e[0], e[2].tb_lineno)\n"
    "\n1 / 0\n",
    "no Python": "x = (1 +\n",
    "no text": "# -*- coding: utf-8 -*-\nx = '\udcff'\n",
    "another encoding": "# -*- coding: latin-1 -*-\nprint('\udce9', ascii('\udce9'))\n",
    "Windows's lines": "x = 1\r\nprint(x)\r\n1 / 0\r\n",
    "from the future": "'''d'''\nfrom __future__ import annotations\ndef f(x: nowhere): return 1\n"
    "print(f(1), f.__annotations__)\n",
    "none from ours": "def f(x: int): return 1\nprint(f.__annotations__)\n",
    "annotations": "x: int = 1\nprint(__annotations__)\n",
    "an atexit": "import atexit\nx = [1]\natexit.register(lambda: print('end', x, __name__))\n",
    "a thread that outlives it": "import threading, time\nx = 2\ndef f():\n    time.sleep(.3)\n"
    "    print('late', x)\nthreading.Thread(target=f).start()\n",
    "a class of its own, pickled": "import pickle\nclass C:\n    x = 1\n"
    "print(type(pickle.loads(pickle.dumps(C()))) is C)\n",
    "its own source": "import inspect\ndef f():\n    return 1  # x\nprint(inspect.getsource(f))\n",
    "standard output closed": "import sys\nprint('x')\nsys.stdout.close()\n",
    "workers": "import multiprocessing as m\ndef f(x):\n    return x + 1\n"
    "if __name__ == '__main__':\n    with m.get_context('spawn').Pool(1) as p:\n"
    "        print(p.map(f, [1, 2]))\n",
    "what is read": "import sys\nprint(sys.stdin.read().upper())\n",
    "a module beside it": "import beside\nprint(beside.x)\n",
    "stopped": "raise KeyboardInterrupt\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(A)
    (tmp_path / "b.csv").write_text(B)
    (tmp_path / "below").mkdir()
    (tmp_path / "below/beside.py").write_text("x = 7\n")
    return tmp_path


def outcome(*command: str) -> tuple[int, bytes, bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, input=b"in", env=env, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("what", SCRIPTS)
def test_a_script_does_what_it_does_without_us(folder, what):
    script = "below/script.py"
    (folder / script).write_bytes(SCRIPTS[what].encode("utf-8", "surrogateescape"))
    words = (script, "--help", "-x", "--", "y")
    plain = outcome(*words)
    for store in ((), ("--store", "s.db")):
        code, out, err = outcome("-m", "traceprop_nb", "run", *store, *words)
        assert (out, err) == plain[1:]
        assert code == (130 if what == "stopped" else plain[0])


def test_a_script_s_lineage_is_kept_and_answers_by_name(folder):
    text = READ + "def clean(x):\n    return x.dropna()\nd = clean(a).merge(b, on='id')\n"
    (folder / "script.py").write_text(text + "raise SystemExit(4)\n")
    assert outcome("-m", "traceprop_nb", "run", "--store", "s.db", "script.py")[0] == 4
    past = reopened("s.db").lineage()
    answer = past.rows("d", 0)
    assert {name: rows.tolist() for name, rows in answer.sources.items()} == {
        "a.csv": [2], "b.csv": [2],
    }  # fmt: skip
    assert answer.status.name == "EXACT"
    assert [step[2] for step in answer.path if step[0] == "dropna"] == [5]
    [cell] = past.cells
    assert (cell.name, cell.ok, cell.error, cell.recorded) == (
        "script.py",
        False,
        "SystemExit",
        True,
    )


def test_a_script_asks_of_itself(folder):
    text = READ + "import traceprop_nb as tp\nd = a.dropna()\nprint(tp.rows(d, 1).sources)\n"
    (folder / "script.py").write_text(text)
    code, out, err = outcome("-m", "traceprop_nb", "run", "script.py")
    assert (code, err) == (0, b"")
    assert b"a.csv" in out
    assert not list(folder.glob(".traceprop*"))


def test_a_script_that_is_not_there_is_a_line(run, folder):
    code, _, err = run("run", "none.py")
    assert (code, err.count("\n")) == (2, 1)
    assert "none.py: No such file" in err
