"""When the books cannot be written, nobody is told that they were, and it is said soon (D1 to D6)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.ports import Tx
from tests.books import child, entry, look, opened, outcome

FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from bot.errors import StoreUnavailable
from tests.books import entry, opened

async def main(folder):
    with opened(folder) as store:
        await store.transact(lambda tx: tx.chronicle(entry("before")))
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, ((folder / "handrail.db").stat().st_size, hard))
        small = [store.transact(lambda tx: tx.chronicle(entry("x" * 50_000))) for _ in range(5)]
        said = await asyncio.gather(*small, return_exceptions=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await store.transact(lambda tx: tx.chronicle(entry("after")))
        kept = await store.transact(lambda tx: [it.words for it in tx.chronology(entry().ref)])
        print(all(isinstance(it, StoreUnavailable) for it in said), kept, repr(store.broken))

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_while_another_program_holds_the_file_nothing_is_said_to_be_stored_and_it_is_said_soon(
    tmp_path: Path,
) -> None:
    def write(tx: Tx) -> None:
        tx.chronicle(entry("while held"))

    with opened(tmp_path) as store, closing(sqlite3.connect(tmp_path / "handrail.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        said = await asyncio.gather(*(store.transact(write) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(it, StoreUnavailable) for it in said)
        assert time.monotonic() - began < 2.5
        other.execute("ROLLBACK")
        await store.transact(write)
    assert look(tmp_path, "SELECT count(*) FROM chronology") == [(1,)]


def test_a_full_disk_keeps_nothing_by_halves_and_recovers_by_itself(tmp_path: Path) -> None:
    code, out, err = outcome(child(FULL_DISK, str(tmp_path)))
    assert (code, err) == (0, "")
    assert out.strip() == "True ['before', 'after'] ''"


async def test_after_a_failed_sync_nothing_is_stored_until_the_next_start(tmp_path: Path) -> None:
    def failing(tx: Tx) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"
        raise error

    with opened(tmp_path) as store:
        with pytest.raises(StoreUnavailable):
            await store.transact(failing)
        with pytest.raises(StoreUnavailable, match="the disk failed"):
            await store.transact(lambda tx: tx.chronicle(entry("after")))
        assert "SQLITE_IOERR_FSYNC" in store.broken
    with opened(tmp_path) as store:
        await store.transact(lambda tx: tx.chronicle(entry("after the start")))
    assert look(tmp_path, "SELECT count(*) FROM chronology") == [(1,)]


def _in_its_stead(folder: Path, exchanged: str) -> bytes | None:
    folder.mkdir()
    with opened(folder):
        pass
    database = (folder / "handrail.db").read_bytes()
    return {"gone": None, "for a text": b"a text"}.get(exchanged, database)


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("exchanged", ["gone", "for a text", "for another database with the same key"])
async def test_a_file_deleted_or_exchanged_under_us_is_never_written_on(
    tmp_path: Path, exchanged: str, served: bool
) -> None:
    other = _in_its_stead(tmp_path / "other", exchanged)
    file, moved = tmp_path / "handrail.db", tmp_path / "moved"
    with opened(tmp_path) as store:
        if served:
            await store.transact(lambda tx: tx.next_due())
        file.rename(moved)
        if other is not None:
            file.write_bytes(other)
        with pytest.raises(StoreUnavailable):
            await store.transact(lambda tx: tx.chronicle(entry("lost")))
        assert (file.read_bytes() if file.exists() else None) == other
    with closing(sqlite3.connect(moved)) as connection:
        assert connection.execute("SELECT count(*) FROM chronology").fetchone() == (0,)
