"""The first books: conversations, cases, chronology, audit, outbox, deliveries, timers, inbox, meta."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    _keys()
    _conversations()
    _cases()
    _trails()
    _outbox()
    _timers()
    for table, key in (("audit", "seq"), ("chronology", "id")):
        _append_only(table, key)


def _keys() -> None:
    op.create_table("meta", sa.Column("name", sa.Text, primary_key=True), _words("value"))
    op.create_table("inbox", sa.Column("key", sa.Text, primary_key=True), _time("at"), sqlite_with_rowid=False)


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        _words("sender"),
        _words("ref"),
        _number("closed"),
        _number("version"),
        _time("heard_at"),
        _words("body"),
    )
    op.create_index("ix_conversations_ref", "conversations", ["ref"])
    op.create_index(
        "ix_conversations_open",
        "conversations",
        ["sender"],
        unique=True,
        sqlite_where=sa.text("closed = 0"),
        postgresql_where=sa.text("closed = 0"),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("ref", sa.Text, nullable=False, unique=True),
        _words("state"),
        _words("academy"),
        _time("opened_at"),
        sa.Column("handed_off_at", sa.BigInteger),
        sa.Column("acknowledged_at", sa.BigInteger),
        _number("version"),
        _words("body"),
    )
    op.create_index("ix_cases_state", "cases", ["state"])


def _trails() -> None:
    op.create_table(
        "refs", sa.Column("n", sa.Integer, primary_key=True), sa.Column("ref", sa.Text, nullable=False, unique=True)
    )
    op.create_table(
        "chronology",
        sa.Column("id", sa.Integer, primary_key=True),
        _number("about"),
        _words("ref"),
        _time("at"),
        _words("kind"),
        _words("body"),
    )
    op.create_index("ix_chronology_about", "chronology", ["about"])
    names = ("actor", "action", "ref", "detail", "prev", "hash")
    op.create_table(
        "audit", sa.Column("seq", sa.Integer, primary_key=True), _time("at"), *(_words(name) for name in names)
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        _number("lane"),
        *(_words(name) for name in ("destination", "slot", "ref")),
        *(_time(name) for name in ("queued_at", "due_at", "lease_until")),
        _words("lease_owner"),
        _number("attempts"),
        *(_words(name) for name in ("state", "reason", "marks", "payload")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'abandoned')", name="ck_outbox_state"),
    )
    for name, columns in (("lane", ["lane", "id"]), ("slot", ["destination", "slot", "id"])):
        op.create_index(f"ix_outbox_{name}", "outbox", columns, sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_table(
        "deliveries",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("slot", sa.Text, primary_key=True),
        _words("message_id"),
        _time("at"),
        _number("rev"),
        sqlite_with_rowid=False,
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        _time("due_at"),
        sqlite_with_rowid=False,
    )


def _append_only(table: str, key: str) -> None:
    """The third one is for INSERT OR REPLACE, which takes a row out without asking the second."""
    refused = f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
    inside = f"NEW.{key} <= (SELECT coalesce(max({key}), 0) FROM {table})"  # noqa: S608
    op.execute(f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE ON {table} {refused}")
    op.execute(f"CREATE TRIGGER {table}_never_taken_out BEFORE DELETE ON {table} {refused}")
    op.execute(f"CREATE TRIGGER {table}_only_at_the_end BEFORE INSERT ON {table} WHEN {inside} {refused}")


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _time(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
