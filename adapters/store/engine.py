"""How the books are opened: made once, checked every time, refused when anything is not as it must be.

A wrong key, a missing file or an unsafe setting refuses: it never starts empty (T53, D5).
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, insert, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from adapters.seal import Keyring, Lookup, SealBroken, Seals, place
from adapters.store import file as books_file
from adapters.store.codec import micros
from adapters.store.statements import LET_GO
from adapters.store.store import SqlStore
from adapters.store.tables import HEAD, meta
from bot.errors import StoreRefused, StoreUnavailable

BUSY_MILLISECONDS = 1500
_WAL_IS_SAFE_FROM = (3, 51, 3)  # F13: below it, two connections in WAL mode can corrupt the file
_CACHE_KIB = 32_768
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_store(url: str, keyring: Keyring, *, create: bool = False) -> SqlStore:
    """Open the books to serve from them; `create` makes them first when there are none.

    Raises StoreRefused (StoreInUse when another process serves them) and never changes what it refuses.
    """
    file = books_file.sqlite_file(url)
    if create and not file.exists():
        migrate(url, keyring)
    lock = _admitted(file)
    try:
        file.chmod(0o600)
        engine = connect_to(file)
        seals = guarded(file, lambda: _checked(engine, keyring))
        guarded(file, lambda: _let_go(engine))
        return SqlStore(engine, seals, file, lock)
    except BaseException:
        os.close(lock)
        raise


def migrate(url: str, keyring: Keyring) -> None:
    """Bring the books to the newest shape, or make new ones. Raises StoreRefused, and StoreInUse while they serve."""
    file = books_file.sqlite_file(url)
    books_file.refuse_remote(file)
    lock = books_file.take_lock(file)
    try:
        if file.exists():
            guarded(file, lambda: _upgrade(connect_to(file), keyring))
        else:
            _make(file, keyring)
    finally:
        os.close(lock)


def unseal(connection: Connection, keyring: Keyring) -> Seals:
    """What opens these books. Raises StoreRefused when the key is not theirs or their shape is another."""
    _refuse_other_shape(connection)
    sealed = connection.scalar(select(meta.c.value).where(meta.c.name == "lookup"))
    try:
        return Seals(keyring, Lookup(keyring.open(str(sealed), place("meta", "value", "lookup"))))
    except SealBroken:
        raise StoreRefused("HANDRAIL_KEY does not open this database. Write the key it was made with") from None


def connect_to(file: Path, *, read_only: bool = False) -> Engine:
    """An engine whose every connection is armed and checked, and which never makes a file."""
    uri = f"file:{quote(str(file))}?mode={'ro' if read_only else 'rw'}"
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connection(uri, settings(read_only=read_only)),
        poolclass=NullPool,
        paramstyle="named",
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin_reading if read_only else _begin_writing)
    return engine


def _connection(uri: str, wanted: dict[str, object]) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000)
    try:
        arm(connection, wanted)
    except BaseException:
        connection.close()
        raise
    return connection


def settings(*, read_only: bool = False, version: tuple[int, int, int] | None = None) -> dict[str, object]:
    """What every connection must be set to, by pragma; durable by measurement, not by habit (F14)."""
    safe: dict[str, object] = {
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "busy_timeout": BUSY_MILLISECONDS,
        "temp_store": 2,
        "cache_size": -_CACHE_KIB,
    }
    if read_only:
        return safe | {"query_only": 1}
    if (version or sqlite3.sqlite_version_info) < _WAL_IS_SAFE_FROM:
        return safe | {"journal_mode": "truncate", "synchronous": 3}
    return safe | {"journal_mode": "wal", "synchronous": 2}


def arm(connection: Any, wanted: dict[str, object]) -> None:
    """Set a driver's connection and ask back. Raises StoreRefused when a setting does not hold."""
    for pragma, value in wanted.items():
        connection.execute(f"PRAGMA {pragma}={value}")
        held = connection.execute(f"PRAGMA {pragma}").fetchone()
        if held is None or held[0] != value:
            raise StoreRefused(f"SQLite does not keep to {pragma}={value}; without it nothing stored would be safe")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _admitted(file: Path) -> int:
    books_file.refuse_missing(file)
    books_file.refuse_remote(file)
    return books_file.take_lock(file)


def guarded(file: Path, what: Callable[[], Any]) -> Any:
    """The database's own refusals in our words."""
    try:
        return what()
    except (DatabaseError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _refusal(file, getattr(error, "orig", None) or error) from None


def _refusal(file: Path, error: BaseException) -> Exception:
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnavailable(f"{file} is held by another program ({name})")
    return _damaged(file, str(name))


def _damaged(file: Path, why: str) -> StoreRefused:
    return StoreRefused(
        f"{file} is damaged or not a database ({why}). It was left as it is: keep a copy of it, "
        "restore the latest backup in its place and start again"
    )


def _checked(engine: Engine, keyring: Keyring) -> Seals:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if found != "ok":
            raise _damaged(Path(str(engine.url.database or "the database")), "integrity_check")
        return unseal(connection, keyring)


def _let_go(engine: Engine) -> None:
    """Nothing is on its way while nobody serves: what was leased is picked up at once, looked for first (K5, K9)."""
    with engine.begin() as connection:
        connection.execute(LET_GO)


def _refuse_other_shape(connection: Connection) -> None:
    found = _shape(connection)
    if found is None:
        raise StoreRefused("this file is not a database of Handrail's. It was left as it is; restore the right one")
    if found != HEAD:
        raise StoreRefused(f"the database has shape {found} and this Handrail needs {HEAD}. Run `handrail migrate`")


def _shape(connection: Connection) -> str | None:
    named = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").scalar()
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if named else None


def _make(file: Path, keyring: Keyring) -> None:
    """Made under another name and moved in place whole: a kill on the way leaves no half a database (K18)."""
    books_file.refuse_leftovers(file)
    made = Path(f"{file}.new")
    books_file.blank(made)
    engine = connect_to(made)
    with engine.begin() as connection:
        _run_migrations(connection)
        _sign(connection, keyring)
    books_file.put_in_place(made, file)


def _upgrade(engine: Engine, keyring: Keyring) -> None:
    with engine.begin() as connection:
        if _shape(connection) is None:
            _refuse_other_shape(connection)
        _run_migrations(connection)
        unseal(connection, keyring)


def _run_migrations(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")


def _sign(connection: Connection, keyring: Keyring) -> None:
    sealed = keyring.seal(secrets.token_bytes(32), place("meta", "value", "lookup"))
    created = str(micros(datetime.now(UTC)))
    connection.execute(insert(meta), [{"name": "lookup", "value": sealed}, {"name": "created", "value": created}])
