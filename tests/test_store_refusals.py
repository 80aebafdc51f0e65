"""What the store refuses: to start empty, unsafe or twice, and to say "stored" when it could not store."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.seal import Keyring, SealBroken, new_key
from adapters.store import engine as books_engine
from adapters.store import file as books_file
from adapters.store import migrate, open_store
from adapters.store.tables import HEAD, metadata
from bot.errors import StoreInUse, StoreRefused, StoreUnavailable
from bot.ports import Tx
from tests.books import KEY, child, entry, look, opened, outcome, run, url

OPEN = """
import sys
from adapters.seal import Keyring
from adapters.store import open_store
from bot.errors import HandrailError
try:
    open_store(sys.argv[1], Keyring.from_setting(sys.argv[2]))
except HandrailError as refused:
    print(refused)
    sys.exit(refused.exit_code)
"""

FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from adapters.store import SqlStore
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


def _open(folder: Path, key: str = KEY) -> None:
    open_store(url(folder), Keyring.from_setting(key)).close()


def _made(folder: Path) -> Path:
    with opened(folder) as store:
        run(store, lambda tx: tx.chronicle(entry("kept")))
    return folder / "handrail.db"


def test_a_second_process_on_the_same_file_refuses_with_exit_code_75_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path):
        code, out, _ = outcome(child(OPEN, url(tmp_path), KEY))
        assert code == 75
        assert "already serves" in out
    assert outcome(child(OPEN, url(tmp_path), KEY)) == (0, "", "")


def test_the_books_are_not_migrated_while_they_serve(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(StoreInUse):
        migrate(url(tmp_path), Keyring.from_setting(KEY))


def test_a_missing_file_refuses_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="handrail migrate"):
        _open(tmp_path)
    assert not (tmp_path / "handrail.db").exists()


def test_a_lost_file_whose_journal_is_left_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "handrail.db-journal").write_bytes(b"left over")
    with pytest.raises(StoreRefused, match=r"handrail\.db-journal"):
        migrate(url(tmp_path), Keyring.from_setting(KEY))
    assert not (tmp_path / "handrail.db").exists()


def test_a_wrong_key_refuses_and_changes_nothing(tmp_path: Path) -> None:
    file = _made(tmp_path)
    before = file.read_bytes()
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY") as refused:
        _open(tmp_path, new_key())
    assert refused.value.exit_code == 78
    assert file.read_bytes() == before


def test_the_same_key_id_with_other_bytes_refuses(tmp_path: Path) -> None:
    _made(tmp_path)
    other = f"{KEY.split(':')[0]}:{new_key().split(':')[1]}"
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY"):
        _open(tmp_path, other)


def test_migrating_with_a_wrong_key_refuses_too(tmp_path: Path) -> None:
    _made(tmp_path)
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY"):
        migrate(url(tmp_path), Keyring.from_setting(new_key()))


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\0" + b"\0" * 4080])
def test_a_file_that_is_no_database_refuses_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "handrail.db"
    file.write_bytes(content)
    for attempt in (_open, lambda folder: migrate(url(folder), Keyring.from_setting(KEY))):
        with pytest.raises(StoreRefused, match="left as it is"):
            attempt(tmp_path)
    assert file.read_bytes() == content


def test_another_shape_refuses_and_names_the_command(tmp_path: Path) -> None:
    _made(tmp_path)
    with closing(sqlite3.connect(tmp_path / "handrail.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()
    with pytest.raises(StoreRefused, match="handrail migrate"):
        _open(tmp_path)


@pytest.mark.parametrize(
    "bad",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "postgresql://somebody:canary@localhost/x", "mysql://x/y"],
)
def test_a_url_that_is_no_file_refuses_without_printing_it(bad: str) -> None:
    with pytest.raises(StoreRefused, match="HANDRAIL_DATABASE_URL") as refused:
        open_store(bad, Keyring.from_setting(KEY), create=True)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_a_network_file_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    folder = tmp_path / "a share"
    folder.mkdir()
    table = tmp_path / "mounts"
    table.write_text(_mounts(folder, kind))
    monkeypatch.setattr(books_file, "MOUNTS", table)
    with pytest.raises(StoreRefused, match=re.escape(kind)):
        open_store(url(folder), Keyring.from_setting(KEY), create=True)
    assert list(folder.iterdir()) == []
    _made(tmp_path)


def _mounts(folder: Path, kind: str) -> str:
    point = str(folder).replace(" ", "\\040")
    return f"/dev/vda / ext4 rw 0 0\nserver:/x {point} {kind} rw 0 0\n"


def test_only_we_can_read_the_file_even_if_it_was_opened_to_others(tmp_path: Path) -> None:
    file = _made(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    _open(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_connection_is_durable_and_careful(tmp_path: Path) -> None:
    file = _made(tmp_path)
    with closing(books_engine.connect_to(file).raw_connection()) as connection:
        cursor = connection.cursor()
        held = {}
        for pragma in (
            "journal_mode",
            "synchronous",
            "foreign_keys",
            "secure_delete",
            "trusted_schema",
            "busy_timeout",
        ):
            cursor.execute(f"PRAGMA {pragma}")
            (held[pragma],) = cursor.fetchone()  # type: ignore[misc]
        cursor.close()
    journal = ("wal", 2) if sqlite3.sqlite_version_info >= (3, 51, 3) else ("truncate", 3)
    assert (held["journal_mode"], held["synchronous"]) == journal
    assert [held[it] for it in ("foreign_keys", "secure_delete", "trusted_schema", "busy_timeout")] == [1, 1, 0, 1500]


@pytest.mark.parametrize(
    ("version", "journal"),
    [((3, 40, 1), ("truncate", 3)), ((3, 51, 2), ("truncate", 3)), ((3, 51, 3), ("wal", 2)), ((3, 54, 0), ("wal", 2))],
)
def test_write_ahead_logging_is_used_only_from_the_version_that_is_safe(
    version: tuple[int, int, int], journal: tuple[str, int]
) -> None:
    chosen = books_engine.settings(version=version)
    assert (chosen["journal_mode"], chosen["synchronous"]) == journal


def test_a_setting_that_does_not_hold_refuses_the_connection(tmp_path: Path) -> None:
    file = _made(tmp_path)
    with closing(sqlite3.connect(file)) as connection:
        books_engine.arm(connection, {"synchronous": 3})
        with pytest.raises(StoreRefused, match="journal_mode"):
            books_engine.arm(connection, {"journal_mode": "sideways"})


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


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("other", [None, b"another file"])
async def test_a_file_deleted_or_exchanged_under_us_is_never_written_on(
    tmp_path: Path, other: bytes | None, served: bool
) -> None:
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


def _chronicle(words: str, ref: str, tx: Tx) -> None:
    tx.chronicle(entry(words, ref))


def _flip(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ chance.randrange(1, 256)]) + raw[at + 1 :]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


@pytest.mark.parametrize("damage", [_flip, _cut])
def test_a_damaged_file_is_detected_or_reads_as_it_was(
    tmp_path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    refs = [f"R-{n}" for n in range(12)]
    words = [f"words of {ref} " * 30 for ref in refs]
    with opened(tmp_path) as store:
        for it, ref in zip(words, refs, strict=True):
            run(store, partial(_chronicle, it, ref))
    file, chance = tmp_path / "handrail.db", random.Random(20261120)
    raw, detected = file.read_bytes(), 0
    for _ in range(60):
        file.write_bytes(damage(raw, chance))
        try:
            with opened(tmp_path, create=False) as store:
                read = run(store, lambda tx: [it.words for ref in refs for it in tx.chronology(ref)])
        except (StoreRefused, StoreUnavailable, SealBroken):
            detected += 1
        else:
            assert read == words
    assert detected > 5


def test_a_damaged_index_is_detected_before_a_case_seems_not_to_be_there(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        run(store, lambda tx: tx.chronicle(entry("words", "R-needle")))
    file = tmp_path / "handrail.db"
    raw = file.read_bytes()
    places = [it.start() for it in re.finditer(b"R-needle", raw)]
    assert len(places) == 2  # the row and its index
    for at in places:
        file.write_bytes(raw[:at] + b"R-noodle" + raw[at + 8 :])
        with pytest.raises(StoreRefused, match="damaged"):
            _open(tmp_path)


def test_the_migrations_make_the_shape_the_statements_are_built_for(tmp_path: Path) -> None:
    file = _made(tmp_path)
    with books_engine.connect_to(file).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    scripts = ScriptDirectory(str(Path(books_engine.__file__).parent / "migrations"))
    assert scripts.get_current_head() == HEAD


def test_migrating_again_changes_nothing_that_is_stored(tmp_path: Path) -> None:
    _made(tmp_path)
    migrate(url(tmp_path), Keyring.from_setting(KEY))
    with opened(tmp_path, create=False) as store:
        assert [it.words for it in run(store, lambda tx: tx.chronology(entry().ref))] == ["kept"]


def test_a_half_made_database_of_a_killed_migration_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "handrail.db.new").write_bytes(b"half")
    migrate(url(tmp_path), Keyring.from_setting(KEY))
    _open(tmp_path)
    assert sorted(it.name for it in tmp_path.iterdir() if ".new" in it.name) == []


def test_a_backup_copied_back_serves_what_it_held(tmp_path: Path) -> None:
    file = _made(tmp_path)
    shutil.copy(file, tmp_path / "backup")
    file.unlink()
    with pytest.raises(StoreRefused):
        _open(tmp_path)
    shutil.copy(tmp_path / "backup", file)
    with opened(tmp_path, create=False) as store:
        assert [it.words for it in run(store, lambda tx: tx.chronology(entry().ref))] == ["kept"]
