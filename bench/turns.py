"""Turns of the whole path in process, hear, decide and commit durably, beside bare commits: `python -m bench.turns`.

A turn is one thing a member of staff does, heard by the real bot over a real SQLite file; whole conversations of the
essentials, one at a time and 32 at once. Nothing is delivered while it is measured: that is the outbox's own time. The
same number of bare durable commits is made in the same rounds, and medians are compared. It decides nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
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
_TYPED = ("a pupil has told me something", "no", None, "Jade Example, year 9", "she told me", "he said he would", "14")
_TYPED_AFTER = ("no", "nothing like that", "calm", "yes")
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians per second, and the growth of the process in KiB while 32 conversations were open."""

    bare: float
    one: float
    many: float
    grown_kib: int


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
        for said in (*_TYPED, *_TYPED_AFTER)[: count - done]:
            await bot.hear(await _incoming(bot, person, said))
            done += 1
    return done


async def _incoming(bot: Bot, person: Person, said: str | None) -> Incoming:
    heard = Incoming(person, uuid4().hex, SystemClock().now(), said or "")
    if said is not None:
        return heard
    stands = await bot._store.transact(lambda tx: tx.conversation_of(person))
    assert stands is not None
    return replace(heard, press=Press(Action.ANSWER, stands.id, stands.revision, _PLACE))


def measure(folder: Path, *, cases: int, rounds: int, count: int) -> Figures:
    """Interleaved rounds of bare commits, turns one at a time, and turns 32 at once."""
    keys = new_key()
    url = f"sqlite:///{folder / 'bench.db'}"
    keyring = Keyring.from_setting(keys)
    open_store(url, keyring, create=True).close()
    stored_cases(url, keyring, cases)
    store = open_store(url, keyring)
    try:
        return asyncio.run(_rounds(folder, store, rounds, count))
    finally:
        store.close()


async def _rounds(folder: Path, store: SqlStore, rounds: int, count: int) -> Figures:
    bot = Bot(composition.script(), TrustFile(composition.EXAMPLE), store, {}, SystemClock())
    await turns(bot, 64, _AT_ONCE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bare, one, many = [], [], []
    for _ in range(rounds):
        bare.append(bare_commits(folder, count))
        one.append(await turns(bot, count, 1))
        many.append(await turns(bot, count, _AT_ONCE))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return Figures(*(statistics.median(rates) for rates in (bare, one, many)), grown)


def main(arguments: Iterable[str] | None = None, say: Callable[[str], object] = sys.stdout.write) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=640)
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), cases=chosen.cases, rounds=chosen.rounds, count=chosen.count)
    say(f"{settings()['journal_mode']}, {chosen.cases} stored cases, medians of {chosen.rounds} rounds\n")
    say(f"bare commits, one at a time  {found.bare:8.0f}/s\n")
    say(f"whole turns, one at a time   {found.one:8.0f}/s  {found.one / found.bare:5.2f} of bare\n")
    say(f"whole turns, 32 at once      {found.many:8.0f}/s  {found.many / found.bare:5.2f} of bare\n")
    say(f"memory grown meanwhile       {found.grown_kib:8d} KiB\n")


if __name__ == "__main__":
    main()
