"""How fast the books are, beside bare SQLite on the same disk: `python -m bench.commits [--cases 1000000]`.

Bare: one row, one commit, one at a time, raw sqlite3, the same journal mode and pragmas. Turns: `store.transact` with
the writes of a typical turn. Rounds are interleaved, figures are medians. It measures and prints; it decides nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.seal import Keyring, Seals, new_key, place
from adapters.store import SqlStore, open_store
from adapters.store.codec import micros, write
from adapters.store.engine import arm, connect_to, settings, unseal
from bot.case import Case, CaseState, Entry, Kind, new_reference
from bot.conversation import Answer, Conversation
from bot.message import Action, Button, Card, Destination, Lane, Passage, Person, Post, Press, Reach
from bot.ports import Audited, Timer, TimerKind, Tx

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_WORDS = "They told me at the end of the lesson that it had been passed round and that they were frightened. " * 2


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians per second, and their ratios to bare commits one at a time."""

    bare: float
    one: float
    many: float

    @property
    def ratios(self) -> tuple[float, float]:
        return self.one / self.bare, self.many / self.bare


def bare_commits(folder: Path, count: int) -> float:
    """Durable commits per second of raw sqlite3: one row each, one at a time."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    arm(connection, settings())
    connection.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, words TEXT)")
    began = time.perf_counter()
    for _ in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (words) VALUES (?)", (_WORDS,))
        connection.execute("COMMIT")
    rate = count / (time.perf_counter() - began)
    connection.close()
    return rate


async def turns(store: SqlStore, count: int, at_once: int) -> float:
    """Durable turns per second with this many conversations at once."""
    talks = [Talk(Person("web", f"bench-{os.urandom(8).hex()}")) for _ in range(at_once)]
    await asyncio.gather(*(store.transact(talk.begin) for talk in talks))
    began = time.perf_counter()
    await asyncio.gather(*(_talk(store, talk, count // at_once) for talk in talks))
    rate = count // at_once * at_once / (time.perf_counter() - began)
    await asyncio.gather(*(store.transact(talk.end) for talk in talks))
    return rate


async def _talk(store: SqlStore, talk: Talk, count: int) -> None:
    for _ in range(count):
        await store.transact(talk.turn)


class Talk:
    """One made-up conversation, a turn at a time, through the books."""

    def __init__(self, sender: Person) -> None:
        self.sender = sender
        self.here = Destination("web", Reach.PERSON, sender.id)
        self.channel = Destination("web", Reach.CHANNEL, "bench-channel")
        self.ref, self.count, self.id = new_reference(), 0, os.urandom(8).hex()

    def begin(self, tx: Tx) -> None:
        answers = {f"step_{n}": Answer((f"answer_{n}",), _WORDS if n % 4 == 0 else "") for n in range(12)}
        tx.save_conversation(_conversation(self.id, self.ref, self.sender, answers))
        tx.save_case(_case(self.ref, self.sender))

    def turn(self, tx: Tx) -> None:
        self.count += 1
        at = NOW + timedelta(seconds=self.count)
        tx.first_time(f"{self.id}-{self.count}", at)
        talk = tx.conversation_of(self.sender)
        assert talk is not None
        tx.save_conversation(replace(talk, heard_at=at, revision=talk.revision + 1))
        tx.chronicle(Entry(self.ref, at, Kind.ANSWER, self.sender.key, "step_1", _WORDS, ("yes",)))
        tx.audit(Audited(at, self.sender.key, "heard", self.ref, "step_1"))
        tx.post(Post(self.here, f"prompt-{self.count}", _card(self.ref), Lane.PROMPT), at)
        tx.post(Post(self.channel, f"case-{self.ref}", _card(self.ref), Lane.COSMETIC, self.ref), at)
        tx.set_timer(Timer(TimerKind.NUDGE, self.id, at + timedelta(minutes=5)))

    def end(self, tx: Tx) -> None:
        talk = tx.conversation_of(self.sender)
        if talk:
            tx.save_conversation(replace(talk, closed=True))


def stored_cases(url: str, keyring: Keyring, count: int) -> None:
    """Put this many finished cases in, fast and without durability: each with a conversation and two entries."""
    engine = connect_to(Path(url.removeprefix("sqlite:///")))
    with engine.connect() as connection:
        seals = unseal(connection, keyring)
    driver = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    driver.execute("PRAGMA synchronous=OFF")
    driver.execute("PRAGMA cache_size=-400000")
    for first in range(0, count, 20_000):
        _insert_cases(driver, seals, range(first, min(first + 20_000, count)))
    driver.execute("PRAGMA synchronous=EXTRA")
    driver.close()
    os.sync()


def _insert_cases(driver: sqlite3.Connection, seals: Seals, numbers: range) -> None:
    person = Person("web", "bench-past")
    talk = write(_conversation("", "", person, {}))
    case, entry = write(_case("", person)), write(Entry("", NOW, Kind.NOTE, "", "", _WORDS))
    refs = [new_reference() for _ in numbers]
    sealed = {name: seals.keyring.seal(raw, place(name, "body", "bench")) for name, raw in _named(talk, case, entry)}
    at = micros(NOW)
    driver.execute("BEGIN")
    driver.executemany(
        "INSERT INTO conversations (id, sender, ref, closed, version, heard_at, body) VALUES (?, ?, ?, 1, 1, ?, ?)",
        ((os.urandom(8).hex(), os.urandom(16).hex(), ref, at, sealed["conversations"]) for ref in refs),
    )
    driver.executemany(
        "INSERT INTO cases (ref, state, academy, opened_at, version, body) VALUES (?, 'recorded', 'north', ?, 1, ?)",
        ((ref, at, sealed["cases"]) for ref in refs),
    )
    driver.executemany(
        "INSERT INTO refs (n, ref) VALUES (?, ?)",
        ((number + 1, ref) for number, ref in zip(numbers, refs, strict=True)),
    )
    driver.executemany(
        "INSERT INTO chronology (id, about, ref, at, kind, body) VALUES (?, ?, ?, ?, 'note', ?)",
        (
            (2 * number + k + 1, number + 1, ref, at, sealed["chronology"])
            for number, ref in zip(numbers, refs, strict=True)
            for k in (0, 1)
        ),
    )
    driver.executemany("INSERT INTO inbox (key, at) VALUES (?, ?)", ((os.urandom(16).hex(), at) for _ in refs))
    driver.execute("COMMIT")


def _named(*raws: bytes) -> Iterator[tuple[str, bytes]]:
    yield from zip(("conversations", "cases", "chronology"), raws, strict=True)


def _conversation(id: str, ref: str, sender: Person, answers: Mapping[str, Answer]) -> Conversation:
    return Conversation(
        id=id, sender=sender, ref=ref, started_at=NOW, heard_at=NOW, step="age", answers=answers, closed=not answers
    )


def _case(ref: str, person: Person) -> Case:
    return Case(ref=ref, reporter=person, opened_at=NOW, state=CaseState.HANDED_OFF, academy="north")


def _card(ref: str) -> Card:
    buttons = tuple(Button(f"Answer {n}", Press(Action.ANSWER, ref, n, {"age": (f"a{n}",)})) for n in range(6))
    lines = ("What has already been said is enough. Do not go back to the child to ask.",) * 3
    return Card("Handrail: a question for you", "A question", (Passage(lines),), (), buttons)


def measure(folder: Path, *, cases: int = 0, rounds: int = 7, count: int = 640) -> Figures:
    """Interleaved rounds of bare commits, turns one at a time and turns 32 at once, on a fresh database in `folder`."""
    url, keyring = f"sqlite:///{folder / 'turns.db'}", Keyring.from_setting(new_key())
    open_store(url, keyring, create=True).close()
    if cases:
        stored_cases(url, keyring, cases)
    store = open_store(url, keyring)
    try:
        return asyncio.run(_rounds(folder, store, rounds, count))
    finally:
        store.close()


async def _rounds(folder: Path, store: SqlStore, rounds: int, count: int) -> Figures:
    await turns(store, count, 32)
    seen = [
        (bare_commits(folder, count), await turns(store, count, 1), await turns(store, count * 4, 32))
        for _ in range(rounds)
    ]
    return Figures(*(statistics.median(column) for column in zip(*seen, strict=True)))


def main(arguments: Iterable[str] | None = None, say: Callable[[str], object] = sys.stdout.write) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), cases=chosen.cases, rounds=chosen.rounds)
    one, many = figures.ratios
    say(f"{settings()['journal_mode']}, {chosen.cases} stored cases, medians of {chosen.rounds} rounds\n")
    say(f"bare commits, one at a time  {figures.bare:8.0f}/s\n")
    say(f"turns, one at a time         {figures.one:8.0f}/s  {one:5.2f} of bare\n")
    say(f"turns, 32 at once            {figures.many:8.0f}/s  {many:5.2f} of bare\n")


if __name__ == "__main__":
    main()
