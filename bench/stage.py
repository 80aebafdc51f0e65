"""The stage of every bench over HTTP: servers on a core of their own, people who talk on the other."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.seats import Rest, Seat, Tally

_WARM_SECONDS = 0.4
_LAST_WORDS_SECONDS = 3.0
_ANY = random.Random(2026)  # noqa: S311

Seats = Sequence[Seat[Any, Any]]


@dataclass(frozen=True)
class Served:
    """One server at work: where, and as which process."""

    address: str
    pid: int

    def megabytes(self) -> float:
        """What it holds in memory now."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def work(self) -> float:
        """Seconds of a processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


Opened = AbstractAsyncContextManager[Served]


@asynccontextmanager
async def served(module: str, *arguments: str) -> AsyncIterator[Served]:
    """A module as a server of its own, that prints its address; gone when the block ends."""
    command = (sys.executable, "-m", module, *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        address = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        if not address:
            raise RuntimeError(f"{module} {arguments[0]} did not start")
        yield Served(address, process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def timed(served: Served, seats: Seats, tally: Tally, seconds: float) -> Tally:
    """They talk, and after a while it is counted for so long; whoever can soon ends in peace."""
    over = asyncio.Event()
    talking = [asyncio.create_task(_until(over, seat)) for seat in seats]
    try:
        await _counted(served, tally, seconds)
        over.set()
        for done in (await asyncio.wait(talking, timeout=_LAST_WORDS_SECONDS))[0]:
            done.result()
    finally:
        await _hushed(talking)
    for seat in seats:
        seat.rise()
    return tally


async def conversed(seats: Seats, count: int) -> None:
    """So many whole conversations from these seats."""
    left = iter(range(count))
    await asyncio.gather(*(_each(left, seat) for seat in seats))
    for seat in seats:
        seat.rise()


async def _until(over: asyncio.Event, seat: Seat[Any, Any]) -> None:
    while not over.is_set():
        await seat.converse()


async def _counted(served: Served, tally: Tally, seconds: float) -> None:
    await asyncio.sleep(_WARM_SECONDS)
    began, work = time.perf_counter(), served.work()
    tally.counting = True
    await asyncio.sleep(seconds)
    tally.counting, tally.seconds = False, time.perf_counter() - began
    tally.work = served.work() - work


async def _hushed(talking: Sequence[asyncio.Task[None]]) -> None:
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)


async def _each(left: Iterator[int], seat: Seat[Any, Any]) -> None:
    for _ in left:
        await seat.converse()


def by_chance(each_second: float) -> Rest:
    """Turns begin at random times, this many a second, however long the last one took."""
    due = time.perf_counter() + _ANY.expovariate(each_second)

    async def rest() -> None:
        nonlocal due
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += _ANY.expovariate(each_second)

    return rest
