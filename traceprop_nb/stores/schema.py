"""The tables of a store. Rows are inserted and never changed; a version adds, and never edits."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

tables = MetaData()

schema_versions = Table(
    "schema_versions", tables,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied", String(40), nullable=False),
    Column("tool", String(40), nullable=False),
)  # fmt: skip

sessions = Table(
    "sessions", tables,
    Column("id", String(26), primary_key=True),
    Column("started", String(40), nullable=False),
    Column("tool", String(40), nullable=False),
)  # fmt: skip

events = Table(
    "events", tables,
    Column("session", String(26), ForeignKey("sessions.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("time", String(40), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("body", Text, nullable=False),
    Column("before", String(80), nullable=False),
    Column("digest", String(80), nullable=False),
    PrimaryKeyConstraint("session", "number"),
)  # fmt: skip

segments = Table(
    "segments", tables,
    Column("session", String(26), ForeignKey("sessions.id"), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("data", LargeBinary, nullable=True),
    PrimaryKeyConstraint("session", "digest"),
)  # fmt: skip
