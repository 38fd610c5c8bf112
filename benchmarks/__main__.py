"""Measures everything, or the parts named: ``python -m benchmarks [PART ...] [--quick]``.

Prints a table and writes ``benchmarks/results/PART.json`` with the environment.
"""

from __future__ import annotations

import argparse
import functools
import json
import pathlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict

from benchmarks import cells
from benchmarks.environment import ROOT, environment
from benchmarks.measurement import Measurement, table
from benchmarks.pairs import ratios

RESULTS = ROOT / "benchmarks/results"


def overhead(pairs: int) -> list[Measurement]:
    """A realistic cell and a three-operator tree, traced and plain."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for rows, goal in ((1_000, "<= 1.05"), (100_000, "<= 1.02"), (1_000_000, "<= 1.01")):
            work = cells.realistic(pathlib.Path(folder) / str(rows), rows)
            more = pairs + 4 * (work.repeats == 1)
            found += ratios(f"realistic cell, {rows:.0e} rows", work, pairs=more, goal=goal)
    return found + ratios("(a - b) / c + b, 1e+06", cells.tree(), pairs=pairs, goal="<= 1.02")


def training(pairs: int) -> list[Measurement]:
    """%%train against the plain cell."""
    return [
        *ratios("%%train, logistic 5,000 x 20", cells.logistic(), pairs=pairs, goal="<= 1.5"),
        *ratios("%%train, torch on digits", cells.torch_loop(), pairs=pairs, goal="<= 3"),
    ]


def records() -> list[Measurement]:
    """Single records, in this process."""
    from benchmarks.records import measure

    return measure()


def unlearning() -> list[Measurement]:
    """Linear models and networks, next to retraining."""
    from benchmarks import unlearning_linear, unlearning_networks

    return unlearning_linear.measure() + unlearning_networks.measure()


def valuation() -> list[Measurement]:
    """Nearest-neighbour values, next to the peers where their environment is there."""
    from benchmarks.valuation import measure

    return measure()


def attribution() -> list[Measurement]:
    """Influence against retraining, next to dattri where its environment is there."""
    from benchmarks.attribution import measure

    return measure()


def kronecker() -> list[Measurement]:
    """K-FAC and EK-FAC, next to kronfluence where its environment is there."""
    from benchmarks.kronecker import measure

    return measure()


def gradients() -> list[Measurement]:
    """Projections of gradients, and influence in networks that are too large for a matrix."""
    from benchmarks.gradients import measure

    return measure()


def trees() -> list[Measurement]:
    """Influence on boosted trees, against trees grown again."""
    from benchmarks.trees import measure

    return measure()


def sources() -> list[Measurement]:
    """Which file drove a prediction, against training without each."""
    from benchmarks.sources import measure

    return measure()


def store() -> list[Measurement]:
    """The log on disk."""
    from benchmarks.store import measure

    return measure()


def crash() -> list[Measurement]:
    """Killed processes, and what they had acknowledged."""
    from benchmarks.crash import measure

    return measure()


def lineage() -> list[Measurement]:
    """Generated programs that carry their row ids."""
    from benchmarks.lineage import measure

    return measure()


def reports() -> list[Measurement]:
    """Records of a session of 100,000 operations."""
    from benchmarks.reports import measure

    return measure()


def exactness() -> list[Measurement]:
    """Operations of notebooks that are followed exactly."""
    from benchmarks.exactness import measure

    return measure()


def start() -> list[Measurement]:
    """Import, extension, bundle."""
    from benchmarks.start import measure

    return measure()


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parts: dict[str, Callable[..., list[Measurement]]] = {
        "overhead": overhead, "training": training, "records": records, "start": start,
        "unlearning": unlearning, "valuation": valuation, "store": store,
        "attribution": attribution, "kronecker": kronecker, "trees": trees, "sources": sources,
        "gradients": gradients,
        "crash": crash, "reports": reports, "exactness": exactness, "lineage": lineage,
    }  # fmt: skip
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--quick", action="store_true", help="three pairs; nothing is saved")
    asked = parser.parse_args()
    unknown = [name for name in asked.parts if name not in parts]
    if unknown:
        parser.error(f"no part named {unknown[0]!r}; there are {', '.join(parts)}")
    pairs = 3 if asked.quick else 7
    for slow in ("overhead", "training"):
        parts[slow] = functools.partial(parts[slow], pairs)
    usual = [name for name in parts if name != "lineage"]  # which takes an hour
    for name in asked.parts or usual:
        where, began = environment(), time.perf_counter()
        rows = parts[name]()
        seconds = round(time.perf_counter() - began, 1)
        print(f"\n{name} ({seconds} s)\n{table(rows)}", flush=True)
        if not asked.quick:
            RESULTS.mkdir(exist_ok=True)
            result = {"environment": where, "seconds": seconds, "rows": [asdict(r) for r in rows]}
            (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
