"""Reading the books from a second process, as `handrail case`, `status`, `audit` and `doctor` do, while the first one
serves.

Nothing is locked against the server and nothing is written, except this: whoever opens a case leaves a row in the audit
before a word of it is shown (I7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError

from adapters.seal import Keyring, Seals
from adapters.store import audit
from adapters.store.codec import micros, moment
from adapters.store.desk import Desk
from adapters.store.engine import connect_to, guarded, unseal
from adapters.store.file import refuse_missing, sqlite_file
from adapters.store.tables import cases, conversations, inbox, outbox, timers
from adapters.store.tx import SqlTx
from bot.case import Case, Entry
from bot.errors import StoreUnavailable
from bot.ports import Audited

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Reader:
    """The books of a server that may be running, opened to be read."""

    file: Path
    engine: Engine
    seals: Seals


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list: nothing anybody wrote, and nobody's name. Times are UTC."""

    ref: str
    state: str
    academy: str
    opened_at: datetime
    handed_off_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseShown:
    """A case as it was opened, and its chronology in the order it was written."""

    case: Case
    chronology: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How the books stand. `oldest_due` is the time of the longest overdue post or timer, or None."""

    turns_stored: int
    conversations_open: int
    cases_by_state: Mapping[str, int]
    outbox_waiting: int
    oldest_due: datetime | None


def open_reader(url: str, keyring: Keyring) -> Reader:
    """Raises StoreRefused when there are no books, or not with this key or of this shape."""
    file = sqlite_file(url)
    refuse_missing(file)
    engine = connect_to(file, read_only=True)
    return Reader(file, engine, guarded(file, lambda: _unsealed(engine, keyring)))


def case_list(reader: Reader) -> Iterator[CaseLine]:
    """Every case, the oldest first, a page at a time: a long reading transaction would hold up the server's commits."""
    last = 0
    while rows := _read(reader, _page(last)):
        yield from (_line(row) for row in rows)
        last = rows[-1].n


def case_show(reader: Reader, ref: str, audited: Audited) -> CaseShown | None:
    """Open a case and leave `audited` in the audit first; None, and a row of the refusal, when there is none."""
    with _connected(connect_to(reader.file)) as connection:
        tx = SqlTx(Desk(connection), reader.seals, owner="")
        tx.audit(audited if tx.case(ref) else replace(audited, action="refused", ref=""))
    with _connected(reader.engine) as connection:
        tx = SqlTx(Desk(connection), reader.seals, owner="")
        case = tx.case(ref)
        return CaseShown(case, tuple(tx.chronology(ref))) if case else None


def status(reader: Reader, now: datetime) -> Status:
    """Count what is stored, open and waiting at `now`."""
    with _connected(reader.engine) as connection:
        by_state = connection.execute(select(cases.c.state, func.count()).group_by(cases.c.state))
        return Status(
            turns_stored=_count(connection, select(func.count()).select_from(inbox)),
            conversations_open=_count(connection, _counted(conversations, conversations.c.closed == 0)),
            cases_by_state={row[0]: row[1] for row in by_state},
            outbox_waiting=_count(connection, _counted(outbox, outbox.c.state == "waiting")),
            oldest_due=_oldest_due(connection, micros(now)),
        )


def address(reader: Reader, place: str) -> str | None:
    """What its door kept to reach a place (`bot.ports.Tx.address`)."""
    with _connected(reader.engine) as connection:
        return SqlTx(Desk(connection), reader.seals, owner="").address(place)


def audit_verify(reader: Reader, anchor: str = "") -> audit.Verified:
    """Walk the audit trail. Raises `adapters.store.audit.AuditBroken` at the first bad row."""
    return audit.verify_pages(lambda last: _read(reader, audit.page_after(last)), anchor)


def _unsealed(engine: Engine, keyring: Keyring) -> Seals:
    with engine.connect() as connection:
        return unseal(connection, keyring)


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except DatabaseError as error:
        name = getattr(error.orig, "sqlite_errorname", type(error).__name__)
        raise StoreUnavailable(f"the database could not be read: {name}") from None


def _read(reader: Reader, statement: Select[Any]) -> Any:
    with _connected(reader.engine) as connection:
        return connection.execute(statement).all()


def _page(last: int) -> Select[Any]:
    names = ("n", "ref", "state", "academy", "opened_at", "handed_off_at", "acknowledged_at")
    return select(*(cases.c[name] for name in names)).where(cases.c.n > last).order_by(cases.c.n).limit(_PAGE)


def _line(row: Any) -> CaseLine:
    opened, handed_off, acknowledged = (_moment(at) for at in row[4:])
    return CaseLine(row.ref, row.state, row.academy, opened, handed_off, acknowledged)


def _moment(stored: int | None) -> Any:
    return None if stored is None else moment(stored)


def _counted(table: Any, which: Any) -> Select[Any]:
    return select(func.count()).select_from(table).where(which)


def _count(connection: Connection, statement: Select[Any]) -> int:
    return int(connection.scalar(statement) or 0)


def _oldest_due(connection: Connection, now: int) -> datetime | None:
    waiting = select(func.min(outbox.c.due_at).label("due_at")).where(outbox.c.state == "waiting")
    either = union_all(waiting, select(func.min(timers.c.due_at))).subquery()
    oldest: int | None = connection.scalar(select(func.min(either.c.due_at)).where(either.c.due_at <= now))
    return None if oldest is None else moment(oldest)
