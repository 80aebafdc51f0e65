"""Turns of the whole path in process, hear, decide and commit durably, beside bare commits: `python -m bench.turns`.

A turn is one thing a member of staff does, heard by the real bot over a real SQLite file; whole conversations of the
essentials, one at a time and 32 at once. Nothing is delivered while it is measured: that is the outbox's own time. The
same number of bare durable commits is made in the same rounds, and medians are compared. It decides nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from uuid import uuid4

from adapters.clock import SystemClock
from adapters.seal import Keyring, new_key
from adapters.store import SqlStore, open_store
from adapters.store.engine import settings
from adapters.trust_file import TrustFile
from bench.commits import bare_commits, stored_cases
from bot import composition
from bot.bot import Bot
from bot.message import Action, Incoming, Person, Press

_PLACE = {"academy": ("north",), "staff_concerned": ("none",)}
_SAID: tuple[tuple[str, ...], ...] = (
    ("a pupil has told me something", "hello", "a picture of a girl in my form is going round"),
    ("no", "dunno", "not that i know of"),
    ("",),
    ("Jade Example, year 9", "a boy in year 8", "Kim Example y10"),
    ("she told me", "a friend", "her mum", "overheard", "dunno"),
    ("he said he would show everyone", "she sent it and now everybody has it"),
    ("14", "12", "16", "dunno", "nearly 18"),
    ("no", "dunno", "only pupils"),
    ("nothing like that", "a dare", "dunno"),
    ("calm", "upset", "dunno"),
    ("yes", "not yet", "dunno"),
)
"""What people type, question by question; the empty one is the card that is submitted."""

_AT_ONCE = 32
_ANY = Random(2026)  # noqa: S311


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians per second over one database; `cases` were stored in it before."""

    cases: int
    bare: float
    one: float
    many: float


async def turns(bot: Bot, count: int, at_once: int) -> float:
    """Turns per second over `count` turns of whole conversations, `at_once` of them in flight."""
    each = count // at_once
    began = time.perf_counter()
    done = await asyncio.gather(*(_talk(bot, each) for _ in range(at_once)))
    return sum(done) / (time.perf_counter() - began)


async def _talk(bot: Bot, count: int) -> int:
    """Conversations of new people, one after the other, until `count` turns are made."""
    done = 0
    while done < count:
        person = Person("web", uuid4().hex)
        for said in _SAID[: count - done]:
            await bot.hear(await _incoming(bot, person, _ANY.choice(said)))
            done += 1
    return done


async def _incoming(bot: Bot, person: Person, said: str) -> Incoming:
    heard = Incoming(person, uuid4().hex, SystemClock().now(), said)
    if said:
        return heard
    stands = await bot._store.transact(lambda tx: tx.conversation_of(person))
    assert stands is not None
    return replace(heard, press=Press(Action.ANSWER, stands.id, stands.revision, _PLACE))


def measure(folder: Path, *, cases: Sequence[int], rounds: int, count: int) -> tuple[Figures, ...]:
    """Interleaved rounds, over a database for each number of stored cases: bare commits, one at a time, 32 at once."""
    stores = [_filled(folder / f"bench-{number}.db", number) for number in cases]
    try:
        return asyncio.run(_rounds(folder, dict(zip(cases, stores, strict=True)), rounds, count))
    finally:
        for store in stores:
            store.close()


def _filled(file: Path, cases: int) -> SqlStore:
    url, keyring = f"sqlite:///{file}", Keyring.from_setting(new_key())
    open_store(url, keyring, create=True).close()
    stored_cases(url, keyring, cases)
    return open_store(url, keyring)


async def _rounds(folder: Path, stores: Mapping[int, SqlStore], rounds: int, count: int) -> tuple[Figures, ...]:
    rates: dict[int, list[tuple[float, float, float]]] = {number: [] for number in stores}
    bots = {number: _bot(store) for number, store in stores.items()}
    for bot in bots.values():
        await turns(bot, 2 * count, _AT_ONCE)
    composition.leave_be()
    for _ in range(rounds):
        for number, bot in bots.items():
            bare = bare_commits(folder, count)
            rates[number].append((bare, await turns(bot, count, 1), await turns(bot, count, _AT_ONCE)))
    return tuple(Figures(number, *map(statistics.median, zip(*its, strict=True))) for number, its in rates.items())


def _bot(store: SqlStore) -> Bot:
    return Bot(composition.script(), TrustFile(composition.EXAMPLE), store, {}, SystemClock())


def bytes_per_conversation(conversations: int = 1000) -> float:
    """Bytes that an open conversation leaves in the process: traced before and after opening so many."""
    with tempfile.TemporaryDirectory() as folder:
        store = _filled(Path(folder) / "memory.db", 0)
        try:
            return asyncio.run(_grown(_bot(store), conversations)) / conversations
        finally:
            store.close()


async def _grown(bot: Bot, conversations: int) -> int:
    tracemalloc.start()
    await turns(bot, conversations, 1)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(conversations):
        await bot.hear(await _incoming(bot, Person("web", uuid4().hex), _SAID[0][0]))
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return max(grown, 0)


def main(arguments: Iterable[str] | None = None, say: Callable[[str], object] = sys.stdout.write) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=640)
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), cases=chosen.cases, rounds=chosen.rounds, count=chosen.count)
    for found in measured:
        say(f"{settings()['journal_mode']}, {found.cases} stored cases, medians of {chosen.rounds} rounds\n")
        say(f"bare commits, one at a time  {found.bare:8.0f}/s\n")
        say(f"whole turns, one at a time   {found.one:8.0f}/s  {found.one / found.bare:5.2f} of bare\n")
        say(f"whole turns, 32 at once      {found.many:8.0f}/s  {found.many / found.bare:5.2f} of bare\n")


if __name__ == "__main__":
    main()
