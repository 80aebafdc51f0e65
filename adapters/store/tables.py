"""The shape of the books, for building statements. The migrations make the tables; a test holds the two together.

Times are whole microseconds since 1970 in UTC. Whatever anybody wrote stands only in `body`, `payload`, `actor` and
`detail`, sealed; a platform id only there or as a keyed hash (`sender`, `destination`, `inbox.key`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text

HEAD = "0003"

metadata = MetaData()

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

conversations = Table(
    "conversations",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("sender", Text, nullable=False, index=True),
    Column("ref", Text, nullable=False, index=True),
    Column("closed", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("heard_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
Index(
    "ix_conversations_open",
    conversations.c.sender,
    unique=True,
    sqlite_where=text("closed = 0"),
    postgresql_where=text("closed = 0"),
)

cases = Table(
    "cases",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("ref", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, index=True),
    Column("academy", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("handed_off_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

refs = Table(
    "refs",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("ref", Text, nullable=False, unique=True),
)

# By number and not by reference: the open cases are neighbours in its index then, however many there ever were.
chronology = Table(
    "chronology",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("about", Integer, nullable=False, index=True),
    Column("ref", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lane", Integer, nullable=False),
    Column("destination", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("marks", Text, nullable=False),
    Column("payload", Text, nullable=False),
    CheckConstraint("state IN ('waiting', 'sent', 'abandoned')", name="ck_outbox_state"),
)
_WAITING: Any = {"sqlite_where": text("state = 'waiting'"), "postgresql_where": text("state = 'waiting'")}
Index("ix_outbox_lane", outbox.c.lane, outbox.c.id, **_WAITING)
Index("ix_outbox_slot", outbox.c.destination, outbox.c.slot, outbox.c.id, **_WAITING)

deliveries = Table(
    "deliveries",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("rev", Integer, nullable=False),
    sqlite_with_rowid=False,
)

marks = Table("marks", metadata, Column("name", Text, primary_key=True), Column("at", BigInteger, nullable=False))

addresses = Table(
    "addresses", metadata, Column("place", Text, primary_key=True), Column("address", Text, nullable=False)
)

timers = Table(
    "timers",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
