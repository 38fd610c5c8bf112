"""Writes the golden store of the newest schema: ``python -m tests.stores.make_golden``.

Run it once for a schema, when that is released; a golden store is never written again.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

from tests.merged import CLEAN, A, B
from tests.stores.stored import closed, opened
from traceprop_nb.stores.migrations import MIGRATIONS

GOLDEN = Path(__file__).parents[1] / "golden/stores"


def main() -> None:
    """Two sessions of three events each, with a lineage."""
    target = GOLDEN / f"v{len(MIGRATIONS)}.sql"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("a.csv").write_text(A)
        Path("b.csv").write_text(B)
        for _ in range(2):
            work = opened("s.db")
            work(CLEAN)
            work.session.record_event("asked", what="source Größe 0.csv", verified=None)
            closed(work)
        with sqlite3.connect("s.db") as connection:
            target.write_text("\n".join(connection.iterdump()) + "\n", "utf-8")
        connection.close()


if __name__ == "__main__":
    main()
