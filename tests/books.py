"""The store as the tests use it: made in a folder, run from plain code, read from the outside."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from adapters.seal import Keyring, new_key
from adapters.store import SqlStore, open_store
from bot.case import Case, Entry, Kind
from bot.conversation import Conversation
from bot.message import Card, Destination, Lane, Person, Post, Reach
from bot.ports import Tx

T = TypeVar("T")

NOW = datetime(2026, 11, 20, 10, 42, tzinfo=UTC)
SENDER = Person("web", "sam-example")
CHANNEL = Destination("web", Reach.CHANNEL, "dsl-north-channel")
KEY = new_key()
REPOSITORY = Path(__file__).parent.parent


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'handrail.db'}"


@contextmanager
def opened(folder: Path, key: str = KEY, *, create: bool = True) -> Iterator[SqlStore]:
    store = open_store(url(folder), Keyring.from_setting(key), create=create)
    try:
        yield store
    finally:
        store.close()


def run(store: SqlStore, work: Callable[[Tx], T]) -> T:
    return asyncio.run(store.transact(work))


def each(*steps: Callable[[Tx], object]) -> Callable[[Tx], None]:
    """Several steps as one turn."""

    def work(tx: Tx) -> None:
        for step in steps:
            step(tx)

    return work


def everything_on_disk(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def by_hand(folder: Path, *sql: str) -> list[tuple[object, ...]]:
    """What somebody with the file and no respect can do: raw SQL, the guards taken off first."""
    connection = sqlite3.connect(folder / "handrail.db")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    rows: list[tuple[object, ...]] = []
    for statement in sql:
        rows = connection.execute(statement).fetchall()
    connection.commit()
    connection.close()
    return rows


def look(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "handrail.db")) as connection:
        rows: list[tuple[object, ...]] = connection.execute(sql).fetchall()
        return rows


def conversation(id: str = "c-1", ref: str = "7F3K-9QWX-2M", sender: Person = SENDER) -> Conversation:
    return Conversation(id=id, sender=sender, ref=ref, started_at=NOW, heard_at=NOW, step="danger")


def case(ref: str = "7F3K-9QWX-2M") -> Case:
    return Case(ref=ref, reporter=SENDER, opened_at=NOW, academy="north")


def entry(words: str = "", ref: str = "7F3K-9QWX-2M") -> Entry:
    return Entry(ref=ref, at=NOW, kind=Kind.NOTE, by=SENDER.key, words=words)


def post(slot: str = "case", lane: Lane = Lane.PROMPT, *, title: str = "", marks: str = "", ref: str = "") -> Post:
    return Post(CHANNEL, slot, Card("Handrail", title), lane, ref, marks)


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own that runs `code` with our modules, and says what happened on standard output."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=REPOSITORY,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def open_once(folder: Path, key: str = KEY) -> None:
    """Open the books of a folder as serving would, and close them."""
    open_store(url(folder), Keyring.from_setting(key)).close()


def made(folder: Path) -> Path:
    """The file of new books with one line of a chronology in them."""
    with opened(folder) as store:
        run(store, lambda tx: tx.chronicle(entry("kept")))
    return folder / "handrail.db"
