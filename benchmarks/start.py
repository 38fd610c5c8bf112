"""What it costs to have the package: import, ``%load_ext``, and JavaScript sent to the browser."""

from __future__ import annotations

import gzip
import subprocess
import sys

from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured

IMPORT = "import traceprop_nb"
NUMPY = "import numpy"
LOAD = (
    "refused = get_ipython().extension_manager.load_extension('traceprop_nb')\n"
    "if refused: raise SystemExit(refused)"
)
SHELL = (
    "import traceprop_nb\n"
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "get_ipython = lambda s=InteractiveShell.instance(): s\n"
)


def milliseconds(statement: str, before: str = "", *, repeats: int = 7) -> list[float]:
    """Wall time of a statement, each time in a fresh interpreter."""
    code = (
        f"{before}\nimport time\nbegan = time.perf_counter()\n{statement}\n"
        "import sys; sys.__stdout__.write('\\n%.3f' % ((time.perf_counter() - began) * 1e3))"
    )
    got = []
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        )
        got.append(float(done.stdout.split()[-1]))
    return got


def measure() -> list[Measurement]:
    """Start-up times and the size of the bundle."""
    files = sorted((ROOT / "traceprop_nb/widgets/static").glob("*.js"))
    raw = [path.read_bytes() for path in files]
    size = sum(map(len, raw)) / 1024
    packed = sum(len(gzip.compress(data, 9)) for data in raw) / 1024
    return [
        measured("import traceprop_nb", milliseconds(IMPORT), "ms", "<= 150"),
        measured("import numpy, to compare", milliseconds(NUMPY), "ms"),
        measured("%load_ext traceprop_nb", milliseconds(LOAD, SHELL), "ms", "<= 50"),
        measured("JavaScript of all widgets", [size], "KiB", "<= 90"),
        measured("  gzipped", [packed], "KiB", "<= 32"),
    ]
