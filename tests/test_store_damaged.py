"""A damaged, lost or foreign file is detected and left as it is; none is ever made over it (D5)."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.seal import Keyring, SealBroken
from adapters.store import migrate
from bot.errors import StoreRefused, StoreUnavailable
from bot.ports import Tx
from tests.books import KEY, case, entry, made, open_once, opened, run, url


def test_a_missing_file_refuses_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="handrail migrate"):
        open_once(tmp_path)
    assert not (tmp_path / "handrail.db").exists()


def test_a_lost_file_whose_journal_is_left_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "handrail.db-journal").write_bytes(b"left over")
    with pytest.raises(StoreRefused, match=r"handrail\.db-journal"):
        migrate(url(tmp_path), Keyring.from_setting(KEY))
    assert not (tmp_path / "handrail.db").exists()


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\0" + b"\0" * 4080])
def test_a_file_that_is_no_database_refuses_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "handrail.db"
    file.write_bytes(content)
    for attempt in (open_once, lambda folder: migrate(url(folder), Keyring.from_setting(KEY))):
        with pytest.raises(StoreRefused, match="left as it is"):
            attempt(tmp_path)
    assert file.read_bytes() == content


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
    assert detected > 1


def test_a_damaged_index_is_detected_before_a_case_seems_not_to_be_there(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        run(store, lambda tx: tx.save_case(case("R-needle")))
    file = tmp_path / "handrail.db"
    raw = file.read_bytes()
    places = [it.start() for it in re.finditer(b"R-needle", raw)]
    assert len(places) == 2  # the row and its index
    for at in places:
        file.write_bytes(raw[:at] + b"R-noodle" + raw[at + 8 :])
        with pytest.raises(StoreRefused, match="damaged"):
            open_once(tmp_path)


def test_a_backup_copied_back_serves_what_it_held(tmp_path: Path) -> None:
    file = made(tmp_path)
    shutil.copy(file, tmp_path / "backup")
    file.unlink()
    with pytest.raises(StoreRefused):
        open_once(tmp_path)
    shutil.copy(tmp_path / "backup", file)
    with opened(tmp_path, create=False) as store:
        assert [it.words for it in run(store, lambda tx: tx.chronology(entry().ref))] == ["kept"]
