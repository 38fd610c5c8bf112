"""Processes that are killed (SIGKILL) at random moments: what was acknowledged must be there.

Four kinds of trials: in the middle of writing; while the write-ahead log is copied into the
database; while a store is migrated; while retention empties old sessions. After each the store is
opened again, its chains are computed again, and acknowledged events that are not there are counted.
The server is whatever ``TRACEPROP_POSTGRES`` names; it gets fewer trials, and no migrations, which
need a database each.
"""

from __future__ import annotations

import os
import pathlib
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement
from tests.stores.chains import growing
from traceprop_nb.session.core import Session
from traceprop_nb.session.stored_check import damages
from traceprop_nb.stores import Store, migrations, open_store

TRIALS = {"writing": 200, "checkpoint": 100, "migration": 100, "removal": 100}
ON_A_SERVER = {"writing": 40, "checkpoint": 20, "removal": 20}
LONGEST = {"writing": 0.08, "checkpoint": 0.08, "migration": 0.2, "removal": 0.3}
"""Seconds after the first acknowledgement within which the kill comes."""

TOGETHER = 20
"""Trials that share a store, one after the other."""

Say = Callable[[bytes], None]


@dataclass
class Outcome:
    """What a trial left.

    Attributes:
        acknowledged: Events that the process had said were committed.
        lost: Of these, how many are not in the store.
        whole: Whether the store opened and every chain in it fits.
        inside: Whether the kill came while the rarer step ran.
    """

    acknowledged: int
    lost: int
    whole: bool
    inside: bool


def measure() -> list[Measurement]:
    """Five hundred trials on SQLite, fewer on a server that is named."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, number in TRIALS.items():
            found += counted(f"SQLite, {kind}", trials(kind, folder, number))
    server = os.environ.get("TRACEPROP_POSTGRES")
    if server is None:
        print("no TRACEPROP_POSTGRES: no trials on a server")
        return found
    for kind, number in ON_A_SERVER.items():
        found += counted(f"PostgreSQL, {kind}", trials(kind, server, number))
    return found


def counted(what: str, outcomes: list[Outcome]) -> list[Measurement]:
    """Sums over the trials; the quartiles' columns hold the least and the most of one trial."""
    columns = {
        "acknowledged events": ([o.acknowledged for o in outcomes], ""),
        "acknowledged events lost": ([o.lost for o in outcomes], "0"),
        "stores that did not open whole": ([int(not o.whole) for o in outcomes], "0"),
        "kills inside that step": ([int(o.inside) for o in outcomes], ""),
    }
    return [
        Measurement(f"{what}: {name}", sum(v), "", min(v), max(v), len(v), goal)
        for name, (v, goal) in columns.items()
    ]


def trials(kind: str, place: str, number: int, seed: int = 0) -> list[Outcome]:
    """Trials of a kind.

    Args:
        kind: A key of ``TRIALS``.
        place: A folder, or the address of a server's database.
        number: How many.
        seed: Of the moments.
    """
    draws = random.Random(f"{kind} {seed}")
    most = LONGEST[kind]
    return [_trial(kind, _where(kind, place, k), draws.uniform(0, most)) for k in range(number)]


def _where(kind: str, place: str, number: int) -> str:
    if "://" in place:
        return place
    path = pathlib.Path(place) / kind / str(number if kind == "migration" else number // TOGETHER)
    path = path / "store.db"
    if kind == "migration":
        path.parent.mkdir(parents=True)
        _old(path)
    return str(path)


def _old(path: pathlib.Path) -> None:
    """A store of the first schema."""
    with sqlite3.connect(path) as connection:
        connection.executescript((ROOT / "tests/golden/stores/v1.sql").read_text("utf-8"))
        connection.execute("PRAGMA journal_mode=wal")
    connection.close()


def _trial(kind: str, where: str, wait: float) -> Outcome:
    reading, writing = os.pipe()
    child = os.fork()  # a process of its own, without the half second of an interpreter's start
    if child == 0:
        try:
            os.close(reading)
            WORK[kind](where, lambda what: _told(writing, what))
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, 1)
    time.sleep(wait)
    os.kill(child, signal.SIGKILL)
    while more := os.read(reading, 1 << 16):
        said += more
    os.close(reading)
    os.waitpid(child, 0)
    return _looked(where, said.decode("ascii"))


def _told(pipe: int, what: bytes) -> None:
    os.write(pipe, what + b"\n")


def _looked(where: str, said: str) -> Outcome:
    """What is there of what was said: ``session number`` lines, ``(`` and ``)`` around a step."""
    lines = [line for line in said.split("\n")[:-1] if " " in line]
    inside = said.count("(") > said.count(")")
    acknowledged = {line.split()[0]: int(line.split()[1]) + 1 for line in lines}
    try:
        store = open_store(where, "benchmark")
        kept = {one.id: one.events for one in store.sessions()}
        whole = not damages(store).found if "://" not in where else _recent(store, acknowledged)
        store.close()
    except Exception as error:  # noqa: BLE001  # whatever it is, the store did not open
        print(f"{where}: {error}")
        return Outcome(sum(acknowledged.values()), sum(acknowledged.values()), False, inside)
    lost = sum(max(0, number - kept.get(name, 0)) for name, number in acknowledged.items())
    return Outcome(sum(acknowledged.values()), lost, whole, inside)


def _recent(store: Store, acknowledged: dict[str, int]) -> bool:
    """On one store for all trials, only what this one wrote."""
    return not [one for one in damages(store).found if one.session in acknowledged]


# -- what the killed processes do -----------------------------------------------------------------


def _write(where: str, say: Say) -> None:
    store = open_store(where, "benchmark")
    name = store.begin("now")
    for row in growing():
        store.append(name, [row])
        say(f"{name} {row.number}".encode())


def _checkpoint(where: str, say: Say) -> None:
    store = open_store(where, "benchmark")
    name = store.begin("now")
    for row in growing("a" * 80):
        store.append(name, [row])
        say(f"{name} {row.number}".encode())
        if row.number % 5 == 4:
            say(b"(")
            with store.database.read() as connection:
                server = store.database.mode == "server"
                connection.exec_driver_sql(
                    "CHECKPOINT" if server else "PRAGMA wal_checkpoint(TRUNCATE)"
                )
            say(b")")


def _migrate(where: str, say: Say) -> None:
    """An old store, brought to the newest schema and through one more step that takes a while."""

    def slow(connection):
        connection.exec_driver_sql("CREATE TABLE extra (id INTEGER, body TEXT)")
        for k in range(1500):
            connection.exec_driver_sql("INSERT INTO extra VALUES (?, ?)", (k, "x" * 200))
        connection.exec_driver_sql("CREATE INDEX extra_id ON extra (id)")
        connection.exec_driver_sql("DROP TABLE extra")

    first, *later = migrations.MIGRATIONS
    later[0] = _both(slow, later[0])
    migrations.MIGRATIONS = (first, *later)
    with sqlite3.connect(where) as connection:
        for name, number in connection.execute(
            "SELECT session, max(number) FROM events GROUP BY 1"
        ):
            say(f"{name} {number}".encode())
    say(b"(")
    store = open_store(where, "benchmark")
    say(b")")
    name = store.begin("now")
    for row in growing():
        store.append(name, [row])
        say(f"{name} {row.number}".encode())


def _both(one, other):
    def step(connection):
        one(connection)
        other(connection)

    return step


def _remove(where: str, say: Say) -> None:
    """Sessions end, and are emptied at once, again and again."""
    while True:
        ended = Session()
        stored = ended.open(where)
        for k in range(20):
            ended.record_event("asked", n=k, who="x" * 200)
            say(f"{stored.id} {k}".encode())
        stored.close()
        session = Session()
        other = session.open(where)
        other.retain(days=0)
        say(b"(")
        other.gc(dry_run=False, session=stored.id)
        say(b")")
        other.close()


WORK: dict[str, Callable[[str, Say], None]] = {
    "writing": _write,
    "checkpoint": _checkpoint,
    "migration": _migrate,
    "removal": _remove,
}
