"""What the store refuses: to start empty, unsafe or twice, and to say "stored" when it could not store."""

from __future__ import annotations

import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.seal import Keyring, new_key
from adapters.store import engine as books_engine
from adapters.store import file as books_file
from adapters.store import migrate, open_store
from adapters.store.tables import HEAD, metadata
from bot.errors import StoreInUse, StoreRefused
from tests.books import KEY, child, entry, made, open_once, opened, outcome, run, url

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


def test_a_second_process_on_the_same_file_refuses_with_exit_code_75_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path):
        code, out, _ = outcome(child(OPEN, url(tmp_path), KEY))
        assert code == 75
        assert "already serves" in out
    assert outcome(child(OPEN, url(tmp_path), KEY)) == (0, "", "")


def test_the_books_are_not_migrated_while_they_serve(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(StoreInUse):
        migrate(url(tmp_path), Keyring.from_setting(KEY))


def test_a_wrong_key_refuses_and_changes_nothing(tmp_path: Path) -> None:
    file = made(tmp_path)
    before = file.read_bytes()
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY") as refused:
        open_once(tmp_path, new_key())
    assert refused.value.exit_code == 78
    assert file.read_bytes() == before


def test_the_same_key_id_with_other_bytes_refuses(tmp_path: Path) -> None:
    made(tmp_path)
    other = f"{KEY.split(':')[0]}:{new_key().split(':')[1]}"
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY"):
        open_once(tmp_path, other)


def test_migrating_with_a_wrong_key_refuses_too(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(StoreRefused, match="HANDRAIL_KEY"):
        migrate(url(tmp_path), Keyring.from_setting(new_key()))


def test_another_shape_refuses_and_names_the_command(tmp_path: Path) -> None:
    made(tmp_path)
    with closing(sqlite3.connect(tmp_path / "handrail.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()
    with pytest.raises(StoreRefused, match="handrail migrate"):
        open_once(tmp_path)


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
    made(tmp_path)


def _mounts(folder: Path, kind: str) -> str:
    point = str(folder).replace(" ", "\\040")
    return f"/dev/vda / ext4 rw 0 0\nserver:/x {point} {kind} rw 0 0\n"


def test_only_we_can_read_the_file_even_if_it_was_opened_to_others(tmp_path: Path) -> None:
    file = made(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    open_once(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_connection_is_durable_and_careful(tmp_path: Path) -> None:
    file = made(tmp_path)
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
    file = made(tmp_path)
    with closing(sqlite3.connect(file)) as connection:
        books_engine.arm(connection, {"synchronous": 3})
        with pytest.raises(StoreRefused, match="journal_mode"):
            books_engine.arm(connection, {"journal_mode": "sideways"})


def test_the_migrations_make_the_shape_the_statements_are_built_for(tmp_path: Path) -> None:
    file = made(tmp_path)
    with books_engine.connect_to(file).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    scripts = ScriptDirectory(str(Path(books_engine.__file__).parent / "migrations"))
    assert scripts.get_current_head() == HEAD


def test_migrating_again_changes_nothing_that_is_stored(tmp_path: Path) -> None:
    made(tmp_path)
    migrate(url(tmp_path), Keyring.from_setting(KEY))
    with opened(tmp_path, create=False) as store:
        assert [it.words for it in run(store, lambda tx: tx.chronology(entry().ref))] == ["kept"]


def test_a_half_made_database_of_a_killed_migration_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "handrail.db.new").write_bytes(b"half")
    migrate(url(tmp_path), Keyring.from_setting(KEY))
    open_once(tmp_path)
    assert sorted(it.name for it in tmp_path.iterdir() if ".new" in it.name) == []
