"""Killed with -9 at any moment: every turn that was answered is there, and none is there by half (I1, K2 to K7)."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from adapters.seal import Keyring
from adapters.store.report import audit_verify, open_reader
from bot.ports import Tx
from tests.books import KEY, child, entry, look, opened, run, url

KILLS = 12

# Eight conversations at once; each turn writes three rows, and its number goes out only when it was answered.
WRITER = """
import asyncio, os, sys, time
from pathlib import Path
from bot.ports import Audited
from tests.books import NOW, entry, opened, post

async def waits(store, work):
    await store.transact(work)

async def does_not_wait(store, work):
    asyncio.ensure_future(store.transact(work))
    await asyncio.sleep(0)

async def talk(store, numbers, transact):
    for n in numbers:
        def turn(tx):
            assert tx.first_time(f"k-{n}", NOW)
            tx.chronicle(entry(str(n)))
            tx.post(post(f"slot-{n}"), NOW)
            tx.audit(Audited(NOW, "web:a", "heard", str(n)))
        await transact(store, turn)
        os.write(1, f"{n}\\n".encode())

async def main(folder, transact):
    with opened(folder) as store:
        await asyncio.gather(*(talk(store, range(lane, 10**7, 8), transact) for lane in range(8)))

asyncio.run(main(Path(sys.argv[1]), globals()[sys.argv[2]]))
"""

INSIDE = """
import asyncio, os, sys, time
from pathlib import Path
from tests.books import entry, opened

def never_ends(tx):
    tx.chronicle(entry("uncommitted"))
    os.write(1, b"inside\\n")
    time.sleep(60)

async def main(folder):
    with opened(folder) as store:
        await store.transact(lambda tx: tx.chronicle(entry("committed")))
        await store.transact(never_ends)

asyncio.run(main(Path(sys.argv[1])))
"""


def _make(folder: Path) -> None:
    with opened(folder):
        pass


def _child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return child(code.replace("opened(folder)", f"opened(folder, {KEY!r})"), *arguments)


def _killed_after(process: subprocess.Popen[str], lines: int, seconds: float) -> list[int]:
    """Let it say so many numbers, wait a little, kill it, and return every number it had said."""
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(lines)]
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=30)
    return said + [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]


def _stored(folder: Path) -> set[int]:
    with opened(folder, create=False) as store:
        return {int(it.words) for it in run(store, lambda tx: tx.chronology(entry().ref))}


def test_every_answered_turn_survives_a_kill_and_no_turn_is_there_by_half(tmp_path: Path) -> None:
    chance, answered = random.Random(7), set[int]()
    _make(tmp_path)
    first = 0
    for _ in range(KILLS):
        writer = WRITER.replace("range(lane,", f"range({first} + lane,")
        said = _killed_after(_child(writer, str(tmp_path), "waits"), 5, chance.uniform(0, 0.05))
        answered |= set(said)
        first = 8 * (max(answered) // 8 + 10)
        stored = _stored(tmp_path)
        assert answered <= stored
        _agree(tmp_path, stored)
    assert len(answered) > 5 * KILLS


def _agree(folder: Path, stored: set[int]) -> None:
    """All the rows of a turn are there or none: by raw SQL, not by the store's own word."""
    assert look(folder, "SELECT count(*) FROM inbox") == [(len(stored),)]
    assert {int(str(ref)) for (ref,) in look(folder, "SELECT ref FROM audit")} == stored
    assert {int(str(slot)[5:]) for (slot,) in look(folder, "SELECT slot FROM outbox")} == stored
    assert audit_verify(open_reader(url(folder), Keyring.from_setting(KEY))).count == len(stored)


def test_a_store_that_answered_before_its_commit_would_be_caught_losing_turns(tmp_path: Path) -> None:
    """The control of the test above: the same kill, with a caller that does not wait for the commit."""
    _make(tmp_path)
    said = set(_killed_after(_child(WRITER, str(tmp_path), "does_not_wait"), 500, 0))
    assert said - _stored(tmp_path)


def test_a_turn_killed_inside_leaves_nothing(tmp_path: Path) -> None:
    _make(tmp_path)
    process = _child(INSIDE, str(tmp_path))
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    process.kill()
    process.communicate(timeout=30)

    def words(tx: Tx) -> list[str]:
        return [it.words for it in tx.chronology(entry().ref)]

    with opened(tmp_path, create=False) as store:
        assert run(store, words) == ["committed"]


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03, 0.06])
def test_a_migration_killed_on_the_way_leaves_old_or_new_and_never_a_half(tmp_path: Path, moment: float) -> None:
    code = (
        "import os, sys; from adapters.seal import Keyring; from adapters.store import migrate; os.write(1, b'go\\n');"
        "migrate(sys.argv[1], Keyring.from_setting(sys.argv[2]))"
    )
    process = child(code, url(tmp_path), KEY)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment)
    process.kill()
    process.communicate(timeout=30)
    if not (tmp_path / "handrail.db").exists():
        child(code, url(tmp_path), KEY).communicate(timeout=30)
    with opened(tmp_path, create=False) as store:
        assert run(store, lambda tx: tx.next_due()) is None
