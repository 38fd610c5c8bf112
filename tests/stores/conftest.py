"""Stores to test: an SQLite file, and a real PostgreSQL server of the test run's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.merged import A, B
from tests.stores.stored import ALIVE, closed

TOOLS = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(":"))]


def tool(name: str) -> str | None:
    found = next((path / name for path in TOOLS if (path / name).exists()), None)
    return None if found is None else str(found)


def unprivileged(command: list[str]) -> list[str]:
    """The command as somebody whom the server takes: it refuses root."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of a PostgreSQL server without databases of ours."""
    pytest.importorskip("psycopg", reason="psycopg is not installed", exc_type=ImportError)
    if tool("initdb") is None or tool("postgres") is None:
        pytest.skip("there is no PostgreSQL; on Debian: apt-get install postgresql")
    home = Path("/tmp") / f"tp-pg-{uuid.uuid4().hex[:8]}"  # a socket's path must be short
    home.mkdir()
    if os.getuid() == 0:
        shutil.chown(home, "nobody")
    data = home / "data"
    made = [tool("initdb"), "-D", str(data), "-U", "traceprop", "--auth=trust", "--no-sync"]
    subprocess.run(unprivileged(made), check=True, capture_output=True, cwd=home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = [tool("postgres"), "-D", str(data), "-k", str(home), "-p", str(port), "-F"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            unprivileged([*start, "-h", "127.0.0.1"]), stdout=log, stderr=log, cwd=home
        )
    try:
        ready = [tool("pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        for _ in range(200):
            if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
                break
            assert process.poll() is None, (home / "log").read_text()
        yield f"postgresql://traceprop@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """Path or address of a store that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    import psycopg

    address = request.getfixturevalue("server")
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{address}/{name}"


@pytest.fixture(autouse=True)
def _kernels_end():
    yield
    while ALIVE:
        closed(ALIVE[-1])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder of two source files, in which the kernels run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(A)
    (tmp_path / "b.csv").write_text(B)
    return tmp_path
